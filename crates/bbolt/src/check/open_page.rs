//! Opening a page during a walk: its header is checked, its overflow pages are marked as visited, then its content is
//! checked.

use super::page_header::{OwnPages, check_header, visit_overflow};
use super::page_rules::{Bounds, CheckedPage, PageChecker};
use super::pending_leaves::PendingPage;
use super::visited_pages::VisitedPages;
use crate::db::Db;
use crate::format::{MAX_DEPTH, PageKind};
use crate::page::Page;
use crate::problem::{Detail, Problems, StructureCode, StructureProblem};

/// Checks the header of a page whose id is marked as visited, and marks its overflow pages; `None` when it is neither a
/// branch nor a leaf. The run of the returned page is cut to the bytes that belong to it alone.
pub(super) fn open_page<'a>(
    db: &Db<'a>,
    visited: &VisitedPages,
    at: &PendingPage<'a>,
    problems: &mut Problems,
) -> Option<(Page<'a>, OwnPages)> {
    let Some(page) = db.page(at.page) else {
        let offset = at.page.saturating_mul(db.page_size().into());
        let (bucket, page) = (Some(at.bucket), Some(at.page));
        let (found, against) = (Detail::None, Detail::None);
        problems.push(StructureProblem {
            bucket,
            page,
            element: None,
            code: StructureCode::PageEof,
            offset,
            found,
            against,
        });
        return None;
    };
    if let Some(own) = at.opened {
        return Some((page.truncated(own.bytes), own));
    }
    let kinds = [PageKind::Branch, PageKind::Leaf];
    check_header(db, &page, Some(at.bucket), &kinds, problems);
    if !kinds.contains(&page.kind) {
        return None;
    }
    let own = visit_overflow(db, &page, Some(at.bucket), visited, problems);
    Some((page.truncated(own.bytes), own))
}

/// Number of overflow pages that belong to an opened page alone, which may be fewer than its header says.
pub(super) fn own_overflow(db: &Db<'_>, page: &Page<'_>) -> u64 {
    (page.run.len() as u64).div_ceil(db.page_size().into()).saturating_sub(1)
}

/// The problem of a page whose kind does not fit its level, or of a branch on the deepest level that is followed.
pub(super) fn uneven_depth(page: &Page<'_>, at: &PendingPage<'_>) -> StructureProblem {
    let offset = page.offset;
    let (code, found, against) = if page.kind == PageKind::Branch && at.level >= MAX_DEPTH {
        (StructureCode::Depth, Detail::None, Detail::Number(MAX_DEPTH.into()))
    } else {
        (StructureCode::UnevenDepth, Detail::Words(page.kind.to_string()), Detail::Number(at.level.into()))
    };
    StructureProblem { bucket: Some(at.bucket), page: page.position, element: None, code, offset, found, against }
}

/// Checks the content of an opened page by all rules.
pub(super) fn check_page<'a>(
    db: &Db<'a>,
    page: Page<'a>,
    bucket: u32,
    bounds: Bounds<'a>,
    problems: &mut Problems,
) -> CheckedPage<'a> {
    PageChecker { page, bucket, bounds, page_size: db.page_size(), problems }.check()
}
