//! The rules for the freelist, when a file has one (`docs/format/bbolt.md#freelist-page`): ids of free pages, ascending,
//! each once.
//!
//! Together with the pages in use the freelist must cover everything below the high-water mark, without overlap.

use std::ops::Range;

use super::page_header::{check_header, visit_overflow};
use super::page_set::PageSet;
use super::visited_pages::VisitedPages;
use crate::db::Db;
use crate::format::{PAGE_HEADER, PageKind};
use crate::problem::{Detail, Problems, StructureCode, StructureProblem};

fn report(
    problems: &mut Problems,
    page: Option<u64>,
    code: StructureCode,
    offset: u64,
    found: Detail,
    against: Detail,
) {
    problems.push(StructureProblem { bucket: None, page, element: None, code, offset, found, against });
}

/// The content of the freelist, and the number of pages that it occupies.
#[derive(Debug)]
pub(super) struct Freelist {
    /// The free pages; empty when the freelist cannot be read, so that all pages it should list are reported as lost.
    pub free: PageSet,
    /// Pages that it occupies; 0 when they are not [whole](super::Leaf::whole).
    pub pages: u64,
}

/// Reads and checks the freelist page and marks its run as visited; `None` when the meta says that the file has no freelist.
pub(super) fn read(db: &Db<'_>, visited: &VisitedPages, problems: &mut Problems) -> Option<Freelist> {
    let meta = *db.meta();
    if !db.has_freelist() {
        return None;
    }
    let free = PageSet::new(visited.bound());
    if !(2..meta.high_water_mark).contains(&meta.freelist) {
        return Some(Freelist { free, pages: 0 });
    }
    let id = Some(meta.freelist);
    let Some(page) = db.page(meta.freelist) else {
        report(problems, id, StructureCode::FreelistEof, 0, Detail::None, Detail::None);
        return Some(Freelist { free, pages: 0 });
    };
    check_header(db, &page, None, &[PageKind::Freelist], problems);
    let fresh = visited.visit(meta.freelist);
    if !fresh {
        report(problems, id, StructureCode::DoubleRef, page.offset, Detail::None, Detail::None);
    }
    let whole = visit_overflow(db, &page, None, visited, problems).whole && fresh;
    if page.kind != PageKind::Freelist {
        return Some(Freelist { free, pages: 0 });
    }
    let (listed_count, capacity) = (page.free_id_count(), page.free_id_capacity());
    if listed_count > capacity {
        let (found, against) = (Detail::Number(listed_count), Detail::Number(capacity));
        report(problems, id, StructureCode::FreelistCount, page.offset + 10, found, against);
    }
    let mut previous = 0;
    for (index, listed) in page.free_ids().enumerate() {
        let at = page.offset + (PAGE_HEADER + 8 * index) as u64;
        if listed < 2 || listed >= meta.high_water_mark {
            let hwm = Detail::Number(meta.high_water_mark);
            report(problems, id, StructureCode::FreelistRange, at, Detail::Number(listed), hwm);
        }
        if !free.insert(listed) && listed < free.bound() {
            report(problems, id, StructureCode::FreelistDup, at, Detail::Number(listed), Detail::None);
        } else if listed < previous {
            let (found, against) = (Detail::Number(listed), Detail::Number(previous));
            report(problems, id, StructureCode::FreelistUnsorted, at, found, against);
        }
        previous = listed;
    }
    Some(Freelist { free, pages: if whole { u64::from(page.overflow) + 1 } else { 0 } })
}

/// Compares the free pages with the pages in use, after the walk: reports pages that are both, and pages that are neither.
pub(super) fn compare(db: &Db<'_>, visited: &VisitedPages, free: &PageSet, problems: &mut Problems) {
    let mut each = |code: StructureCode, runs: Vec<Range<u64>>| {
        for run in runs {
            let offset = run.start.saturating_mul(db.page_size().into()).min(db.bytes().len() as u64);
            let pages = Detail::Pages(run.start, run.end - 1);
            report(problems, Some(run.start), code, offset, pages, Detail::None);
        }
    };
    each(StructureCode::ReachableFreed, visited.runs(free, |used, free| used & free));
    let mut lost = visited.runs(free, |used, free| !(used | free));
    let hwm = db.meta().high_water_mark;
    lost.retain(|run| run.start < hwm);
    if visited.bound() < hwm {
        lost.push(visited.bound()..hwm);
    }
    each(StructureCode::UnreachableUnfreed, lost);
}
