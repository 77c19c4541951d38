//! [`Records`]: reads records of the `key` bucket by position, directly from their pages.

use etcdsnap_bbolt::{Db, LeafElement, Page};
use etcdsnap_fault::Collector;
use etcdsnap_proto::KeyValueRef;
use rayon::prelude::*;

use crate::key_leaf::KeyLeaf;
use crate::rank_table::RankTable;
use crate::record_code::RecordCode;
use crate::scan::{RecordPlace, check_step};
use crate::violation::{Violation, ViolationDetail};
use crate::{Position, Revision, RevisionKey};

/// One record of the `key` bucket, borrowed from its page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Its revision.
    pub revision: Revision,
    /// Does it delete its key? Then only the key is set in its fields.
    pub tombstone: bool,
    /// Its fields.
    pub kv: KeyValueRef<'a>,
}

impl<'a> Record<'a> {
    /// Reads the record in an element; `None` when the element is not a record.
    pub(crate) fn parse(element: &LeafElement<'a>) -> Option<Self> {
        let RevisionKey { revision, tombstone } = RevisionKey::parse(element.key).ok()?;
        Some(Self { revision, tombstone, kv: KeyValueRef::parse(element.value).ok()? })
    }

    /// Has it no user key, like the marker of a bumped revision?
    pub(crate) fn has_no_user_key(&self) -> bool {
        self.kv.key.is_empty()
    }
}

/// The leaves of the `key` bucket in the order of revisions, for reading records by position.
#[derive(Debug)]
pub(crate) struct Records<'a> {
    pub db: Db<'a>,
    pub inline: Option<Page<'a>>,
    pub leaves: RankTable<KeyLeaf>,
}

impl<'a> Records<'a> {
    /// The page of a leaf.
    pub fn page(&self, leaf: &KeyLeaf) -> Option<Page<'a>> {
        if leaf.page == u64::MAX { self.inline } else { Some(leaf.clip_to_own(self.db.page(leaf.page)?)) }
    }

    /// The page and the element at a position.
    pub fn at(&self, position: Position) -> Option<(Page<'a>, LeafElement<'a>)> {
        let page = self.page(self.leaves.get(position.rank())?)?;
        Some((page, page.leaf_element(position.index())?))
    }

    /// The record at a position.
    pub fn record(&self, position: Position) -> Option<Record<'a>> {
        Record::parse(&self.at(position)?.1)
    }

    /// The records at several positions. Each step is done for all of them before the next step, so that the processor
    /// overlaps their memory accesses.
    pub fn read_many(&self, positions: &[Position]) -> Vec<Option<Record<'a>>> {
        let leaves: Vec<_> = positions.iter().map(|position| self.leaves.get(position.rank())).collect();
        let pages: Vec<_> = leaves.into_iter().map(|leaf| self.page(leaf?)).collect();
        let element = |(page, at): (Option<Page<'a>>, &Position)| page?.leaf_element(at.index());
        let elements: Vec<_> = pages.into_iter().zip(positions).map(element).collect();
        elements.into_iter().map(|element| Record::parse(&element?)).collect()
    }

    /// The user key at a position; empty when it cannot be read.
    pub fn key(&self, position: Position) -> &'a [u8] {
        self.record(position).map_or(&[], |record| record.kv.key)
    }

    /// The first position whose main revision is above `main`.
    pub fn first_above(&self, main: i64) -> Position {
        let Some(leaf) = self.leaves.first_above(main) else { return Position::END };
        let above = |page: Page<'a>| {
            (0..page.count).find(|index| {
                let key = page.leaf_element(*index).map(|element| RevisionKey::parse(element.key));
                matches!(key, Some(Ok(key)) if key.revision.main > main)
            })
        };
        Position::new(leaf.rank, self.page(leaf).and_then(above).unwrap_or(0))
    }

    /// The violation of a rule by the record at a position.
    pub fn violation(
        &self,
        position: Position,
        code: RecordCode,
        found: ViolationDetail,
        expected: ViolationDetail,
    ) -> Option<Violation> {
        let (page, element) = self.at(position)?;
        let revision = RevisionKey::parse(element.key).ok().map(|key| key.revision);
        let place = RecordPlace { page, index: position.index(), position };
        Some(place.violation(revision, code, found, expected))
    }

    /// Checks that no revision is missing before the first leaf and between each leaf and the next.
    pub fn check_steps(&self, compacted: i64, violations: &mut Collector<Violation>) {
        let check = |place: usize, breach: &mut dyn FnMut(RecordCode, ViolationDetail, ViolationDetail)| {
            let previous = place.checked_sub(1).and_then(|before| self.leaves.at(before)).map(|leaf| leaf.last);
            if let Some(leaf) = self.leaves.at(place) {
                check_step(previous, leaf.first, compacted, breach);
            }
        };
        let is_broken = |place: &usize| {
            let mut broken = false;
            check(*place, &mut |_, _, _| broken = true);
            broken
        };
        let broken: Vec<usize> = (0..self.leaves.len()).into_par_iter().filter(is_broken).collect();
        for place in broken {
            let position = self.leaves.at(place).map(|leaf| Position::new(leaf.rank, 0));
            check(place, &mut |code, found, expected| {
                if let Some(violation) = position.and_then(|at| self.violation(at, code, found, expected)) {
                    violations.push(violation);
                }
            });
        }
    }
}
