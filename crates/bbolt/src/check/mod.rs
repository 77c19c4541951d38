//! The structural check: one walk over everything that is reachable, in parallel, with every rule of
//! `docs/format/bbolt.md#invariants`.
//!
//! The walk goes bucket level by bucket level; etcd has two, the root bucket and the ten below it. On each, branch pages are
//! followed breadth-first and yield the list of leaves with the keys their parents have for them. The leaves are then
//! checked in file order, chunk by chunk, on all threads: because the bounds come from the parents no leaf needs its
//! neighbour. Whoever wants more of the leaves than their soundness hands in an [`Observer`] and sees each of them once,
//! while it is in the cache.
//!
//! Nothing recurses; every page is entered at most once, because entering claims it ([`Claims`]); memory is two bits and a
//! few bytes a page; problems are counted without bound but kept only up to a limit; and the outcome does not depend on the
//! number of threads.

mod bucket_leaves;
mod freelist;
mod metas;
mod page_rules;
mod page_set;
mod pending_leaves;
mod visited_pages;
mod walker;

use std::collections::BTreeSet;
use std::ops::{ControlFlow, Range};

pub use bucket_leaves::{BucketLeaves, KeyInterval};
use freelist::Freelist;
pub use visited_pages::VisitedPages;

use crate::db::Db;
use crate::format::PageKind;
use crate::page::Page;
use crate::problem::{Code, Detail, Problems, StructureProblem};

/// A bucket as the walk found it.
#[derive(Clone, Copy, Debug)]
pub struct BucketInfo<'a> {
    /// Position in [`Walk::buckets`]; 0 is the root bucket.
    pub index: u32,
    /// The bucket that holds it; `None` for the root bucket.
    pub parent: Option<u32>,
    /// Its name; empty for the root bucket.
    pub name: &'a [u8],
    /// Root page; 0 when inline.
    pub root: u64,
    /// Its sequence.
    pub sequence: u64,
    /// Levels of pages, 0 when inline.
    pub depth: u32,
    /// Pages of its branches with their overflow, of those that are whole as [`Leaf::whole`] says; complete after the walk.
    pub branch_pages: u64,
}

/// A leaf page, or an inline bucket's page, that could be read. Its table fits; elements may still be unsound one by one.
#[derive(Clone, Copy, Debug)]
pub struct Leaf<'a> {
    /// The page.
    pub page: Page<'a>,
    /// Order among the leaves of its bucket: ascending in key order, but with gaps.
    pub rank: u32,
    /// Are the page and all its overflow in the file, below the high-water mark, and no other page's too? Always true of the
    /// page of an inline bucket, which lies inside its parent's.
    pub whole: bool,
    /// The bytes from its first key to its last value, key, value, key, value …, when they follow each other without a gap
    /// and none of the values is a bucket: then they are all that etcd's hashes see of the page.
    pub packed: Option<&'a [u8]>,
}

/// Sees every leaf of a walk.
///
/// Leaves arrive in file order, in chunks that run on several threads; each chunk has a value of its own. The values are
/// returned in file order, bucket level by bucket level.
pub trait Observer<'a>: Sync {
    /// What is gathered over one chunk.
    type Chunk: Send;

    /// An empty chunk.
    fn chunk(&self) -> Self::Chunk;

    /// One leaf of `bucket`.
    fn leaf(&self, chunk: &mut Self::Chunk, bucket: &BucketInfo<'a>, leaf: &Leaf<'a>);

    /// The chunk has seen its last leaf.
    fn finish(&self, _chunk: &mut Self::Chunk) {}

    /// These bytes of the file are about to be read. Their chunk is left out when the answer is to break; what the walk found is
    /// not all then.
    fn prepare(&self, _bytes: Range<u64>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// An observer that looks away.
impl<'a> Observer<'a> for () {
    type Chunk = ();

    fn chunk(&self) {}

    fn leaf(&self, (): &mut (), _: &BucketInfo<'a>, _: &Leaf<'a>) {}
}

/// Number of pages of each sort.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PageCounts {
    /// Reachable branch pages, without their overflow.
    pub branch: u64,
    /// Reachable leaf pages, without their overflow.
    pub leaf: u64,
    /// Overflow pages of reachable branch and leaf pages.
    pub overflow: u64,
    /// Pages of the freelist, overflow included; 0 when there is none, or it is not whole as [`Leaf::whole`] says.
    pub freelist: u64,
    /// Pages in use: all of the above, and the metas.
    pub in_use: u64,
    /// Pages below the high-water mark that are not in use.
    pub free: u64,
    /// Keys that are not buckets, in all buckets.
    pub keys: u64,
}

/// Everything a walk found out.
#[derive(Debug)]
pub struct Walk<'a, C> {
    /// All buckets, parents before children, siblings in key order.
    pub buckets: Vec<BucketInfo<'a>>,
    /// The observer's chunks.
    pub chunks: Vec<C>,
    /// What is wrong.
    pub problems: Problems,
    /// Pages by sort.
    pub page_counts: PageCounts,
    /// The pages in use.
    pub in_use: VisitedPages,
}

