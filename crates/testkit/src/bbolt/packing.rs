//! Distributes elements over pages by their sizes.

use std::ops::Range;

use super::page::{HEADER, MAX_ELEMENTS};

/// The rule that says when a page is full.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Packing {
    /// Maximum number of bytes of a page.
    pub limit: usize,
    /// Minimum number of elements of a page, whatever their size.
    pub least: usize,
    /// Maximum number of elements of a page.
    pub most: usize,
}

/// Groups elements of the given sizes into pages, in order. With a minimum of 2 or more, no group has fewer than 2 elements
/// if there are two: a branch with a single child would make bbolt panic on a delete
/// (`docs/format/bbolt.md#traps-for-the-next-write`).
pub(crate) fn pack(sizes: impl ExactSizeIterator<Item = usize>, packing: Packing) -> Vec<Range<usize>> {
    let total = sizes.len();
    let most = packing.most.clamp(packing.least.max(1), MAX_ELEMENTS);
    let mut groups: Vec<Range<usize>> = Vec::new();
    let (mut start, mut bytes) = (0, HEADER);
    for (index, size) in sizes.enumerate() {
        let held = index - start;
        if held >= packing.least.max(1) && (bytes + size > packing.limit || held >= most) {
            groups.push(start..index);
            (start, bytes) = (index, HEADER);
        }
        bytes += size;
    }
    groups.push(start..total);
    if packing.least >= 2 {
        widen_last(&mut groups);
    }
    groups
}

/// If the last group has one element, moves a second one there from the group before, or joins the two groups.
fn widen_last(groups: &mut Vec<Range<usize>>) {
    let [.., before, last] = groups.as_mut_slice() else { return };
    if last.len() >= 2 {
        return;
    }
    if before.len() > 2 {
        before.end -= 1;
        last.start -= 1;
    } else {
        before.end = last.end;
        groups.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_up_to_the_limit() {
        let packing = Packing { limit: 46, least: 1, most: usize::MAX };
        assert_eq!(pack([10, 10, 10, 10].into_iter(), packing), [0..3, 3..4]);
        assert_eq!(pack([100, 10, 100].into_iter(), packing), [0..1, 1..2, 2..3]);
        assert_eq!(pack([].into_iter(), packing).len(), 1);
    }

    #[test]
    fn branches_never_hold_one_child() {
        let packing = Packing { limit: 46, least: 2, most: usize::MAX };
        assert_eq!(pack([10, 10, 10, 10].into_iter(), packing), [0..2, 2..4]);
        assert_eq!(pack([100, 100, 100, 10, 10, 100].into_iter(), packing), [0..2, 2..4, 4..6]);
        assert_eq!(pack([100, 100, 10, 10, 10].into_iter(), packing), [0..2, 2..5]);
        assert_eq!(pack([100, 100, 10, 10, 100].into_iter(), packing), [0..2, 2..5]);
    }
}
