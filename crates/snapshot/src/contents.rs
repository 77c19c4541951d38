//! What is in a backup, for who wants to read it: keys, values, revisions.
//!
//! Reading goes on around damage: what can be read is answered, and what was in the way is told as findings
//! ([`Contents::damage`]). Only when the file itself cannot be read is it an error.

use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use etcdsnap_bbolt::check::BucketLeaves;
use etcdsnap_bbolt::{Corruption, Db, DbOpenError};
use etcdsnap_image::ImageError;
use etcdsnap_mvcc::{
    Baseline, Direction, Index, KeyFilter, ReadAhead, Record, RevisionError, Revisions, UnchangedLeaves,
};

use crate::catalogue::cluster::ENTRY_IS_BUCKET;
use crate::catalogue::container::TREE_UNREADABLE;
use crate::catalogue::{mvcc, structure};
use crate::container::Container;
use crate::finding::{Finding, Severity};
use crate::known::Known;
use crate::place::Place;
use crate::progress::Progress;

/// Findings of each rule that are kept.
const LIMIT: u64 = 10;

/// A file while it is being read: asks the system for pages ahead, so that a bad sector or a shrunken file is an error and
/// not a signal.
pub struct Source<'c> {
    container: &'c Container,
    progress: &'c dyn Progress,
    in_phase: AtomicBool,
    failure: Mutex<Option<ImageError>>,
}

impl<'c> Source<'c> {
    /// Reads from `container` and tells `progress` of passes over the whole of it.
    pub fn new(container: &'c Container, progress: &'c dyn Progress) -> Self {
        Self { container, progress, in_phase: AtomicBool::new(false), failure: Mutex::new(None) }
    }

    fn checked<T>(&self, read: T) -> Result<T, ImageError> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take().map_or(Ok(read), Err)
    }
}

impl ReadAhead for Source<'_> {
    fn prepare(&self, bytes: Range<u64>) -> ControlFlow<()> {
        let length = bytes.end.saturating_sub(bytes.start);
        if let Err(error) = self.container.image().prefetch(bytes) {
            self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            return ControlFlow::Break(());
        }
        if self.in_phase.load(Ordering::Relaxed) {
            self.progress.advance(length);
        }
        ControlFlow::Continue(())
    }
}

impl std::fmt::Debug for Source<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source").field("container", &self.container).finish_non_exhaustive()
    }
}

/// The keyspace of one backup. Works on the rayon pool it is used in.
#[derive(Debug)]
pub struct Contents<'a> {
    /// The database.
    pub db: Db<'a>,
    revisions: Revisions<'a>,
    /// What keeps the compaction marks from being known.
    marks: Vec<Finding>,
    source: &'a Source<'a>,
}

