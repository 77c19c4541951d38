//! [`Index`]: the records grouped by key, which answers what was live, deleted or changed at any readable revision.
//!
//! An index has the [`RecordState`]s of a scan, 24 bytes a record. A query goes through the histories of all keys,
//! partition by partition on all threads. An answer has [`Position`]s, 8 bytes a key; their records are read on demand.
//! Neither keys nor values are copied.

use etcdsnap_bbolt::Db;
use etcdsnap_fault::Collector;
use rayon::prelude::*;

use crate::key_leaf::KeyLeaf;
use crate::position::Position;
use crate::rank_table::RankTable;
use crate::record_state::{PARTITIONS, RecordState};
use crate::records::{Record, Records};
use crate::scan::ScanChunk;
use crate::violation::Violation;
use crate::{Compaction, key_history, key_sort};

/// The records of the `key` bucket, grouped by key.
#[derive(Debug)]
pub struct Index<'a> {
    records: Records<'a>,
    chunks: Vec<Vec<RecordState>>,
    compaction: Compaction,
    /// Violations of the rules about single records and about neighbouring records.
    pub violations: Collector<Violation>,
}

/// A key whose newest record deletes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeletedKey {
    /// The deletion.
    pub tombstone: Position,
    /// The put before it, if it is still in the file.
    pub last_put: Option<Position>,
}

impl<'a> Index<'a> {
    /// Makes an index of the scanned leaves of the `key` bucket; at most `limit` violations of each rule are kept.
    pub fn from_chunks(db: &Db<'a>, chunks: Vec<ScanChunk<'a>>, compaction: Compaction, limit: u64) -> Self {
        let (mut leaves, mut inline, mut violations) = (Vec::new(), None, Collector::new(limit));
        let mut states = Vec::new();
        for chunk in chunks {
            leaves.push(chunk.leaves);
            inline = inline.or(chunk.inline);
            violations.merge(chunk.violations);
            states.push(chunk.states);
        }
        let records = Records { db: *db, inline, leaves: RankTable::new(leaves) };
        records.check_steps(compaction.compacted(), &mut violations);
        Self { records, chunks: states, compaction, violations }
    }

    /// The leaves that were read and have records, mostly in file order.
    pub(crate) fn leaves(&self) -> impl Iterator<Item = &KeyLeaf> {
        self.records.leaves.iter_unordered()
    }

    pub(crate) fn chunks(&self) -> &[Vec<RecordState>] {
        &self.chunks
    }

    /// The newest puts of all keys that are live at a revision, which must be
    /// [readable](crate::Revisions::readable); in no particular order.
    pub fn live_at(&self, revision: i64) -> Vec<Position> {
        let end = self.records.first_above(revision);
        self.gather(|history, live| {
            let upto = history.partition_point(|state| state.position() < end);
            let newest = history[..upto].last().filter(|state| state.is_put() && !state.is_marker());
            live.extend(newest.map(RecordState::position));
        })
    }

    /// The keys that are deleted at a revision and whose tombstone is still in the file; in no particular order.
    pub fn deleted_at(&self, revision: i64) -> Vec<DeletedKey> {
        let end = self.records.first_above(revision);
        self.gather(|history, deleted| {
            let upto = history.partition_point(|state| state.position() < end);
            if let Some((tombstone, before)) = history[..upto].split_last().filter(|(newest, _)| !newest.is_put()) {
                let last_put = before.last().filter(|state| state.is_put()).map(RecordState::position);
                deleted.push(DeletedKey { tombstone: tombstone.position(), last_put });
            }
        })
    }

    /// The records with revisions above `after` and up to `upto`, in the order of revisions, each with the record before
    /// it in the history of its key.
    pub fn changes(&self, after: i64, upto: i64) -> Vec<(Position, Option<Position>)> {
        let (start, end) = (self.records.first_above(after), self.records.first_above(upto));
        let mut changes = self.gather(|history, changes| {
            let from = history.partition_point(|state| state.position() < start);
            let upto = history.partition_point(|state| state.position() < end);
            for at in (from..upto).filter(|at| !history[*at].is_marker()) {
                let before = at.checked_sub(1).map(|before| history[before].position());
                changes.push((history[at].position(), before));
            }
        });
        changes.par_sort_unstable();
        changes
    }

    /// Calls `look` with the history of every key, on all threads, and collects what it finds.
    fn gather<T: Send>(&self, look: impl Fn(&[RecordState], &mut Vec<T>) + Sync) -> Vec<T> {
        let unfinished = self.compaction.is_unfinished();
        let parts = (0..PARTITIONS).into_par_iter().map(|part| {
            let (states, mut found) = (key_history::sorted_partition(&self.chunks, part), Vec::new());
            key_history::for_each_history(
                &states,
                unfinished,
                |at| self.records.key(at),
                |history, _| look(history, &mut found),
            );
            found
        });
        parts.flatten().collect()
    }

    /// The record at a position.
    pub fn record(&self, position: Position) -> Option<Record<'a>> {
        self.records.record(position)
    }

    /// Sorts items that have a position by their user keys; takes some 24 bytes an item while it works.
    pub fn sorted_by_key<T: Copy + Send + Sync>(
        &self,
        items: Vec<T>,
        position: impl Fn(&T) -> Position + Sync,
    ) -> Vec<T> {
        key_sort::sort_by_key(items, |item| self.records.key(position(item)))
    }
}
