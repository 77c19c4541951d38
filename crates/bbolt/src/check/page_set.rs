//! [`PageSet`]: a set of page ids that several threads add to, with one bit a page.
//!
//! Bits are kept in chunks. A chunk takes memory when the first of its pages is added, and not even then when all of
//! them are added at once. A file can be long and contain little (a sparse file of terabytes takes a few blocks on the
//! disk), so memory must follow the pages that are reached and not the length of the file.

use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Words of a chunk.
const WORDS: usize = 1 << 10;
/// Pages that a chunk covers: 256 MiB of a file with pages of 4 KiB, for 8 KiB of memory.
const PAGES: u64 = 64 * WORDS as u64;

/// A set of page ids below a fixed bound.
#[derive(Debug)]
pub(super) struct PageSet {
    /// In the order of ids. A chunk is allocated with its first page.
    chunks: Vec<OnceLock<Chunk>>,
    bound: u64,
}

/// The bits of [`PAGES`] consecutive ids.
#[derive(Debug)]
enum Chunk {
    /// All of them were added at once.
    Full,
    /// One bit each.
    Bits(Box<[AtomicU64; WORDS]>),
}

impl Chunk {
    fn empty() -> Self {
        Self::Bits(Box::new([const { AtomicU64::new(0) }; WORDS]))
    }

    fn word(&self, index: usize) -> u64 {
        match self {
            Self::Full => u64::MAX,
            Self::Bits(words) => words.get(index).map_or(0, |word| word.load(Ordering::Relaxed)),
        }
    }
}

impl PageSet {
    /// Makes an empty set for ids below `bound`; takes 24 bytes for every 65 536 of them.
    pub fn new(bound: u64) -> Self {
        let chunks = usize::try_from(bound.div_ceil(PAGES)).unwrap_or(0);
        Self { chunks: (0..chunks).map(|_| OnceLock::new()).collect(), bound }
    }

    /// One more than the largest id that it can have.
    pub fn bound(&self) -> u64 {
        self.bound
    }

    /// The chunk of a page; `None` when its id is not below the bound.
    fn chunk(&self, page: u64) -> Option<&OnceLock<Chunk>> {
        self.chunks.get(usize::try_from(page / PAGES).ok()?).filter(|_| page < self.bound)
    }

    /// The ids that a chunk covers.
    fn covered(&self, chunk: u64) -> Range<u64> {
        let start = chunk.saturating_mul(PAGES).min(self.bound);
        start..start.saturating_add(PAGES).min(self.bound)
    }

    /// Adds one page; false when it is in the set already or not below the bound.
    #[inline]
    pub fn insert(&self, page: u64) -> bool {
        let Some(chunk) = self.chunk(page) else { return false };
        let Chunk::Bits(words) = chunk.get_or_init(Chunk::empty) else { return false };
        let bit = 1 << (page % 64);
        words.get(word_of(page)).is_some_and(|word| word.fetch_or(bit, Ordering::Relaxed) & bit == 0)
    }

    /// Adds pages one after the other up to the bound; stops at the first that is in the set already and returns it.
    pub fn insert_run(&self, pages: Range<u64>) -> Option<u64> {
        let (mut next, end) = (pages.start, pages.end.min(self.bound));
        // Ends, because `next` grows in every round.
        while next < end {
            let covered = self.covered(next / PAGES);
            if next == covered.start && covered.end <= end && self.fill(next) {
                next = covered.end;
            } else if self.insert(next) {
                next += 1;
            } else {
                return Some(next);
            }
        }
        None
    }

    /// Adds all pages of the chunk of `page`; false when the chunk has been allocated before.
    fn fill(&self, page: u64) -> bool {
        self.chunk(page).is_some_and(|chunk| chunk.set(Chunk::Full).is_ok())
    }

    /// Is the page in the set?
    #[inline]
    pub fn contains(&self, page: u64) -> bool {
        let chunk = self.chunk(page).and_then(OnceLock::get);
        chunk.is_some_and(|chunk| chunk.word(word_of(page)) >> (page % 64) & 1 == 1)
    }

