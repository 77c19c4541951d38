//! Which pages are in use: one bit a page, set by whoever reaches it first; and which of them as the tail of another.
//!
//! The first page of every run is claimed in key order before any tail is, so which of two users of a page is told off does
//! not depend on the threads: two runs that overlap always meet at the first page of one of them.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

/// A set of page ids below a fixed bound.
#[derive(Debug)]
pub struct Claims {
    words: Vec<AtomicU64>,
    /// Those that were claimed in a run behind its first page.
    tails: Vec<AtomicU64>,
    bound: u64,
}

impl Claims {
    /// An empty set for ids below `bound`; takes a quarter of a byte a page.
    pub(crate) fn new(bound: u64) -> Self {
        let count = usize::try_from(bound.div_ceil(64)).unwrap_or(0);
        let words = || (0..count).map(|_| AtomicU64::new(0)).collect();
        Self { words: words(), tails: words(), bound }
    }

    /// One past the largest id it can hold.
    pub fn bound(&self) -> u64 {
        self.bound
    }

    /// The word that has a page's bit.
    fn word<'w>(&self, words: &'w [AtomicU64], page: u64) -> Option<&'w AtomicU64> {
        words.get(usize::try_from(page / 64).ok()?).filter(|_| page < self.bound)
    }

    /// Claims one page; false when it was claimed before or does not exist.
    pub(crate) fn claim(&self, page: u64) -> bool {
        let bit = 1 << (page % 64);
        self.word(&self.words, page).is_some_and(|word| word.fetch_or(bit, Ordering::Relaxed) & bit == 0)
    }

    /// Claims pages as the tail of the one before them, one after the other up to the bound; stops at the first that was claimed
    /// before and returns it.
    pub(crate) fn claim_tail(&self, pages: Range<u64>) -> Option<u64> {
        (pages.start..pages.end.min(self.bound)).find(|page| {
            let fresh = self.claim(*page);
            if let Some(word) = self.word(&self.tails, *page).filter(|_| fresh) {
                word.fetch_or(1 << (page % 64), Ordering::Relaxed);
            }
            !fresh
        })
    }

    /// Is the page in the set?
    pub fn contains(&self, page: u64) -> bool {
        self.has(&self.words, page)
    }

    /// Is the page in the set as the tail of another?
    pub fn is_tail(&self, page: u64) -> bool {
        self.has(&self.tails, page)
    }

    fn has(&self, words: &[AtomicU64], page: u64) -> bool {
        self.word(words, page).is_some_and(|word| word.load(Ordering::Relaxed) >> (page % 64) & 1 == 1)
    }

    /// Number of pages in the set.
    pub fn len(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.load(Ordering::Relaxed).count_ones())).sum()
    }

    /// Is the set empty?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Runs of ids below the bound for which `select(self, other)` holds bit by bit, ascending.
    pub(crate) fn runs(&self, other: &Self, select: impl Fn(u64, u64) -> u64) -> Vec<Range<u64>> {
        let mut runs: Vec<Range<u64>> = Vec::new();
        for (index, (mine, theirs)) in self.words.iter().zip(&other.words).enumerate() {
            let mut bits = select(mine.load(Ordering::Relaxed), theirs.load(Ordering::Relaxed));
            while bits != 0 {
                let page = index as u64 * 64 + u64::from(bits.trailing_zeros());
                bits &= bits - 1;
                match runs.last_mut() {
                    _ if page >= self.bound => {}
                    Some(run) if run.end == page => run.end += 1,
                    _ => runs.push(page..page + 1),
                }
            }
        }
        runs
    }

    /// The ids below the bound that are not in the set, as runs.
    pub fn unclaimed(&self) -> Vec<Range<u64>> {
        self.runs(self, |mine, _| !mine)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_stops_at_the_first_conflict() {
        let claims = Claims::new(130);
        assert!(claims.claim(70));
        assert!(!claims.claim(70));
        assert!(!claims.claim(130));
        assert_eq!(claims.claim_tail(60..80), Some(70));
        assert_eq!(claims.claim_tail(71..500), None);
        assert_eq!(
            [59, 60, 69, 70, 71, 129, 130].map(|page| claims.is_tail(page)),
            [false, true, true, false, true, true, false]
        );
        assert_eq!(claims.len(), 70);
        assert_eq!(claims.unclaimed(), vec![0..60]);
    }
}
