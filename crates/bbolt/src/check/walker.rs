//! The walk itself: rounds of branch levels and leaves, one round for each level of buckets.

use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use super::page_rules::{Bounds, CheckedPage, FoundBucket, PageChecker};
use super::pending_leaves::{PREFETCH_GROUP, ParentBranch, PendingLeaves, PendingPage};
use super::visited_pages::VisitedPages;
use super::{BucketInfo, Leaf, Observer, OwnPages, PageCounts, Walk, check_header, visit_overflow};
use crate::db::Db;
use crate::format::{MAX_DEPTH, META_ROOT, PageKind};
use crate::page::Page;
use crate::problem::{Code, Detail, Problems, StructureProblem};

/// Branch pages whose problems are held apart before they are put together.
const BRANCH_CHUNK: usize = 1024;

/// Leaves that one thread takes at a time: enough to read ahead, few enough to share out evenly.
const LEAF_CHUNK: usize = 1024;

/// A bucket that was found in a leaf, and where it stands in key order.
struct SubBucket<'a> {
    parent: u32,
    rank: u32,
    found: FoundBucket<'a>,
}

/// What checking one chunk of leaves gave.
struct ChunkResult<'a, C> {
    chunk: C,
    problems: Problems,
    census: PageCounts,
    buckets: Vec<SubBucket<'a>>,
    /// Pages among the leaves that turned out to be branches.
    misplaced_branches: Vec<PendingPage<'a>>,
}

/// What all threads look at.
struct WalkContext<'a, 'w, O> {
    db: &'w Db<'a>,
    observer: &'w O,
    claims: VisitedPages,
    buckets: Vec<BucketInfo<'a>>,
    limit: u64,
    /// Problems of leaves, put together as chunks are done so that they never pile up.
    leaf_problems: Mutex<Problems>,
}

struct Walker<'a, 'w, O: Observer<'a>> {
    context: WalkContext<'a, 'w, O>,
    problems: Problems,
    chunks: Vec<O::Chunk>,
    census: PageCounts,
    next_rank: u32,
    /// Pages that were entered; each of them only once.
    claimed: u64,
}

/// Walks all buckets from the root bucket on.
pub(super) fn walk<'a, O: Observer<'a>>(
    db: &Db<'a>,
    observer: &O,
    claims: VisitedPages,
    problems: Problems,
) -> Walk<'a, O::Chunk> {
    let meta = db.meta();
    let (root, sequence) = (meta.root, meta.sequence);
    let root = BucketInfo { index: 0, parent: None, name: &[], root, sequence, depth: 0, branch_pages: 0 };
    let mut walker = Walker::new(db, observer, root, claims, problems);
    let mut entries = walker.enter_root();
    // Ends, because a round that has another after it has claimed a page: the entries of the next one are buckets'
    // roots, which were claimed when they were found, and branches among the children of a branch, which were claimed
    // when it was followed. There are finitely many pages, and no claim is ever given back. Only a file that is
    // rewritten meanwhile can break this: what is left of it then has been reported as uneven.
    while !entries.is_empty() {
        let claimed = walker.claimed;
        entries = walker.walk_round(entries);
        debug_assert!(entries.is_empty() || walker.claimed > claimed, "a round has claimed no page");
        if walker.claimed == claimed {
            break;
        }
    }
    let Walker { context: ground, mut problems, chunks, census, .. } = walker;
    problems.merge(ground.leaf_problems.into_inner().unwrap_or_else(PoisonError::into_inner));
    let WalkContext { buckets, claims: in_use, .. } = ground;
    Walk { buckets, chunks, problems, page_counts: census, in_use }
}

/// Follows the branch pages of one bucket, and leaves its leaves unread.
pub(super) fn follow_bucket_branches<'a>(
    db: &Db<'a>,
    bucket: BucketInfo<'a>,
    claims: VisitedPages,
    problems: Problems,
) -> (PendingLeaves<'a>, VisitedPages, Problems) {
    let mut walker = Walker::new(db, &(), bucket, claims, problems);
    let entries = walker.enter_root();
    let forest = walker.follow_branches(entries);
    (forest, walker.context.claims, walker.problems)
}

