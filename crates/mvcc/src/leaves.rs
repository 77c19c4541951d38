//! The leaves of the `key` bucket in the order of revisions.

use crate::Revision;
use crate::ranked::{OfLeaf, Ranked};

/// A leaf of the `key` bucket: where it is and which revisions it spans.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyLeaf {
    /// Its [rank](etcdsnap_bbolt::check::Leaf::rank).
    pub rank: u32,
    /// Page id; `u64::MAX` for the page of an inline bucket.
    pub page: u64,
    pub first: Revision,
    pub last: Revision,
}

impl OfLeaf for KeyLeaf {
    fn rank(&self) -> u32 {
        self.rank
    }
}

impl Ranked<KeyLeaf> {
    /// The first leaf whose last main revision is above `main`.
    pub fn first_above(&self, main: i64) -> Option<&KeyLeaf> {
        self.at(self.partition_point(|leaf| leaf.last.main <= main))
    }
}

#[cfg(test)]
mod tests {
    use super::KeyLeaf;
    use crate::Revision;
    use crate::ranked::Ranked;

    #[test]
    fn the_leaf_of_a_revision_is_found() {
        let leaf = |rank: u32| {
            let revision = |sub| Revision { main: i64::from(rank) * 10, sub };
            KeyLeaf { rank, page: u64::from(rank) + 100, first: revision(0), last: revision(5) }
        };
        let leaves = Ranked::new(vec![vec![leaf(9), leaf(3)], vec![], vec![leaf(4), leaf(7), leaf(5)]]);
        let above = |main| leaves.first_above(main).map(|leaf| leaf.rank);
        assert_eq!([0, 30, 69, 70, 89, 90].map(above), [Some(3), Some(4), Some(7), Some(9), Some(9), None]);
    }
}
