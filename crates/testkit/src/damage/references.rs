//! Damage to references from branches to pages (`e`).

use super::subject::{NotApplicable, Outcome, Subject};
use crate::bbolt::{LeafElement, write_leaf};

/// Position of the child's page id in a branch element.
const CHILD: usize = 8;

/// Two elements of a branch lead to the same leaf.
pub(super) fn double_reference(subject: &mut Subject) -> Outcome {
    let (at, child) = subject.in_branch(|_, entries| Some((entries.get(1)?.at, entries[0].child)))?;
    subject.set_u64(at + CHILD, child);
    Ok(())
}

pub(super) fn cycle_to_root(subject: &mut Subject) -> Outcome {
    let root = subject.u64(subject.key_bucket()?.value.start)?;
    redirect(subject, |_| root)
}

pub(super) fn cycle_to_self(subject: &mut Subject) -> Outcome {
    redirect(subject, |own| own)
}

pub(super) fn child_is_high_water(subject: &mut Subject) -> Outcome {
    let mark = subject.meta().high_water;
    redirect(subject, |_| mark)
}

pub(super) fn child_above_high_water(subject: &mut Subject) -> Outcome {
    let mark = subject.meta().high_water;
    redirect(subject, |_| mark + 7)
}

pub(super) fn child_beyond_file(subject: &mut Subject) -> Outcome {
    let pages = subject.file_pages();
    redirect(subject, |_| pages + 1_000_000)
}

pub(super) fn child_zero(subject: &mut Subject) -> Outcome {
    redirect(subject, |_| 0)
}

/// The second child of a branch becomes what `target` says of the branch's own id.
fn redirect(subject: &mut Subject, target: impl Fn(u64) -> u64) -> Outcome {
    let (at, own) = subject.in_branch(|branch, entries| Some((entries.get(1)?.at, branch.id)))?;
    subject.set_u64(at + CHILD, target(own));
    Ok(())
}

/// A child is replaced by an older copy of itself in a free page: the last third of its elements was not yet written.
pub(super) fn child_is_stale_copy(subject: &mut Subject) -> Outcome {
    let free = subject.free_page()?;
    let leaf = subject.leaf(|page| page.run == 1 && page.count >= 3)?;
    let (parent, element) = leaf.parent.ok_or(NotApplicable("the leaf has no parent"))?;
    let pointer = subject.branch_entries(&subject.pages[parent])?[element].at + CHILD;
    let mut entries = subject.leaf_entries(subject.at(leaf.id)?)?;
    entries.truncate(leaf.count - leaf.count / 3);
    let elements: Vec<LeafElement<'_>> = entries
        .into_iter()
        .map(|entry| LeafElement {
            flags: entry.flags,
            key: &subject.bytes[entry.key],
            value: &subject.bytes[entry.value],
        })
        .collect();
    let mut page = Vec::new();
    write_leaf(&mut page, subject.order, free, 0, &elements);
    page.resize(subject.page_size, 0);
    let at = subject.at(free)?;
    subject.bytes[at..at + page.len()].copy_from_slice(&page);
    subject.set_u64(pointer, free);
    Ok(())
}

/// The root of the bucket leads past a branch to that branch's first leaf.
pub(super) fn uneven_depth(subject: &mut Subject) -> Outcome {
    let branch = subject.branch(|page| page.count >= 2)?;
    let (parent, element) = branch.parent.ok_or(NotApplicable("the branch has no parent"))?;
    let leaf = subject.branch_entries(&branch)?[0].child;
    let pointer = subject.branch_entries(&subject.pages[parent])?[element].at + CHILD;
    subject.set_u64(pointer, leaf);
    Ok(())
}
