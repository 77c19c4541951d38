//! [`Level`]: the branch pages of one level of a new tree, filled from left to right.
//!
//! A branch needs two children or more: with a single one bbolt panics at a later delete
//! (`docs/format/bbolt.md#traps-for-the-next-write`). So a full branch is held back until the one after it has its second
//! child, and if there is no second one the children of the last two are redistributed.

use super::branch::{Branch, Child};
use super::bytes::MOST_ELEMENTS;
use super::leaf::Leaf;
use super::page_writer::PageWriter;

/// The branches of one level that are not written yet.
#[derive(Debug)]
pub(crate) struct Level<K> {
    /// A full branch that is held back until `open` has a second child.
    full: Option<Branch<K>>,
    open: Branch<K>,
}

impl<K: AsRef<[u8]>> Level<K> {
    pub fn new() -> Self {
        Self { full: None, open: Branch::new() }
    }

    /// Adds a child; branches have at most `limit` bytes unless two children need more. Returns the branch that this
    /// completes.
    pub fn push(&mut self, child: Child<K>, limit: u32) -> Option<Branch<K>> {
        let open = &self.open;
        let room = open.count() < MOST_ELEMENTS && open.bytes().saturating_add(child.bytes()) <= limit;
        if open.count() >= 2 && !room {
            self.full = Some(std::mem::replace(&mut self.open, Branch::new()));
        }
        self.open.push(child);
        if self.open.count() == 2 { self.full.take() } else { None }
    }

    /// Adds the last children and writes all branches that are left. Returns references to the pages of this level that
    /// were not returned before; a child that has no sibling takes the place of its parent.
    pub fn close(
        mut self,
        children: impl IntoIterator<Item = Child<K>>,
        limit: u32,
        pages: &mut PageWriter,
    ) -> Vec<Child<K>> {
        let mut complete = Vec::new();
        for child in children {
            complete.extend(self.push(child, limit).and_then(|branch| pages.branch(branch)));
        }
        let (full, last) = self.redistribute();
        complete.extend(full.and_then(|branch| pages.branch(branch)));
        if last.count() == 1 {
            complete.extend(last.children);
        } else {
            complete.extend(pages.branch(last));
        }
        complete
    }

    /// The branches that are left: one, or two that have at least two children each.
    fn redistribute(self) -> (Option<Branch<K>>, Branch<K>) {
        let Some(mut full) = self.full.filter(|_| self.open.count() < 2) else { return (None, self.open) };
        let mut last = Branch::new();
        if full.count() > 2 {
            full.pop().into_iter().for_each(|moved| last.push(moved));
        }
        let into = if last.count() == 0 { &mut full } else { &mut last };
        self.open.children.into_iter().for_each(|child| into.push(child));
        if last.count() == 0 { (None, full) } else { (Some(full), last) }
    }
}

/// Writes levels of branches above the pages of one level until a single page is left, which is the root page. Without
/// any page it is an empty leaf.
pub(crate) fn root_above<K: AsRef<[u8]>>(mut level: Vec<Child<K>>, limit: u32, pages: &mut PageWriter) -> u64 {
    // Ends, because every branch has at least two children: each level has at most half as many pages as the one below.
    while level.len() > 1 {
        level = Level::new().close(level, limit, pages);
    }
    level.pop().map_or_else(|| pages.leaf(&Leaf::new()), |root| root.page)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::ByteOrder;

    fn child(page: u64, key_size: u32) -> Child<Vec<u8>> {
        Child { key: vec![0; key_size as usize], key_size, page }
    }

    /// Numbers of children of the branches made of keys of these sizes; three keys of 10 bytes fill a branch.
    fn shares(key_sizes: &[u32]) -> Vec<u16> {
        let mut level = Level::new();
        let mut shares = Vec::new();
        for (page, size) in (2..).zip(key_sizes) {
            shares.extend(level.push(child(page, *size), 16 + 3 * 26).map(|branch| branch.count()));
        }
        let (full, last) = level.redistribute();
        shares.extend(full.map(|branch| branch.count()));
        shares.push(last.count());
        shares
    }

    #[test]
    fn no_branch_has_a_single_child() {
        assert_eq!(shares(&[10, 10]), [2]);
        assert_eq!(shares(&[10, 10, 10]), [3]);
        assert_eq!(shares(&[10, 10, 10, 10]), [2, 2]);
        assert_eq!(shares(&[10, 10, 10, 10, 10]), [3, 2]);
        assert_eq!(shares(&[10; 7]), [3, 2, 2]);
        assert_eq!(shares(&[1000, 1000, 1000]), [3]);
        assert_eq!(shares(&[1000; 5]), [2, 3]);
    }

    #[test]
    fn a_lone_child_gets_no_parent() {
        let mut pages = PageWriter::new(ByteOrder::Little, 4096, 9);
        let level = Level::new().close([child(7, 10)], 4096, &mut pages);
        assert_eq!((level.len(), level[0].page, pages.next()), (1, 7, 9));
        assert_eq!(root_above(level, 4096, &mut pages), 7);
    }
}
