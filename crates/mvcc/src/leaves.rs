//! The leaves of the `key` bucket in the order of revisions.
//!
//! They come from the walk in file order, a vector a chunk. They stay in those vectors, and only twelve bytes a leaf are put
//! in order: gathering the leaves themselves would hold all of them twice for a while, which is most of what a walk needs.

use crate::Revision;

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

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct KeyLeaves {
    chunks: Vec<Vec<KeyLeaf>>,
    /// Ascending.
    order: Vec<Slot>,
}

/// Where the leaf of a rank stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Slot {
    rank: u32,
    chunk: u32,
    at: u32,
}

impl KeyLeaves {
    /// Puts the leaves of chunks in order.
    pub fn new(chunks: Vec<Vec<KeyLeaf>>) -> Self {
        let mut order = Vec::with_capacity(chunks.iter().map(Vec::len).sum());
        for (chunk, leaves) in (0..).zip(&chunks) {
            order.extend((0..).zip(leaves).map(|(at, leaf)| Slot { rank: leaf.rank, chunk, at }));
        }
        order.sort_unstable();
        Self { chunks, order }
    }

    /// All, in the order of revisions.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &KeyLeaf> {
        self.order.iter().filter_map(|slot| self.at(*slot))
    }

    /// The first.
    pub fn first(&self) -> Option<&KeyLeaf> {
        self.at(*self.order.first()?)
    }

    /// The last.
    pub fn last(&self) -> Option<&KeyLeaf> {
        self.at(*self.order.last()?)
    }

    /// The leaf of a rank. Mostly every leaf has records, so it mostly stands as many places behind the first as its rank says.
    pub fn of_rank(&self, rank: u32) -> Option<&KeyLeaf> {
        let guess = rank.checked_sub(self.order.first()?.rank)?;
        match self.order.get(guess as usize).filter(|slot| slot.rank == rank) {
            Some(slot) => self.at(*slot),
            None => self.at(self.order[self.order.binary_search_by_key(&rank, |slot| slot.rank).ok()?]),
        }
    }

    /// The first leaf whose last main revision is above `main`.
    pub fn first_above(&self, main: i64) -> Option<&KeyLeaf> {
        let below = |slot: &Slot| self.at(*slot).is_some_and(|leaf| leaf.last.main <= main);
        self.at(*self.order.get(self.order.partition_point(below))?)
    }

    fn at(&self, slot: Slot) -> Option<&KeyLeaf> {
        self.chunks.get(slot.chunk as usize)?.get(slot.at as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::{KeyLeaf, KeyLeaves};
    use crate::Revision;

    #[test]
    fn leaves_of_all_chunks_are_found_in_order() {
        let leaf = |rank: u32| {
            let revision = |sub| Revision { main: i64::from(rank) * 10, sub };
            KeyLeaf { rank, page: u64::from(rank) + 100, first: revision(0), last: revision(5) }
        };
        let leaves = KeyLeaves::new(vec![vec![leaf(9), leaf(3)], vec![], vec![leaf(4), leaf(7), leaf(5)]]);
        let ranks: Vec<_> = leaves.iter().map(|leaf| leaf.rank).collect();
        assert_eq!(ranks, [3, 4, 5, 7, 9]);
        assert_eq!((leaves.first().map(|leaf| leaf.rank), leaves.last().map(|leaf| leaf.rank)), (Some(3), Some(9)));
        let page = |rank| leaves.of_rank(rank).map(|leaf| leaf.page);
        assert_eq!([2, 3, 5, 6, 7, 9, 10].map(page), [None, Some(103), Some(105), None, Some(107), Some(109), None]);
        let above = |main| leaves.first_above(main).map(|leaf| leaf.rank);
        assert_eq!([0, 30, 69, 70, 89, 90].map(above), [Some(3), Some(4), Some(7), Some(9), Some(9), None]);
        assert!(KeyLeaves::default().first().is_none() && KeyLeaves::default().of_rank(0).is_none());
    }
}
