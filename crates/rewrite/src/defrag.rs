//! Copying a database into a new file without its free pages.
//!
//! ```text
//!  source ── verified ──► leaf by leaf in key order ──► packed pages ──► written behind ──► walked over, synced ──► name
//!             (all threads)      (this thread)                           (another thread)   (all threads)
//! ```
//!
//! The copy has every bucket, entry and sequence of the source, its page size and transaction number, and the byte
//! order that is asked for. Before it gets its name it is read again: every structural rule must hold, and every bucket
//! must have the digest it has in the source. The copy ends with a SHA-256 when the source ended with a right one,
//! which is computed meanwhile by whichever thread would have to wait for another.

use std::path::PathBuf;

use etcdsnap_bbolt::build::{BuildError, BuildOptions, Builder, Built, CopyError};
use etcdsnap_bbolt::{ByteOrder, Db};
use etcdsnap_publish::{Destination, Existing, Inputs, NewFile};
use etcdsnap_snapshot::container::{Container, OpenOptions};
use etcdsnap_snapshot::finding::Finding;
use etcdsnap_snapshot::inspection::Inspection;

use crate::copy_verification::verify_copy;
use crate::locked_database::LockedDatabase;
use crate::source_trailer::SourceTrailer;
use crate::target::Target;
use crate::verified_source::VerifiedSource;
use crate::write_behind::write_behind;
use crate::{Error, RewriteContext, Tolerance};

/// What a copy came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Defragmented {
    /// Bytes of the source's database.
    pub size_before: u64,
    /// Bytes of those in pages that are in use.
    pub in_use_before: u64,
    /// Bytes of the copy's database.
    pub size: u64,
    /// Buckets below the root.
    pub buckets: u64,
    /// Entries in all buckets.
    pub entries: u64,
    /// The hash that `snapshot status` prints, of both.
    pub status_hash: u32,
    /// The SHA-256 behind the copy.
    pub sha256: Option<[u8; 32]>,
    /// Errors of the source that were put up with.
    pub tolerated: Vec<Finding>,
    /// What killed runs had left beside the target, and was removed.
    pub removed_leftovers: Vec<PathBuf>,
}

/// Copies the database in `source` to a new file.
///
/// # Errors
/// Nothing has appeared under the target's name then, and what was there is as it was, unless the error
/// [says otherwise](Error::has_appeared).
pub fn defrag(source: &Container, target: &Target, context: &RewriteContext<'_>) -> Result<Defragmented, Error> {
    target.check()?;
    let (mut verified, trailer) = VerifiedSource::verify(source, context)?;
    let in_use = verified.inspection.bytes_in_use();
    let mut new = target.create(in_use)?;
    let order = target.order.unwrap_or(verified.inspection.db.order());
    let built = copy(&verified, &trailer, (&mut new, in_use), order, context).map_err(|error| match error {
        Error::Write { source, .. } => target.write_error(source),
        other => other,
    })?;
    let proof = verify_copy(&verified, trailer, &mut new, built.size, None, context)?;
    verified.tolerated.splice(..0, proof.tolerated);
    source.recheck().map_err(etcdsnap_image::ImageError::from)?;
    context.interrupt.check()?;
    let removed_leftovers = new.removed_leftovers().to_vec();
    new.publish()?;
    let keyspace = &verified.inspection.keyspace;
    Ok(Defragmented {
        size_before: verified.inspection.db.size(),
        in_use_before: in_use,
        size: built.size,
        buckets: keyspace.buckets.len() as u64,
        entries: keyspace.total_pairs(),
        status_hash: keyspace.status_hash(),
        sha256: proof.sha256,
        tolerated: verified.tolerated,
        removed_leftovers,
    })
}

/// Writes the database in `source`, over which `inspection` is a walk, to a temporary file in another byte order, which the
/// caller goes on with; the caller also judges errors of the source. Whether the copy holds the same is proven as by
/// [`defrag`].
///
/// # Errors
/// Not all of the source can be read, or writing failed. The file is worth nothing then.
pub fn convert_byte_order(
    source: &Container,
    inspection: Inspection<'_>,
    order: ByteOrder,
    new: &mut NewFile,
    context: &RewriteContext<'_>,
) -> Result<(), Error> {
    let context = context.with_tolerance(Tolerance::Readable);
    let in_use = inspection.bytes_in_use();
    let (verified, trailer) = (VerifiedSource { inspection, tolerated: Vec::new() }, SourceTrailer::of(source));
    let built = copy(&verified, &trailer, (&mut *new, in_use), order, &context)?;
    verify_copy(&verified, trailer, new, built.size, None, &context)?;
    source.recheck().map_err(etcdsnap_image::ImageError::from)?;
    Ok(context.interrupt.check()?)
}

/// Puts a copy of the database of a member that is not running in its place, `member/snap/db` in a data directory. Neither
/// the log nor anything else of the member is touched, and the owner stays.
///
/// # Errors
/// As [`defrag`]; [`Error::InUse`] while etcd runs.
pub fn defrag_in_place(
    database: LockedDatabase,
    options: &OpenOptions,
    context: &RewriteContext<'_>,
) -> Result<Defragmented, Error> {
    let source = Container::open(database.path(), options)?;
    if !source.is_stored_plain() {
        return Err(Error::NotAMember { path: database.path().to_owned() });
    }
    let owner = database.owner().map_err(|source| Error::Write { path: database.path().to_owned(), source })?;
    // The database itself is what is to be replaced.
    let destination = Destination::new(database.path(), Existing::Replace, &Inputs::none());
    let target = Target { destination, owner: Some(owner), order: None };
    let defragmented = defrag(&source, &target, context);
    let is_replaced = defragmented.as_ref().err().is_none_or(Error::has_appeared);
    if let Ok(db) = Db::open(source.database())
        && is_replaced
    {
        // The new file is in force. That an etcd could still have waited for the old one is unlikely enough for a failure here
        // to be no failure of the whole. Should the old name come back after a power cut, the old content does too: what is
        // written to a file without a name goes with whoever has it open, and is not brought to the disk for that.
        _ = database.retire(db.page_size());
    }
    defragmented
}

/// Writes the pages to a file that will have about so many bytes.
fn copy(
    verified: &VerifiedSource<'_>,
    trailer: &SourceTrailer<'_>,
    (new, in_use): (&mut NewFile, u64),
    order: ByteOrder,
    context: &RewriteContext<'_>,
) -> Result<Built, Error> {
    let (db, path): (&Db<'_>, _) = (&verified.inspection.db, new.path().to_owned());
    context.progress.phase("copy", in_use);
    let outcome = write_behind(
        new.file(),
        context.interrupt,
        &|bytes| context.progress.advance(bytes),
        &|| trailer.step(),
        |behind| {
            let mut builder = Builder::new(behind, &BuildOptions { order, ..BuildOptions::like(db) })?;
            builder.copy(&db.root())?;
            Ok::<_, CopyError>(builder.finish()?)
        },
    );
    let (built, written) = outcome?;
    context.interrupt.check()?;
    let write_error = |source| Error::Write { path, source };
    match built {
        // It only says that the other thread has stopped, which knows why.
        Err(CopyError::Build(BuildError::Write { source, .. })) => Err(write_error(written.err().unwrap_or(source))),
        Err(source) => Err(Error::Copy { name: context.name.to_owned(), source }),
        Ok(built) => {
            written.map_err(write_error)?;
            context.progress.finished();
            Ok(built)
        }
    }
}
