//! What is missing after a salvage, as values for people and machines.

use std::ops::Bound;

use etcdsnap_mvcc::RevisionKey;
use etcdsnap_quote::excerpt;
use serde::Serialize;

use super::affected_keys::AffectedKeys;
use super::bucket_reader::{Amount, LostSpan, ReadableBucket};

/// Ranges that are kept; all are counted.
const RANGES: usize = 100;
/// Pages of a range that are named.
const PAGES: usize = 16;
/// Keys that are named.
const NAMES: usize = 20;

/// What could not be read of a damaged database.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Losses {
    /// Buckets of which nothing can be found; and those that are not looked for: beyond 1024, or when so many lead to the same
    /// pages that the ones before them have more in them than fits in the file.
    pub buckets: Vec<String>,
    /// Where entries are missing, bucket by bucket in key order; the first hundred.
    pub ranges: Vec<LostRange>,
    /// How many more ranges there are.
    pub more_ranges: u64,
    /// Can the marks that compactions leave not be read? Then it cannot be told which revisions should be there, so that records
    /// that were lost with all that led to them are in no range.
    pub compaction_lost: bool,
    /// The newest revision of which a record can be read; the store begins at it, unless a compaction went further.
    pub last_revision: Option<i64>,
    /// Were there newer ones? Then the store begins lower than it was.
    pub newest_lost: bool,
    /// The highest revision that can be among the lost ones and is above the compacted one; `None` when there is none, or when
    /// it is not known how far they went.
    pub lost_up_to: Option<i64>,
    /// Live keys that may have been written or deleted in the lost revisions, and not since: an old value of theirs comes to
    /// light, or one that was deleted.
    pub maybe_old: KeyNames,
    /// Keys of lost records whose names can still be read: at least these are not as they were.
    pub surely_lost: KeyNames,
}

/// A stretch of a bucket in which entries are missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LostRange {
    /// The bucket.
    pub bucket: String,
    /// The last entry before it that can be read: a revision in the bucket `key`, a key elsewhere.
    pub after: Option<String>,
    /// The first entry behind it that can be read.
    pub before: Option<String>,
    /// Pages that cannot be read, or hold what cannot; the first few. None when nothing leads to them.
    pub pages: Vec<u64>,
    /// How many entries are missing; an estimate when pages are missing as a whole. `None` when it cannot even be estimated.
    pub entries: Option<u64>,
}

/// Keys by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct KeyNames {
    /// How many there are.
    pub count: u64,
    /// The first of them, in key order, quoted where they are not printable.
    pub first: Vec<String>,
}

impl KeyNames {
    /// Of keys in any order.
    pub(super) fn new(mut keys: Vec<&[u8]>) -> Self {
        keys.sort_unstable();
        keys.dedup();
        Self { count: keys.len() as u64, first: keys.iter().take(NAMES).map(|key| excerpt(key)).collect() }
    }
}

impl Losses {
    /// Is nothing missing?
    pub fn is_none(&self) -> bool {
        self.buckets.is_empty() && self.ranges.is_empty() && !self.compaction_lost
    }

    /// Of one of the small buckets.
    pub(super) fn entries(&mut self, name: &[u8], left: &ReadableBucket<'_>) {
        self.add(Ranges::new(&excerpt(name), left, std::iter::empty(), excerpt));
    }

    /// Of the records.
    pub(super) fn records(&mut self, keys: AffectedKeys) {
        let AffectedKeys { ranges, compaction_lost, last_revision, newest_lost, lost_up_to, maybe_old, surely_lost } =
            keys;
        self.add(ranges);
        (self.last_revision, self.newest_lost, self.lost_up_to) = (last_revision, newest_lost, lost_up_to);
        (self.compaction_lost, self.maybe_old, self.surely_lost) = (compaction_lost, maybe_old, surely_lost);
    }

    fn add(&mut self, Ranges { first, more, .. }: Ranges) {
        let room = RANGES.saturating_sub(self.ranges.len());
        self.more_ranges += more + first.len().saturating_sub(room) as u64;
        self.ranges.extend(first.into_iter().take(room));
    }
}

