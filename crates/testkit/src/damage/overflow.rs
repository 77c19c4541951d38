//! Damage to the overflow count of a page (`f`).

use std::collections::BTreeSet;

use super::subject::{NotApplicable, Outcome, Owner, Page, Subject};

/// Position of the overflow count in a page header.
const OVERFLOW: usize = 12;

/// A leaf takes the page behind it, which is another leaf.
pub(super) fn plus1(subject: &mut Subject) -> Outcome {
    let leaves: BTreeSet<u64> = subject.key_pages(|page| page.is_leaf).iter().map(|page| page.id).collect();
    let leaf = subject.leaf(|page| leaves.contains(&page.ids().end))?;
    set(subject, &leaf, leaf.run)
}

/// A leaf with overflow loses its last page.
pub(super) fn minus1(subject: &mut Subject) -> Outcome {
    let leaf = subject.leaf(|page| page.run == 2).or_else(|_| subject.leaf(|page| page.run > 2))?;
    set(subject, &leaf, leaf.run - 2)
}

pub(super) fn huge(subject: &mut Subject) -> Outcome {
    let leaf = leaf_before_everything(subject)?;
    set(subject, &leaf, 0xFFFF_FFF0)
}

/// The run ends two pages behind the end of the file.
pub(super) fn past_high_water(subject: &mut Subject) -> Outcome {
    let leaf = leaf_before_everything(subject)?;
    set(subject, &leaf, subject.file_pages() + 1 - leaf.id)
}

/// A leaf with pages in use and free pages behind it in the file, but without a branch behind it that comes later
/// in key order: a checker that gives all those pages to the leaf has read every branch before.
fn leaf_before_everything(subject: &Subject) -> Result<Page, NotApplicable> {
    let last_free = match subject.freelist_page() {
        Some(_) => subject.free.last().copied().ok_or(NotApplicable("no free page"))?,
        None => u64::MAX,
    };
    let last_used = subject.pages.iter().map(|page| page.id).max().unwrap_or(0);
    let other_branches = subject.pages.iter().filter(|page| page.owner == Owner::Other && !page.is_leaf);
    let mut later_branches = other_branches.map(|page| page.id).max().unwrap_or(0);
    for page in subject.key_pages(|_| true).iter().rev() {
        if !page.is_leaf {
            later_branches = later_branches.max(page.id);
        } else if page.id > later_branches && page.id < last_free && page.id < last_used {
            return Ok(page.clone());
        }
    }
    Err(NotApplicable("no leaf lies before other pages"))
}

fn set(subject: &mut Subject, page: &Page, overflow: u64) -> Outcome {
    let at = subject.at(page.id)? + OVERFLOW;
    subject.set_u32(at, u32::try_from(overflow).map_err(|_| NotApplicable("overflow is 32 bits"))?);
    Ok(())
}
