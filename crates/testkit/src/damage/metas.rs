//! Damage to the meta pages (corruptions `a…`).
#![expect(clippy::unnecessary_wraps, reason = "all corruptions have one signature")]

use super::parsed_database::{NotApplicable, Outcome, ParsedDatabase};
use crate::bbolt::{HEADER, META_SIZE};

/// Byte offset of the checksum in a meta page.
const CHECKSUM: usize = META_SIZE - 8;

pub(super) fn active_checksum(db: &mut ParsedDatabase) -> Outcome {
    break_checksum(db, db.active)
}

pub(super) fn both_checksums(db: &mut ParsedDatabase) -> Outcome {
    break_checksum(db, 0)?;
    break_checksum(db, 1)
}

fn break_checksum(db: &mut ParsedDatabase, slot: usize) -> Outcome {
    let at = slot * db.page_size + CHECKSUM;
    let checksum = db.u64(at)?;
    db.set_u64(at, !checksum);
    Ok(())
}

pub(super) fn meta0_zeroed(db: &mut ParsedDatabase) -> Outcome {
    let page_size = db.page_size;
    db.bytes[..page_size].fill(0);
    Ok(())
}

pub(super) fn meta0_checksum_zero(db: &mut ParsedDatabase) -> Outcome {
    db.set_u64(CHECKSUM, 0);
    Ok(())
}

/// Sets the flags that `bbolt surgery meta update` writes.
pub(super) fn flags_4(db: &mut ParsedDatabase) -> Outcome {
    db.change_meta(|meta| meta.flags = 4);
    Ok(())
}

pub(super) fn root_is_high_water(db: &mut ParsedDatabase) -> Outcome {
    db.change_meta(|meta| meta.root = meta.high_water);
    Ok(())
}

/// Raises the transaction id far above the other meta's, by an even number.
pub(super) fn huge_txid(db: &mut ParsedDatabase) -> Outcome {
    db.change_meta(|meta| meta.txid += 1 << 40);
    Ok(())
}

/// Puts a leaf and a free page above the high-water mark: both are first moved to the end of the file.
pub(super) fn low_high_water(db: &mut ParsedDatabase) -> Outcome {
    let leaf = db.find_leaf(|page| page.run == 1)?;
    let (parent, element) = leaf.parent.ok_or(NotApplicable("the leaf has no parent"))?;
    let pointer = db.branch_entries(&db.pages[parent].clone())?[element].at + 8;
    let mark = db.meta().high_water;
    let free = db.append_page();
    let moved = db.append_page();
    let (from, to) = (db.at(leaf.id)?, db.at(moved)?);
    db.bytes.copy_within(from..from + db.page_size, to);
    db.set_u64(to, moved);
    db.set_u64(pointer, moved);
    if db.freelist_page().is_some() {
        let mut ids = db.freelist_ids()?.1;
        ids.extend([leaf.id, free]);
        db.set_freelist(ids)?;
    }
    db.change_meta(|meta| meta.high_water = mark);
    Ok(())
}

pub(super) fn high_high_water(db: &mut ParsedDatabase) -> Outcome {
    let pages = db.file_pages();
    db.change_meta(|meta| meta.high_water = pages + 100);
    Ok(())
}

const _: () = assert!(CHECKSUM == HEADER + 56);
