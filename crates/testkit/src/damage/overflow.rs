//! Damage to the overflow count of a page (corruptions `f…`).

use std::collections::BTreeSet;

use super::parsed_database::{NotApplicable, Outcome, Owner, Page, ParsedDatabase};

/// Byte offset of the overflow count in a page header.
const OVERFLOW: usize = 12;

/// Makes a leaf include the page after it, which is another leaf.
pub(super) fn plus1(db: &mut ParsedDatabase) -> Outcome {
    let leaves: BTreeSet<u64> = db.key_pages(|page| page.is_leaf).iter().map(|page| page.id).collect();
    let leaf = db.find_leaf(|page| leaves.contains(&page.ids().end))?;
    set(db, &leaf, leaf.run)
}

/// Makes a leaf with overflow one page shorter.
pub(super) fn minus1(db: &mut ParsedDatabase) -> Outcome {
    let leaf = db.find_leaf(|page| page.run == 2).or_else(|_| db.find_leaf(|page| page.run > 2))?;
    set(db, &leaf, leaf.run - 2)
}

pub(super) fn huge(db: &mut ParsedDatabase) -> Outcome {
    let leaf = leaf_before_used_and_free(db)?;
    set(db, &leaf, 0xFFFF_FFF0)
}

/// Makes a leaf end two pages after the end of the file.
pub(super) fn past_high_water(db: &mut ParsedDatabase) -> Outcome {
    let leaf = leaf_before_used_and_free(db)?;
    set(db, &leaf, db.file_pages() + 1 - leaf.id)
}

/// A leaf with used and free pages after it in the file, but with no branch after it in the file that follows it in key
/// order: a checker that counts all those pages as the leaf's has read every branch before.
fn leaf_before_used_and_free(db: &ParsedDatabase) -> Result<Page, NotApplicable> {
    let last_free = match db.freelist_page() {
        Some(_) => db.free.last().copied().ok_or(NotApplicable("no free page"))?,
        None => u64::MAX,
    };
    let last_used = db.pages.iter().map(|page| page.id).max().unwrap_or(0);
    let other_branches = db.pages.iter().filter(|page| page.owner == Owner::Other && !page.is_leaf);
    let mut later_branches = other_branches.map(|page| page.id).max().unwrap_or(0);
    for page in db.key_pages(|_| true).iter().rev() {
        if !page.is_leaf {
            later_branches = later_branches.max(page.id);
        } else if page.id > later_branches && page.id < last_free && page.id < last_used {
            return Ok(page.clone());
        }
    }
    Err(NotApplicable("no leaf lies before other pages"))
}

fn set(db: &mut ParsedDatabase, page: &Page, overflow: u64) -> Outcome {
    let at = db.at(page.id)? + OVERFLOW;
    db.set_u32(at, u32::try_from(overflow).map_err(|_| NotApplicable("overflow is 32 bits"))?);
    Ok(())
}
