//! [`KeyLeaf`]: a leaf of the `key` bucket, with the revisions of its records.

use etcdsnap_bbolt::Page;

use crate::Revision;
use crate::rank_table::{HasRank, RankTable};

/// Bytes of the smallest page size.
const BLOCK: u64 = 512;

/// A leaf of the `key` bucket: its page, and its first and last revision.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyLeaf {
    /// Its [rank](etcdsnap_bbolt::check::Leaf::rank).
    pub rank: u32,
    /// Length in [`BLOCK`]s of the part of its run that no other page uses.
    pub blocks: u32,
    /// Page id; `u64::MAX` for the page of an inline bucket.
    pub page: u64,
    pub first: Revision,
    pub last: Revision,
}

impl KeyLeaf {
    /// Describes a leaf page that was checked.
    pub fn new(rank: u32, page: Page<'_>, first: Revision, last: Revision) -> Self {
        let blocks = (page.bytes().len() as u64).div_ceil(BLOCK);
        let blocks = u32::try_from(blocks).unwrap_or(u32::MAX);
        Self { rank, blocks, page: page.position.unwrap_or(u64::MAX), first, last }
    }

    /// Its page, cut to the part of the run that no other page uses.
    pub fn clip_to_own<'a>(&self, page: Page<'a>) -> Page<'a> {
        page.truncated(u64::from(self.blocks) * BLOCK)
    }
}

impl HasRank for KeyLeaf {
    fn rank(&self) -> u32 {
        self.rank
    }
}

impl RankTable<KeyLeaf> {
    /// The first leaf whose last main revision is above `main`.
    pub fn first_above(&self, main: i64) -> Option<&KeyLeaf> {
        self.at(self.partition_point(|leaf| leaf.last.main <= main))
    }
}

#[cfg(test)]
mod tests {
    use super::KeyLeaf;
    use crate::Revision;
    use crate::rank_table::RankTable;

    #[test]
    fn the_leaf_of_a_revision_is_found() {
        let leaf = |rank: u32| {
            let revision = |sub| Revision { main: i64::from(rank) * 10, sub };
            KeyLeaf { rank, blocks: 1, page: u64::from(rank) + 100, first: revision(0), last: revision(5) }
        };
        let leaves = RankTable::new(vec![vec![leaf(9), leaf(3)], vec![], vec![leaf(4), leaf(7), leaf(5)]]);
        let above = |main| leaves.first_above(main).map(|leaf| leaf.rank);
        assert_eq!([0, 30, 69, 70, 89, 90].map(above), [Some(3), Some(4), Some(7), Some(9), Some(9), None]);
    }
}
