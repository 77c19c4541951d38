//! Damage to elements: positions, sizes, counts, flags, values (`d`).

use super::subject::{LeafEntry, NotApplicable, Outcome, Subject};
use crate::bbolt::{BUCKET_ELEMENT, BUCKET_HEADER, ELEMENT, HEADER};

/// Position of fields in a leaf element.
const POS: usize = 4;
const KSIZE: usize = 8;
const VSIZE: usize = 12;
/// Position of the element count in a page header.
const COUNT: usize = 10;
/// Longest value bbolt allows.
const MAX_VALUE: u32 = (1 << 31) - 2;
/// What `leaf_count_plus5` adds.
const PHANTOMS: usize = 5;

pub(super) fn pos_far(subject: &mut Subject) -> Outcome {
    let last = last_element(subject)?;
    subject.set_u32(last.at + POS, 0xFFFF_0000);
    Ok(())
}

pub(super) fn pos_into_next_page(subject: &mut Subject) -> Outcome {
    let last = last_element(subject)?;
    let pos = u32::try_from(subject.page_size).expect("the page size is 32 bits");
    subject.set_u32(last.at + POS, pos);
    Ok(())
}

pub(super) fn ksize_zero(subject: &mut Subject) -> Outcome {
    let last = last_element(subject)?;
    subject.set_u32(last.at + KSIZE, 0);
    Ok(())
}

pub(super) fn ksize_huge(subject: &mut Subject) -> Outcome {
    let last = last_element(subject)?;
    subject.set_u32(last.at + KSIZE, 0xFFFF_FF00);
    Ok(())
}

/// The value reaches one byte into the next page.
pub(super) fn vsize_crosses_page(subject: &mut Subject) -> Outcome {
    let last = last_element(subject)?;
    let page_end = last.at / subject.page_size * subject.page_size + subject.page_size;
    let vsize = u32::try_from(page_end + 1 - last.value.start).expect("inside a page");
    subject.set_u32(last.at + VSIZE, vsize);
    Ok(())
}

pub(super) fn vsize_huge(subject: &mut Subject) -> Outcome {
    let last = last_element(subject)?;
    subject.set_u32(last.at + VSIZE, MAX_VALUE - 0xFF);
    Ok(())
}

/// Five elements too many: what follows the table is read as elements.
pub(super) fn count_plus5(subject: &mut Subject) -> Outcome {
    let (at, count) = subject.in_leaf(|leaf, entries| {
        let at = subject.at(leaf.id).ok()?;
        phantoms_are_plain(subject, at, entries.len()).ok()?.then_some((at, entries.len()))
    })?;
    set_count(subject, at, count + PHANTOMS)
}

/// Would the five elements behind the table of `count` break bounds and flags, and nothing else?
fn phantoms_are_plain(subject: &Subject, page: usize, count: usize) -> Result<bool, NotApplicable> {
    let table_end = HEADER + (count + PHANTOMS) * ELEMENT;
    let mut odd_flags = false;
    for number in count..count + PHANTOMS {
        let at = page + HEADER + number * ELEMENT;
        let (ksize, vsize) = (subject.u32(at + KSIZE)?, subject.u32(at + VSIZE)?);
        let start = u64::from(subject.u32(at + POS)?) + (HEADER + number * ELEMENT) as u64;
        let end = start + u64::from(ksize) + u64::from(vsize);
        let outside = start < table_end as u64 || end > subject.page_size as u64;
        if !outside || ksize == 0 || vsize > MAX_VALUE {
            return Ok(false);
        }
        odd_flags |= subject.u32(at)? & !BUCKET_ELEMENT != 0;
    }
    Ok(odd_flags && table_end <= subject.page_size)
}

pub(super) fn count_minus5(subject: &mut Subject) -> Outcome {
    let (at, count) = subject.in_leaf(|leaf, entries| {
        (entries.len() > PHANTOMS + 1).then(|| subject.at(leaf.id).ok().map(|at| (at, entries.len())))?
    })?;
    set_count(subject, at, count - PHANTOMS)
}

pub(super) fn count_zero(subject: &mut Subject) -> Outcome {
    let leaf = subject.leaf(|page| page.run == 1)?;
    set_count(subject, subject.at(leaf.id)?, 0)
}

/// A value grows over the key behind it.
pub(super) fn elements_overlap(subject: &mut Subject) -> Outcome {
    let (first, grown) = subject.in_leaf(|_, entries| {
        let [.., first, second] = entries else { return None };
        Some((first.clone(), second.key.start + 1 - first.value.start))
    })?;
    subject.set_u32(first.at + VSIZE, u32::try_from(grown).expect("inside a page"));
    Ok(())
}

pub(super) fn flags_2(subject: &mut Subject) -> Outcome {
    let last = last_element(subject)?;
    subject.set_u32(last.at, 2);
    Ok(())
}

/// A plain value is declared a bucket: its first bytes are taken for a root page far away.
pub(super) fn value_marked_bucket(subject: &mut Subject) -> Outcome {
    let at = subject.in_leaf(|_, entries| {
        let far = |entry: &&LeafEntry| {
            entry.value.len() >= BUCKET_HEADER
                && subject.u64(entry.value.start).is_ok_and(|root| root > subject.meta().high_water)
        };
        entries.iter().find(far).map(|entry| entry.at)
    })?;
    subject.set_u32(at, BUCKET_ELEMENT);
    Ok(())
}

/// The last child of a branch is no longer counted.
pub(super) fn branch_count_minus1(subject: &mut Subject) -> Outcome {
    let branch = subject.branch(|page| page.count > 2)?;
    set_count(subject, subject.at(branch.id)?, branch.count - 1)
}

pub(super) fn branch_count_zero(subject: &mut Subject) -> Outcome {
    let branch = subject.branch(|_| true)?;
    set_count(subject, subject.at(branch.id)?, 0)
}

/// A bit flips in the middle of a value of 64 bytes or more, that is inside the user's value.
pub(super) fn value_byte_flipped(subject: &mut Subject) -> Outcome {
    let value = subject
        .in_leaf(|_, entries| entries.iter().find(|entry| entry.value.len() >= 64).map(|entry| entry.value.clone()))?;
    subject.bytes[value.start + value.len() / 2] ^= 1;
    Ok(())
}

/// A byte behind the last element of a page.
pub(super) fn slack_nonzero(subject: &mut Subject) -> Outcome {
    let at = subject.in_leaf(|_, entries| {
        let end = entries.last()?.value.end;
        (!end.is_multiple_of(subject.page_size)).then_some(end)
    })?;
    subject.bytes[at] = 0x5A;
    Ok(())
}

fn last_element(subject: &Subject) -> Result<LeafEntry, NotApplicable> {
    subject.in_leaf(|_, entries| entries.last().filter(|_| entries.len() > 1).cloned())
}

fn set_count(subject: &mut Subject, page: usize, count: usize) -> Outcome {
    subject.set_u16(page + COUNT, u16::try_from(count).map_err(|_| NotApplicable("the page is full"))?);
    Ok(())
}
