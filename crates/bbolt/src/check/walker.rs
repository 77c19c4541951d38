//! The walk itself: rounds of branch levels and leaves, one round for each level of buckets; see the drawing in [`super`].

use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use super::observer::{BucketInfo, Leaf, Observer};
use super::open_page::{check_page, own_overflow, uneven_depth};
use super::page_rules::{Bounds, FoundBucket};
use super::pending_leaves::{ParentBranch, PendingLeaves, PendingPage};
use super::visited_pages::VisitedPages;
use super::walk::{PageCounts, Walk};
use super::walk_context::{ChunkResult, SubBucket, WalkContext};
use crate::db::Db;
use crate::format::{MAX_DEPTH, META_ROOT, PageKind};
use crate::page::Page;
use crate::problem::{Detail, Problems, StructureCode, StructureProblem};

/// Branch pages that are checked in parallel before their problems are merged.
const BRANCH_CHUNK: usize = 1024;

/// Leaves that one thread takes at a time: enough to read ahead, few enough to balance the threads.
const LEAF_CHUNK: usize = 1024;

/// The walk's own state, which changes only between the parallel steps.
struct Walker<'a, 'w, O: Observer<'a>> {
    context: WalkContext<'a, 'w, O>,
    problems: Problems,
    chunks: Vec<O::Chunk>,
    page_counts: PageCounts,
    next_rank: u32,
    /// Number of pages entered, each of them once.
    entered: u64,
}

/// Walks all buckets, starting at the root bucket; `visited` has the metas and the freelist already.
pub(super) fn walk<'a, O: Observer<'a>>(
    db: &Db<'a>,
    observer: &O,
    visited: VisitedPages,
    problems: Problems,
) -> Walk<'a, O::Chunk> {
    let meta = db.meta();
    let (root, sequence) = (meta.root, meta.sequence);
    let root = BucketInfo { index: 0, parent: None, name: &[], root, sequence, depth: 0, branch_pages: 0 };
    let mut walker = Walker::new(db, observer, root, visited, problems);
    let mut pending = walker.enter_root();
    // Ends, because every round that is followed by another one has entered a page: the pages that the next round begins
    // with are root pages of buckets, which were entered when the bucket was found, and branches among the children of a
    // branch, which were entered when that branch was followed. The number of pages is finite, and no page is entered
    // twice. Only a file that is rewritten during the walk can break this; the rest of it has then been reported as
    // uneven.
    while !pending.is_empty() {
        let entered = walker.entered;
        pending = walker.walk_round(pending);
        debug_assert!(pending.is_empty() || walker.entered > entered, "a round has entered no page");
        if walker.entered == entered {
            break;
        }
    }
    let Walker { context, mut problems, chunks, page_counts, .. } = walker;
    problems.merge(context.leaf_problems.into_inner().unwrap_or_else(PoisonError::into_inner));
    let WalkContext { buckets, visited: in_use, .. } = context;
    Walk { buckets, chunks, problems, page_counts, in_use }
}

/// Follows the branch pages of one bucket and does not read its leaves.
pub(super) fn follow_bucket_branches<'a>(
    db: &Db<'a>,
    bucket: BucketInfo<'a>,
    visited: VisitedPages,
    problems: Problems,
) -> (PendingLeaves<'a>, VisitedPages, Problems) {
    let mut walker = Walker::new(db, &(), bucket, visited, problems);
    let pending = walker.enter_root();
    let leaves = walker.follow_branches(pending);
    (leaves, walker.context.visited, walker.problems)
}

