//! The pages that a walk has reached: the first reference to a page claims it, and a second one is a finding.
//!
//! The first page of every run is claimed in key order before any tail is, so which of two references to a page is
//! reported does not depend on the threads: two runs that overlap always meet at the first page of one of them.

use std::ops::Range;

use super::page_set::PageSet;

/// A set of page ids below a fixed bound.
#[derive(Debug)]
pub struct VisitedPages {
    all: PageSet,
    /// Overflow pages: those that were claimed as part of a run, after its first page.
    overflow: PageSet,
}

impl VisitedPages {
    /// An empty set for ids below `bound`. Memory is two bits for each page of a chunk that has a claimed one.
    pub(crate) fn new(bound: u64) -> Self {
        Self { all: PageSet::new(bound), overflow: PageSet::new(bound) }
    }

    /// One past the largest id it can hold.
    pub fn bound(&self) -> u64 {
        self.all.bound()
    }

    /// Claims one page; false when it was claimed before or does not exist.
    pub(crate) fn visit(&self, page: u64) -> bool {
        self.all.insert(page)
    }

    /// Claims the overflow pages of a run, one after the other up to the bound; stops at the first that was claimed
    /// before and returns it.
    pub(crate) fn visit_overflow(&self, pages: Range<u64>) -> Option<u64> {
        let taken = self.all.insert_run(pages.clone());
        self.overflow.insert_run(pages.start..taken.unwrap_or(pages.end));
        taken
    }

    /// Is the page in the set?
    pub fn contains(&self, page: u64) -> bool {
        self.all.contains(page)
    }

    /// Is the page in the set as an overflow page of another?
    pub fn is_overflow(&self, page: u64) -> bool {
        self.overflow.contains(page)
    }

    /// Number of pages in the set.
    pub fn len(&self) -> u64 {
        self.all.len()
    }

    /// Is the set empty?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Runs of ids below the bound for which `select(self, other)` holds bit by bit, ascending. Both sets have one
    /// bound.
    pub(crate) fn runs(&self, other: &Self, select: impl Fn(u64, u64) -> u64) -> Vec<Range<u64>> {
        self.all.runs(&other.all, select)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_stops_at_the_first_conflict() {
        let claims = VisitedPages::new(130);
        assert!(claims.visit(70));
        assert!(!claims.visit(70));
        assert!(!claims.visit(130));
        assert_eq!(claims.visit_overflow(60..80), Some(70));
        assert_eq!(claims.visit_overflow(71..500), None);
        assert_eq!(
            [59, 60, 69, 70, 71, 129, 130].map(|page| claims.is_overflow(page)),
            [false, true, true, false, true, true, false]
        );
        assert_eq!(claims.len(), 70);
        assert_eq!(claims.runs(&claims, |mine, _| !mine), vec![0..60]);
    }
}
