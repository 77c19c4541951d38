//! The rules for the header of a page that was reached through a page id, and marking its overflow pages as visited.

use super::visited_pages::VisitedPages;
use crate::db::Db;
use crate::format::PageKind;
use crate::page::Page;
use crate::problem::{Detail, Problems, StructureCode, StructureProblem};

/// Checks the header of a page: its id, its kind, which must be one of `kinds`, and the length of its run.
pub(super) fn check_header(
    db: &Db<'_>,
    page: &Page<'_>,
    bucket: Option<u32>,
    kinds: &[PageKind],
    problems: &mut Problems,
) {
    let id = page.position.unwrap_or(0);
    let mut report = |code, at: u64, found, against| {
        let offset = page.offset + at;
        problems.push(StructureProblem { bucket, page: page.position, element: None, code, offset, found, against });
    };
    if page.id != id {
        report(StructureCode::PageId, 0, Detail::Number(page.id), Detail::Number(id));
    }
    if !kinds.contains(&page.kind) {
        let wanted: Vec<_> = kinds.iter().map(ToString::to_string).collect();
        report(StructureCode::PageType, 8, Detail::Words(page.kind.to_string()), Detail::Words(wanted.join(" or ")));
    }
    let (overflow, hwm) = (u64::from(page.overflow), db.meta().high_water_mark);
    if id.saturating_add(overflow) >= hwm {
        report(StructureCode::OverflowRange, 12, Detail::Number(overflow), Detail::Number(hwm));
    }
    let (has, needs) = (page.run.len() as u64, (overflow + 1) * u64::from(db.page_size()));
    if has < needs {
        report(StructureCode::PageTruncated, 0, Detail::Number(has), Detail::Number(needs));
    }
}

/// The part of a page's run that no other page uses.
#[derive(Clone, Copy, Debug)]
pub(super) struct OwnPages {
    /// Is the page [whole](super::Leaf::whole)?
    pub whole: bool,
    /// Bytes from its header to the end of the run, or to the first page that belongs to another page. Bytes after that
    /// must not be read: pages whose runs overlap would have them read again and again.
    pub bytes: u64,
}

/// Marks the overflow pages of a page as visited, whose first page is marked already; reports the first that was visited
/// before.
pub(super) fn visit_overflow(
    db: &Db<'_>,
    page: &Page<'_>,
    bucket: Option<u32>,
    visited: &VisitedPages,
    problems: &mut Problems,
) -> OwnPages {
    let first = page.position.unwrap_or(0).saturating_add(1);
    let end = first.saturating_add(page.overflow.into());
    if let Some(taken) = visited.visit_overflow(first..end) {
        let (code, offset) = (StructureCode::DoubleRef, page.offset);
        let (found, against) = (Detail::Number(taken), Detail::None);
        problems.push(StructureProblem { bucket, page: Some(taken), element: None, code, offset, found, against });
        let pages = taken.saturating_sub(first).saturating_add(1);
        return OwnPages { whole: false, bytes: pages.saturating_mul(db.page_size().into()) };
    }
    let needs = (u64::from(page.overflow) + 1) * u64::from(db.page_size());
    OwnPages { whole: end <= visited.bound() && page.run.len() as u64 == needs, bytes: needs }
}