impl<'a, 'w, O: Observer<'a>> Walker<'a, 'w, O> {
    /// A walker that begins at the first bucket of its list.
    fn new(db: &'w Db<'a>, observer: &'w O, first: BucketInfo<'a>, claims: VisitedPages, problems: Problems) -> Self {
        let ground = WalkContext {
            db,
            observer,
            claims,
            buckets: vec![first],
            limit: problems.limit(),
            leaf_problems: Mutex::new(Problems::new(problems.limit())),
        };
        Self { context: ground, problems, chunks: Vec::new(), census: PageCounts::default(), next_rank: 0, claimed: 0 }
    }

    /// Enters the first bucket.
    fn enter_root(&mut self) -> Vec<PendingPage<'a>> {
        let page = self.context.buckets.first().map_or(0, |bucket| bucket.root);
        let bounds = Bounds { root: true, ..Bounds::default() };
        let entry = PendingPage { bucket: 0, page, bounds, level: 1, opened: None };
        // The first bucket's own entry is in the meta, or elsewhere for a bucket that is walked alone.
        let meta = self.context.db.meta();
        let root_field = u64::from(meta.slot) * u64::from(self.context.db.page_size()) + META_ROOT;
        if self.enter(0, page, (None, root_field), None) { vec![entry] } else { Vec::new() }
    }

    /// Claims the first page of a subtree; false when the id is impossible or the page already in use. The reference to
    /// it stands on the page `parent`, at `offset` of the file.
    fn enter(&mut self, bucket: u32, page: u64, (parent, offset): (Option<u64>, u64), element: Option<u16>) -> bool {
        let hwm = self.context.db.meta().high_water_mark;
        let mut report = |code, page, found, against| {
            self.problems.push(StructureProblem { bucket: Some(bucket), page, element, code, offset, found, against });
        };
        if page < 2 || page >= hwm {
            report(Code::PgidRange, parent, Detail::Number(page), Detail::Number(hwm));
            return false;
        }
        if page >= self.context.claims.bound() {
            report(Code::PageEof, Some(page), Detail::None, Detail::None);
            return false;
        }
        let fresh = self.context.claims.visit(page);
        if fresh {
            self.claimed += 1;
        } else {
            report(Code::DoubleRef, Some(page), Detail::Number(page), Detail::None);
        }
        fresh
    }

    /// One round: everything below `entries`, and the entries of the next round.
    fn walk_round(&mut self, entries: Vec<PendingPage<'a>>) -> Vec<PendingPage<'a>> {
        let forest = self.follow_branches(entries);
        self.check_leaves(&forest)
    }

    /// Checks the branch pages below `entries`, level by level. What was opened is known to be a branch: it is never
    /// among the leaves again, and so never comes back from them.
    fn follow_branches(&mut self, entries: Vec<PendingPage<'a>>) -> PendingLeaves<'a> {
        let depths: Vec<u32> = entries.iter().map(|entry| self.context.probe_depth(entry)).collect();
        for (entry, depth) in entries.iter().zip(&depths) {
            let bucket = &mut self.context.buckets[entry.bucket as usize];
            bucket.depth = bucket.depth.max(*depth);
        }
        let mut forest = PendingLeaves::default();
        let mut frontier = Vec::new();
        for (entry, depth) in entries.into_iter().zip(depths) {
            if entry.opened.is_none() && entry.level >= depth {
                forest.add_entry(entry);
            } else {
                frontier.push((entry, depth));
            }
        }
        // Ends, because each pass is one level further down, and levels are bounded by `depth`, which is at most
        // `MAX_DEPTH`.
        while !frontier.is_empty() {
            frontier = self.check_branch_level(&frontier, &mut forest);
        }
        forest
    }

    /// Checks the branch pages of one level and returns those of the next.
    fn check_branch_level(
        &mut self,
        level: &[(PendingPage<'a>, u32)],
        forest: &mut PendingLeaves<'a>,
    ) -> Vec<(PendingPage<'a>, u32)> {
        let mut next = Vec::new();
        for piece in level.chunks(BRANCH_CHUNK) {
            let ground = &self.context;
            let checked: Vec<_> = piece.par_iter().map(|(entry, _)| ground.check_branch(entry)).collect();
            for ((entry, depth), (opened, problems)) in piece.iter().zip(checked) {
                self.problems.merge(problems);
                match opened {
                    Some((page, own)) if page.kind == PageKind::Branch => {
                        if own.whole {
                            let bucket = &mut self.context.buckets[entry.bucket as usize];
                            bucket.branch_pages += u64::from(page.overflow) + 1;
                        }
                        self.enter_children(page, *entry, *depth, forest, &mut next);
                    }
                    Some((page, own)) => {
                        self.problems.push(uneven_depth(&page, entry));
                        forest.misplaced.push((*entry, page, own));
                    }
                    None => {}
                }
            }
        }
        next
    }

    /// Enters the children of a branch page; those of the deepest level are left alone, which was reported when it was
    /// met among the leaves.
    fn enter_children(
        &mut self,
        page: Page<'a>,
        entry: PendingPage<'a>,
        depth: u32,
        forest: &mut PendingLeaves<'a>,
        next: &mut Vec<(PendingPage<'a>, u32)>,
    ) {
        self.census.branch += 1;
        self.census.overflow += own_overflow(self.context.db, &page);
        if entry.level >= MAX_DEPTH {
            return;
        }
        let branch = ParentBranch { page, bucket: entry.bucket, high: entry.bounds.high, level: entry.level };
        let children: Vec<_> = (0..page.count)
            .filter_map(|index| page.branch_fields(index).map(|(_, child)| (index, child)))
            .filter(|(index, child)| self.enter(entry.bucket, *child, (page.position, page.offset), Some(*index)))
            .collect();
        if entry.level + 1 >= depth {
            forest.add_branch(branch, &children);
        } else {
            next.extend(children.into_iter().map(|(index, child)| {
                let bounds = branch.bounds_of(index);
                (PendingPage { bucket: entry.bucket, page: child, bounds, level: entry.level + 1, opened: None }, depth)
            }));
        }
    }

    /// Checks all leaves in file order, then the inline buckets found in them.
    fn check_leaves(&mut self, forest: &PendingLeaves<'a>) -> Vec<PendingPage<'a>> {
        let base = self.next_rank;
        let mut order: Vec<u32> = (0..u32::try_from(forest.leaves.len()).unwrap_or(u32::MAX)).collect();
        self.next_rank = base.saturating_add(order.len().try_into().unwrap_or(u32::MAX));
        order.par_sort_unstable_by_key(|index| forest.leaves[*index as usize].page);
        let ground = &self.context;
        let mut checked: Vec<_> =
            order.par_chunks(LEAF_CHUNK).map(|chunk| ground.check_leaf_chunk(forest, chunk, base)).collect();
        if !forest.misplaced.is_empty() {
            checked.push(self.check_misplaced_leaves(forest));
        }
        let mut buckets = Vec::new();
        let mut entries = Vec::new();
        for part in checked {
            self.merge_result(part, &mut buckets, &mut entries);
        }
        for entry in &entries {
            if let Some(page) = self.context.db.page(entry.page) {
                self.problems.push(uneven_depth(&page, entry));
            }
        }
        self.add_found_buckets(buckets, &mut entries);
        entries
    }

    fn merge_result(
        &mut self,
        part: ChunkResult<'a, O::Chunk>,
        buckets: &mut Vec<SubBucket<'a>>,
        strays: &mut Vec<PendingPage<'a>>,
    ) {
        self.chunks.push(part.chunk);
        self.problems.merge(part.problems);
        self.census.leaf += part.census.leaf;
        self.census.overflow += part.census.overflow;
        self.census.keys += part.census.keys;
        buckets.extend(part.buckets);
        strays.extend(part.misplaced_branches);
    }

    /// Leaves that stood where branches were expected: already opened and claimed, only their bodies are left.
    fn check_misplaced_leaves(&mut self, forest: &PendingLeaves<'a>) -> ChunkResult<'a, O::Chunk> {
        let mut out = self.context.empty_result();
        for (entry, page, own) in &forest.misplaced {
            let rank = self.next_rank;
            self.next_rank = rank.saturating_add(1);
            self.context.check_leaf(entry, *page, *own, rank, &mut out);
        }
        self.context.observer.finish(&mut out.chunk);
        out
    }

    /// How many buckets a bucket lies in, up to one more than are followed.
    fn nesting(&self, bucket: u32) -> u32 {
        let parent = |bucket: &u32| self.context.buckets.get(*bucket as usize)?.parent;
        let chain = std::iter::successors(Some(bucket), parent).skip(1);
        chain.take(MAX_DEPTH as usize + 1).fold(0, |depth, _| depth + 1)
    }

    fn report_too_deep(&mut self, bucket: u32, found: &FoundBucket<'a>) {
        let (page, element) = (Some(found.header.root), Some(found.element));
        let (code, against) = (Code::Depth, Detail::Number(MAX_DEPTH.into()));
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

    /// Gives the buckets that were found their place in the list, checks the inline ones and enters the others.
    fn add_found_buckets(&mut self, mut found: Vec<SubBucket<'a>>, entries: &mut Vec<PendingPage<'a>>) {
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
                let body = check_page(self.context.db, page, index, bounds, &mut out.problems);
                let page = Page { count: body.admitted, ..page };
                self.context.observe(index, Leaf { page, rank, whole: true, packed: body.packed }, &body, &mut out);
            } else if self.enter(index, root, (None, found.offset), Some(found.element)) {
                entries.push(PendingPage { bucket: index, page: root, bounds, level: 1, opened: None });
            }
        }
        self.context.observer.finish(&mut out.chunk);
        self.merge_result(out, &mut Vec::new(), &mut Vec::new());
    }
}

impl<'a, O: Observer<'a>> WalkContext<'a, '_, O> {
    /// Levels of the tree, counted from its bucket's root, along the first path that can be followed.
    fn probe_depth(&self, entry: &PendingPage<'a>) -> u32 {
        const CHILDREN_TRIED: u16 = 8;
        let mut path = vec![entry.page];
        let mut level = entry.level;
        // Ends, because each step is one level further down.
        let usable = |id: u64| {
            let page = self.db.page(id).filter(|_| (2..self.claims.bound()).contains(&id))?;
            (page.id == id && matches!(page.kind, PageKind::Branch | PageKind::Leaf)).then_some(page)
        };
        let mut page = self.db.page(entry.page);
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
    fn check_branch(&self, entry: &PendingPage<'a>) -> (Option<(Page<'a>, OwnPages)>, Problems) {
        let mut problems = Problems::new(self.limit);
        let opened = open_page(self.db, &self.claims, entry, &mut problems);
        if let Some((page, _)) = opened.filter(|(page, _)| page.kind == PageKind::Branch) {
            check_page(self.db, page, entry.bucket, entry.bounds, &mut problems);
        }
        (opened, problems)
    }

    fn empty_result(&self) -> ChunkResult<'a, O::Chunk> {
        ChunkResult {
            chunk: self.observer.chunk(),
            problems: Problems::new(self.limit),
            census: PageCounts::default(),
            buckets: Vec::new(),
            misplaced_branches: Vec::new(),
        }
    }

    fn check_leaf_chunk(&self, forest: &PendingLeaves<'a>, chunk: &[u32], base: u32) -> ChunkResult<'a, O::Chunk> {
        let page_size = u64::from(self.db.page_size());
        let position = |index: Option<&u32>| index.map_or(0, |index| forest.leaves[*index as usize].page);
        let (first, last) = (position(chunk.first()), position(chunk.last()));
        let bytes = first.saturating_mul(page_size)..last.saturating_add(1).saturating_mul(page_size);
        let mut out = self.empty_result();
        if self.observer.prepare(bytes).is_break() {
            self.observer.finish(&mut out.chunk);
            return out;
        }
        for group in chunk.chunks(PREFETCH_GROUP) {
            let entries = forest.prefetch(self.db, group.iter().map(|index| *index as usize));
            for (index, entry) in group.iter().zip(entries) {
                if let Some((page, own)) = open_page(self.db, &self.claims, &entry, &mut out.problems) {
                    if page.kind == PageKind::Leaf {
                        self.check_leaf(&entry, page, own, base.saturating_add(*index), &mut out);
                    } else {
                        out.misplaced_branches.push(PendingPage { opened: Some(own), ..entry });
                    }
                }
            }
        }
        self.observer.finish(&mut out.chunk);
        let problems = std::mem::replace(&mut out.problems, Problems::new(self.limit));
        self.leaf_problems.lock().unwrap_or_else(PoisonError::into_inner).merge(problems);
        out
    }

    fn check_leaf(
        &self,
        entry: &PendingPage<'a>,
        page: Page<'a>,
        own: OwnPages,
        rank: u32,
        out: &mut ChunkResult<'a, O::Chunk>,
    ) {
        out.census.leaf += 1;
        out.census.overflow += own_overflow(self.db, &page);
        let body = check_page(self.db, page, entry.bucket, entry.bounds, &mut out.problems);
        let page = Page { count: body.admitted, ..page };
        self.observe(entry.bucket, Leaf { page, rank, whole: own.whole, packed: body.packed }, &body, out);
        let parent = entry.bucket;
        out.buckets.extend(body.buckets.into_iter().map(|found| SubBucket { parent, rank, found }));
    }

    fn observe(&self, bucket: u32, leaf: Leaf<'a>, body: &CheckedPage<'a>, out: &mut ChunkResult<'a, O::Chunk>) {
        out.census.keys += body.keys;
        self.observer.leaf(&mut out.chunk, &self.buckets[bucket as usize], &leaf);
    }
}

/// Checks the header of a claimed page and claims its overflow; `None` when it is neither branch nor leaf. The page has its own
/// bytes alone.
pub(super) fn open_page<'a>(
    db: &Db<'a>,
    claims: &VisitedPages,
    entry: &PendingPage<'a>,
    problems: &mut Problems,
) -> Option<(Page<'a>, OwnPages)> {
    let Some(page) = db.page(entry.page) else {
        let offset = entry.page.saturating_mul(db.page_size().into());
        let (bucket, page) = (Some(entry.bucket), Some(entry.page));
        let (found, against) = (Detail::None, Detail::None);
        problems.push(StructureProblem { bucket, page, element: None, code: Code::PageEof, offset, found, against });
        return None;
    };
    if let Some(own) = entry.opened {
        return Some((page.truncated(own.bytes), own));
    }
    let kinds = [PageKind::Branch, PageKind::Leaf];
    check_header(db, &page, Some(entry.bucket), &kinds, problems);
    if !kinds.contains(&page.kind) {
        return None;
    }
    let own = visit_overflow(db, &page, Some(entry.bucket), claims, problems);
    Some((page.truncated(own.bytes), own))
}

/// Overflow pages that are an opened page's own, whatever its header says.
fn own_overflow(db: &Db<'_>, page: &Page<'_>) -> u64 {
    (page.run.len() as u64).div_ceil(db.page_size().into()).saturating_sub(1)
}

/// A page of another kind than its level asks for, or a branch on the deepest level that is followed.
pub(super) fn uneven_depth(page: &Page<'_>, entry: &PendingPage<'_>) -> StructureProblem {
    let offset = page.offset;
    let (code, found, against) = if page.kind == PageKind::Branch && entry.level >= MAX_DEPTH {
        (Code::Depth, Detail::None, Detail::Number(MAX_DEPTH.into()))
    } else {
        (Code::UnevenDepth, Detail::Words(page.kind.to_string()), Detail::Number(entry.level.into()))
    };
    StructureProblem { bucket: Some(entry.bucket), page: page.position, element: None, code, offset, found, against }
}

pub(super) fn check_page<'a>(
    db: &Db<'a>,
    page: Page<'a>,
    bucket: u32,
    bounds: Bounds<'a>,
    problems: &mut Problems,
) -> CheckedPage<'a> {
    PageChecker { page, bucket, bounds, page_size: db.page_size(), problems }.check()
}