/// Why nothing can be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unreadable {
    /// No usable meta.
    #[error(transparent)]
    Database(#[from] DbOpenError),
    /// The root bucket is damaged.
    #[error("the list of buckets cannot be read: {0}")]
    Buckets(#[from] Corruption),
    /// A database of something else.
    #[error("there is no bucket key, so this is no database of etcd")]
    NoKeys,
}

/// What was in the way of reading.
#[derive(Debug)]
pub struct Obstacles {
    /// The first of each rule, with their places.
    pub findings: Vec<Finding>,
    /// How many there are, those included that were not kept.
    pub count: u64,
}

impl<'a> Contents<'a> {
    /// Finds the records in a file; reads no more of it than that takes.
    ///
    /// # Errors
    /// There is no way in.
    pub fn open(source: &'a Source<'a>) -> Result<Self, Unreadable> {
        let db = Db::open(source.container.database())?;
        db.root().bucket(b"key")?.ok_or(Unreadable::NoKeys)?;
        Ok(Self { db, revisions: Revisions::open(&db, source, LIMIT)?, marks: unread_marks(&db), source })
    }

    /// The same keyspace to be read once more: all records may be asked for once.
    ///
    /// # Errors
    /// The root bucket is damaged.
    pub fn again(&self) -> Result<Self, Unreadable> {
        let revisions = Revisions::open(&self.db, self.source, LIMIT)?;
        Ok(Self { db: self.db, revisions, marks: self.marks.clone(), source: self.source })
    }

    /// The revision to read at: the asked one, or the current one.
    ///
    /// # Errors
    /// As a server refuses it: the revision is compacted, or not yet there.
    pub fn readable(&self, asked: Option<i64>) -> Result<i64, RevisionError> {
        self.revisions.readable(asked)
    }

    /// The store's current revision, as a server that starts from it has it.
    pub fn current_revision(&self) -> i64 {
        self.revisions.current_revision()
    }

    /// The same, not known when the compaction marks, or pages of records that were read so far, are damaged: newer
    /// records may have been there.
    pub fn newest_revision(&self) -> Known<i64> {
        let damage = self.revisions.damage();
        let is_read = self.marks.is_empty() && damage.problems.worst() < Some(Severity::Error);
        Known::new(self.current_revision(), is_read)
    }

    /// The revision that was read at, to be shown: the asked one, or the newest if it is known. To be called after reading.
    pub fn shown_revision(&self, asked: Option<i64>) -> Known<i64> {
        asked.map_or_else(|| self.newest_revision(), Known::whole)
    }

    /// The compacted revision, as a server that starts from it has it; -1 when never compacted.
    pub fn compacted_revision(&self) -> i64 {
        self.revisions.compaction().compacted()
    }

    /// Reads all records up to a revision; see [`Revisions::index`] for what it costs.
    ///
    /// # Errors
    /// The system could not read the file.
    pub fn index(&self, upto: i64, wanted: Option<&KeyFilter<'_>>) -> Result<Index<'a>, ImageError> {
        self.reading_all(|| self.revisions.index(upto, wanted))
    }

    /// The same as [`index`](Self::index), faster when this is a later backup of a store of which another one is indexed already; and
    /// what they share. See [`Revisions::index_incrementally`].
    ///
    /// # Errors
    /// The system could not read the file.
    pub fn index_after(
        &self,
        earlier: &Self,
        index: &Index<'a>,
        upto: i64,
        wanted: Option<&KeyFilter<'_>>,
    ) -> Result<(Index<'a>, UnchangedLeaves), ImageError> {
        let earlier = Baseline { revisions: &earlier.revisions, index };
        self.reading_all(|| self.revisions.index_incrementally(earlier, upto, wanted))
    }

    /// Reads the whole file as one phase of progress.
    fn reading_all<T>(&self, read: impl FnOnce() -> T) -> Result<T, ImageError> {
        self.source.progress.phase("keys", self.db.bytes().len() as u64);
        self.source.in_phase.store(true, Ordering::Relaxed);
        let read = read();
        self.source.in_phase.store(false, Ordering::Relaxed);
        let read = self.source.checked(read)?;
        self.source.progress.finished();
        Ok(read)
    }

    /// Streams the records with revisions above `after` and up to `upto`, in batches; see [`Revisions::batches`].
    ///
    /// # Errors
    /// The system could not read the file; nothing follows.
    pub fn batches(
        &self,
        after: i64,
        upto: i64,
        direction: Direction,
    ) -> impl Iterator<Item = Result<Vec<Record<'a>>, ImageError>> {
        let mut batches = self.revisions.batches(after, upto, direction);
        std::iter::from_fn(move || match batches.next() {
            Some(batch) => Some(Ok(batch)),
            None => self.source.checked(()).err().map(Err),
        })
    }

    /// What was in the way of all that was read so far; `None` when nothing that could hide or change a record.
    pub fn damage(&self) -> Option<Obstacles> {
        let damage = self.revisions.damage();
        let problems = damage.problems.counts().filter(|(code, _)| code.severity() == Severity::Error);
        let of_records = problems.map(|(_, count)| count).sum::<u64>() + mvcc::errors(&damage.violations);
        let count = of_records + self.marks.len() as u64;
        if count == 0 {
            return None;
        }
        let bucket = || Some("key".to_owned());
        let problems = damage.problems.kept().iter().map(|problem| structure::finding(problem, bucket()));
        let violations = damage.violations.kept().iter().map(mvcc::finding);
        let of_records = problems.chain(violations).filter(|finding| finding.severity == Severity::Error);
        let findings = self.marks.iter().cloned().chain(of_records).collect();
        Some(Obstacles { findings, count })
    }
}

/// What keeps the compaction marks in the bucket `meta` from being known: damage in the list of buckets or in that bucket.
/// Of its elements the first damaged one is told.
fn unread_marks(db: &Db<'_>) -> Vec<Finding> {
    let early = |error: Corruption| {
        let message = format!("the compaction marks cannot be read: {error}");
        vec![Finding::new(&TREE_UNREADABLE, Place::bucket("meta"), message)]
    };
    let (meta, branches) =
        match db.root().bucket(b"meta").and_then(|meta| Ok((meta, BucketLeaves::of(db, b"meta", LIMIT)?))) {
            Ok((Some(meta), branches)) => (meta, branches),
            // It may be in a part of the list that cannot be read.
            Ok((None, _)) => return db.root().elements().find_map(Result::err).map_or_else(Vec::new, early),
            Err(error) => return early(error),
        };
    let problems = branches.problems();
    if problems.worst() >= Some(Severity::Error) {
        let kept = problems.kept().iter().map(|problem| structure::finding(problem, Some("meta".to_owned())));
        return kept.filter(|finding| finding.severity == Severity::Error).collect();
    }
    meta.elements()
        .find_map(|element| match element {
            Ok(element) if element.is_bucket() => {
                let message = "a bucket stands in place of the entry";
                Some(vec![Finding::new(&ENTRY_IS_BUCKET, Place::entry("meta", element.key), message)])
            }
            Ok(_) => None,
            Err(error) => Some(early(error)),
        })
        .unwrap_or_default()
}
