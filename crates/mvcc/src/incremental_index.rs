//! Leaves that two files of one store have in common.
//!
//! Of two snapshots the later one is mostly the earlier one with some pages written anew: a page that was not written has kept
//! its place and its bytes. So once the earlier file is indexed, such a leaf of the later one needs no look but for its
//! bytes being the same: what is known of its records is carried over, and so is which record of one file is which of the
//! other. The leaf must also lie on the same side of both compactions, because states say on which side a record is.

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

/// Leaves that are fetched together.
const GROUP: usize = 16;

/// No leaf.
const NONE: u32 = u32::MAX;

/// Which leaves of a file lie in another one as they are: 4 bytes a leaf.
#[derive(Clone, Debug, Default)]
pub struct UnchangedLeaves {
    /// The leaf in the later file, by the rank in the earlier one; [`NONE`] where there is none.
    ranks: Vec<u32>,
}

impl UnchangedLeaves {
    fn new(pairs: impl Iterator<Item = (u32, u32)>, leaves: usize) -> Self {
        let mut ranks = vec![NONE; leaves];
        for (before, after) in pairs {
            if let Some(rank) = ranks.get_mut(before as usize) {
                *rank = after;
            }
        }
        Self { ranks }
    }

    /// How many leaves there are in both.
    pub fn len(&self) -> usize {
        self.ranks.iter().filter(|rank| **rank != NONE).count()
    }

    /// Is there none?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where the record at a position of the earlier file is in the later one; `None` when its leaf is not shared. Keeps the order of
    /// positions.
    pub fn later_position(&self, position: Position) -> Option<Position> {
        Some(Position::new(self.rank(position.rank())?, position.index()))
    }

    fn rank(&self, before: u32) -> Option<u32> {
        self.ranks.get(before as usize).copied().filter(|rank| *rank != NONE)
    }

    /// The states of the shared leaves, as they are in the later file.
    fn states(&self, states: &[RecordState]) -> Vec<RecordState> {
        let moved = |state: &RecordState| Some(state.with_rank(self.rank(state.position().rank())?));
        states.iter().filter_map(moved).collect()
    }
}

/// A file that is indexed already.
#[derive(Clone, Copy, Debug)]
pub struct Baseline<'e, 'a> {
    /// Its records by revision.
    pub revisions: &'e Revisions<'a>,
    /// What [`Revisions::index`] made of them, for the same wanted keys.
    pub index: &'e Index<'a>,
}

impl Baseline<'_, '_> {
    /// Its leaves that were read, by the pages they are on.
    fn leaves_by_page(&self) -> Vec<KeyLeaf> {
        let mut leaves: Vec<KeyLeaf> = self.index.leaves().copied().collect();
        leaves.par_sort_unstable_by_key(|leaf| leaf.page);
        leaves
    }
}

impl<'a> Revisions<'a> {
    /// The same as [`index`](Self::index), made faster by the index of another file with the same pages. Where nothing is shared it
    /// takes a little longer; when something is wrong with the earlier file, nothing is taken from it.
    pub fn index_incrementally(
        &self,
        earlier: Baseline<'_, 'a>,
        upto: i64,
        wanted: Option<&KeyFilter<'_>>,
    ) -> (Index<'a>, UnchangedLeaves) {
        let compactions = [self.compaction(), earlier.revisions.compaction()];
        if !earlier.revisions.damage().is_none() || compactions.iter().any(Compaction::is_unfinished) {
            return (self.index(upto, wanted), UnchangedLeaves::default());
        }
        let marks = compactions.map(|marks| marks.compacted());
        let between = marks[0].min(marks[1])..=marks[0].max(marks[1]);
        let known = earlier.leaves_by_page();
        let order = self.file_order(upto);
        let chunk = |leaves: &[usize]| self.scan_changed(leaves, &earlier, &known, &between, wanted);
        let (mut chunks, pairs): (Vec<ScanChunk<'a>>, Vec<_>) = order.par_chunks(CHUNK).map(chunk).unzip();
        let shared = UnchangedLeaves::new(pairs.into_iter().flatten(), earlier.revisions.leaves.len());
        let carried = earlier
            .index
            .chunks()
            .par_iter()
            .map(|states| ScanChunk { states: shared.states(states), ..self.scanner.chunk() });
        chunks.par_extend(carried);
        (self.build_index(chunks), shared)
    }

    /// Reads what is new of some leaves, and pairs up the others: ranks before and after.
    fn scan_changed(
        &self,
        leaves: &[usize],
        earlier: &Baseline<'_, 'a>,
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
            let likes = self.baseline_leaves(group, &mut known, between);
            for like in likes.iter().flatten() {
                earlier.revisions.db.touch(like.page);
            }
            for (leaf, like) in group.iter().zip(likes) {
                let like = like.filter(|like| {
                    self.is_unchanged(*leaf, earlier, like) && self.leaves.accept_unread(*leaf, &mut problems)
                });
                let Some((like, rank)) = like.zip(u32::try_from(*leaf).ok()) else {
                    new.push(*leaf);
                    continue;
                };
                pairs.push((like.rank, rank));
                carried.push(KeyLeaf { rank, ..*like });
            }
        }
        let mut chunk = self.scan_leaves(&new, wanted, problems);
        chunk.leaves.extend(carried);
        (chunk, pairs)
    }

    /// The leaves of the earlier file on the same pages. Pages ascend from call to call, and `known` becomes what is left.
    fn baseline_leaves<'k>(
        &self,
        leaves: &[usize],
        known: &mut &'k [KeyLeaf],
        between: &RangeInclusive<i64>,
    ) -> Vec<Option<&'k KeyLeaf>> {
        let like = |leaf: &usize| {
            let page = self.leaves.position(*leaf)?;
            *known = &known[known.iter().take_while(|known| known.page < page).count()..];
            known.first().filter(|known| known.page == page && is_outside(known, between))
        };
        leaves.iter().map(like).collect()
    }

    /// Are all bytes of a leaf those of the leaf on its page in the earlier file?
    fn is_unchanged(&self, leaf: usize, earlier: &Baseline<'_, 'a>, like: &KeyLeaf) -> bool {
        let bytes = |page: Page<'a>| page.bytes();
        self.leaves.page(leaf).map(bytes) == earlier.revisions.db.page(like.page).map(bytes)
    }
}

/// Are all records of a leaf on the same side of both compactions?
fn is_outside(leaf: &KeyLeaf, between: &RangeInclusive<i64>) -> bool {
    leaf.last.main < *between.start() || leaf.first.main > *between.end()
}