    /// Number of pages in the set.
    pub fn len(&self) -> u64 {
        let count = |(index, chunk): (u64, &OnceLock<Chunk>)| match chunk.get() {
            None => 0,
            Some(Chunk::Full) => self.covered(index).end - self.covered(index).start,
            Some(bits) => (0..WORDS).map(|word| u64::from(bits.word(word).count_ones())).sum(),
        };
        (0..).zip(&self.chunks).map(count).sum()
    }

    /// Ranges of ids below the bound for which `select(self, other)` is 1, applied bit by bit to 64 ids at a time,
    /// ascending. Both sets must have the same bound.
    pub fn runs(&self, other: &Self, select: impl Fn(u64, u64) -> u64) -> Vec<Range<u64>> {
        let mut runs: Vec<Range<u64>> = Vec::new();
        let mut add = |pages: Range<u64>| match runs.last_mut() {
            _ if pages.is_empty() => {}
            Some(run) if run.end == pages.start => run.end = pages.end,
            _ => runs.push(pages),
        };
        for (chunk, (mine, theirs)) in (0..).zip(self.chunks.iter().zip(&other.chunks)) {
            let (covered, mine, theirs) = (self.covered(chunk), mine.get(), theirs.get());
            if let (Some(mine), Some(theirs)) = (same_everywhere(mine), same_everywhere(theirs)) {
                if select(mine, theirs) & 1 == 1 {
                    add(covered);
                }
                continue;
            }
            let word = |chunk: Option<&Chunk>, index| chunk.map_or(0, |chunk| chunk.word(index));
            for index in 0..WORDS {
                let first = covered.start + index as u64 * 64;
                let mut bits = select(word(mine, index), word(theirs, index));
                // Ends, because every round clears a bit.
                while bits != 0 {
                    let (start, ones) = (bits.trailing_zeros(), (bits >> bits.trailing_zeros()).trailing_ones());
                    bits &= u64::MAX.checked_shl(start + ones).unwrap_or(0);
                    let (start, end) = (first + u64::from(start), first + u64::from(start + ones));
                    add(start.min(covered.end)..end.min(covered.end));
                }
            }
        }
        runs
    }
}

/// Index of the word in its chunk that has the bit of a page.
fn word_of(page: u64) -> usize {
    usize::try_from(page / 64).unwrap_or(0) % WORDS
}

/// The value that all words of a chunk have when it is empty or full; `None` when the words have to be read.
fn same_everywhere(chunk: Option<&Chunk>) -> Option<u64> {
    match chunk {
        None => Some(0),
        Some(Chunk::Full) => Some(u64::MAX),
        Some(Chunk::Bits(_)) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// A bound as large as a map can have: memory is only that of the list of chunks, and no answer visits every id.
    #[test]
    fn memory_follows_what_is_put_in() {
        let bound = 1 << 35;
        let set = PageSet::new(bound);
        assert!(set.insert(7));
        assert_eq!(set.insert_run(8..bound), None);
        assert_eq!((set.len(), set.contains(bound - 1), set.insert(1 << 30)), (bound - 7, true, false));
        let made = set.chunks.iter().filter(|chunk| matches!(chunk.get(), Some(Chunk::Bits(_)))).count();
        assert_eq!(made, 1);
        assert_eq!(set.runs(&PageSet::new(bound), |mine, theirs| !(mine | theirs)), vec![0..7]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// Against a set of ids, with runs over the ends of chunks.
        #[test]
        fn is_a_set(bound in 1..4 * PAGES, runs in prop::collection::vec((0..4 * PAGES, 0..3 * PAGES), 0..6)) {
            let (set, mut model) = (PageSet::new(bound), BTreeSet::new());
            for (start, length) in runs {
                let taken = (start..(start + length).min(bound)).find(|page| !model.insert(*page));
                prop_assert_eq!(set.insert_run(start..start + length), taken);
            }
            prop_assert_eq!(set.len(), model.len() as u64);
            let listed = |runs: Vec<Range<u64>>| runs.into_iter().flatten().collect::<Vec<_>>();
            let empty = PageSet::new(bound);
            prop_assert!(listed(set.runs(&empty, |mine, _| mine)).iter().eq(&model));
            let missing = (0..bound).filter(|page| !model.contains(page)).collect::<Vec<_>>();
            prop_assert_eq!(listed(empty.runs(&set, |_, theirs| !theirs)), missing);
        }
    }
}
