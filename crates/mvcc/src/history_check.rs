//! [`HistoryChecker`]: checks the history of every key against the rules about generations, and counts live keys and leases.
//!
//! It reads the [`RecordState`]s of a scan. Only where these do not look sound are the records themselves read.

use std::collections::BTreeMap;

use etcdsnap_fault::Collector;

use crate::position::Position;
use crate::record_code::RecordCode;
use crate::record_state::RecordState;
use crate::records::{Record, Records};
use crate::violation::{Violation, ViolationDetail};
use crate::{Compaction, key_history};

/// Records that are read together.
const GROUP: usize = 64;

/// Checks the histories of all keys, partition by partition; made once for a scan.
pub(crate) struct HistoryChecker<'r, 'a> {
    records: &'r Records<'a>,
    compaction: Compaction,
    /// The first position above the revision of the hash.
    end: Position,
    /// The first position above the compacted revision.
    compacted_end: Position,
    limit: u64,
    /// Positions of the puts that the [`ValuePrefilter`](crate::ValuePrefilter) found suspect, ascending.
    suspects: Vec<Position>,
}

/// The results of checking the histories of some keys.
#[derive(Debug)]
pub(crate) struct Tally {
    pub live_keys: u64,
    /// Number of live keys by lease.
    pub leases: BTreeMap<i64, u64>,
    /// See [`KeptPuts::compacted`](crate::keyspace::KeptPuts::compacted).
    pub kept: Vec<Position>,
    pub keeps_any: bool,
    pub violations: Collector<Violation>,
    /// Suspect puts that are the newest records of their keys.
    pub suspects: Vec<Position>,
}

impl Tally {
    pub fn new(limit: u64) -> Self {
        let violations = Collector::new(limit);
        let (kept, suspects) = (Vec::new(), Vec::new());
        Self { live_keys: 0, leases: BTreeMap::new(), kept, keeps_any: false, violations, suspects }
    }

    pub fn merge(mut self, other: Self) -> Self {
        self.live_keys += other.live_keys;
        for (lease, keys) in other.leases {
            *self.leases.entry(lease).or_default() += keys;
        }
        self.kept.extend(other.kept);
        self.keeps_any |= other.keeps_any;
        self.violations.merge(other.violations);
        self.suspects.extend(other.suspects);
        self
    }
}

impl<'r, 'a> HistoryChecker<'r, 'a> {
    pub fn new(
        records: &'r Records<'a>,
        compaction: Compaction,
        revision: i64,
        limit: u64,
        suspects: Vec<Position>,
    ) -> Self {
        let (end, compacted_end) = (records.first_above(revision), records.first_above(compaction.compacted()));
        Self { records, compaction, end, compacted_end, limit, suspects }
    }

    /// Checks all keys of one partition.
    pub fn tally(&self, chunks: &[Vec<RecordState>], partition: usize) -> Tally {
        let unfinished = self.compaction.is_unfinished();
        let mut tally = Tally::new(self.limit);
        let mut leased = Vec::new();
        key_history::for_each_history(
            &key_history::sorted_partition(chunks, partition),
            unfinished,
            |at| self.records.key(at),
            |history, suspected| {
                if suspected {
                    self.confirm_breaches(history, &mut tally);
                }
                leased
                    .extend(history.last().filter(|last| last.is_put() && last.is_leased()).map(RecordState::position));
                self.count(history, &mut tally);
            },
        );
        for some in leased.chunks(GROUP) {
            for record in self.records.read_many(some).into_iter().flatten() {
                *tally.leases.entry(record.kv.lease).or_default() += 1;
            }
        }
        tally
    }

    /// Adds the history of one key to the counts.
    fn count(&self, history: &[RecordState], tally: &mut Tally) {
        if let Some(last) = history.last().filter(|last| last.is_put()) {
            tally.live_keys += 1;
            if self.suspects.binary_search(&last.position()).is_ok() {
                tally.suspects.push(last.position());
            }
        }
        let at_revision = history.partition_point(|state| state.position() < self.end);
        if let Some(kept) = history[..at_revision].last().filter(|kept| kept.is_put()) {
            tally.keeps_any = true;
            if kept.position() < self.compacted_end {
                tally.kept.push(kept.position());
            }
        }
    }

    /// Adds the suspected breaches of a history that its records confirm to the violations.
    #[cold]
    fn confirm_breaches(&self, history: &[RecordState], tally: &mut Tally) {
        for (previous, next, code) in key_history::suspected_breaches(history, self.compaction.is_unfinished()) {
            if let Some(violation) = self.confirm(previous, next, code) {
                tally.violations.push(violation);
            }
        }
    }

    /// Reads the records of a suspected breach; returns the violation with their numbers, if it is one.
    fn confirm(&self, previous: Option<&RecordState>, next: &RecordState, code: RecordCode) -> Option<Violation> {
        let Record { revision, kv: record, .. } = self.records.record(next.position())?;
        let before = previous.and_then(|previous| self.records.record(previous.position()));
        let number = ViolationDetail::Number;
        match (code, before) {
            (RecordCode::ShadowedRecord, before) => {
                let shadowed = if before.is_some() { previous? } else { next };
                let expected = number(self.compaction.compacted());
                self.records.violation(shadowed.position(), code, ViolationDetail::None, expected)
            }
            (RecordCode::VersionGap, Some(Record { kv: before, .. }))
                if before.create_revision != record.create_revision =>
            {
                let (found, expected) = (number(record.create_revision), number(before.create_revision));
                self.records.violation(next.position(), RecordCode::CreateRevisionChanged, found, expected)
            }
            (RecordCode::VersionGap, Some(Record { kv: before, .. })) => {
                let expected = before.version.saturating_add(1);
                let differs = expected != record.version;
                let (found, expected) = (number(record.version), number(expected));
                differs.then(|| self.records.violation(next.position(), code, found, expected))?
            }
            (RecordCode::DuplicateWriteInTransaction, Some(Record { revision: earlier, .. })) => {
                let same = earlier.main == revision.main;
                same.then(|| {
                    self.records.violation(next.position(), code, number(revision.main), ViolationDetail::None)
                })?
            }
            _ => self.records.violation(next.position(), code, number(record.version), ViolationDetail::None),
        }
    }
}
