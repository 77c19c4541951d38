//! Damage to a persisted freelist (corruptions `g…`).

use super::parsed_database::{NotApplicable, Outcome, ParsedDatabase, index};
use crate::bbolt::HEADER;

/// Byte offset of the count in a page header.
const COUNT: usize = 10;
/// The count of a page header that means that the first id is the real count.
const LONG: u16 = 0xFFFF;

pub(super) fn duplicate(db: &mut ParsedDatabase) -> Outcome {
    let (start, ids) = ids_of(db, 2)?;
    db.set_u64(start + 8, ids[0]);
    Ok(())
}

pub(super) fn has_reachable(db: &mut ParsedDatabase) -> Outcome {
    let leaf = db.find_leaf(|_| true)?;
    replace(db, leaf.id)
}

/// Lists the last page of a leaf with overflow, a page without a header.
pub(super) fn has_overflow_tail(db: &mut ParsedDatabase) -> Outcome {
    let leaf = db.find_leaf(|page| page.run > 1)?;
    replace(db, leaf.ids().end - 1)
}

/// Replaces one id by another; the list stays sorted.
fn replace(db: &mut ParsedDatabase, id: u64) -> Outcome {
    let mut ids = ids_of(db, 1)?.1;
    let middle = ids.len() / 2;
    ids[middle] = id;
    db.set_freelist(ids)
}

pub(super) fn has_meta0(db: &mut ParsedDatabase) -> Outcome {
    let (start, _) = ids_of(db, 1)?;
    db.set_u64(start, 0);
    Ok(())
}

pub(super) fn above_high_water(db: &mut ParsedDatabase) -> Outcome {
    let (start, ids) = ids_of(db, 1)?;
    let mark = db.meta().high_water;
    db.set_u64(start + 8 * (ids.len() - 1), mark + 10);
    Ok(())
}

pub(super) fn count_minus3(db: &mut ParsedDatabase) -> Outcome {
    let ids = ids_of(db, 4)?.1;
    set_count(db, ids.len() as u64 - 3)
}

/// Raises the count above what the page and its overflow can hold; the rest of the page is read as ids of 0.
pub(super) fn count_big(db: &mut ParsedDatabase) -> Outcome {
    let (start, ids) = ids_of(db, 1)?;
    let page = freelist_at(db)?;
    let end = page + db.page_size * (index(db.u32(page + 12)?.into())? + 1);
    if end - start < 8 * (ids.len() + 2) {
        return Err(NotApplicable("the freelist page is full"));
    }
    let capacity = (end - start) as u64 / 8;
    set_count(db, if db.u16(page + COUNT)? == LONG { capacity * 2 } else { 0xFFF0 })
}

pub(super) fn unsorted(db: &mut ParsedDatabase) -> Outcome {
    let (start, ids) = ids_of(db, 2)?;
    db.set_u64(start, ids[1]);
    db.set_u64(start + 8, ids[0]);
    Ok(())
}

pub(super) fn page_zeroed(db: &mut ParsedDatabase) -> Outcome {
    let page = freelist_at(db)?;
    ids_of(db, 1)?;
    let page_size = db.page_size;
    db.bytes[page..page + page_size].fill(0);
    Ok(())
}

pub(super) fn pointer_to_leaf(db: &mut ParsedDatabase) -> Outcome {
    freelist_at(db)?;
    let leaf = db.find_leaf(|page| page.run == 1)?;
    db.change_meta(|meta| meta.freelist = leaf.id);
    Ok(())
}

fn ids_of(db: &ParsedDatabase, at_least: usize) -> Result<(usize, Vec<u64>), NotApplicable> {
    let (start, ids) = db.freelist_ids()?;
    if ids.len() < at_least { Err(NotApplicable("too few free pages")) } else { Ok((start, ids)) }
}

fn freelist_at(db: &ParsedDatabase) -> Result<usize, NotApplicable> {
    db.at(db.freelist_page().ok_or(NotApplicable("the freelist is not persisted"))?)
}

fn set_count(db: &mut ParsedDatabase, count: u64) -> Outcome {
    let page = freelist_at(db)?;
    if db.u16(page + COUNT)? == LONG {
        db.set_u64(page + HEADER, count);
    } else {
        db.set_u16(page + COUNT, u16::try_from(count).map_err(|_| NotApplicable("the count is 16 bits"))?);
    }
    Ok(())
}
