//! Damage to the elements of leaf and branch pages: positions, sizes, counts, flags, values (corruptions `d…`).

use super::parsed_database::{LeafEntry, NotApplicable, Outcome, ParsedDatabase};
use crate::bbolt::{BUCKET_ELEMENT, BUCKET_HEADER, ELEMENT, HEADER};

/// Byte offsets of the fields of a leaf element.
const POS: usize = 4;
const KSIZE: usize = 8;
const VSIZE: usize = 12;
/// Byte offset of the element count in a page header.
const COUNT: usize = 10;
/// Longest value bbolt allows.
const MAX_VALUE: u32 = (1 << 31) - 2;
/// Number of elements that `count_plus5` adds and `count_minus5` removes.
const EXTRA: usize = 5;

pub(super) fn pos_far(db: &mut ParsedDatabase) -> Outcome {
    let last = last_element(db)?;
    db.set_u32(last.at + POS, 0xFFFF_0000);
    Ok(())
}

pub(super) fn pos_into_next_page(db: &mut ParsedDatabase) -> Outcome {
    let last = last_element(db)?;
    let pos = u32::try_from(db.page_size).expect("the page size is 32 bits");
    db.set_u32(last.at + POS, pos);
    Ok(())
}

pub(super) fn ksize_zero(db: &mut ParsedDatabase) -> Outcome {
    let last = last_element(db)?;
    db.set_u32(last.at + KSIZE, 0);
    Ok(())
}

pub(super) fn ksize_huge(db: &mut ParsedDatabase) -> Outcome {
    let last = last_element(db)?;
    db.set_u32(last.at + KSIZE, 0xFFFF_FF00);
    Ok(())
}

/// Makes the value end one byte into the next page.
pub(super) fn vsize_crosses_page(db: &mut ParsedDatabase) -> Outcome {
    let last = last_element(db)?;
    let page_end = last.at / db.page_size * db.page_size + db.page_size;
    let vsize = u32::try_from(page_end + 1 - last.value.start).expect("inside a page");
    db.set_u32(last.at + VSIZE, vsize);
    Ok(())
}

pub(super) fn vsize_huge(db: &mut ParsedDatabase) -> Outcome {
    let last = last_element(db)?;
    db.set_u32(last.at + VSIZE, MAX_VALUE - 0xFF);
    Ok(())
}

/// Raises the element count by five: the bytes after the element table are read as elements.
pub(super) fn count_plus5(db: &mut ParsedDatabase) -> Outcome {
    let (at, count) = db.find_in_leaf(|leaf, entries| {
        let at = db.at(leaf.id).ok()?;
        extra_elements_are_invalid(db, at, entries.len()).ok()?.then_some((at, entries.len()))
    })?;
    set_count(db, at, count + EXTRA)
}

/// Do the five elements read after a table of `count` elements violate bounds and flags, and nothing else?
fn extra_elements_are_invalid(db: &ParsedDatabase, page: usize, count: usize) -> Result<bool, NotApplicable> {
    let table_end = HEADER + (count + EXTRA) * ELEMENT;
    let mut odd_flags = false;
    for number in count..count + EXTRA {
        let at = page + HEADER + number * ELEMENT;
        let (ksize, vsize) = (db.u32(at + KSIZE)?, db.u32(at + VSIZE)?);
        let start = u64::from(db.u32(at + POS)?) + (HEADER + number * ELEMENT) as u64;
        let end = start + u64::from(ksize) + u64::from(vsize);
        let outside = start < table_end as u64 || end > db.page_size as u64;
        if !outside || ksize == 0 || vsize > MAX_VALUE {
            return Ok(false);
        }
        odd_flags |= db.u32(at)? & !BUCKET_ELEMENT != 0;
    }
    Ok(odd_flags && table_end <= db.page_size)
}

pub(super) fn count_minus5(db: &mut ParsedDatabase) -> Outcome {
    let (at, count) = db.find_in_leaf(|leaf, entries| {
        (entries.len() > EXTRA + 1).then(|| db.at(leaf.id).ok().map(|at| (at, entries.len())))?
    })?;
    set_count(db, at, count - EXTRA)
}

pub(super) fn count_zero(db: &mut ParsedDatabase) -> Outcome {
    let leaf = db.find_leaf(|page| page.run == 1)?;
    set_count(db, db.at(leaf.id)?, 0)
}

/// Makes a value overlap the key after it.
pub(super) fn elements_overlap(db: &mut ParsedDatabase) -> Outcome {
    let (first, grown) = db.find_in_leaf(|_, entries| {
        let [.., first, second] = entries else { return None };
        Some((first.clone(), second.key.start + 1 - first.value.start))
    })?;
    db.set_u32(first.at + VSIZE, u32::try_from(grown).expect("inside a page"));
    Ok(())
}

pub(super) fn flags_2(db: &mut ParsedDatabase) -> Outcome {
    let last = last_element(db)?;
    db.set_u32(last.at, 2);
    Ok(())
}

/// Sets the bucket flag of a plain value: its first bytes are read as the id of a root page beyond the high-water mark.
pub(super) fn value_marked_bucket(db: &mut ParsedDatabase) -> Outcome {
    let at = db.find_in_leaf(|_, entries| {
        let is_far = |entry: &&LeafEntry| {
            entry.value.len() >= BUCKET_HEADER
                && db.u64(entry.value.start).is_ok_and(|root| root > db.meta().high_water)
        };
        entries.iter().find(is_far).map(|entry| entry.at)
    })?;
    db.set_u32(at, BUCKET_ELEMENT);
    Ok(())
}

/// Lowers the element count of a branch by one: its last child is lost.
pub(super) fn branch_count_minus1(db: &mut ParsedDatabase) -> Outcome {
    let branch = db.find_branch(|page| page.count > 2)?;
    set_count(db, db.at(branch.id)?, branch.count - 1)
}

pub(super) fn branch_count_zero(db: &mut ParsedDatabase) -> Outcome {
    let branch = db.find_branch(|_| true)?;
    set_count(db, db.at(branch.id)?, 0)
}

/// Flips a bit in the middle of a value of 64 bytes or more, that is inside the user's value.
pub(super) fn value_byte_flipped(db: &mut ParsedDatabase) -> Outcome {
    let value = db.find_in_leaf(|_, entries| {
        entries.iter().find(|entry| entry.value.len() >= 64).map(|entry| entry.value.clone())
    })?;
    db.bytes[value.start + value.len() / 2] ^= 1;
    Ok(())
}

/// Writes a byte after the last element of a page.
pub(super) fn slack_nonzero(db: &mut ParsedDatabase) -> Outcome {
    let at = db.find_in_leaf(|_, entries| {
        let end = entries.last()?.value.end;
        (!end.is_multiple_of(db.page_size)).then_some(end)
    })?;
    db.bytes[at] = 0x5A;
    Ok(())
}

fn last_element(db: &ParsedDatabase) -> Result<LeafEntry, NotApplicable> {
    db.find_in_leaf(|_, entries| entries.last().filter(|_| entries.len() > 1).cloned())
}

fn set_count(db: &mut ParsedDatabase, page: usize, count: usize) -> Outcome {
    db.set_u16(page + COUNT, u16::try_from(count).map_err(|_| NotApplicable("the page is full"))?);
    Ok(())
}
