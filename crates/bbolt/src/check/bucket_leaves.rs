//! [`BucketLeaves`]: reads and checks the leaves of one bucket, in key order or only some of them, without a whole check.
//!
//! The branch pages are followed first, by the same walk and rules as in the check; a leaf is checked when it is read.
//! So reading can begin after a few pages, and every leaf that is read is checked as thoroughly as in a check of the
//! whole file.

use std::sync::atomic::{AtomicU32, Ordering};

use super::observer::BucketInfo;
use super::open_page::{check_page, open_page, uneven_depth};
use super::pending_leaves::{PREFETCH_GROUP, PendingLeaves, PendingPage};
use super::visited_pages::VisitedPages;
use super::walker::follow_bucket_branches;
use crate::bucket::Root;
use crate::corruption::Corruption;
use crate::format::PageKind;
use crate::page::Page;
use crate::problem::Problems;
use crate::{Bucket, Db};

/// An interval of keys, from `low` to before `high`: the keys that a leaf can have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyInterval<'a> {
    /// The first key; `None` when there is no lower bound, or it cannot be read.
    pub low: Option<&'a [u8]>,
    /// The first key after the interval; `None` when there is no upper bound, or it cannot be read.
    pub high: Option<&'a [u8]>,
}

/// The leaves of one bucket in key order, for callers that read records of a large bucket selectively. Memory is 20
/// bytes a leaf and a few dozen bytes a branch page.
pub struct BucketLeaves<'a> {
    db: Db<'a>,
    pending: PendingLeaves<'a>,
    /// The page of an inline bucket, which is then the only leaf.
    inline: Option<Page<'a>>,
    /// The first key of the root page, when that is a branch.
    lowest_key: Option<&'a [u8]>,
    visited: VisitedPages,
    /// Pages of the run of each leaf that no other page uses; 0 until the leaf is opened.
    own_pages: Vec<AtomicU32>,
    problems: Problems,
}

impl<'a> BucketLeaves<'a> {
    /// Follows the branch pages of the bucket `name` of the root bucket; a missing bucket has no leaves. At most `limit`
    /// problems of each code are kept.
    ///
    /// # Errors
    /// The root bucket is too damaged to find the bucket in it.
    pub fn of(db: &Db<'a>, name: &[u8], limit: u64) -> Result<Self, Corruption> {
        let problems = Problems::new(limit);
        // A bucket without pages of its own visits none, so its set needs no memory.
        let without_pages = |problems, inline| Self {
            db: *db,
            pending: PendingLeaves::default(),
            inline,
            lowest_key: None,
            visited: VisitedPages::new(0),
            own_pages: Vec::new(),
            problems,
        };
        Ok(match db.root().bucket(name)? {
            None => without_pages(problems, None),
            Some(Bucket { root: Root::Inline(page), .. }) => without_pages(problems, Some(page)),
            Some(Bucket { root: Root::Page(root), sequence, .. }) => {
                let visited = VisitedPages::new(db.meta().high_water_mark.min(db.pages_in_file()));
                visited.visit(0);
                visited.visit(1);
                let info = BucketInfo { index: 0, parent: None, name: &[], root, sequence, depth: 0, branch_pages: 0 };
                let (pending, visited, problems) = follow_bucket_branches(db, info, visited, problems);
                let top = db.page(root).filter(|page| page.kind == PageKind::Branch);
                let lowest_key = top.and_then(|page| page.branch_element(0)).map(|element| element.key);
                let own_pages = pending.leaves.iter().map(|_| AtomicU32::new(0)).collect();
                Self { db: *db, pending, inline: None, lowest_key, visited, own_pages, problems }
            }
        })
    }

    /// The problems of the branch pages.
    pub fn problems(&self) -> &Problems {
        &self.problems
    }

    /// Number of leaves.
    pub fn len(&self) -> usize {
        self.pending.leaves.len() + self.pending.misplaced.len() + usize::from(self.inline.is_some())
    }

