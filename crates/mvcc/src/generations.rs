//! The history of every key, judged from the states its records left behind.

use std::collections::BTreeMap;

use etcdsnap_bbolt::Collector;

use crate::Compaction;
use crate::keyspace::Records;
use crate::state::{Position, State, judge};
use crate::violation::{Fact, Rule, Violation};

/// What judging all histories needs to know.
pub(crate) struct Generations<'r, 'a> {
    records: &'r Records<'a>,
    compaction: Compaction,
    /// Positions from here on are above the revision that a hash is wanted at.
    end: Position,
    /// Positions from here on are above the compacted revision.
    compacted_end: Position,
    limit: u64,
}

/// What the histories of some keys add up to.
#[derive(Debug)]
pub(crate) struct Tally {
    pub live_keys: u64,
    pub leases: BTreeMap<i64, u64>,
    pub kept: Vec<Position>,
    pub keeps_any: bool,
    pub violations: Collector<Violation>,
}

impl Tally {
    pub fn new(limit: u64) -> Self {
        let violations = Collector::new(limit);
        Self { live_keys: 0, leases: BTreeMap::new(), kept: Vec::new(), keeps_any: false, violations }
    }

    pub fn merge(mut self, other: Self) -> Self {
        self.live_keys += other.live_keys;
        for (lease, keys) in other.leases {
            *self.leases.entry(lease).or_default() += keys;
        }
        self.kept.extend(other.kept);
        self.keeps_any |= other.keeps_any;
        self.violations.merge(other.violations);
        self
    }
}

impl<'r, 'a> Generations<'r, 'a> {
    pub fn new(records: &'r Records<'a>, compaction: Compaction, revision: i64, limit: u64) -> Self {
        let (end, compacted_end) = (records.end_of(revision), records.end_of(compaction.compacted()));
        Self { records, compaction, end, compacted_end, limit }
    }

    /// Judges all keys of one part. `chunks` are sorted each, so what they have of the part are runs to be merged.
    pub fn tally(&self, chunks: &[Vec<State>], part: usize) -> Tally {
        let mut states = Vec::new();
        for chunk in chunks {
            let start = chunk.partition_point(|state| state.partition() < part);
            let end = chunk.partition_point(|state| state.partition() <= part);
            states.extend_from_slice(&chunk[start..end]);
        }
        states.sort();
        let mut tally = Tally::new(self.limit);
        for history in states.chunk_by(|one, other| one.hash == other.hash) {
            if self.breaches(history).next().is_some() {
                self.read_again(history, &mut tally);
            } else {
                self.count(history, &mut tally);
            }
        }
        tally
    }

    /// The records of a history that seem to break a rule: record before, record, rule.
    fn breaches<'h>(&self, history: &'h [State]) -> impl Iterator<Item = (Option<&'h State>, &'h State, Rule)> {
        let unfinished = self.compaction.is_unfinished();
        let before = std::iter::once(None).chain(history.iter().map(Some));
        before
            .zip(history)
            .filter_map(move |(previous, next)| Some((previous, next, judge(previous, next, unfinished)?)))
    }

    fn count(&self, history: &[State], tally: &mut Tally) {
        if let Some(last) = history.last().filter(|last| last.is_put()) {
            tally.live_keys += 1;
            if last.is_leased()
                && let Some((_, record)) = self.records.record(last.position())
            {
                *tally.leases.entry(record.lease).or_default() += 1;
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

    /// Something about these states of one hash does not look sound. Two keys may share the hash, so they are told apart by
    /// their bytes; and only what the records themselves confirm is a violation.
    #[cold]
    fn read_again(&self, history: &[State], tally: &mut Tally) {
        let key_of = |state: &State| self.records.record(state.position()).map_or(&[][..], |(_, record)| record.key);
        let mut states: Vec<(&[u8], State)> = history.iter().map(|state| (key_of(state), *state)).collect();
        states.sort_unstable();
        for same_key in states.chunk_by(|(one, _), (other, _)| one == other) {
            let history: Vec<State> = same_key.iter().map(|(_, state)| *state).collect();
            for (previous, next, rule) in self.breaches(&history) {
                if let Some(violation) = self.confirm(previous, next, rule) {
                    tally.violations.push(violation);
                }
            }
            self.count(&history, tally);
        }
    }

    /// Reads the records of a suspected breach and words it with their numbers.
    fn confirm(&self, previous: Option<&State>, next: &State, rule: Rule) -> Option<Violation> {
        let (revision, record) = self.records.record(next.position())?;
        let before = previous.and_then(|previous| self.records.record(previous.position()));
        let number = Fact::Number;
        match (rule, before) {
            (Rule::ShadowedRecord, before) => {
                let shadowed = if before.is_some() { previous? } else { next };
                let expected = number(self.compaction.compacted());
                self.records.violation(shadowed.position(), rule, Fact::None, expected)
            }
            (Rule::VersionGap, Some((_, before))) if before.create_revision != record.create_revision => {
                let (found, expected) = (number(record.create_revision), number(before.create_revision));
                self.records.violation(next.position(), Rule::CreateRevisionChanged, found, expected)
            }
            (Rule::VersionGap, Some((_, before))) => {
                let expected = before.version.saturating_add(1);
                let differs = expected != record.version;
                let (found, expected) = (number(record.version), number(expected));
                differs.then(|| self.records.violation(next.position(), rule, found, expected))?
            }
            (Rule::DuplicateWriteInTransaction, Some((earlier, _))) => {
                let same = earlier.main == revision.main;
                same.then(|| self.records.violation(next.position(), rule, number(revision.main), Fact::None))?
            }
            _ => self.records.violation(next.position(), rule, number(record.version), Fact::None),
        }
    }
}
