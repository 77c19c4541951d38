//! Making a sound database of what can be read of a damaged one, and saying what could not.
//!
//! ```text
//!  for each bucket:  leaves that can be reached ─► entries that can be read ─► in key order, each once ─► packed pages
//!                              │                            │                          │
//!                              └── pages and elements that cannot: the stretch of keys around them is told as lost
//! ```
//!
//! Only pages that the tree leads to are read. What else stands in the file may be old, and would bring back what was
//! compacted or deleted (`docs/format/bbolt.md#stale-pages`). Memory is 32 bytes an entry of the largest bucket, and some
//! hundred bytes a user key.

mod affected_keys;
mod bucket_reader;
mod losses;

use etcdsnap_bbolt::build::{BuildError, BuildOptions, Builder};
use etcdsnap_bbolt::{ByteOrder, Db};
use etcdsnap_mvcc::Compaction;
use etcdsnap_publish::NewFile;
use etcdsnap_quote::excerpt;
use etcdsnap_snapshot::buckets::EXPECTED;
use etcdsnap_snapshot::container::Container;
use etcdsnap_snapshot::finding::Severity;
use etcdsnap_snapshot::inspection::Inspection;

pub use losses::{KeyNames, Losses, LostRange};

use crate::write_behind::write_behind;
use crate::{Error, RewriteContext};
use affected_keys::AffectedKeys;
use bucket_reader::{BucketKind, BucketReader, ReadableBucket};

/// The bucket of the records.
const KEY: &[u8] = b"key";
/// The bucket of the marks that compactions leave, which no etcd leaves empty.
const META: &[u8] = b"meta";
/// Buckets that are saved; etcd has ten.
const BUCKETS: usize = 1024;

/// Writes all that can be read of the database in `source`, of which `inspection` is, to a file that is new and empty. Returns
/// what could not be read.
///
/// # Errors
/// The list of buckets or all records are lost; or reading or writing failed. The file is worth nothing then.
pub fn salvage(
    source: &Container,
    inspection: &Inspection<'_>,
    new: &mut NewFile,
    order: ByteOrder,
    context: &RewriteContext<'_>,
) -> Result<Losses, Error> {
    let db = &inspection.db;
    let (found, losses) = buckets(inspection);
    if !found.iter().any(|(name, _)| *name == KEY) {
        return Err(Error::NoRecords { name: context.name.to_owned() });
    }
    let options = BuildOptions { order, ..BuildOptions::like(db) };
    let reader = BucketReader { source, db, interrupt: context.interrupt };
    let mut saving = Saving { reader, context, losses, room: Some(db.bytes().len() as u64) };
    context.progress.phase("save what can be read", inspection.bytes_in_use());
    let outcome =
        write_behind(new.file(), context.interrupt, &|bytes| context.progress.advance(bytes), &|| false, |behind| {
            let mut builder = Builder::new(behind, &options).map_err(|source| unbuilt(context, source))?;
            for (name, sequence) in found {
                let left = if name == KEY { Some(saving.records()?) } else { saving.entries(name)? };
                let Some(left) = left else { continue };
                let mut entries = left.entries.iter();
                let filled = builder.bucket::<BuildError>(name, sequence, |builder| {
                    entries.try_for_each(|entry| builder.put(entry.key, entry.value))
                });
                filled.map_err(|source| unbuilt(context, source))?;
            }
            builder.finish().map_err(|source| unbuilt(context, source))
        });
    let (built, written) = outcome?;
    context.interrupt.check()?;
    match (built, written) {
        // What stopped the writing thread says more than that it has stopped.
        (_, Err(source)) => Err(Error::Write { path: new.path().to_owned(), source }),
        (Err(error), Ok(())) => Err(error),
        (Ok(_), Ok(())) => {
            context.progress.finished();
            Ok(saving.losses)
        }
    }
}

/// Bucket by bucket, what can be read.
struct Saving<'s, 'a> {
    reader: BucketReader<'s, 'a>,
    context: &'s RewriteContext<'s>,
    losses: Losses,
    /// Bytes that buckets beside the records may still have; `None` when they had more. Each bucket is followed by itself, so any
    /// number of them can lead to the same pages. Where none do, all have less than the file.
    room: Option<u64>,
}

impl<'a> Saving<'_, 'a> {
    fn records(&mut self) -> Result<ReadableBucket<'a>, Error> {
        let left = self.reader.read(KEY, BucketKind::Records)?;
        if left.entries.is_empty() && !left.lost.is_empty() {
            return Err(Error::NoRecords { name: self.context.name.to_owned() });
        }
        let compaction = self.compaction()?;
        self.losses.records(AffectedKeys::new(&left, compaction));
        Ok(left)
    }

    /// What the marks of compactions say; `None` when none can be read, and it cannot be told that there was none.
    fn compaction(&self) -> Result<Option<Compaction>, Error> {
        let marks = Compaction::read(self.reader.db).unwrap_or_default();
        if marks != Compaction::default() {
            return Ok(Some(marks));
        }
        let meta = self.reader.read(META, BucketKind::Entries)?;
        let has_marks = meta.entries.iter().any(|entry| entry.key.ends_with(b"CompactRev"));
        let never = meta.lost.is_empty() && !meta.entries.is_empty() && !has_marks;
        Ok(never.then_some(marks))
    }

    /// Those of a bucket beside the records; `None` when there is no room for it, so that it is lost.
    fn entries(&mut self, name: &[u8]) -> Result<Option<ReadableBucket<'a>>, Error> {
        if let Some(room) = self.room {
            let left = self.reader.read(name, BucketKind::Entries)?;
            self.room = room.checked_sub(left.bytes());
            if self.room.is_some() {
                self.losses.entries(name, &left);
                return Ok(Some(left));
            }
        }
        self.losses.buckets.push(excerpt(name));
        Ok(None)
    }
}

fn unbuilt(context: &RewriteContext<'_>, source: BuildError) -> Error {
    Error::Copy { name: context.name.to_owned(), source: source.into() }
}

/// The buckets that are saved, in order, with their sequences; and those that should be there and cannot be found, or are too
/// many.
fn buckets<'a>(inspection: &Inspection<'a>) -> (Vec<(&'a [u8], u64)>, Losses) {
    let db: &Db<'a> = &inspection.db;
    let listed = inspection.walk.buckets.iter().filter(|bucket| bucket.parent == Some(0));
    let mut names: Vec<_> = listed.map(|bucket| (bucket.name, bucket.sequence)).collect();
    names.sort_unstable();
    names.dedup_by_key(|(name, _)| *name);
    let (mut found, mut lost): (Vec<_>, Vec<_>) =
        names.into_iter().partition(|(name, _)| matches!(db.root().bucket(name), Ok(Some(_))));
    if found.len() > BUCKETS {
        found.sort_by_key(|(name, _)| !EXPECTED.iter().any(|expected| expected.as_bytes() == *name));
        lost.extend(found.split_off(BUCKETS));
        found.sort_unstable();
        lost.sort_unstable();
    }
    let root_is_damaged = inspection
        .walk
        .problems
        .kept()
        .iter()
        .any(|problem| problem.bucket == Some(0) && problem.code.severity() == Severity::Error);
    if root_is_damaged {
        let missing = EXPECTED.iter().map(|name| name.as_bytes());
        let missing = missing.filter(|name| found.iter().chain(&lost).all(|(known, _)| known != name));
        lost.extend(missing.map(|name| (name, 0)).collect::<Vec<_>>());
    }
    let buckets = lost.iter().map(|(name, _)| excerpt(name)).collect();
    (found, Losses { buckets, ..Losses::default() })
}