    /// Is there no leaf?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The page of a leaf, unchecked; `None` when there is no such leaf, or its page is not a leaf page.
    #[inline]
    pub fn page(&self, index: usize) -> Option<Page<'a>> {
        match self.pending.leaves.get(index) {
            Some(leaf) => self.db.page(leaf.page).filter(|page| page.kind == PageKind::Leaf),
            None => self.inline.or_else(|| Some(self.pending.misplaced.get(index - self.pending.leaves.len())?.1)),
        }
    }

    /// The page id of a leaf; `None` for the page of an inline bucket.
    pub fn position(&self, index: usize) -> Option<u64> {
        match self.pending.leaves.get(index) {
            Some(leaf) => Some(leaf.page),
            None => self.page(index)?.position,
        }
    }

    /// The range of bytes in the file of a leaf's first page.
    pub fn bytes(&self, index: usize) -> std::ops::Range<u64> {
        let size = u64::from(self.db.page_size());
        let start = match self.pending.leaves.get(index) {
            Some(leaf) => leaf.page.saturating_mul(size),
            None => self.page(index).map_or(0, |page| page.offset()),
        };
        start..start.saturating_add(size)
    }

    /// The key that the parent branch has for a leaf; `None` when the leaf is the root page.
    pub fn first_key(&self, index: usize) -> Option<&'a [u8]> {
        self.key_interval(index).low
    }

    /// The keys that a leaf can have according to the branches above it.
    pub fn key_interval(&self, index: usize) -> KeyInterval<'a> {
        let bounds = match index.checked_sub(self.pending.leaves.len()) {
            None => self.pending.page(index).bounds,
            Some(at) => self.pending.misplaced.get(at).map(|(leaf_page, ..)| leaf_page.bounds).unwrap_or_default(),
        };
        KeyInterval { low: bounds.low, high: bounds.high }
    }

    /// The keys whose leaves cannot be found: a branch page or element on the way to them is unreadable, or refers to a
    /// page that does not exist or belongs to another page.
    pub fn missing_intervals(&self) -> Vec<KeyInterval<'a>> {
        let mut all: Vec<_> = (0..self.len()).map(|leaf| self.key_interval(leaf)).collect();
        all.sort_unstable();
        let mut gaps = Vec::new();
        let mut end = self.lowest_key;
        for KeyInterval { low, high } in all {
            if end.is_some() && end < low {
                gaps.push(KeyInterval { low: end, high: low });
            }
            end = high;
        }
        if end.is_some() || self.is_empty() && self.problems.worst().is_some() {
            gaps.push(KeyInterval { low: end, high: None });
        }
        gaps
    }

    /// Prefetches some leaves and the elements of the branches that refer to them, before they are read.
    pub fn touch(&self, leaves: &[usize]) {
        self.pending.prefetch(&self.db, leaves.iter().copied().filter(|leaf| *leaf < self.pending.leaves.len()));
    }

    /// Accepts a leaf whose content is known to be sound instead of [reading](Self::read) it: checks that its keys are
    /// within its bounds, and that no other page of the bucket overlaps it. False when it has to be read nevertheless.
    pub fn accept_unread(&self, index: usize, problems: &mut Problems) -> bool {
        let Some(page) = self.page(index).filter(|_| index < self.pending.leaves.len()) else { return false };
        let leaf_page = self.pending.page(index);
        let key = |at: Option<u16>| page.leaf_element(at?).map(|element| element.key);
        let begins = leaf_page.bounds.low.is_none_or(|low| key(Some(0)) == Some(low));
        let ends =
            leaf_page.bounds.high.is_none_or(|high| key(page.count.checked_sub(1)).is_some_and(|last| last < high));
        begins && ends && self.open(index, &leaf_page, problems).is_some()
    }

    /// Opens the page of a leaf. The first call marks its overflow pages as visited; later calls use the same pages.
    fn open(&self, index: usize, leaf_page: &PendingPage<'a>, problems: &mut Problems) -> Option<Page<'a>> {
        let own_pages = self.own_pages.get(index)?;
        let known = own_pages.load(Ordering::Relaxed);
        if known > 0 {
            return Some(self.db.page(leaf_page.page)?.truncated(u64::from(known) * u64::from(self.db.page_size())));
        }
        let (page, _) = open_page(&self.db, &self.visited, leaf_page, problems)?;
        let pages = page.bytes().len().div_ceil(self.db.page_size() as usize);
        own_pages.store(u32::try_from(pages).unwrap_or(u32::MAX), Ordering::Relaxed);
        Some(page)
    }

    /// Checks leaves by all rules in the order given, as [`read`](Self::read) does, and passes each that is a leaf page
    /// to `look`. Faster than reading one by one.
    pub fn read_all(&self, leaves: &[usize], problems: &mut Problems, mut look: impl FnMut(usize, Page<'a>)) {
        for group in leaves.chunks(PREFETCH_GROUP) {
            self.touch(group);
            for leaf in group {
                if let Some(page) = self.read(*leaf, problems) {
                    look(*leaf, page);
                }
            }
        }
    }

    /// Checks a leaf by all rules and returns it, even when single elements are unsound; `None` when the page is not a
    /// leaf page.
    pub fn read(&self, index: usize, problems: &mut Problems) -> Option<Page<'a>> {
        if index >= self.pending.leaves.len() {
            let page = self.page(index)?;
            let bounds = super::page_rules::Bounds { root: self.inline.is_some(), ..Default::default() };
            let checked = check_page(&self.db, page, 0, bounds, problems);
            return Some(Page { count: checked.readable, ..page });
        }
        let leaf_page = self.pending.page(index);
        let page = self.open(index, &leaf_page, problems)?;
        if page.kind != PageKind::Leaf {
            problems.push(uneven_depth(&page, &leaf_page));
            return None;
        }
        let checked = check_page(&self.db, page, 0, leaf_page.bounds, problems);
        Some(Page { count: checked.readable, ..page })
    }
}

impl std::fmt::Debug for BucketLeaves<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BucketLeaves").field("len", &self.len()).finish_non_exhaustive()
    }
}
