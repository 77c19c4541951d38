//! [`Revisions`]: reads records of the `key` bucket by revision, without reading the whole file first.
//!
//! [`Revisions::open`] reads the branch pages only; [`batches`](Revisions::batches) streams the records of a range of
//! revisions in either direction; [`index`](Revisions::index) reads all leaves in file order and groups their records by
//! key. Leaves are checked when they are read, by all rules about structure and records; what is wrong is collected as
//! [`KeyspaceDamage`], and the sound rest is returned.

use std::ops::{ControlFlow, Range};
use std::sync::{Mutex, PoisonError};

use etcdsnap_bbolt::check::{BucketLeaves, Observer as _};
use etcdsnap_bbolt::{Corruption, Db, Page, Problems};
use etcdsnap_fault::{Collector, Severity};
use rayon::prelude::*;

use crate::index::Index;
use crate::record_state::RecordState;
use crate::records::Record;
use crate::scan::{RecordPlace, ScanChunk, check_step};
use crate::violation::Violation;
use crate::{Compaction, Position, Revision, RevisionError, RevisionKey, Scanner};

/// Leaves that one thread takes at a time when all are read.
pub(crate) const CHUNK: usize = 1024;
/// Leaves of a batch: enough to keep all threads busy, few enough to take little memory.
const BATCH: usize = 256;
/// Pages of a chunk with at most this many bytes between them are announced together.
const MAX_GAP: u64 = 1 << 20;

/// Is told which bytes of the file will be read next, from several threads, and can stop the work; implemented by the
/// program to read ahead and to handle interrupts. After a break the result is incomplete.
pub trait ReadAhead: Sync {
    /// Called before these bytes are read.
    fn prepare(&self, bytes: Range<u64>) -> ControlFlow<()>;
}

/// For callers that neither read ahead nor stop.
impl ReadAhead for () {
    fn prepare(&self, _: Range<u64>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// A predicate that selects user keys; called from several threads.
pub type KeyFilter<'w> = dyn Fn(&[u8]) -> bool + Sync + 'w;

/// The records of a database in the order of revisions.
pub struct Revisions<'a> {
    pub(crate) db: Db<'a>,
    ahead: &'a dyn ReadAhead,
    pub(crate) leaves: BucketLeaves<'a>,
    compaction: Compaction,
    current: i64,
    pub(crate) scanner: Scanner,
    damage: Mutex<KeyspaceDamage>,
}

/// Everything that was found wrong in the leaves that were read.
#[derive(Clone, Debug)]
pub struct KeyspaceDamage {
    /// Problems of pages and elements.
    pub problems: Problems,
    /// Violations of rules about records.
    pub violations: Collector<Violation>,
}

impl KeyspaceDamage {
    fn new(limit: u64) -> Self {
        Self { problems: Problems::new(limit), violations: Collector::new(limit) }
    }

    /// Is nothing wrong that could hide or change a record?
    pub fn is_none(&self) -> bool {
        self.problems.worst() < Some(Severity::Error) && self.violations.is_empty()
    }
}

/// The direction in which a range of revisions is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the lowest revision to the highest.
    OldestFirst,
    /// From the highest revision to the lowest.
    NewestFirst,
}

