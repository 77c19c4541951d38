//! [`Walk`]: the result of the check, with the problems, the buckets and the page counts.

use std::collections::BTreeSet;

use super::observer::BucketInfo;
use super::visited_pages::VisitedPages;
use crate::problem::Problems;

/// Number of pages of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PageCounts {
    /// Reachable branch pages, without their overflow pages.
    pub branch: u64,
    /// Reachable leaf pages, without their overflow pages.
    pub leaf: u64,
    /// Overflow pages of reachable branch and leaf pages.
    pub overflow: u64,
    /// Pages of the freelist with its overflow; 0 when there is none, or it is not [whole](super::Leaf::whole).
    pub freelist: u64,
    /// Pages in use: all of the above, and the two metas.
    pub in_use: u64,
    /// Pages below the high-water mark that are not in use.
    pub free: u64,
    /// Keys that are not buckets, in all buckets.
    pub keys: u64,
}

/// The result of a walk over a whole file.
#[derive(Debug)]
pub struct Walk<'a, C> {
    /// All buckets, parents before children, siblings in key order.
    pub buckets: Vec<BucketInfo<'a>>,
    /// The values of the observer's chunks.
    pub chunks: Vec<C>,
    /// What is wrong with the file.
    pub problems: Problems,
    /// Pages by kind.
    pub page_counts: PageCounts,
    /// The pages in use.
    pub in_use: VisitedPages,
}

impl<C> Walk<'_, C> {
    /// Was every page and element read that the tree refers to? Otherwise counts cover only what could be read.
    pub fn is_whole(&self) -> bool {
        self.problems.unread_parts().is_empty()
    }

    /// Was the list of buckets below the root read completely? Otherwise there may be buckets that are not in
    /// [`buckets`](Self::buckets).
    pub fn lists_all_buckets(&self) -> bool {
        !self.problems.unread_parts().contains(&0)
    }

    /// The buckets directly below the root of which a part could not be read, in themselves or in a bucket inside them.
    pub fn unread_buckets(&self) -> BTreeSet<u32> {
        let parent = |index: &u32| self.buckets.get(*index as usize)?.parent.filter(|parent| parent < index);
        let below_root =
            |index: &u32| std::iter::successors(Some(*index), |at| parent(at)).take_while(|at| *at != 0).last();
        self.problems.unread_parts().iter().filter_map(below_root).collect()
    }
}
