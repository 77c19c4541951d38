//! Moving a database to the storage version of another etcd, as a copy or in place.
//!
//! One entry changes ([`Migration`]), by copy-on-write: new pages behind all others, then a new meta. A copy is proven before
//! it gets its name, like a defragmented one. In place the database has the old or the new content at every moment, and keeps
//! a meta of the old one until etcd writes to it.

use std::path::PathBuf;

use etcdsnap_bbolt::Db;
use etcdsnap_bbolt::edit::{Editor, PreparedCommit, apply};
use etcdsnap_publish::NewFile;
use etcdsnap_snapshot::container::{Container, OpenOptions};
use etcdsnap_snapshot::finding::{Finding, Layer};
use semver::Version;

use crate::held::Held;
use crate::output::write_behind;
use crate::proof::prove;
use crate::schema::{Caution, Change, Migration, MigrationError, cautions, detect};
use crate::seal::Seal;
use crate::sound::Sound;
use crate::target::Target;
use crate::{Error, Work};

/// Bytes that are copied at once.
const PIECE: usize = 1 << 20;
/// The bucket that changes.
const META: &[u8] = b"meta";

/// What is wanted.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The storage version; only major and minor count.
    pub version: Version,
    /// The highest minor version to know about: [`Migration::NEWEST_MINOR`], or that of a tool that is imitated.
    pub newest: u64,
    /// The lowest version that can read the entries of the member's log behind its newest snapshot, as far as it is known
    /// and they need one.
    pub needed: Option<Version>,
    /// Sets the storage version even where no migration leads there.
    pub force: bool,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migrated {
    /// The storage version before; `None` when it could not be told.
    pub from: Option<Version>,
    /// The versions on the way, the wanted one last; empty when nothing had to be changed, or it was forced.
    pub steps: Vec<Version>,
    /// What changed.
    pub change: Option<Change>,
    /// Why it had to be forced.
    pub forced: Option<MigrationError>,
    /// What keeps servers of the version from starting all the same.
    pub cautions: Vec<Caution>,
    /// The SHA-256 behind the copy.
    pub sha256: Option<[u8; 32]>,
    /// Errors of the source that were put up with.
    pub tolerated: Vec<Finding>,
    /// What killed runs had left beside the target, and was removed.
    pub removed_leftovers: Vec<PathBuf>,
}

/// Copies the database in `source` to a new file and migrates the copy. A SHA-256 stands behind it when one stood behind the
/// source.
///
/// # Errors
/// Nothing has appeared under the target's name then, and what was there is as it was, unless the error
/// [says otherwise](Error::has_appeared).
pub fn migrate(source: &Container, target: &Target, wanted: &Wanted, work: &Work<'_>) -> Result<Migrated, Error> {
    target.check()?;
    let (sound, seal) = verified(source, work)?;
    let mut migrated = plan(&sound, wanted)?;
    let edit = migrated.change.as_ref().map(|change| edit(sound.inspection.db, change, work)).transpose()?;
    let size = edit.as_ref().map_or(sound.inspection.db.size(), PreparedCommit::size);
    let mut new = target.create(size)?;
    copy(&sound, &seal, &mut new, target, work)?;
    if let Some(edit) = edit {
        new.file().set_len(size).map_err(|source| target.write_error(source))?;
        apply(new.file(), &edit.without_undo())?;
    }
    migrated.sha256 = prove(&sound, seal, &mut new, size, Some(META), &work.strict())?.sha256;
    source.recheck().map_err(etcdsnap_image::ImageError::from)?;
    work.interrupt.check()?;
    migrated.removed_leftovers = new.removed_leftovers().to_vec();
    new.publish()?;
    Ok(migrated)
}

/// Migrates the database of a member that is not running. Nothing else of the member is touched.
///
/// # Errors
/// The database is as it was then, but for [`Error::Edit`]: then it may have either content.
pub fn migrate_in_place(
    database: &Held,
    options: &OpenOptions,
    wanted: &Wanted,
    work: &Work<'_>,
) -> Result<Migrated, Error> {
    let source = Container::open(database.path(), options)?;
    if !source.is_stored_plain() {
        return Err(Error::NotAMember { path: database.path().to_owned() });
    }
    let (sound, seal) = verified(&source, work)?;
    seal.prove(&work.strict())?;
    let migrated = plan(&sound, wanted)?;
    let edit = migrated.change.as_ref().map(|change| edit(sound.inspection.db, change, work)).transpose()?;
    work.interrupt.check()?;
    drop(sound);
    drop(source);
    if let Some(edit) = edit {
        apply(database.file(), &edit)?;
    }
    Ok(migrated)
}

/// Only a file without any damage to its structure takes an edit: whatever else reads it must find all its pages again.
fn verified<'a>(source: &'a Container, work: &Work<'_>) -> Result<(Sound<'a>, Seal<'a>), Error> {
    let (sound, seal) = Sound::verify(source, work)?;
    let of_file = |finding: &&Finding| matches!(finding.kind.layer, Layer::Container | Layer::Structure);
    let findings: Vec<_> = sound.tolerated.iter().filter(of_file).cloned().collect();
    if findings.is_empty() { Ok((sound, seal)) } else { Err(Error::Damaged { name: work.name.to_owned(), findings }) }
}

fn plan(sound: &Sound<'_>, wanted: &Wanted) -> Result<Migrated, Error> {
    let buckets = &sound.inspection.buckets;
    let planned = Migration::plan(buckets, &wanted.version, wanted.newest)
        .and_then(|plan| plan.permit(wanted.needed.as_ref()).map(|()| plan));
    let (steps, change, forced) = match planned {
        Ok(plan) => (plan.steps.clone(), plan.change(), None),
        Err(error) if wanted.force => {
            let change = Migration::forced(&wanted.version, "it was forced".to_owned());
            (Vec::new(), Some(change), Some(error))
        }
        Err(error) => return Err(error.into()),
    };
    Ok(Migrated {
        from: detect(buckets).ok(),
        steps,
        change,
        forced,
        cautions: cautions(buckets, &wanted.version),
        sha256: None,
        tolerated: sound.tolerated.clone(),
        removed_leftovers: Vec::new(),
    })
}

fn edit(db: Db<'_>, change: &Change, work: &Work<'_>) -> Result<PreparedCommit, Error> {
    let mut editor = Editor::new(db).map_err(|source| Error::plan(work, source))?;
    change.add_to(&mut editor).map_err(|source| Error::plan(work, source))?;
    editor.finish().map_err(|source| Error::plan(work, source))
}

/// Copies all pages, used or not: what the edit adds comes behind them.
fn copy(sound: &Sound<'_>, seal: &Seal<'_>, new: &mut NewFile, target: &Target, work: &Work<'_>) -> Result<(), Error> {
    let db = &sound.inspection.db;
    let size = usize::try_from(db.size()).unwrap_or(usize::MAX);
    let pages = db.bytes().get(..size).unwrap_or(db.bytes());
    work.progress.phase("copy", size as u64);
    let outcome =
        write_behind(new.file(), work.interrupt, &|bytes| work.progress.advance(bytes), &|| seal.step(), |mut to| {
            pages.chunks(PIECE).try_for_each(|piece| std::io::Write::write_all(&mut to, piece))
        });
    let (copied, written) = outcome?;
    work.interrupt.check()?;
    written.and(copied).map_err(|source| target.write_error(source))?;
    work.progress.finished();
    Ok(())
}