impl<'a> Revisions<'a> {
    /// Reads the branch pages of the `key` bucket. At most `limit` violations of each rule are kept. All later reads are
    /// announced to `ahead`.
    ///
    /// # Errors
    /// The root bucket is too damaged to find the bucket `key` in it.
    pub fn open(db: &Db<'a>, ahead: &'a dyn ReadAhead, limit: u64) -> Result<Self, Corruption> {
        let compaction = Compaction::read(db).unwrap_or_default();
        let leaves = BucketLeaves::of(db, b"key", limit)?;
        let mut damage = KeyspaceDamage::new(limit);
        damage.problems.merge(leaves.problems().clone());
        let last = |page: Page<'a>| {
            (0..page.count).rev().find_map(|index| RevisionKey::parse(page.leaf_element(index)?.key).ok())
        };
        let last = (0..leaves.len()).rev().find_map(|index| last(leaves.page(index)?));
        let current = compaction.current(last.map(|key| key.revision));
        let scanner = Scanner::new(compaction, limit);
        Ok(Self { db: *db, ahead, leaves, compaction, current, scanner, damage: Mutex::new(damage) })
    }

    /// The compaction marks.
    pub fn compaction(&self) -> Compaction {
        self.compaction
    }

    /// The current revision of a server that starts with this database.
    pub fn current_revision(&self) -> i64 {
        self.current
    }

    /// The revision to read at: the requested one, or the current one.
    ///
    /// # Errors
    /// Those of a server: the revision is compacted, or is a future one.
    pub fn readable(&self, asked: Option<i64>) -> Result<i64, RevisionError> {
        match asked {
            None => Ok(self.current),
            Some(revision) if revision < self.compaction.compacted() => Err(RevisionError::Compacted),
            Some(revision) if revision > self.current => Err(RevisionError::Future),
            Some(revision) => Ok(revision),
        }
    }

    /// Everything that was found wrong so far.
    pub fn damage(&self) -> KeyspaceDamage {
        let mut damage = self.damage.lock().unwrap_or_else(PoisonError::into_inner).clone();
        damage.problems.sort_and_trim();
        damage.violations.sort_and_trim();
        damage
    }

    /// Makes the index of the records with revisions up to `upto` whose keys are `wanted`. Reads the leaves in file
    /// order on all threads; takes 24 bytes a record and 48 bytes a leaf.
    pub fn index(&self, upto: i64, wanted: Option<&KeyFilter<'_>>) -> Index<'a> {
        let scanned = |leaves: &[usize]| match self.prepare(leaves) {
            ControlFlow::Break(()) => self.scanner.chunk(),
            ControlFlow::Continue(()) => self.scan_leaves(leaves, wanted, self.problems()),
        };
        self.build_index(self.file_order(upto).par_chunks(CHUNK).map(scanned).collect())
    }

    /// The leaves with revisions up to `upto` in file order.
    pub(crate) fn file_order(&self, upto: i64) -> Vec<usize> {
        let mut order: Vec<usize> = self.leaf_range(-1, upto).collect();
        order.par_sort_unstable_by_key(|leaf| self.leaves.bytes(*leaf).start);
        order
    }

    /// Reads some leaves, whose pages are announced already; collects their problems together with the given ones.
    pub(crate) fn scan_leaves(
        &self,
        leaves: &[usize],
        wanted: Option<&KeyFilter<'_>>,
        mut problems: Problems,
    ) -> ScanChunk<'a> {
        let mut chunk = self.scanner.chunk();
        self.leaves.read_all(leaves, &mut problems, |leaf, page| {
            let start = chunk.states.len();
            self.scan(leaf, page, &mut chunk);
            if let Some(wanted) = wanted {
                keep_wanted(&mut chunk.states, start, page, wanted);
            }
        });
        self.scanner.finish(&mut chunk);
        self.add_problems(problems);
        chunk
    }

    /// Makes an index of scanned chunks, and collects the violations of their records.
    pub(crate) fn build_index(&self, chunks: Vec<ScanChunk<'a>>) -> Index<'a> {
        let index = Index::from_chunks(&self.db, chunks, self.compaction, self.limit());
        self.lock().violations.merge(index.violations.clone());
        index
    }

    /// Streams the records with revisions above `after` and up to `upto`, in batches of leaves, in the order of
    /// `direction`. Records without a user key are skipped.
    pub fn batches(&self, after: i64, upto: i64, direction: Direction) -> Batches<'_, 'a> {
        Batches { revisions: self, leaves: self.leaf_range(after, upto), after, upto, direction, previous: None }
    }

    /// The range of leaves that can have revisions above `after` and up to `upto`. When branch pages are unsound these
    /// are all leaves. For the current revision the range reaches to the last leaf, since leaves with higher revisions
    /// only exist through damage.
    fn leaf_range(&self, after: i64, upto: i64) -> Range<usize> {
        let all = 0..self.leaves.len();
        if self.leaves.problems().worst() >= Some(Severity::Error) {
            return all;
        }
        let main = |leaf| {
            let key = RevisionKey::parse(self.leaves.first_key(leaf)?).ok()?;
            Some(key.revision.main)
        };
        let first_above = |bound: i64| {
            let (mut low, mut high) = (all.start, all.end);
            while low < high {
                let middle = low + (high - low) / 2;
                if main(middle).is_some_and(|main| main > bound) { high = middle } else { low = middle + 1 }
            }
            low
        };
        let end = if upto >= self.current { all.end } else { first_above(upto) };
        first_above(after).saturating_sub(1)..end
    }

    fn limit(&self) -> u64 {
        self.leaves.problems().limit()
    }

    pub(crate) fn problems(&self) -> Problems {
        Problems::new(self.limit())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, KeyspaceDamage> {
        self.damage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add_problems(&self, problems: Problems) {
        self.lock().problems.merge(problems);
    }

    /// Announces the pages of some leaves, neighbouring ones together.
    pub(crate) fn prepare(&self, leaves: &[usize]) -> ControlFlow<()> {
        let mut runs: Vec<Range<u64>> = Vec::new();
        let mut pages: Vec<Range<u64>> = leaves.iter().map(|leaf| self.leaves.bytes(*leaf)).collect();
        pages.sort_unstable_by_key(|page| page.start);
        for page in pages {
            match runs.last_mut() {
                Some(run) if page.start <= run.end.saturating_add(MAX_GAP) => run.end = run.end.max(page.end),
                _ => runs.push(page),
            }
        }
        runs.into_iter().try_for_each(|run| self.ahead.prepare(run))
    }

    /// Checks the records of one leaf.
    fn scan(&self, leaf: usize, page: Page<'a>, chunk: &mut ScanChunk<'a>) {
        self.scanner.records(chunk, page, u32::try_from(leaf).unwrap_or(u32::MAX));
    }
}

impl std::fmt::Debug for Revisions<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { leaves, compaction, current, .. } = self;
        let mut debug = f.debug_struct("Revisions");
        debug.field("leaves", leaves).field("compaction", compaction).field("current", current).finish_non_exhaustive()
    }
}

