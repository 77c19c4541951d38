//! Damage to whole pages and to page headers (corruptions `b…`).

use super::parsed_database::{NotApplicable, Outcome, Page, ParsedDatabase};
use crate::bbolt::FREELIST;

/// Cuts the file near its middle, between two pages and after the freelist; the trailer is lost with the rest.
pub(super) fn truncated_half(db: &mut ParsedDatabase) -> Outcome {
    let high_water = db.meta().high_water;
    let freelist_end = match db.freelist_page() {
        Some(page) => page + u64::from(db.u32(db.at(page)? + 12)?) + 1,
        None => 2,
    };
    let last = db.pages.iter().map(|page| page.id).max().unwrap_or(0);
    let fits = |cut: u64| !db.pages.iter().any(|page| page.id < cut && cut < page.ids().end);
    let cut = (freelist_end.max(2)..=last)
        .filter(|cut| fits(*cut))
        .min_by_key(|cut| cut.abs_diff(high_water / 2))
        .ok_or(NotApplicable("no page after the freelist"))?;
    let len = db.at(cut)?;
    db.bytes.truncate(len);
    db.trailer.clear();
    Ok(())
}

pub(super) fn leaf_zeroed(db: &mut ParsedDatabase) -> Outcome {
    let leaf = db.find_leaf(|page| page.run == 1)?;
    zero(db, &leaf)
}

pub(super) fn branch_zeroed(db: &mut ParsedDatabase) -> Outcome {
    let branch = db.find_branch(|page| page.run == 1)?;
    zero(db, &branch)
}

fn zero(db: &mut ParsedDatabase, page: &Page) -> Outcome {
    let at = db.at(page.id)?;
    let page_size = db.page_size;
    db.bytes[at..at + page_size].fill(0);
    Ok(())
}

pub(super) fn wrong_id(db: &mut ParsedDatabase) -> Outcome {
    let leaf = db.find_leaf(|page| page.run == 1)?;
    let at = db.at(leaf.id)?;
    db.set_u64(at, leaf.id + 1);
    Ok(())
}

pub(super) fn flags_03(db: &mut ParsedDatabase) -> Outcome {
    set_leaf_flags(db, 0x03)
}

pub(super) fn leaf_to_freelist(db: &mut ParsedDatabase) -> Outcome {
    set_leaf_flags(db, FREELIST)
}

fn set_leaf_flags(db: &mut ParsedDatabase, flags: u16) -> Outcome {
    let leaf = db.find_leaf(|page| page.run == 1)?;
    let at = db.at(leaf.id)?;
    db.set_u16(at + 8, flags);
    Ok(())
}