impl<C> Walk<'_, C> {
    /// Was every page and element read that the tree refers to? Otherwise counts are of what could be read.
    pub fn is_whole(&self) -> bool {
        self.problems.hidden_buckets().is_empty()
    }

    /// Was the list of buckets below the root read to its end? Otherwise a bucket that is not in
    /// [`buckets`](Self::buckets) may be there all the same.
    pub fn lists_all_buckets(&self) -> bool {
        !self.problems.hidden_buckets().contains(&0)
    }

    /// The buckets directly below the root of which a part could not be read, in themselves or in a bucket inside them.
    pub fn unread_buckets(&self) -> BTreeSet<u32> {
        let parent = |index: &u32| self.buckets.get(*index as usize)?.parent.filter(|parent| parent < index);
        let below_root =
            |index: &u32| std::iter::successors(Some(*index), |at| parent(at)).take_while(|at| *at != 0).last();
        self.problems.hidden_buckets().iter().filter_map(below_root).collect()
    }
}

/// How many problems of each code are kept unless the caller says otherwise.
pub const DEFAULT_LIMIT: u64 = 100;

/// Checks the whole file; keeps at most `limit` problems of each code.
pub fn check<'a, O: Observer<'a>>(db: &Db<'a>, observer: &O, limit: u64) -> Walk<'a, O::Chunk> {
    let mut problems = Problems::new(limit);
    metas::check(db, &mut problems);
    // Ids are only ever claimed when the file has bytes for them, so a meta that promises too much cannot ask for memory.
    let claims = VisitedPages::new(db.meta().high_water_mark.min(db.pages_in_file()));
    claims.visit(0);
    claims.visit(1);
    let freelist = freelist::read(db, &claims, &mut problems);
    let mut walk = walker::walk(db, observer, claims, problems);
    if let Some(Freelist { free, pages }) = freelist {
        freelist::compare(db, &walk.in_use, &free, &mut walk.problems);
        walk.page_counts.freelist = pages;
    }
    check_tail(db, &mut walk.problems);
    walk.page_counts.in_use = walk.in_use.len();
    walk.page_counts.free = db.meta().high_water_mark.saturating_sub(walk.page_counts.in_use);
    walk.problems.sort_and_trim();
    walk
}

/// Bytes behind the high-water mark should be zeros of a preallocation.
fn check_tail(db: &Db<'_>, problems: &mut Problems) {
    let start = usize::try_from(db.size()).ok();
    let tail = start.and_then(|start| db.bytes().get(start..)).unwrap_or_default();
    if !page_rules::is_zero(tail) {
        let found = Detail::Number(tail.len() as u64);
        let (code, offset) = (Code::TailNonzero, db.size());
        problems.push(StructureProblem {
            bucket: None,
            page: None,
            element: None,
            code,
            offset,
            found,
            against: Detail::None,
        });
    }
}

/// The rules for the header of a page that was reached through a pointer.
fn check_header(db: &Db<'_>, page: &Page<'_>, bucket: Option<u32>, kinds: &[PageKind], problems: &mut Problems) {
    let id = page.position.unwrap_or(0);
    let mut report = |code, at: u64, found, against| {
        let offset = page.offset + at;
        problems.push(StructureProblem { bucket, page: page.position, element: None, code, offset, found, against });
    };
    if page.id != id {
        report(Code::PageId, 0, Detail::Number(page.id), Detail::Number(id));
    }
    if !kinds.contains(&page.kind) {
        let wanted: Vec<_> = kinds.iter().map(ToString::to_string).collect();
        report(Code::PageType, 8, Detail::Words(page.kind.to_string()), Detail::Words(wanted.join(" or ")));
    }
    let (overflow, hwm) = (u64::from(page.overflow), db.meta().high_water_mark);
    if id.saturating_add(overflow) >= hwm {
        report(Code::OverflowRange, 12, Detail::Number(overflow), Detail::Number(hwm));
    }
    let (has, needs) = (page.run.len() as u64, (overflow + 1) * u64::from(db.page_size()));
    if has < needs {
        report(Code::PageTruncated, 0, Detail::Number(has), Detail::Number(needs));
    }
}

/// What of a run is its page's own.
#[derive(Clone, Copy, Debug)]
struct OwnPages {
    /// Is the page [whole](Leaf::whole)?
    whole: bool,
    /// Bytes from its header to the end, or to the first page that is another's: what lies behind is not to be read, or pages
    /// whose runs overlap would have it read again and again.
    bytes: u64,
}

/// Claims the overflow pages of a page whose first page is claimed.
fn visit_overflow(
    db: &Db<'_>,
    page: &Page<'_>,
    bucket: Option<u32>,
    claims: &VisitedPages,
    problems: &mut Problems,
) -> OwnPages {
    let first = page.position.unwrap_or(0).saturating_add(1);
    let end = first.saturating_add(page.overflow.into());
    if let Some(taken) = claims.visit_overflow(first..end) {
        let (code, offset) = (Code::DoubleRef, page.offset);
        let found = Detail::Number(taken);
        problems.push(StructureProblem {
            bucket,
            page: Some(taken),
            element: None,
            code,
            offset,
            found,
            against: Detail::None,
        });
        let pages = taken.saturating_sub(first).saturating_add(1);
        return OwnPages { whole: false, bytes: pages.saturating_mul(db.page_size().into()) };
    }
    let needs = (u64::from(page.overflow) + 1) * u64::from(db.page_size());
    OwnPages { whole: end <= claims.bound() && page.run.len() as u64 == needs, bytes: needs }
}
