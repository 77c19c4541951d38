//! [`WalkContext`]: what all threads of a walk share, and the steps that they run in parallel.

use std::sync::{Mutex, PoisonError};

use super::observer::{BucketInfo, Leaf, Observer};
use super::open_page::{check_page, open_page, own_overflow};
use super::page_header::OwnPages;
use super::page_rules::{CheckedPage, FoundBucket};
use super::pending_leaves::{PREFETCH_GROUP, PendingLeaves, PendingPage};
use super::visited_pages::VisitedPages;
use super::walk::PageCounts;
use crate::db::Db;
use crate::format::{MAX_DEPTH, PageKind};
use crate::page::Page;
use crate::problem::Problems;

/// A bucket that was found in a leaf, with the leaf's bucket and rank, which order it among all that were found.
pub(super) struct SubBucket<'a> {
    pub parent: u32,
    pub rank: u32,
    pub found: FoundBucket<'a>,
}

/// The result of checking one chunk of leaves.
pub(super) struct ChunkResult<'a, C> {
    pub chunk: C,
    pub problems: Problems,
    pub page_counts: PageCounts,
    pub buckets: Vec<SubBucket<'a>>,
    /// Branches that were found where leaves were expected (damage).
    pub misplaced_branches: Vec<PendingPage<'a>>,
}

/// The state of a walk that its threads share.
pub(super) struct WalkContext<'a, 'w, O> {
    pub db: &'w Db<'a>,
    pub observer: &'w O,
    pub visited: VisitedPages,
    pub buckets: Vec<BucketInfo<'a>>,
    pub limit: u64,
    /// Problems of leaves, merged whenever a chunk is done so that they never take much memory.
    pub leaf_problems: Mutex<Problems>,
}

impl<'a, O: Observer<'a>> WalkContext<'a, '_, O> {
    /// Number of levels of a tree, counted from its bucket's root page, along the first path that can be followed.
    pub fn probe_depth(&self, at: &PendingPage<'a>) -> u32 {
        const CHILDREN_TRIED: u16 = 8;
        let mut path = vec![at.page];
        let mut level = at.level;
        // Ends, because each step is one level further down.
        let usable = |id: u64| {
            let page = self.db.page(id).filter(|_| (2..self.visited.bound()).contains(&id))?;
            (page.id == id && matches!(page.kind, PageKind::Branch | PageKind::Leaf)).then_some(page)
        };
        let mut page = self.db.page(at.page);
        while let Some(branch) = page.filter(|page| page.kind == PageKind::Branch && level < MAX_DEPTH) {
            level += 1;
            let step = (branch.count / CHILDREN_TRIED).max(1);
            let children = (0..branch.count).step_by(step.into()).filter_map(|index| branch.branch_fields(index));
            page = children.filter(|(_, child)| !path.contains(child)).find_map(|(_, child)| usable(child));
            path.extend(page.and_then(|page| page.position));
        }
        level
    }

    /// Opens a page where a branch is expected, and checks it when it is one.
    pub fn check_branch(&self, at: &PendingPage<'a>) -> (Option<(Page<'a>, OwnPages)>, Problems) {
        let mut problems = Problems::new(self.limit);
        let opened = open_page(self.db, &self.visited, at, &mut problems);
        if let Some((page, _)) = opened.filter(|(page, _)| page.kind == PageKind::Branch) {
            check_page(self.db, page, at.bucket, at.bounds, &mut problems);
        }
        (opened, problems)
    }

    /// The result of a chunk without leaves.
    pub fn empty_result(&self) -> ChunkResult<'a, O::Chunk> {
        ChunkResult {
            chunk: self.observer.chunk(),
            problems: Problems::new(self.limit),
            page_counts: PageCounts::default(),
            buckets: Vec::new(),
            misplaced_branches: Vec::new(),
        }
    }

    /// Checks leaves that follow one another in the file; `base` is the rank of the first leaf of the round.
    pub fn check_leaf_chunk(&self, leaves: &PendingLeaves<'a>, chunk: &[u32], base: u32) -> ChunkResult<'a, O::Chunk> {
        let page_size = u64::from(self.db.page_size());
        let position = |index: Option<&u32>| index.map_or(0, |index| leaves.leaves[*index as usize].page);
        let (first, last) = (position(chunk.first()), position(chunk.last()));
        let bytes = first.saturating_mul(page_size)..last.saturating_add(1).saturating_mul(page_size);
        let mut out = self.empty_result();
        if self.observer.prepare(bytes).is_break() {
            self.observer.finish(&mut out.chunk);
            return out;
        }
        for group in chunk.chunks(PREFETCH_GROUP) {
            let pending = leaves.prefetch(self.db, group.iter().map(|index| *index as usize));
            for (index, at) in group.iter().zip(pending) {
                if let Some((page, own)) = open_page(self.db, &self.visited, &at, &mut out.problems) {
                    if page.kind == PageKind::Leaf {
                        self.check_leaf(&at, page, own, base.saturating_add(*index), &mut out);
                    } else {
                        out.misplaced_branches.push(PendingPage { opened: Some(own), ..at });
                    }
                }
            }
        }
        self.observer.finish(&mut out.chunk);
        let problems = std::mem::replace(&mut out.problems, Problems::new(self.limit));
        self.leaf_problems.lock().unwrap_or_else(PoisonError::into_inner).merge(problems);
        out
    }

    /// Checks an opened leaf page, shows it to the observer, and adds what was found to the result.
    pub fn check_leaf(
        &self,
        at: &PendingPage<'a>,
        page: Page<'a>,
        own: OwnPages,
        rank: u32,
        out: &mut ChunkResult<'a, O::Chunk>,
    ) {
        out.page_counts.leaf += 1;
        out.page_counts.overflow += own_overflow(self.db, &page);
        let checked = check_page(self.db, page, at.bucket, at.bounds, &mut out.problems);
        let page = Page { count: checked.readable, ..page };
        self.observe(at.bucket, Leaf { page, rank, whole: own.whole, packed: checked.packed }, &checked, out);
        let parent = at.bucket;
        out.buckets.extend(checked.buckets.into_iter().map(|found| SubBucket { parent, rank, found }));
    }

    /// Shows a checked leaf to the observer.
    pub fn observe(&self, bucket: u32, leaf: Leaf<'a>, checked: &CheckedPage<'a>, out: &mut ChunkResult<'a, O::Chunk>) {
        out.page_counts.keys += checked.keys;
        self.observer.leaf(&mut out.chunk, &self.buckets[bucket as usize], &leaf);
    }
}
