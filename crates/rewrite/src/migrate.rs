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

use crate::copy_verification::verify_copy;
use crate::locked_database::LockedDatabase;
use crate::schema::{EntryChange, Migration, MigrationError, StartObstacle, detect, start_obstacles};
use crate::source_trailer::SourceTrailer;
use crate::target::Target;
use crate::verified_source::VerifiedSource;
use crate::write_behind::write_behind;
use crate::{Error, RewriteContext, Tolerance};

/// Bytes that are copied at once.
const PIECE: usize = 1 << 20;
/// The bucket that changes.
const META: &[u8] = b"meta";

/// The options of [`migrate`] and [`migrate_in_place`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct MigrateOptions {
    /// The wanted storage version; only its major and minor count.
    pub version: Version,
    /// The highest minor version whose layout is taken as known: [`Migration::NEWEST_MINOR`], or that of an upstream tool
    /// that is imitated.
    pub newest: u64,
    /// The lowest version of etcd that can read the entries of the member's log after its newest snapshot; `None` when there
    /// are none, or it is not known.
    pub required_version: Option<Version>,
    /// Sets the storage version even where no migration leads to it.
    pub force: bool,
}

impl MigrateOptions {
    /// A migration to `version` among all known layouts, not forced, without regard to a log.
    pub fn new(version: Version) -> Self {
        Self { version, newest: Migration::NEWEST_MINOR, required_version: None, force: false }
    }

    /// Limits the known layouts to those up to minor version `newest`.
    #[must_use]
    pub fn with_newest(self, newest: u64) -> Self {
        Self { newest, ..self }
    }

    /// Refuses to go below `required_version`.
    #[must_use]
    pub fn with_required_version(self, required_version: Option<Version>) -> Self {
        Self { required_version, ..self }
    }

    /// Sets the storage version even where no migration leads to it.
    #[must_use]
    pub fn with_force(self, force: bool) -> Self {
        Self { force, ..self }
    }
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migrated {
    /// The storage version before; `None` when it could not be told.
    pub from: Option<Version>,
    /// The versions on the way, the wanted one last; empty when nothing had to be changed, or it was forced.
    pub steps: Vec<Version>,
    /// What changed.
    pub change: Option<EntryChange>,
    /// Why it had to be forced.
    pub forced: Option<MigrationError>,
    /// What keeps servers of the version from starting all the same.
    pub start_obstacles: Vec<StartObstacle>,
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
pub fn migrate(
    source: &Container,
    target: &Target,
    wanted: &MigrateOptions,
    context: &RewriteContext<'_>,
) -> Result<Migrated, Error> {
    target.check()?;
    let (verified, trailer) = verify_undamaged(source, context)?;
    let mut migrated = plan(&verified, wanted)?;
    let edit = migrated.change.as_ref().map(|change| edit(verified.inspection.db, change, context)).transpose()?;
    let size = edit.as_ref().map_or(verified.inspection.db.size(), PreparedCommit::size);
    let mut new = target.create(size)?;
    copy(&verified, &trailer, &mut new, target, context)?;
    if let Some(edit) = edit {
        new.file().set_len(size).map_err(|source| target.write_error(source))?;
        apply(new.file(), &edit.without_undo())?;
    }
    migrated.sha256 =
        verify_copy(&verified, trailer, &mut new, size, Some(META), &context.with_tolerance(Tolerance::Nothing))?
            .sha256;
    source.recheck().map_err(etcdsnap_image::ImageError::from)?;
    context.interrupt.check()?;
    migrated.removed_leftovers = new.removed_leftovers().to_vec();
    new.publish()?;
    Ok(migrated)
}

/// Migrates the database of a member that is not running. Nothing else of the member is touched.
///
/// # Errors
/// The database is as it was then, but for [`Error::Edit`]: then it may have either content.
pub fn migrate_in_place(
    database: &LockedDatabase,
    options: &OpenOptions,
    wanted: &MigrateOptions,
    context: &RewriteContext<'_>,
) -> Result<Migrated, Error> {
    let source = Container::open(database.path(), options)?;
    if !source.is_stored_plain() {
        return Err(Error::NotAMember { path: database.path().to_owned() });
    }
    let (verified, trailer) = verify_undamaged(&source, context)?;
    trailer.verify(&context.with_tolerance(Tolerance::Nothing))?;
    let migrated = plan(&verified, wanted)?;
    let edit = migrated.change.as_ref().map(|change| edit(verified.inspection.db, change, context)).transpose()?;
    context.interrupt.check()?;
    drop(verified);
    drop(source);
    if let Some(edit) = edit {
        apply(database.file(), &edit)?;
    }
    Ok(migrated)
}

/// Only a file without any damage to its structure takes an edit: whatever else reads it must find all its pages again.
fn verify_undamaged<'a>(
    source: &'a Container,
    context: &RewriteContext<'_>,
) -> Result<(VerifiedSource<'a>, SourceTrailer<'a>), Error> {
    let (verified, trailer) = VerifiedSource::verify(source, context)?;
    let of_file = |finding: &&Finding| matches!(finding.kind.layer, Layer::Container | Layer::Structure);
    let findings: Vec<_> = verified.tolerated.iter().filter(of_file).cloned().collect();
    if findings.is_empty() {
        Ok((verified, trailer))
    } else {
        Err(Error::Damaged { name: context.name.to_owned(), findings })
    }
}

fn plan(verified: &VerifiedSource<'_>, wanted: &MigrateOptions) -> Result<Migrated, Error> {
    let buckets = &verified.inspection.buckets;
    let planned = Migration::plan(buckets, &wanted.version, wanted.newest)
        .and_then(|plan| plan.permit(wanted.required_version.as_ref()).map(|()| plan));
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
        start_obstacles: start_obstacles(buckets, &wanted.version),
        sha256: None,
        tolerated: verified.tolerated.clone(),
        removed_leftovers: Vec::new(),
    })
}

fn edit(db: Db<'_>, change: &EntryChange, context: &RewriteContext<'_>) -> Result<PreparedCommit, Error> {
    let mut editor = Editor::new(db).map_err(|source| Error::plan(context, source))?;
    change.add_to(&mut editor).map_err(|source| Error::plan(context, source))?;
    editor.finish().map_err(|source| Error::plan(context, source))
}

/// Copies all pages, used or not: what the edit adds comes behind them.
fn copy(
    verified: &VerifiedSource<'_>,
    trailer: &SourceTrailer<'_>,
    new: &mut NewFile,
    target: &Target,
    context: &RewriteContext<'_>,
) -> Result<(), Error> {
    let db = &verified.inspection.db;
    let size = usize::try_from(db.size()).unwrap_or(usize::MAX);
    let pages = db.bytes().get(..size).unwrap_or(db.bytes());
    context.progress.phase("copy", size as u64);
    let outcome = write_behind(
        new.file(),
        context.interrupt,
        &|bytes| context.progress.advance(bytes),
        &|| trailer.step(),
        |mut to| pages.chunks(PIECE).try_for_each(|piece| std::io::Write::write_all(&mut to, piece)),
    );
    let (copied, written) = outcome?;
    context.interrupt.check()?;
    written.and(copied).map_err(|source| target.write_error(source))?;
    context.progress.finished();
    Ok(())
}
