//! The leaves of one bucket, for who wants to read them in key order, or only some of them.
//!
//! The branch pages are followed at once, by the same walk and rules as in the check; a leaf is checked when it is read. So
//! reading can begin after a few pages, and what was read is as well checked as if all had been.

use std::sync::atomic::{AtomicU32, Ordering};

use super::pending_leaves::{PREFETCH_GROUP, PendingLeaves, PendingPage};
use super::walker::{self, check_page, open_page};
use super::{BucketInfo, VisitedPages};
use crate::bucket::Root;
use crate::format::PageKind;
use crate::page::Page;
use crate::problem::{Corruption, Problems};
use crate::{Bucket, Db};

/// A stretch of keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyInterval<'a> {
    /// The first key; `None` where there is no bound, or it cannot be read.
    pub low: Option<&'a [u8]>,
    /// The key that it ends before; `None` where there is no bound, or it cannot be read.
    pub high: Option<&'a [u8]>,
}

/// The leaves of one bucket, in key order; memory is 20 bytes a leaf and a few dozen bytes a branch page.
pub struct BucketLeaves<'a> {
    db: Db<'a>,
    forest: PendingLeaves<'a>,
    /// The page of an inline bucket, which is then all there is.
    inline: Option<Page<'a>>,
    /// The first key that the root page has for a child.
    lowest_key: Option<&'a [u8]>,
    claims: VisitedPages,
    /// Pages of the run of each leaf that are its own; 0 until it is read.
    own: Vec<AtomicU32>,
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
        // What has no pages of its own claims none; there can be as many of these as fit in the file.
        let without_pages = |problems, inline| Self {
            db: *db,
            forest: PendingLeaves::default(),
            inline,
            lowest_key: None,
            claims: VisitedPages::new(0),
            own: Vec::new(),
            problems,
        };
        Ok(match db.root().bucket(name)? {
            None => without_pages(problems, None),
            Some(Bucket { root: Root::Inline(page), .. }) => without_pages(problems, Some(page)),
            Some(Bucket { root: Root::Page(root), sequence, .. }) => {
                let claims = VisitedPages::new(db.meta().high_water_mark.min(db.pages_in_file()));
                claims.visit(0);
                claims.visit(1);
                let info = BucketInfo { index: 0, parent: None, name: &[], root, sequence, depth: 0, branch_pages: 0 };
                let (forest, claims, problems) = walker::follow_bucket_branches(db, info, claims, problems);
                let top = db.page(root).filter(|page| page.kind == PageKind::Branch);
                let lowest_key = top.and_then(|page| page.branch_element(0)).map(|element| element.key);
                let own = forest.leaves.iter().map(|_| AtomicU32::new(0)).collect();
                Self { db: *db, forest, inline: None, lowest_key, claims, own, problems }
            }
        })
    }

    /// What is wrong with the branch pages.
    pub fn problems(&self) -> &Problems {
        &self.problems
    }

    /// How many leaves there are.
    pub fn len(&self) -> usize {
        self.forest.leaves.len() + self.forest.misplaced.len() + usize::from(self.inline.is_some())
    }

    /// Is there none?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The page of a leaf, unchecked, as often as wanted; `None` when there is none or it is no leaf page.
    #[inline]
    pub fn page(&self, index: usize) -> Option<Page<'a>> {
        match self.forest.leaves.get(index) {
            Some(leaf) => self.db.page(leaf.page).filter(|page| page.kind == PageKind::Leaf),
            None => self.inline.or_else(|| Some(self.forest.misplaced.get(index - self.forest.leaves.len())?.1)),
        }
    }

    /// The page id of a leaf; `None` for that of an inline bucket.
    pub fn position(&self, index: usize) -> Option<u64> {
        match self.forest.leaves.get(index) {
            Some(leaf) => Some(leaf.page),
            None => self.page(index)?.position,
        }
    }

    /// The bytes in the file that a leaf begins with: one page.
    pub fn bytes(&self, index: usize) -> std::ops::Range<u64> {
        let size = u64::from(self.db.page_size());
        let start = match self.forest.leaves.get(index) {
            Some(leaf) => leaf.page.saturating_mul(size),
            None => self.page(index).map_or(0, |page| page.offset()),
        };
        start..start.saturating_add(size)
    }

    /// The key that the branch above has for a leaf; `None` for a lone leaf.
    pub fn first_key(&self, index: usize) -> Option<&'a [u8]> {
        self.key_interval(index).low
    }

    /// The keys that a leaf can have, as the branches above it say.
    pub fn key_interval(&self, index: usize) -> KeyInterval<'a> {
        let bounds = match index.checked_sub(self.forest.leaves.len()) {
            None => self.forest.entry(index).bounds,
            Some(opened) => self.forest.misplaced.get(opened).map(|(entry, ..)| entry.bounds).unwrap_or_default(),
        };
        KeyInterval { low: bounds.low, high: bounds.high }
    }

    /// The keys whose leaves cannot be found: a branch page or element on the way to them is unreadable, or leads to a page that
    /// is none or is another's.
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

    /// Has the processor fetch some leaves, and what is said of them, before they are looked at.
    pub fn touch(&self, leaves: &[usize]) {
        self.forest.prefetch(&self.db, leaves.iter().copied().filter(|leaf| *leaf < self.forest.leaves.len()));
    }

    /// Takes a leaf as [read](Self::read) that is known to be sound in itself: checks that it is where it belongs, and that no other
    /// page of the bucket overlaps it. False when it has to be read all the same.
    pub fn accept_unread(&self, index: usize, problems: &mut Problems) -> bool {
        let Some(page) = self.page(index).filter(|_| index < self.forest.leaves.len()) else { return false };
        let entry = self.forest.entry(index);
        let key = |at: Option<u16>| page.leaf_element(at?).map(|element| element.key);
        let begins = entry.bounds.low.is_none_or(|low| key(Some(0)) == Some(low));
        let ends = entry.bounds.high.is_none_or(|high| key(page.count.checked_sub(1)).is_some_and(|last| last < high));
        begins && ends && self.open(index, &entry, problems).is_some()
    }

    /// Opens a page; its overflow is claimed the first time, and is its own from then on.
    fn open(&self, index: usize, entry: &PendingPage<'a>, problems: &mut Problems) -> Option<Page<'a>> {
        let own = self.own.get(index)?;
        let known = own.load(Ordering::Relaxed);
        if known > 0 {
            return Some(self.db.page(entry.page)?.truncated(u64::from(known) * u64::from(self.db.page_size())));
        }
        let (page, _) = open_page(&self.db, &self.claims, entry, problems)?;
        let pages = page.bytes().len().div_ceil(self.db.page_size() as usize);
        own.store(u32::try_from(pages).unwrap_or(u32::MAX), Ordering::Relaxed);
        Some(page)
    }

    /// Checks leaves by all rules, in the order given, as [`read`](Self::read) does, and hands those that are leaves to `look`.
    /// Faster than reading one by one.
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

    /// Checks a leaf by all rules and returns it, even when single elements are unsound; `None` when it is no leaf.
    pub fn read(&self, index: usize, problems: &mut Problems) -> Option<Page<'a>> {
        if index >= self.forest.leaves.len() {
            let page = self.page(index)?;
            let bounds = super::page_rules::Bounds { root: self.inline.is_some(), ..Default::default() };
            let body = check_page(&self.db, page, 0, bounds, problems);
            return Some(Page { count: body.admitted, ..page });
        }
        let entry = self.forest.entry(index);
        let page = self.open(index, &entry, problems)?;
        if page.kind != PageKind::Leaf {
            problems.push(walker::uneven_depth(&page, &entry));
            return None;
        }
        let body = check_page(&self.db, page, 0, entry.bounds, problems);
        Some(Page { count: body.admitted, ..page })
    }
}

impl std::fmt::Debug for BucketLeaves<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Leaves").field("len", &self.len()).finish_non_exhaustive()
    }
}
