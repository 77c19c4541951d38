//! Building the index of a snapshot from that of an earlier snapshot of the same store, which makes a comparison faster.
//!
//! Most pages of the later snapshot are pages of the earlier one, with the same ids and the same bytes. When the earlier
//! snapshot is indexed already, such a leaf only has to be compared byte by byte: the states of its records are copied,
//! and the position of each record in the other file is known. All records of the leaf must also be on the same side of
//! both compacted revisions, because a [`RecordState`] says on which side its record is.

use std::ops::RangeInclusive;

use etcdsnap_bbolt::Page;
use etcdsnap_bbolt::check::Observer as _;
use rayon::prelude::*;

use crate::Compaction;
use crate::index::Index;
use crate::key_leaf::KeyLeaf;
use crate::position::Position;
use crate::record_state::RecordState;
use crate::revisions::{CHUNK, KeyFilter, Revisions};
use crate::scan::ScanChunk;

/// Leaves that are prefetched together.
const GROUP: usize = 16;

/// The rank that stands for no leaf.
const NONE: u32 = u32::MAX;

/// The leaves of a snapshot that are unchanged in a later one; takes 4 bytes a leaf.
#[derive(Clone, Debug, Default)]
pub struct UnchangedLeaves {
    /// Rank of the leaf in the later file, by its rank in the earlier one; [`NONE`] for a leaf that changed.
    ranks: Vec<u32>,
}

impl UnchangedLeaves {
    fn new(pairs: impl Iterator<Item = (u32, u32)>, leaves: usize) -> Self {
        let mut ranks = vec![NONE; leaves];
        for (earlier, later) in pairs {
            if let Some(rank) = ranks.get_mut(earlier as usize) {
                *rank = later;
            }
        }
        Self { ranks }
    }

    /// Number of unchanged leaves.
    pub fn len(&self) -> usize {
        self.ranks.iter().filter(|rank| **rank != NONE).count()
    }

    /// Is no leaf unchanged?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The position in the later file of the record at a position in the earlier one; `None` when its leaf has changed.
    /// The order of positions is the same.
    pub fn later_position(&self, position: Position) -> Option<Position> {
        Some(Position::new(self.rank(position.rank())?, position.index()))
    }

    fn rank(&self, earlier: u32) -> Option<u32> {
        self.ranks.get(earlier as usize).copied().filter(|rank| *rank != NONE)
    }

    /// The states of the records on unchanged leaves, with the ranks of the later file.
    fn states(&self, states: &[RecordState]) -> Vec<RecordState> {
        let moved = |state: &RecordState| Some(state.with_rank(self.rank(state.position().rank())?));
        states.iter().filter_map(moved).collect()
    }
}

/// The earlier snapshot, which is indexed already.
#[derive(Clone, Copy, Debug)]
pub struct Baseline<'e, 'a> {
    /// Its records by revision.
    pub revisions: &'e Revisions<'a>,
    /// Its index, which [`Revisions::index`] made with the same key filter.
    pub index: &'e Index<'a>,
}

impl Baseline<'_, '_> {
    /// Its leaves that were read, sorted by page id.
    fn leaves_by_page(&self) -> Vec<KeyLeaf> {
        let mut leaves: Vec<KeyLeaf> = self.index.leaves().copied().collect();
        leaves.par_sort_unstable_by_key(|leaf| leaf.page);
        leaves
    }
}

