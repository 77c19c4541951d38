//! [`VisitedPages`]: the pages that a walk has reached. The first reference to a page marks it; a second one is a problem.
//!
//! The first page of every run is marked in key order before any overflow page is, so which of two references to a page is
//! reported does not depend on the threads: two runs that overlap always meet at the first page of one of them.

use std::ops::Range;

use super::page_set::PageSet;

/// The set of page ids that a walk has visited, which several threads add to. Ids are below a fixed bound.
#[derive(Debug)]
pub struct VisitedPages {
    all: PageSet,
    /// Those that were visited as overflow pages of a run.
    overflow: PageSet,
}

impl VisitedPages {
    /// Makes an empty set for ids below `bound`. Memory is two bits for each page of a chunk that has a visited one.
    pub(crate) fn new(bound: u64) -> Self {
        Self { all: PageSet::new(bound), overflow: PageSet::new(bound) }
    }

    /// One more than the largest id that it can have.
    pub fn bound(&self) -> u64 {
        self.all.bound()
    }

    /// Marks the first page of a run; false when it was visited before or its id is not below the bound.
    pub(crate) fn visit(&self, page: u64) -> bool {
        self.all.insert(page)
    }

    /// Marks the overflow pages of a run, one after the other up to the bound; stops at the first that was visited
    /// before, and returns it.
    pub(crate) fn visit_overflow(&self, pages: Range<u64>) -> Option<u64> {
        let taken = self.all.insert_run(pages.clone());
        self.overflow.insert_run(pages.start..taken.unwrap_or(pages.end));
        taken
    }

    /// Was the page visited?
    pub fn contains(&self, page: u64) -> bool {
        self.all.contains(page)
    }

    /// Was the page visited as an overflow page of another one?
    pub fn is_overflow(&self, page: u64) -> bool {
        self.overflow.contains(page)
    }

    /// Number of pages visited.
    pub fn len(&self) -> u64 {
        self.all.len()
    }

    /// Was no page visited?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Ranges of ids below the bound for which `select(visited, other)` is 1, ascending; used to compare with the
    /// freelist. Both sets must have the same bound.
    pub(super) fn runs(&self, other: &PageSet, select: impl Fn(u64, u64) -> u64) -> Vec<Range<u64>> {
        self.all.runs(other, select)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_stops_at_the_first_conflict() {
        let visited = VisitedPages::new(130);
        assert!(visited.visit(70));
        assert!(!visited.visit(70));
        assert!(!visited.visit(130));
        assert_eq!(visited.visit_overflow(60..80), Some(70));
        assert_eq!(visited.visit_overflow(71..500), None);
        assert_eq!(
            [59, 60, 69, 70, 71, 129, 130].map(|page| visited.is_overflow(page)),
            [false, true, true, false, true, true, false]
        );
        assert_eq!(visited.len(), 70);
        assert_eq!(visited.runs(&PageSet::new(130), |mine, _| !mine), vec![0..60]);
    }
}
