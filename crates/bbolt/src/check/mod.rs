//! The structural check: one parallel walk over every reachable page, with every rule of `docs/format/bbolt.md#invariants`.
//!
//! The walk runs in rounds, one for each level of buckets; etcd has two levels, the root bucket and the ten buckets in
//! it. A round follows the branch pages breadth-first, which gives the list of leaves and the keys that their parents
//! have for them, and then checks the leaves in file order, chunk by chunk, on all threads. Since the bounds of a leaf
//! come from its parent, no leaf needs its neighbours.
//!
//! ```text
//!              metas, freelist                                        check(): before and after the walk
//!                    |
//!                    v
//!   +--> PendingPage: root pages of the buckets to walk in this round <------------------+
//!   |                |                                                                   |
//!   |                | follow_branches: probe the depth, then level by level             |
//!   |                v                                                                   |
//!   |    branch level 1 -> branch level 2 -> ...                                         |
//!   |       each page: check_header, visit_overflow, check_page, mark its children visited
//!   |                |                                                                   |
//!   |                v                                                                   |
//!   |    PendingLeaves: the leaves and their parents' keys, sorted by page id            |
//!   |                |                                                                   |
//!   |                | check_leaves: chunks in parallel, each leaf read once             |
//!   |                v                                                                   |
//!   |    ChunkResult: problems, counts, the Observer's chunk                             |
//!   |       |        |                                                                   |
//!   |       |        +--> buckets found: inline ones are checked at once, others --------+
//!   |       |
//!   +-------+--> branches found where leaves were expected (damage): entered again
//!
//!   no pending page left: done
//! ```
//!
//! A caller that wants more of the leaves than their soundness passes an [`Observer`] and receives each of them once,
//! while it is in the cache. [`BucketLeaves`] uses the same steps to read the leaves of one bucket only.
//!
//! Nothing recurses. Every page is entered at most once, because entering marks it in [`VisitedPages`]. Memory is two
//! bits and a few bytes a page. All problems are counted, but only a limited number is kept. The result does not depend
//! on the number of threads.

mod bucket_leaves;
mod freelist;
mod metas;
mod observer;
mod open_page;
mod page_header;
mod page_rules;
mod page_set;
mod pending_leaves;
mod visited_pages;
mod walk;
mod walk_context;
mod walker;

pub use bucket_leaves::{BucketLeaves, KeyInterval};
use etcdsnap_checksum::is_zero;
use freelist::Freelist;
pub use observer::{BucketInfo, Leaf, Observer};
pub use visited_pages::VisitedPages;
pub use walk::{PageCounts, Walk};

use crate::db::Db;
use crate::problem::{Detail, Problems, StructureCode, StructureProblem};

/// How many problems of each code callers keep that have no limit of their own.
pub const DEFAULT_LIMIT: u64 = 100;

/// Checks a whole file and shows each of its leaves to `observer`; keeps at most `limit` problems of each code.
pub fn check<'a, O: Observer<'a>>(db: &Db<'a>, observer: &O, limit: u64) -> Walk<'a, O::Chunk> {
    let mut problems = Problems::new(limit);
    metas::check(db, &mut problems);
    // Only ids that the file has bytes for can be visited, so a meta with too high a high-water mark costs no memory.
    let visited = VisitedPages::new(db.meta().high_water_mark.min(db.pages_in_file()));
    visited.visit(0);
    visited.visit(1);
    let freelist = freelist::read(db, &visited, &mut problems);
    let mut walk = walker::walk(db, observer, visited, problems);
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

/// Reports bytes after the high-water mark that are not zero. Zeros are normal: the file was allocated ahead.
fn check_tail(db: &Db<'_>, problems: &mut Problems) {
    let start = usize::try_from(db.size()).ok();
    let tail = start.and_then(|start| db.bytes().get(start..)).unwrap_or_default();
    if !is_zero(tail) {
        let found = Detail::Number(tail.len() as u64);
        let (code, offset) = (StructureCode::TailNonzero, db.size());
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
