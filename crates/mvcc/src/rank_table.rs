//! What a walk noted of leaves, in the order of their ranks.
//!
//! Notes come from the walk in file order, a vector a chunk. They stay in those vectors, and only eight bytes a leaf say where the
//! note of each rank is: gathering the notes themselves would hold all of them twice for a while, which is most of what a walk
//! needs, and sorting them would take longer than checking the leaves of many files.

use rayon::prelude::*;

/// Leaves that one thread takes at a time.
const PIECE: usize = 1024;

/// Something that belongs to a leaf.
pub(crate) trait HasRank: Copy + Send + Sync {
    /// The leaf's [rank](etcdsnap_bbolt::check::Leaf::rank).
    fn rank(&self) -> u32;
}

/// Notes of leaves.
#[derive(Debug)]
pub(crate) struct RankTable<T> {
    chunks: Vec<Vec<T>>,
    /// Ascending by rank.
    slots: Vec<Slot>,
}

/// Where a note stands.
#[derive(Clone, Copy, Debug)]
struct Slot {
    chunk: u32,
    at: u32,
}

impl Slot {
    /// Of a rank without a note.
    const NONE: Self = Self { chunk: u32::MAX, at: u32::MAX };
}

impl<T> Default for RankTable<T> {
    fn default() -> Self {
        Self { chunks: Vec::new(), slots: Vec::new() }
    }
}

impl<T: HasRank> RankTable<T> {
    /// Puts the notes of chunks in order. No two are of one leaf.
    pub fn new(chunks: Vec<Vec<T>>) -> Self {
        let ranks = || chunks.iter().flatten().map(HasRank::rank);
        let (Some(first), Some(last)) = (ranks().min(), ranks().max()) else { return Self::default() };
        let mut slots = vec![Slot::NONE; (last - first) as usize + 1];
        for (chunk, notes) in (0..).zip(&chunks) {
            for (at, note) in (0..).zip(notes) {
                slots[(note.rank() - first) as usize] = Slot { chunk, at };
            }
        }
        slots.retain(|slot| slot.chunk != Slot::NONE.chunk);
        Self { chunks, slots }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// All, by rank.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.slots.iter().filter_map(|slot| self.in_slot(*slot))
    }

    /// All, in the order they were noted in.
    pub fn iter_unordered(&self) -> impl Iterator<Item = &T> {
        self.chunks.iter().flatten()
    }

    /// All, by rank, in pieces for many threads. They are copied, because neighbours by rank lie anywhere in memory, and the
    /// processor waits for many of them at once when nothing else is done in between.
    pub fn par_copied_chunks(&self) -> impl IndexedParallelIterator<Item = Vec<T>> {
        self.slots.par_chunks(PIECE).map(|slots| slots.iter().filter_map(|slot| self.in_slot(*slot).copied()).collect())
    }

    /// The first.
    pub fn first(&self) -> Option<&T> {
        self.at(0)
    }

    /// The last.
    pub fn last(&self) -> Option<&T> {
        self.at(self.len().checked_sub(1)?)
    }

    /// The one with so many before it.
    pub fn at(&self, place: usize) -> Option<&T> {
        self.in_slot(*self.slots.get(place)?)
    }

    /// That of a rank. Mostly there is one for every rank, so it mostly stands as many places behind the first as its rank says.
    pub fn get(&self, rank: u32) -> Option<&T> {
        let guess = rank.checked_sub(self.first()?.rank())?;
        match self.at(guess as usize).filter(|note| note.rank() == rank) {
            Some(note) => Some(note),
            None => self.at(self.partition_point(|note| note.rank() < rank)).filter(|note| note.rank() == rank),
        }
    }

    /// How many there are at the front that `is_before` holds for.
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
        let notes = RankTable::new(vec![vec![9, 3], vec![], vec![4, 7, 5]]);
        assert_eq!(notes.iter().copied().collect::<Vec<u32>>(), [3, 4, 5, 7, 9]);
        assert_eq!((notes.len(), notes.first(), notes.last()), (5, Some(&3), Some(&9)));
        assert_eq!((notes.at(3), notes.at(5)), (Some(&7), None));
        let found = [2, 3, 5, 6, 7, 9, 10].map(|rank| notes.get(rank).copied());
        assert_eq!(found, [None, Some(3), Some(5), None, Some(7), Some(9), None]);
        assert_eq!([3, 6, 10].map(|rank| notes.partition_point(|note| *note < rank)), [0, 3, 5]);
        let none = RankTable::<u32>::new(vec![Vec::new()]);
        assert!(none.first().is_none() && none.last().is_none() && none.get(0).is_none());
    }

    #[test]
    fn pieces_keep_the_order() {
        use rayon::prelude::*;
        let notes = RankTable::new(vec![(0..20_000).rev().collect(), (20_000..30_000).collect()]);
        let pieces: Vec<Vec<u32>> = notes.par_copied_chunks().collect();
        assert!(pieces.len() > 1);
        assert_eq!(pieces.concat(), (0..30_000).collect::<Vec<u32>>());
    }
}