impl<'a, 'w, O: Observer<'a>> Walker<'a, 'w, O> {
    /// Makes a walker that starts at the bucket `first`.
    fn new(db: &'w Db<'a>, observer: &'w O, first: BucketInfo<'a>, visited: VisitedPages, problems: Problems) -> Self {
        let context = WalkContext {
            db,
            observer,
            visited,
            buckets: vec![first],
            limit: problems.limit(),
            leaf_problems: Mutex::new(Problems::new(problems.limit())),
        };
        Self { context, problems, chunks: Vec::new(), page_counts: PageCounts::default(), next_rank: 0, entered: 0 }
    }

    /// Enters the root page of the first bucket.
    fn enter_root(&mut self) -> Vec<PendingPage<'a>> {
        let page = self.context.buckets.first().map_or(0, |bucket| bucket.root);
        let bounds = Bounds { root: true, ..Bounds::default() };
        let at = PendingPage { bucket: 0, page, bounds, level: 1, opened: None };
        // The reference to it is in the meta; for a bucket that is walked alone this offset is only approximate.
        let meta = self.context.db.meta();
        let root_field = u64::from(meta.slot) * u64::from(self.context.db.page_size()) + META_ROOT;
        if self.enter(0, page, (None, root_field), None) { vec![at] } else { Vec::new() }
    }

    /// Marks the first page of a subtree as visited; false when there can be no page with the id or it was visited
    /// before. The reference to it is on the page `parent`, at byte `offset` of the file.
    fn enter(&mut self, bucket: u32, page: u64, (parent, offset): (Option<u64>, u64), element: Option<u16>) -> bool {
        let hwm = self.context.db.meta().high_water_mark;
        let mut report = |code, page, found, against| {
            self.problems.push(StructureProblem { bucket: Some(bucket), page, element, code, offset, found, against });
        };
        if page < 2 || page >= hwm {
            report(StructureCode::PgidRange, parent, Detail::Number(page), Detail::Number(hwm));
            return false;
        }
        if page >= self.context.visited.bound() {
            report(StructureCode::PageEof, Some(page), Detail::None, Detail::None);
            return false;
        }
        let fresh = self.context.visited.visit(page);
        if fresh {
            self.entered += 1;
        } else {
            report(StructureCode::DoubleRef, Some(page), Detail::Number(page), Detail::None);
        }
        fresh
    }

    /// Walks one round: all pages below `pending`. Returns the pages that the next round begins with.
    fn walk_round(&mut self, pending: Vec<PendingPage<'a>>) -> Vec<PendingPage<'a>> {
        let leaves = self.follow_branches(pending);
        self.check_leaves(&leaves)
    }

    /// Checks the branch pages below `pending`, level by level, and returns the leaves below them. A page that was
    /// opened before is known to be a branch, so it is never treated as a leaf again.
    fn follow_branches(&mut self, pending: Vec<PendingPage<'a>>) -> PendingLeaves<'a> {
        let depths: Vec<u32> = pending.iter().map(|at| self.context.probe_depth(at)).collect();
        for (at, depth) in pending.iter().zip(&depths) {
            let bucket = &mut self.context.buckets[at.bucket as usize];
            bucket.depth = bucket.depth.max(*depth);
        }
        let mut leaves = PendingLeaves::default();
        let mut frontier = Vec::new();
        for (at, depth) in pending.into_iter().zip(depths) {
            if at.opened.is_none() && at.level >= depth {
                leaves.add_root(at);
            } else {
                frontier.push((at, depth));
            }
        }
        // Ends, because each pass is one level further down, and levels are bounded by `depth`, which is at most
        // `MAX_DEPTH`.
        while !frontier.is_empty() {
            frontier = self.check_branch_level(&frontier, &mut leaves);
        }
        leaves
    }

    /// Checks the branch pages of one level and returns those of the next.
    fn check_branch_level(
        &mut self,
        level: &[(PendingPage<'a>, u32)],
        leaves: &mut PendingLeaves<'a>,
    ) -> Vec<(PendingPage<'a>, u32)> {
        let mut next = Vec::new();
        for piece in level.chunks(BRANCH_CHUNK) {
            let context = &self.context;
            let checked: Vec<_> = piece.par_iter().map(|(at, _)| context.check_branch(at)).collect();
            for ((at, depth), (opened, problems)) in piece.iter().zip(checked) {
                self.problems.merge(problems);
                match opened {
                    Some((page, own)) if page.kind == PageKind::Branch => {
                        if own.whole {
                            let bucket = &mut self.context.buckets[at.bucket as usize];
                            bucket.branch_pages += u64::from(page.overflow) + 1;
                        }
                        self.enter_children(page, *at, *depth, leaves, &mut next);
                    }
                    Some((page, own)) => {
                        self.problems.push(uneven_depth(&page, at));
                        leaves.misplaced.push((*at, page, own));
                    }
                    None => {}
                }
            }
        }
        next
    }

    /// Enters the children of a branch page. Children of a branch on the deepest level are not followed; that was
    /// reported when the branch was found among the leaves.
    fn enter_children(
        &mut self,
        page: Page<'a>,
        at: PendingPage<'a>,
        depth: u32,
        leaves: &mut PendingLeaves<'a>,
        next: &mut Vec<(PendingPage<'a>, u32)>,
    ) {
        self.page_counts.branch += 1;
        self.page_counts.overflow += own_overflow(self.context.db, &page);
        if at.level >= MAX_DEPTH {
            return;
        }
        let branch = ParentBranch { page, bucket: at.bucket, high: at.bounds.high, level: at.level };
        let children: Vec<_> = (0..page.count)
            .filter_map(|index| page.branch_fields(index).map(|(_, child)| (index, child)))
            .filter(|(index, child)| self.enter(at.bucket, *child, (page.position, page.offset), Some(*index)))
            .collect();
        if at.level + 1 >= depth {
            leaves.add_branch(branch, &children);
        } else {
            next.extend(children.into_iter().map(|(index, child)| {
                let bounds = branch.bounds_of(index);
                (PendingPage { bucket: at.bucket, page: child, bounds, level: at.level + 1, opened: None }, depth)
            }));
        }
    }

    /// Checks all leaves in file order, then the inline buckets found in them. Returns the pages that the next round
    /// begins with.
    fn check_leaves(&mut self, leaves: &PendingLeaves<'a>) -> Vec<PendingPage<'a>> {
        let base = self.next_rank;
        let mut order: Vec<u32> = (0..u32::try_from(leaves.leaves.len()).unwrap_or(u32::MAX)).collect();
        self.next_rank = base.saturating_add(order.len().try_into().unwrap_or(u32::MAX));
        order.par_sort_unstable_by_key(|index| leaves.leaves[*index as usize].page);
        let context = &self.context;
        let mut checked: Vec<_> =
            order.par_chunks(LEAF_CHUNK).map(|chunk| context.check_leaf_chunk(leaves, chunk, base)).collect();
        if !leaves.misplaced.is_empty() {
            checked.push(self.check_misplaced_leaves(leaves));
        }
        let mut buckets = Vec::new();
        let mut pending = Vec::new();
        for part in checked {
            self.merge_result(part, &mut buckets, &mut pending);
        }
        for at in &pending {
            if let Some(page) = self.context.db.page(at.page) {
                self.problems.push(uneven_depth(&page, at));
            }
        }
        self.add_found_buckets(buckets, &mut pending);
        pending
    }

    /// Adds the result of a chunk to the totals.
    fn merge_result(
        &mut self,
        part: ChunkResult<'a, O::Chunk>,
        buckets: &mut Vec<SubBucket<'a>>,
        misplaced: &mut Vec<PendingPage<'a>>,
    ) {
        self.chunks.push(part.chunk);
        self.problems.merge(part.problems);
        self.page_counts.leaf += part.page_counts.leaf;
        self.page_counts.overflow += part.page_counts.overflow;
        self.page_counts.keys += part.page_counts.keys;
        buckets.extend(part.buckets);
        misplaced.extend(part.misplaced_branches);
    }

    /// Checks the leaves that were found where branches were expected. They are opened and entered already.
    fn check_misplaced_leaves(&mut self, leaves: &PendingLeaves<'a>) -> ChunkResult<'a, O::Chunk> {
        let mut out = self.context.empty_result();
        for (at, page, own) in &leaves.misplaced {
            let rank = self.next_rank;
            self.next_rank = rank.saturating_add(1);
            self.context.check_leaf(at, *page, *own, rank, &mut out);
        }
        self.context.observer.finish(&mut out.chunk);
        out
    }

    /// Number of buckets that contain a bucket, counted up to one more than the most that are followed.
    fn nesting(&self, bucket: u32) -> u32 {
        let parent = |bucket: &u32| self.context.buckets.get(*bucket as usize)?.parent;
        let chain = std::iter::successors(Some(bucket), parent).skip(1);
        chain.take(MAX_DEPTH as usize + 1).fold(0, |depth, _| depth + 1)
    }

    /// Reports a bucket that is nested deeper than the most that are followed.
    fn report_too_deep(&mut self, bucket: u32, found: &FoundBucket<'a>) {
        let (page, element) = (Some(found.header.root), Some(found.element));
        let (code, against) = (StructureCode::Depth, Detail::Number(MAX_DEPTH.into()));
        let offset = found.offset;
        self.problems.push(StructureProblem {
            bucket: Some(bucket),
            page,
            element,
            code,
            offset,
            found: Detail::None,
            against,
        });
    }

    /// Adds the buckets that were found to the list, checks the inline ones, and enters the root pages of the others.
    fn add_found_buckets(&mut self, mut found: Vec<SubBucket<'a>>, pending: &mut Vec<PendingPage<'a>>) {
        found.sort_unstable_by_key(|sub| (sub.parent, sub.rank, sub.found.element));
        let mut out = self.context.empty_result();
        for SubBucket { parent, found, .. } in found {
            let index = u32::try_from(self.context.buckets.len()).unwrap_or(u32::MAX);
            let (root, sequence) = (found.header.root, found.header.sequence);
            let name = found.name;
            self.context.buckets.push(BucketInfo {
                index,
                parent: Some(parent),
                name,
                root,
                sequence,
                depth: 0,
                branch_pages: 0,
            });
            let bounds = Bounds { root: true, ..Bounds::default() };
            if self.nesting(index) > MAX_DEPTH {
                self.report_too_deep(index, &found);
                continue;
            }
            if let Some(page) = found.inline {
                let rank = self.next_rank;
                self.next_rank = rank.saturating_add(1);
                let checked = check_page(self.context.db, page, index, bounds, &mut out.problems);
                let page = Page { count: checked.readable, ..page };
                self.context.observe(
                    index,
                    Leaf { page, rank, whole: true, packed: checked.packed },
                    &checked,
                    &mut out,
                );
            } else if self.enter(index, root, (None, found.offset), Some(found.element)) {
                pending.push(PendingPage { bucket: index, page: root, bounds, level: 1, opened: None });
            }
        }
        self.context.observer.finish(&mut out.chunk);
        self.merge_result(out, &mut Vec::new(), &mut Vec::new());
    }
}
