//! Damage to inline buckets and to the bucket `key` as such (`h`).

use super::subject::{LeafEntry, NotApplicable, Outcome, Subject};
use crate::bbolt::BRANCH;

pub(super) fn count_big(subject: &mut Subject) -> Outcome {
    let (page, _) = largest(subject)?;
    subject.set_u16(page + 10, 0x7000);
    Ok(())
}

pub(super) fn pos_bad(subject: &mut Subject) -> Outcome {
    let (_, entries) = largest(subject)?;
    let last = entries.last().ok_or(NotApplicable("all inline buckets are empty"))?;
    subject.set_u32(last.at + 4, 0x00FF_0000);
    Ok(())
}

/// Two neighbours change places, values and all; the page stays packed.
pub(super) fn keys_swapped(subject: &mut Subject) -> Outcome {
    let (_, entries) = largest(subject)?;
    let [first, second, ..] = entries.as_slice() else {
        return Err(NotApplicable("no inline bucket with two elements"));
    };
    let span = first.key.start..second.value.end;
    let split = first.value.end - first.key.start;
    subject.bytes[span.clone()].rotate_left(split);
    write_element(subject, first.at, span.start, second);
    write_element(subject, second.at, span.start + second.value.end - second.key.start, first);
    Ok(())
}

/// Makes the element at `at` describe `entry`, whose key now begins at `start`.
fn write_element(subject: &mut Subject, at: usize, start: usize, entry: &LeafEntry) {
    let size = |len: usize| u32::try_from(len).expect("an inline bucket is small");
    subject.set_u32(at, entry.flags);
    subject.set_u32(at + 4, size(start - at));
    subject.set_u32(at + 8, size(entry.key.len()));
    subject.set_u32(at + 12, size(entry.value.len()));
}

pub(super) fn type_branch(subject: &mut Subject) -> Outcome {
    let (page, _) = largest(subject)?;
    subject.set_u16(page + 8, BRANCH);
    Ok(())
}

/// The bucket becomes a plain value of 16 bytes.
pub(super) fn key_bucket_flag_cleared(subject: &mut Subject) -> Outcome {
    let key = subject.key_bucket()?;
    subject.set_u32(key.at, 0);
    Ok(())
}

/// The bucket shrinks to one of its leaves.
pub(super) fn key_bucket_root_to_leaf(subject: &mut Subject) -> Outcome {
    let key = subject.key_bucket()?;
    let leaf = subject.leaf(|_| true)?;
    subject.set_u64(key.value.start, leaf.id);
    Ok(())
}

/// Root page 0 means inline, but no inline page follows.
pub(super) fn key_bucket_inline(subject: &mut Subject) -> Outcome {
    let key = subject.key_bucket()?;
    subject.set_u64(key.value.start, 0);
    Ok(())
}

/// The inline bucket with the most elements: its page and elements.
fn largest(subject: &Subject) -> Result<(usize, Vec<LeafEntry>), NotApplicable> {
    let mut largest: Option<(usize, Vec<LeafEntry>)> = None;
    for page in subject.inline_pages()? {
        let entries = subject.leaf_entries(page)?;
        if largest.as_ref().is_none_or(|(_, most)| entries.len() > most.len()) {
            largest = Some((page, entries));
        }
    }
    largest.ok_or(NotApplicable("no inline bucket"))
}
