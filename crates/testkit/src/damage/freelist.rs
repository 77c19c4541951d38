//! Damage to a persisted freelist (`g`).

use super::subject::{NotApplicable, Outcome, Subject, index};
use crate::bbolt::HEADER;

/// Position of the count in a page header.
const COUNT: usize = 10;
/// The count that means: see the first id.
const LONG: u16 = 0xFFFF;

pub(super) fn duplicate(subject: &mut Subject) -> Outcome {
    let (start, ids) = ids_of(subject, 2)?;
    subject.set_u64(start + 8, ids[0]);
    Ok(())
}

pub(super) fn has_reachable(subject: &mut Subject) -> Outcome {
    let leaf = subject.leaf(|_| true)?;
    replace(subject, leaf.id)
}

/// The last page of a leaf with overflow, which has no header of its own.
pub(super) fn has_overflow_tail(subject: &mut Subject) -> Outcome {
    let leaf = subject.leaf(|page| page.run > 1)?;
    replace(subject, leaf.ids().end - 1)
}

/// One id gives way to another; the list stays sorted.
fn replace(subject: &mut Subject, id: u64) -> Outcome {
    let mut ids = ids_of(subject, 1)?.1;
    let middle = ids.len() / 2;
    ids[middle] = id;
    subject.set_freelist(ids)
}

pub(super) fn has_meta0(subject: &mut Subject) -> Outcome {
    let (start, _) = ids_of(subject, 1)?;
    subject.set_u64(start, 0);
    Ok(())
}

pub(super) fn above_high_water(subject: &mut Subject) -> Outcome {
    let (start, ids) = ids_of(subject, 1)?;
    let mark = subject.meta().high_water;
    subject.set_u64(start + 8 * (ids.len() - 1), mark + 10);
    Ok(())
}

pub(super) fn count_minus3(subject: &mut Subject) -> Outcome {
    let ids = ids_of(subject, 4)?.1;
    set_count(subject, ids.len() as u64 - 3)
}

/// More ids than the page and its overflow have room for; the rest of the page is read as ids of 0.
pub(super) fn count_big(subject: &mut Subject) -> Outcome {
    let (start, ids) = ids_of(subject, 1)?;
    let page = freelist_at(subject)?;
    let end = page + subject.page_size * (index(subject.u32(page + 12)?.into())? + 1);
    if end - start < 8 * (ids.len() + 2) {
        return Err(NotApplicable("the freelist page is full"));
    }
    let room = (end - start) as u64 / 8;
    set_count(subject, if subject.u16(page + COUNT)? == LONG { room * 2 } else { 0xFFF0 })
}

pub(super) fn unsorted(subject: &mut Subject) -> Outcome {
    let (start, ids) = ids_of(subject, 2)?;
    subject.set_u64(start, ids[1]);
    subject.set_u64(start + 8, ids[0]);
    Ok(())
}

pub(super) fn page_zeroed(subject: &mut Subject) -> Outcome {
    let page = freelist_at(subject)?;
    ids_of(subject, 1)?;
    let page_size = subject.page_size;
    subject.bytes[page..page + page_size].fill(0);
    Ok(())
}

pub(super) fn pointer_to_leaf(subject: &mut Subject) -> Outcome {
    freelist_at(subject)?;
    let leaf = subject.leaf(|page| page.run == 1)?;
    subject.change_meta(|meta| meta.freelist = leaf.id);
    Ok(())
}

fn ids_of(subject: &Subject, at_least: usize) -> Result<(usize, Vec<u64>), NotApplicable> {
    let (start, ids) = subject.freelist_ids()?;
    if ids.len() < at_least { Err(NotApplicable("too few free pages")) } else { Ok((start, ids)) }
}

fn freelist_at(subject: &Subject) -> Result<usize, NotApplicable> {
    subject.at(subject.freelist_page().ok_or(NotApplicable("the freelist is not persisted"))?)
}

fn set_count(subject: &mut Subject, count: u64) -> Outcome {
    let page = freelist_at(subject)?;
    if subject.u16(page + COUNT)? == LONG {
        subject.set_u64(page + HEADER, count);
    } else {
        subject.set_u16(page + COUNT, u16::try_from(count).map_err(|_| NotApplicable("the count is 16 bits"))?);
    }
    Ok(())
}
