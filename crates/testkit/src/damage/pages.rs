//! Damage to whole pages and to page headers (`b`).

use super::subject::{NotApplicable, Outcome, Page, Subject};
use crate::bbolt::FREELIST;

/// Cuts the file near its middle, between two pages and behind the freelist; the trailer goes with the rest.
pub(super) fn truncated_half(subject: &mut Subject) -> Outcome {
    let high_water = subject.meta().high_water;
    let freelist_end = match subject.freelist_page() {
        Some(page) => page + u64::from(subject.u32(subject.at(page)? + 12)?) + 1,
        None => 2,
    };
    let last = subject.pages.iter().map(|page| page.id).max().unwrap_or(0);
    let fits = |cut: u64| !subject.pages.iter().any(|page| page.id < cut && cut < page.ids().end);
    let cut = (freelist_end.max(2)..=last)
        .filter(|cut| fits(*cut))
        .min_by_key(|cut| cut.abs_diff(high_water / 2))
        .ok_or(NotApplicable("no page lies behind the freelist"))?;
    let len = subject.at(cut)?;
    subject.bytes.truncate(len);
    subject.trailer.clear();
    Ok(())
}

pub(super) fn leaf_zeroed(subject: &mut Subject) -> Outcome {
    let leaf = subject.leaf(|page| page.run == 1)?;
    zero(subject, &leaf)
}

pub(super) fn branch_zeroed(subject: &mut Subject) -> Outcome {
    let branch = subject.branch(|page| page.run == 1)?;
    zero(subject, &branch)
}

fn zero(subject: &mut Subject, page: &Page) -> Outcome {
    let at = subject.at(page.id)?;
    let page_size = subject.page_size;
    subject.bytes[at..at + page_size].fill(0);
    Ok(())
}

pub(super) fn wrong_id(subject: &mut Subject) -> Outcome {
    let leaf = subject.leaf(|page| page.run == 1)?;
    let at = subject.at(leaf.id)?;
    subject.set_u64(at, leaf.id + 1);
    Ok(())
}

pub(super) fn flags_03(subject: &mut Subject) -> Outcome {
    set_leaf_flags(subject, 0x03)
}

pub(super) fn leaf_to_freelist(subject: &mut Subject) -> Outcome {
    set_leaf_flags(subject, FREELIST)
}

fn set_leaf_flags(subject: &mut Subject, flags: u16) -> Outcome {
    let leaf = subject.leaf(|page| page.run == 1)?;
    let at = subject.at(leaf.id)?;
    subject.set_u16(at + 8, flags);
    Ok(())
}
