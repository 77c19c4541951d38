//! Damage to the page ids in branch elements (corruptions `e…`).

use super::parsed_database::{NotApplicable, Outcome, ParsedDatabase};
use crate::bbolt::{LeafElement, write_leaf};

/// Byte offset of the child's page id in a branch element.
const CHILD: usize = 8;

/// Makes two elements of a branch refer to the same leaf.
pub(super) fn double_reference(db: &mut ParsedDatabase) -> Outcome {
    let (at, child) = db.find_in_branch(|_, entries| Some((entries.get(1)?.at, entries[0].child)))?;
    db.set_u64(at + CHILD, child);
    Ok(())
}

pub(super) fn cycle_to_root(db: &mut ParsedDatabase) -> Outcome {
    let root = db.u64(db.key_bucket()?.value.start)?;
    redirect(db, |_| root)
}

pub(super) fn cycle_to_self(db: &mut ParsedDatabase) -> Outcome {
    redirect(db, |own| own)
}

pub(super) fn child_is_high_water(db: &mut ParsedDatabase) -> Outcome {
    let mark = db.meta().high_water;
    redirect(db, |_| mark)
}

pub(super) fn child_above_high_water(db: &mut ParsedDatabase) -> Outcome {
    let mark = db.meta().high_water;
    redirect(db, |_| mark + 7)
}

pub(super) fn child_beyond_file(db: &mut ParsedDatabase) -> Outcome {
    let pages = db.file_pages();
    redirect(db, |_| pages + 1_000_000)
}

pub(super) fn child_zero(db: &mut ParsedDatabase) -> Outcome {
    redirect(db, |_| 0)
}

/// Sets the second child of a branch to the page id that `target` computes from the branch's own id.
fn redirect(db: &mut ParsedDatabase, target: impl Fn(u64) -> u64) -> Outcome {
    let (at, own) = db.find_in_branch(|branch, entries| Some((entries.get(1)?.at, branch.id)))?;
    db.set_u64(at + CHILD, target(own));
    Ok(())
}

/// Replaces a leaf by an older copy of itself in a free page, without the last third of its elements.
pub(super) fn child_is_stale_copy(db: &mut ParsedDatabase) -> Outcome {
    let free = db.free_page()?;
    let leaf = db.find_leaf(|page| page.run == 1 && page.count >= 3)?;
    let (parent, element) = leaf.parent.ok_or(NotApplicable("the leaf has no parent"))?;
    let pointer = db.branch_entries(&db.pages[parent])?[element].at + CHILD;
    let mut entries = db.leaf_entries(db.at(leaf.id)?)?;
    entries.truncate(leaf.count - leaf.count / 3);
    let elements: Vec<LeafElement<'_>> = entries
        .into_iter()
        .map(|entry| LeafElement { flags: entry.flags, key: &db.bytes[entry.key], value: &db.bytes[entry.value] })
        .collect();
    let mut page = Vec::new();
    write_leaf(&mut page, db.order, free, 0, &elements);
    page.resize(db.page_size, 0);
    let at = db.at(free)?;
    db.bytes[at..at + page.len()].copy_from_slice(&page);
    db.set_u64(pointer, free);
    Ok(())
}

/// Makes the parent of a branch refer directly to that branch's first leaf.
pub(super) fn uneven_depth(db: &mut ParsedDatabase) -> Outcome {
    let branch = db.find_branch(|page| page.count >= 2)?;
    let (parent, element) = branch.parent.ok_or(NotApplicable("the branch has no parent"))?;
    let leaf = db.branch_entries(&branch)?[0].child;
    let pointer = db.branch_entries(&db.pages[parent])?[element].at + CHILD;
    db.set_u64(pointer, leaf);
    Ok(())
}
