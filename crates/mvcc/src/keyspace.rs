//! [`Keyspace`]: the result of a whole scan: hashes, counts, and violations of the rules about records.

use std::collections::{BTreeMap, HashSet};

use etcdsnap_bbolt::Db;
use etcdsnap_bbolt::check::{BucketInfo, Walk};
use etcdsnap_fault::Collector;
use rayon::prelude::*;

use crate::digest::{self, BucketDigest, LeafDigest};
use crate::history_check::{HistoryChecker, Tally};
use crate::position::Position;
use crate::rank_table::RankTable;
use crate::record_state::{PARTITIONS, RecordState};
use crate::records::{Record, Records};
use crate::scan::{RecordCounts, ScanChunk};
use crate::violation::Violation;
use crate::{Compaction, Summary};

/// The result of a whole scan, merged from its chunks.
#[derive(Debug)]
pub struct Keyspace<'a> {
    /// Digests of the buckets below the root, in key order.
    pub buckets: Vec<BucketDigest<'a>>,
    /// Counts of the keyspace; all zero when only digests were computed.
    pub summary: Summary,
    /// Violations of the rules about records.
    pub violations: Collector<Violation>,
    pub(crate) records: Records<'a>,
    /// Digests of the leaves of all buckets below the root.
    pub(crate) digests: RankTable<LeafDigest>,
    pub(crate) compaction: Compaction,
    /// The puts that count for HashKV although they are at or below the compacted revision.
    pub(crate) kept: KeptPuts,
    suspects: Vec<Position>,
}

/// The puts that were the newest record of their key at the revision of HashKV.
#[derive(Debug, Default)]
pub(crate) struct KeptPuts {
    /// The revision of HashKV.
    pub revision: i64,
    /// Positions of those at or below the compacted revision, ascending.
    pub compacted: Vec<Position>,
    /// Is there any such put, above the compacted revision or not?
    pub any: bool,
}

impl<'a> Keyspace<'a> {
    /// Merges the chunks of a walk. `hash_at` is the revision of [`hash_kv`](Self::hash_kv); the store's current one
    /// when `None` or, as in etcd, 0.
    pub fn new(
        db: &Db<'a>,
        walk_buckets: &[BucketInfo<'a>],
        chunks: Vec<ScanChunk<'a>>,
        compaction: Compaction,
        hash_at: Option<i64>,
        limit: u64,
    ) -> Self {
        let mut states: Vec<Vec<RecordState>> = Vec::new();
        let mut violations = Collector::new(limit);
        let mut counts = RecordCounts::default();
        let (mut digests, mut leaves) = (Vec::with_capacity(chunks.len()), Vec::with_capacity(chunks.len()));
        let (mut inline, mut suspects) = (None, Vec::new());
        for chunk in chunks {
            digests.push(chunk.digests);
            leaves.push(chunk.leaves);
            suspects.extend(chunk.suspects);
            inline = inline.or(chunk.inline);
            violations.merge(chunk.violations);
            counts.add(&chunk.counts);
            debug_assert!(chunk.states.is_sorted_by_key(RecordState::partition), "the scanner's finish was not called");
            states.push(chunk.states);
        }
        let digests = RankTable::new(digests);
        let buckets = digest::buckets(walk_buckets, &digests);
        let records = Records { db: *db, inline, leaves: RankTable::new(leaves) };
        records.check_steps(compaction.compacted(), &mut violations);
        let last = records.leaves.last().map(|leaf| leaf.last);
        let revision = hash_at.filter(|revision| *revision != 0).unwrap_or_else(|| compaction.current(last));
        suspects.sort_unstable();
        let generations = HistoryChecker::new(&records, compaction, revision, limit, suspects);
        let parts = (0..PARTITIONS).into_par_iter();
        let tally = parts.map(|part| generations.tally(&states, part)).reduce(|| Tally::new(limit), Tally::merge);
        let summary = Summary {
            records: counts.puts + counts.tombstones,
            puts: counts.puts,
            tombstones: counts.tombstones,
            live_keys: tally.live_keys,
            first: records.leaves.first().map(|leaf| leaf.first),
            last,
            bump_markers: counts.bump_markers,
            at_compaction: counts.at_compaction,
            leases: tally.leases,
            undecodable: counts.undecodable,
        };
        violations.merge(tally.violations);
        violations.sort_and_trim();
        let mut kept = KeptPuts { revision, compacted: tally.kept, any: tally.keeps_any };
        kept.compacted.sort_unstable();
        let suspects = tally.suspects;
        Self { buckets, summary, violations, records, digests, compaction, kept, suspects }
    }

    /// Calls [`new`](Self::new) with the chunks of a walk, which are moved out of it.
    pub fn from_walk(
        db: &Db<'a>,
        walk: &mut Walk<'a, ScanChunk<'a>>,
        compaction: Compaction,
        hash_at: Option<i64>,
    ) -> Self {
        let limit = walk.problems.limit();
        Self::new(db, &walk.buckets, std::mem::take(&mut walk.chunks), compaction, hash_at, limit)
    }

    /// The hash that `snapshot status` prints.
    pub fn status_hash(&self) -> u32 {
        digest::status_hash(&self.buckets)
    }

    /// Number of key-value pairs in all buckets: the key count of `snapshot status` in etcd 3.4 and 3.5.
    pub fn total_pairs(&self) -> u64 {
        self.buckets.iter().map(|bucket| bucket.pairs).sum()
    }

    /// The newest puts of live keys that the [`ValuePrefilter`](crate::ValuePrefilter) found suspect, in no particular
    /// order.
    pub fn suspects(&self) -> impl Iterator<Item = Record<'a>> {
        self.suspects.iter().filter_map(|position| self.records.record(*position))
    }

    /// The compaction marks that the scan was made with.
    pub fn compaction(&self) -> Compaction {
        self.compaction
    }

    /// Is there a live key for which `wanted` holds? Reads records from the newest to the oldest until one is found;
    /// memory is that of the deleted keys for which it holds.
    pub fn any_live_key(&self, wanted: impl Fn(&[u8]) -> bool) -> bool {
        let mut deleted = HashSet::new();
        let pages = self.records.leaves.iter().rev().filter_map(|leaf| Some(self.records.page(leaf)?.within_budget()));
        let elements = pages.flat_map(|page| (0..page.count).rev().filter_map(move |index| page.leaf_element(index)));
        for element in elements {
            let Some(Record { tombstone, kv, .. }) = Record::parse(&element).filter(|record| !record.has_no_user_key())
            else {
                continue;
            };
            if !wanted(kv.key) || deleted.contains(kv.key) {
                continue;
            }
            if !tombstone {
                return true;
            }
            deleted.insert(kv.key);
        }
        false
    }

    /// Number of live keys attached to each lease.
    pub fn leases(&self) -> &BTreeMap<i64, u64> {
        &self.summary.leases
    }
}

impl RecordCounts {
    fn add(&mut self, other: &Self) {
        self.puts += other.puts;
        self.tombstones += other.tombstones;
        self.bump_markers += other.bump_markers;
        self.at_compaction += other.at_compaction;
        self.undecodable.merge(other.undecodable);
    }
}