/// Where entries of one bucket are missing.
#[derive(Debug, Default)]
pub(super) struct Ranges {
    /// As many as are kept.
    first: Vec<LostRange>,
    /// How many more there are. There can be one for every entry, so these are not made.
    more: u64,
    /// How many entries that can be read are in front of the end of the last one; `None` when nothing is missing.
    pub end: Option<usize>,
}

impl Ranges {
    /// The stretches of a bucket as ranges between entries that can be read; and the holes outside of them: in front of which
    /// entries others should be that nothing leads to, ascending. `name` says how an entry is called.
    pub fn new(
        bucket: &str,
        left: &ReadableBucket<'_>,
        holes: impl Iterator<Item = usize>,
        name: impl Fn(&[u8]) -> String,
    ) -> Self {
        let per_leaf = (left.entries.len() as u64).checked_div(left.leaves);
        let mut stretches: Vec<_> =
            left.lost.iter().enumerate().map(|(index, lost)| (span(left, lost), index)).collect();
        stretches.sort_unstable();
        let mut stretches = stretches.chunk_by(|(one, _), (next, _)| one == next).peekable();
        let mut holes = holes.peekable();
        let mut ranges = Self::default();
        // Ends, because each round takes a stretch or a hole.
        loop {
            let hole = holes.peek().copied();
            let is_next =
                |same: &&[_]| same.first().is_some_and(|((start, _), _)| hole.is_none_or(|hole| *start <= hole));
            if let Some(same @ [(span, _), ..]) = stretches.next_if(is_next) {
                let lost = same.iter().filter_map(|(_, index)| left.lost.get(*index));
                ranges.add(*span, || LostRange::new(bucket, left, *span, &name).with(lost, per_leaf));
            } else if let Some(hole) = holes.next() {
                if ranges.end < Some(hole) {
                    ranges.add((hole, hole), || LostRange::new(bucket, left, (hole, hole), &name));
                }
            } else {
                return ranges;
            }
        }
    }

    fn add(&mut self, (_, end): (usize, usize), range: impl FnOnce() -> LostRange) {
        self.end = self.end.max(Some(end));
        if self.first.len() < RANGES { self.first.push(range()) } else { self.more += 1 }
    }
}

/// How many entries that can be read are in front of a stretch, and how many in front of its end.
fn span(left: &ReadableBucket<'_>, lost: &LostSpan<'_>) -> (usize, usize) {
    let below = |bound: &[u8]| left.entries.partition_point(|entry| entry.key < bound);
    let up_to = |bound: &[u8]| left.entries.partition_point(|entry| entry.key <= bound);
    let (low, high) = lost.bounds;
    let start = match low {
        Bound::Included(low) => below(low),
        Bound::Excluded(low) => up_to(low),
        Bound::Unbounded => 0,
    };
    let end = match high {
        Bound::Included(high) => up_to(high),
        Bound::Excluded(high) => below(high),
        Bound::Unbounded => left.entries.len(),
    };
    (start, end.max(start))
}

impl LostRange {
    /// Of which nothing more is known.
    fn new(
        bucket: &str,
        left: &ReadableBucket<'_>,
        (start, end): (usize, usize),
        name: impl Fn(&[u8]) -> String,
    ) -> Self {
        let entry = |at: usize| left.entries.get(at).map(|entry| name(entry.key));
        let after = start.checked_sub(1).and_then(entry);
        Self { bucket: bucket.to_owned(), after, before: entry(end), pages: Vec::new(), entries: None }
    }

    /// With what these say, that have the same neighbours.
    fn with<'l>(self, lost: impl Iterator<Item = &'l LostSpan<'l>>, per_leaf: Option<u64>) -> Self {
        lost.fold(Self { entries: Some(0), ..self }, |mut range, LostSpan { page, amount, .. }| {
            if let Some(page) = page.filter(|page| range.pages.len() < PAGES && !range.pages.contains(page)) {
                range.pages.push(page);
            }
            let more = match amount {
                Amount::Entries(entries) => Some(*entries),
                Amount::Page => per_leaf,
                Amount::Unknown => None,
            };
            range.entries = range.entries.zip(more).map(|(known, more)| known + more);
            range
        })
    }
}

/// A revision as people know it.
pub(super) fn revision_name(key: &[u8]) -> String {
    RevisionKey::parse(key).map_or_else(|_| excerpt(key), |key| key.revision.to_string())
}
