//! [`RankTable`]: one value for each leaf, in the order of the leaves' [ranks](etcdsnap_bbolt::check::Leaf::rank).
//!
//! A walk produces the values in file order, one vector for each chunk. They stay in those vectors; the table only has
//! eight bytes a leaf that say where the value of each rank is. Copying the values into one vector would need twice
//! their memory, which is most of the memory of a walk, and sorting them would take longer than checking the leaves of
//! many files.

use rayon::prelude::*;

/// Leaves that one thread takes at a time.
const CHUNK: usize = 1024;

/// A value that belongs to a leaf.
pub(crate) trait HasRank: Copy + Send + Sync {
    /// The leaf's [rank](etcdsnap_bbolt::check::Leaf::rank).
    fn rank(&self) -> u32;
}

/// One value for each leaf, found by rank.
#[derive(Debug)]
pub(crate) struct RankTable<T> {
    chunks: Vec<Vec<T>>,
    /// Ascending by rank.
    slots: Vec<Slot>,
}

/// Where the value of a rank is: the vector, and the index in it.
#[derive(Clone, Copy, Debug)]
struct Slot {
    chunk: u32,
    at: u32,
}

impl Slot {
    /// The slot of a rank without a value.
    const NONE: Self = Self { chunk: u32::MAX, at: u32::MAX };
}

impl<T> Default for RankTable<T> {
    fn default() -> Self {
        Self { chunks: Vec::new(), slots: Vec::new() }
    }
}

impl<T: HasRank> RankTable<T> {
    /// Makes the table of the values of all chunks. No two values may have the same rank.
    pub fn new(chunks: Vec<Vec<T>>) -> Self {
        let ranks = || chunks.iter().flatten().map(HasRank::rank);
        let (Some(first), Some(last)) = (ranks().min(), ranks().max()) else { return Self::default() };
        let mut slots = vec![Slot::NONE; (last - first) as usize + 1];
        for (chunk, values) in (0..).zip(&chunks) {
            for (at, value) in (0..).zip(values) {
                slots[(value.rank() - first) as usize] = Slot { chunk, at };
            }
        }
        slots.retain(|slot| slot.chunk != Slot::NONE.chunk);
        Self { chunks, slots }
    }

    /// Number of values.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// All values in the order of ranks.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.slots.iter().filter_map(|slot| self.in_slot(*slot))
    }

    /// All values in the order in which the walk produced them.
    pub fn iter_unordered(&self) -> impl Iterator<Item = &T> {
        self.chunks.iter().flatten()
    }

    /// All values in the order of ranks, in chunks for parallel work. They are copied, because values of neighbouring
    /// ranks are anywhere in memory, and the processor overlaps those accesses when nothing else is done between them.
    pub fn par_copied_chunks(&self) -> impl IndexedParallelIterator<Item = Vec<T>> {
        self.slots.par_chunks(CHUNK).map(|slots| slots.iter().filter_map(|slot| self.in_slot(*slot).copied()).collect())
    }

    /// The value with the lowest rank.
    pub fn first(&self) -> Option<&T> {
        self.at(0)
    }

    /// The value with the highest rank.
    pub fn last(&self) -> Option<&T> {
        self.at(self.len().checked_sub(1)?)
    }

    /// The value with this number of lower ranks before it.
    pub fn at(&self, index: usize) -> Option<&T> {
        self.in_slot(*self.slots.get(index)?)
    }

    /// The value of a rank. Nearly every rank has a value, so the difference to the first rank is nearly always its index.
    pub fn get(&self, rank: u32) -> Option<&T> {
        let guess = rank.checked_sub(self.first()?.rank())?;
        match self.at(guess as usize).filter(|value| value.rank() == rank) {
            Some(value) => Some(value),
            None => self.at(self.partition_point(|value| value.rank() < rank)).filter(|value| value.rank() == rank),
        }
    }

    /// Number of values, from the lowest rank on, for which `is_before` holds.
    pub fn partition_point(&self, is_before: impl Fn(&T) -> bool) -> usize {
        self.slots.partition_point(|slot| self.in_slot(*slot).is_some_and(&is_before))
    }

    fn in_slot(&self, slot: Slot) -> Option<&T> {
        self.chunks.get(slot.chunk as usize)?.get(slot.at as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::{HasRank, RankTable};

    impl HasRank for u32 {
        fn rank(&self) -> u32 {
            *self
        }
    }

    #[test]
    fn notes_of_all_chunks_are_found_in_order() {
        let values = RankTable::new(vec![vec![9, 3], vec![], vec![4, 7, 5]]);
        assert_eq!(values.iter().copied().collect::<Vec<u32>>(), [3, 4, 5, 7, 9]);
        assert_eq!((values.len(), values.first(), values.last()), (5, Some(&3), Some(&9)));
        assert_eq!((values.at(3), values.at(5)), (Some(&7), None));
        let found = [2, 3, 5, 6, 7, 9, 10].map(|rank| values.get(rank).copied());
        assert_eq!(found, [None, Some(3), Some(5), None, Some(7), Some(9), None]);
        assert_eq!([3, 6, 10].map(|rank| values.partition_point(|value| *value < rank)), [0, 3, 5]);
        let none = RankTable::<u32>::new(vec![Vec::new()]);
        assert!(none.first().is_none() && none.last().is_none() && none.get(0).is_none());
    }

    #[test]
    fn pieces_keep_the_order() {
        use rayon::prelude::*;
        let values = RankTable::new(vec![(0..20_000).rev().collect(), (20_000..30_000).collect()]);
        let chunks: Vec<Vec<u32>> = values.par_copied_chunks().collect();
        assert!(chunks.len() > 1);
        assert_eq!(chunks.concat(), (0..30_000).collect::<Vec<u32>>());
    }
}