/// Removes the states from index `start` on, which are those of `page`, whose keys are not wanted.
fn keep_wanted(states: &mut Vec<RecordState>, start: usize, page: Page<'_>, wanted: &KeyFilter<'_>) {
    let mut kept = start;
    for at in start..states.len() {
        let state = states[at];
        let record = page.leaf_element(state.position().index()).and_then(|element| Record::parse(&element));
        if record.is_some_and(|record| wanted(record.kv.key)) {
            states[kept] = state;
            kept += 1;
        }
    }
    states.truncate(kept);
}

/// An iterator over batches of records; see [`Revisions::batches`].
pub struct Batches<'r, 'a> {
    revisions: &'r Revisions<'a>,
    leaves: Range<usize>,
    after: i64,
    upto: i64,
    direction: Direction,
    previous: Option<Revision>,
}

impl<'a> Iterator for Batches<'_, 'a> {
    type Item = Vec<Record<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        let leaves = self.take()?;
        if self.revisions.prepare(&leaves).is_break() {
            self.leaves = 0..0;
            return None;
        }
        let mut pages: Vec<_> = leaves.par_iter().map(|leaf| self.leaf(*leaf)).collect();
        for (_, chunk, _) in &pages {
            self.check_step(chunk);
        }
        if self.direction == Direction::NewestFirst {
            pages.reverse();
        }
        let mut damage = self.revisions.lock();
        let mut batch = Vec::new();
        for (records, chunk, problems) in pages {
            damage.problems.merge(problems);
            damage.violations.merge(chunk.violations);
            batch.extend(records);
        }
        Some(batch)
    }
}

impl<'a> Batches<'_, 'a> {
    /// Takes the next leaves to read, in ascending order.
    fn take(&mut self) -> Option<Vec<usize>> {
        let range = &mut self.leaves;
        let taken = match self.direction {
            Direction::OldestFirst => range.start..range.end.min(range.start.saturating_add(BATCH)),
            Direction::NewestFirst => range.start.max(range.end.saturating_sub(BATCH))..range.end,
        };
        match self.direction {
            Direction::OldestFirst => range.start = taken.end,
            Direction::NewestFirst => range.end = taken.start,
        }
        (!taken.is_empty()).then(|| taken.collect())
    }

    /// Reads and checks one leaf; returns its records in the requested range.
    fn leaf(&self, leaf: usize) -> (Vec<Record<'a>>, ScanChunk<'a>, Problems) {
        let (mut chunk, mut problems) = (self.revisions.scanner.chunk(), self.revisions.problems());
        let page = self.revisions.leaves.read(leaf, &mut problems);
        if let Some(page) = page {
            self.revisions.scan(leaf, page, &mut chunk);
        }
        let wanted = self.after.saturating_add(1)..=self.upto;
        let records = page.into_iter().flat_map(Page::leaf_elements).filter(|element| !element.is_bucket());
        let records = records.filter_map(|element| Record::parse(&element));
        let mut records: Vec<_> =
            records.filter(|record| wanted.contains(&record.revision.main) && !record.has_no_user_key()).collect();
        if self.direction == Direction::NewestFirst {
            records.reverse();
        }
        (records, chunk, problems)
    }

    /// Checks that no revision is missing between the previous leaf and this one.
    fn check_step(&mut self, chunk: &ScanChunk<'a>) {
        let Some(leaf) = chunk.leaves.last() else { return };
        let page = self.revisions.leaves.page(leaf.rank as usize);
        if let (Some(page), Some(_), Direction::OldestFirst) = (page, self.previous, self.direction) {
            check_step(self.previous, leaf.first, self.revisions.compaction.compacted(), |code, found, expected| {
                let place = RecordPlace { page, index: 0, position: Position::new(leaf.rank, 0) };
                let violation = place.violation(Some(leaf.first), code, found, expected);
                self.revisions.lock().violations.push(violation);
            });
        }
        self.previous = Some(leaf.last);
    }
}

impl std::fmt::Debug for Batches<'_, '_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Batches")
            .field("leaves", &self.leaves)
            .field("direction", &self.direction)
            .finish_non_exhaustive()
    }
}