impl<'a> Revisions<'a> {
    /// Does the same as [`index`](Self::index), but uses the index of an earlier snapshot for leaves that are unchanged
    /// since. Takes a little longer when no leaf is unchanged. The index of the earlier snapshot is not used when
    /// something is wrong with its file.
    pub fn index_incrementally(
        &self,
        baseline: Baseline<'_, 'a>,
        upto: i64,
        wanted: Option<&KeyFilter<'_>>,
    ) -> (Index<'a>, UnchangedLeaves) {
        let compactions = [self.compaction(), baseline.revisions.compaction()];
        if !baseline.revisions.damage().is_none() || compactions.iter().any(Compaction::is_unfinished) {
            return (self.index(upto, wanted), UnchangedLeaves::default());
        }
        let marks = compactions.map(|marks| marks.compacted());
        let between = marks[0].min(marks[1])..=marks[0].max(marks[1]);
        let known = baseline.leaves_by_page();
        let order = self.file_order(upto);
        let chunk = |leaves: &[usize]| self.scan_changed(leaves, &baseline, &known, &between, wanted);
        let (mut chunks, pairs): (Vec<ScanChunk<'a>>, Vec<_>) = order.par_chunks(CHUNK).map(chunk).unzip();
        let unchanged = UnchangedLeaves::new(pairs.into_iter().flatten(), baseline.revisions.leaves.len());
        let carried = baseline
            .index
            .chunks()
            .par_iter()
            .map(|states| ScanChunk { states: unchanged.states(states), ..self.scanner.chunk() });
        chunks.par_extend(carried);
        (self.build_index(chunks), unchanged)
    }

    /// Reads the changed ones of some leaves; returns the ranks of the others in the earlier and in the later file.
    fn scan_changed(
        &self,
        leaves: &[usize],
        baseline: &Baseline<'_, 'a>,
        known: &[KeyLeaf],
        between: &RangeInclusive<i64>,
        wanted: Option<&KeyFilter<'_>>,
    ) -> (ScanChunk<'a>, Vec<(u32, u32)>) {
        if self.prepare(leaves).is_break() {
            return (self.scanner.chunk(), Vec::new());
        }
        let mut problems = self.problems();
        let (mut new, mut carried, mut pairs) = (Vec::new(), Vec::new(), Vec::new());
        let first = leaves.first().and_then(|leaf| self.leaves.position(*leaf)).unwrap_or_default();
        let mut known = &known[known.partition_point(|leaf| leaf.page < first)..];
        for group in leaves.chunks(GROUP) {
            self.leaves.touch(group);
            let same_pages = self.baseline_leaves(group, &mut known, between);
            for same_page in same_pages.iter().flatten() {
                baseline.revisions.db.touch(same_page.page);
            }
            for (leaf, same_page) in group.iter().zip(same_pages) {
                let same_page = same_page.filter(|same_page| {
                    self.is_unchanged(*leaf, baseline, same_page) && self.leaves.accept_unread(*leaf, &mut problems)
                });
                let Some((same_page, rank)) = same_page.zip(u32::try_from(*leaf).ok()) else {
                    new.push(*leaf);
                    continue;
                };
                pairs.push((same_page.rank, rank));
                carried.push(KeyLeaf { rank, ..*same_page });
            }
        }
        let mut chunk = self.scan_leaves(&new, wanted, problems);
        chunk.leaves.extend(carried);
        (chunk, pairs)
    }

    /// The leaves of the earlier file on the same pages. Page ids ascend from call to call, and `known` is advanced.
    fn baseline_leaves<'k>(
        &self,
        leaves: &[usize],
        known: &mut &'k [KeyLeaf],
        between: &RangeInclusive<i64>,
    ) -> Vec<Option<&'k KeyLeaf>> {
        let same_page = |leaf: &usize| {
            let page = self.leaves.position(*leaf)?;
            *known = &known[known.iter().take_while(|known| known.page < page).count()..];
            known.first().filter(|known| known.page == page && is_outside(known, between))
        };
        leaves.iter().map(same_page).collect()
    }

    /// Has a leaf the same bytes as the leaf on its page in the earlier file?
    fn is_unchanged(&self, leaf: usize, baseline: &Baseline<'_, 'a>, same_page: &KeyLeaf) -> bool {
        let bytes = |page: Page<'a>| page.bytes();
        self.leaves.page(leaf).map(bytes) == baseline.revisions.db.page(same_page.page).map(bytes)
    }
}

/// Are all records of a leaf on the same side of both compacted revisions?
fn is_outside(leaf: &KeyLeaf, between: &RangeInclusive<i64>) -> bool {
    leaf.last.main < *between.start() || leaf.first.main > *between.end()
}
