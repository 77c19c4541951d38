//! Damage to inline buckets, and to the element of the bucket `key` (corruptions `h…`).

use super::parsed_database::{LeafEntry, NotApplicable, Outcome, ParsedDatabase};
use crate::bbolt::BRANCH;

pub(super) fn count_big(db: &mut ParsedDatabase) -> Outcome {
    let (page, _) = largest(db)?;
    db.set_u16(page + 10, 0x7000);
    Ok(())
}

pub(super) fn pos_bad(db: &mut ParsedDatabase) -> Outcome {
    let (_, entries) = largest(db)?;
    let last = entries.last().ok_or(NotApplicable("all inline buckets are empty"))?;
    db.set_u32(last.at + 4, 0x00FF_0000);
    Ok(())
}

/// Swaps two neighbouring elements with their values; the page stays packed.
pub(super) fn keys_swapped(db: &mut ParsedDatabase) -> Outcome {
    let (_, entries) = largest(db)?;
    let [first, second, ..] = entries.as_slice() else {
        return Err(NotApplicable("no inline bucket with two elements"));
    };
    let span = first.key.start..second.value.end;
    let split = first.value.end - first.key.start;
    db.bytes[span.clone()].rotate_left(split);
    write_element(db, first.at, span.start, second);
    write_element(db, second.at, span.start + second.value.end - second.key.start, first);
    Ok(())
}

/// Makes the element at `at` describe `entry`, whose key now begins at `start`.
fn write_element(db: &mut ParsedDatabase, at: usize, start: usize, entry: &LeafEntry) {
    let size = |len: usize| u32::try_from(len).expect("an inline bucket is small");
    db.set_u32(at, entry.flags);
    db.set_u32(at + 4, size(start - at));
    db.set_u32(at + 8, size(entry.key.len()));
    db.set_u32(at + 12, size(entry.value.len()));
}

pub(super) fn type_branch(db: &mut ParsedDatabase) -> Outcome {
    let (page, _) = largest(db)?;
    db.set_u16(page + 8, BRANCH);
    Ok(())
}

/// Turns the bucket `key` into a plain value of 16 bytes.
pub(super) fn key_bucket_flag_cleared(db: &mut ParsedDatabase) -> Outcome {
    let key = db.key_bucket()?;
    db.set_u32(key.at, 0);
    Ok(())
}

/// Makes one leaf of the bucket `key` its root.
pub(super) fn key_bucket_root_to_leaf(db: &mut ParsedDatabase) -> Outcome {
    let key = db.key_bucket()?;
    let leaf = db.find_leaf(|_| true)?;
    db.set_u64(key.value.start, leaf.id);
    Ok(())
}

/// Sets the root page to 0, which means inline, though no inline page follows.
pub(super) fn key_bucket_inline(db: &mut ParsedDatabase) -> Outcome {
    let key = db.key_bucket()?;
    db.set_u64(key.value.start, 0);
    Ok(())
}

/// The inline bucket with the most elements: byte offset of its page, and its elements.
fn largest(db: &ParsedDatabase) -> Result<(usize, Vec<LeafEntry>), NotApplicable> {
    let mut largest: Option<(usize, Vec<LeafEntry>)> = None;
    for page in db.inline_pages()? {
        let entries = db.leaf_entries(page)?;
        if largest.as_ref().is_none_or(|(_, most)| entries.len() > most.len()) {
            largest = Some((page, entries));
        }
    }
    largest.ok_or(NotApplicable("no inline bucket"))
}
