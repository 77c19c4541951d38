//! Proving that a copy holds what its source holds, before it gets its name: by the digests that a walk over each of them
//! takes of every bucket.

use std::fs::File;
use std::ops::ControlFlow;
use std::os::unix::fs::FileExt as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use etcdsnap_bbolt::Db;
use etcdsnap_bbolt::check::{BucketInfo, DEFAULT_LIMIT, Walk};
use etcdsnap_mvcc::{Compaction, Keyspace, Scanner};
use etcdsnap_publish::NewFile;
use etcdsnap_quote::excerpt;
use etcdsnap_snapshot::container::{Container, OpenOptions};
use etcdsnap_snapshot::finding::{Finding, Severity};
use etcdsnap_snapshot::image_hash::ImageHash;
use etcdsnap_snapshot::inspection::Inspection;
use etcdsnap_snapshot::reading::walk;
use etcdsnap_snapshot::threads::{self, NoThread};

use crate::source_trailer::SourceTrailer;
use crate::verified_source::VerifiedSource;
use crate::{Error, RewriteContext};

/// What a copy that holds what its source holds still has to tell.
#[derive(Debug)]
pub(crate) struct VerifiedCopy {
    /// The SHA-256 that was put behind the copy.
    pub sha256: Option<[u8; 32]>,
    /// The SHA-256 behind the source is wrong, and that is put up with.
    pub tolerated: Option<Finding>,
}

/// Reads a new file of `size` bytes again, while the system brings it to the disk, and the rest of the source; puts the SHA-256
/// behind the file when one stood behind the source and was right. Entries of `spared`, a bucket of the root, may differ from
/// the source.
pub(crate) fn verify_copy(
    verified: &VerifiedSource<'_>,
    trailer: SourceTrailer<'_>,
    new: &mut NewFile,
    size: u64,
    spared: Option<&[u8]>,
    context: &RewriteContext<'_>,
) -> Result<VerifiedCopy, Error> {
    let copy = Container::open(new.path(), &OpenOptions::default())?;
    let path = new.path().to_owned();
    let file: &File = new.file();
    let sealed = trailer.is_there();
    context.progress.phase("check the copy", size.saturating_add(trailer.left()));
    let failed = AtomicBool::new(false);
    let stopped = || failed.load(Ordering::Relaxed) || context.interrupt.is_set();
    let check = || {
        let checked = trailer
            .verify(context)
            .and_then(|tolerated| Ok((tolerated, difference(&verified.inspection, &copy, spared, context)?)));
        failed.store(checked.is_err(), Ordering::Relaxed);
        checked
    };
    let (synced, (checked, digest)) = thread::scope(|scope| {
        let syncing = threads::start(scope, || file.sync_data())?;
        // The hash keeps one thread busy; when it is done first, its thread takes part in what is left of the walk.
        let hash = || if sealed { ImageHash::new(&copy).finish(&stopped, &|_| ()) } else { Ok(None) };
        let read = rayon::join(check, hash);
        Ok::<_, NoThread>((syncing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), read))
    })?;
    let (tolerated, difference) = checked?;
    if let Some(part) = difference {
        return Err(Error::Differs { name: context.name.to_owned(), part });
    }
    context.interrupt.check()?;
    context.progress.finished();
    let sha256 = digest?.filter(|_| tolerated.is_none());
    let behind = sha256.map_or(Ok(()), |digest| file.write_all_at(&digest, size));
    synced.and(behind).map_err(|source| Error::Write { path, source })?;
    Ok(VerifiedCopy { sha256, tolerated })
}

/// Walks over the pages of a copy and compares what is in them with the source, but for the entries of `spared`, a bucket of
/// the root. `None` when nothing differs, else what does, for the end of a sentence.
fn difference(
    source: &Inspection<'_>,
    copy: &Container,
    spared: Option<&[u8]>,
    context: &RewriteContext<'_>,
) -> Result<Option<String>, Error> {
    let Ok(db) = Db::open(copy.database()) else { return Ok(Some("its metas".to_owned())) };
    let advance = |bytes| {
        context.progress.advance(bytes);
        if context.interrupt.is_set() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let mut walk = walk(copy, &db, &Scanner::digests_only(), DEFAULT_LIMIT, &advance)?;
    let keyspace = Keyspace::from_walk(&db, &mut walk, Compaction::default(), None);
    context.interrupt.check()?;
    Ok(compare(source, &walk, &keyspace, spared))
}

fn compare<C>(
    source: &Inspection<'_>,
    walk: &Walk<'_, C>,
    keyspace: &Keyspace<'_>,
    spared: Option<&[u8]>,
) -> Option<String> {
    if walk.problems.worst() >= Some(Severity::Error) {
        return Some("its structure".to_owned());
    }
    if shapes(&source.walk.buckets).ne(shapes(&walk.buckets)) {
        return Some("its buckets".to_owned());
    }
    let pairs = source.keyspace.buckets.iter().zip(&keyspace.buckets);
    let mut differing = pairs.filter(|(before, after)| before != after && Some(before.name) != spared);
    let bucket = differing.next().map(|(before, _)| format!("bucket {}", excerpt(before.name)));
    // Digests do not look into buckets inside buckets; at least their entries are counted.
    let entries = spared.is_none() && source.walk.page_counts.keys != walk.page_counts.keys;
    bucket.or(entries.then(|| "the number of entries".to_owned()))
}

/// What is known of buckets apart from what they hold and where.
fn shapes<'w>(buckets: &'w [BucketInfo<'_>]) -> impl Iterator<Item = (Option<u32>, &'w [u8], u64)> {
    buckets.iter().map(|bucket| (bucket.parent, bucket.name, bucket.sequence))
}
