//! Damage to the metas (`a`).
#![expect(clippy::unnecessary_wraps, reason = "every corruption has one signature")]

use super::subject::{NotApplicable, Outcome, Subject};
use crate::bbolt::{HEADER, META_SIZE};

/// Position of the checksum in a meta page.
const CHECKSUM: usize = META_SIZE - 8;

pub(super) fn active_checksum(subject: &mut Subject) -> Outcome {
    break_checksum(subject, subject.active)
}

pub(super) fn both_checksums(subject: &mut Subject) -> Outcome {
    break_checksum(subject, 0)?;
    break_checksum(subject, 1)
}

fn break_checksum(subject: &mut Subject, slot: usize) -> Outcome {
    let at = slot * subject.page_size + CHECKSUM;
    let checksum = subject.u64(at)?;
    subject.set_u64(at, !checksum);
    Ok(())
}

pub(super) fn meta0_zeroed(subject: &mut Subject) -> Outcome {
    let page_size = subject.page_size;
    subject.bytes[..page_size].fill(0);
    Ok(())
}

pub(super) fn meta0_checksum_zero(subject: &mut Subject) -> Outcome {
    subject.set_u64(CHECKSUM, 0);
    Ok(())
}

/// The value that `bbolt surgery meta update` leaves.
pub(super) fn flags_4(subject: &mut Subject) -> Outcome {
    subject.change_meta(|meta| meta.flags = 4);
    Ok(())
}

pub(super) fn root_is_high_water(subject: &mut Subject) -> Outcome {
    subject.change_meta(|meta| meta.root = meta.high_water);
    Ok(())
}

/// Far from the other meta's, and still of its slot's parity.
pub(super) fn huge_txid(subject: &mut Subject) -> Outcome {
    subject.change_meta(|meta| meta.txid += 1 << 40);
    Ok(())
}

/// A leaf and a free page lie behind the high-water mark: both are first moved to the end of the file.
pub(super) fn low_high_water(subject: &mut Subject) -> Outcome {
    let leaf = subject.leaf(|page| page.run == 1)?;
    let (parent, element) = leaf.parent.ok_or(NotApplicable("the leaf has no parent"))?;
    let pointer = subject.branch_entries(&subject.pages[parent].clone())?[element].at + 8;
    let mark = subject.meta().high_water;
    let free = subject.append_page();
    let moved = subject.append_page();
    let (from, to) = (subject.at(leaf.id)?, subject.at(moved)?);
    subject.bytes.copy_within(from..from + subject.page_size, to);
    subject.set_u64(to, moved);
    subject.set_u64(pointer, moved);
    if subject.freelist_page().is_some() {
        let mut ids = subject.freelist_ids()?.1;
        ids.extend([leaf.id, free]);
        subject.set_freelist(ids)?;
    }
    subject.change_meta(|meta| meta.high_water = mark);
    Ok(())
}

pub(super) fn high_high_water(subject: &mut Subject) -> Outcome {
    let pages = subject.file_pages();
    subject.change_meta(|meta| meta.high_water = pages + 100);
    Ok(())
}

const _: () = assert!(CHECKSUM == HEADER + 56);
