//! Branch pages of one level, growing from left to right.
//!
//! A branch needs two children or more: with a single one bbolt panics at a later delete
//! (`docs/format/bbolt.md#traps-for-the-next-write`). So a full branch is held back until the one after it has its second
//! child, and if there is no second one the last two share out what they have.

use super::bytes::{ELEMENT_SIZE, PAGE_HEADER_SIZE};
use super::leaf::Leaf;
use super::page_writer::{MOST_ELEMENTS, PageWriter};
use crate::format::ByteOrder;

/// A page and its first key, which its parent must repeat in full.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Child<K> {
    pub key: K,
    pub key_size: u32,
    pub page: u64,
}

impl<K> Child<K> {
    /// Bytes it takes of a branch: its entry in the table, and the key.
    fn bytes(&self) -> u32 {
        ELEMENT_SIZE + self.key_size
    }
}

/// Children that will share a branch page, in key order.
#[derive(Debug)]
pub(crate) struct Branch<K> {
    count: u16,
    /// Bytes it needs, header and table included.
    bytes: u32,
    children: Vec<Child<K>>,
}

impl<K: AsRef<[u8]>> Branch<K> {
    fn new() -> Self {
        Self { count: 0, bytes: PAGE_HEADER_SIZE, children: Vec::new() }
    }

    pub fn count(&self) -> u16 {
        self.count
    }

    pub fn bytes(&self) -> u32 {
        self.bytes
    }

    fn push(&mut self, child: Child<K>) {
        self.count += 1;
        self.bytes += child.bytes();
        self.children.push(child);
    }

    fn pop(&mut self) -> Option<Child<K>> {
        let child = self.children.pop()?;
        self.count -= 1;
        self.bytes -= child.bytes();
        Some(child)
    }

    /// Appends the element table and the keys.
    pub fn write_body(&self, order: ByteOrder, out: &mut Vec<u8>) {
        let mut position = ELEMENT_SIZE * u32::from(self.count);
        for child in &self.children {
            out.extend_from_slice(&order.bytes_of_u32(position));
            out.extend_from_slice(&order.bytes_of_u32(child.key_size));
            out.extend_from_slice(&order.bytes_of_u64(child.page));
            position = position + child.key_size - ELEMENT_SIZE;
        }
        for child in &self.children {
            out.extend_from_slice(child.key.as_ref());
        }
    }

    /// How a parent refers to it once it stands on `page`; `None` without children.
    pub fn into_child(self, page: u64) -> Option<Child<K>> {
        self.children.into_iter().next().map(|first| Child { page, ..first })
    }
}

/// The branches of one level that are not complete yet.
#[derive(Debug)]
pub(crate) struct Level<K> {
    /// Full, and waiting for `open` to get its second child.
    full: Option<Branch<K>>,
    open: Branch<K>,
}

impl<K: AsRef<[u8]>> Level<K> {
    pub fn new() -> Self {
        Self { full: None, open: Branch::new() }
    }

    /// Takes a child in; branches have at most `limit` bytes unless two children already need more. Returns the branch
    /// that has thereby become complete.
    pub fn push(&mut self, child: Child<K>, limit: u32) -> Option<Branch<K>> {
        let open = &self.open;
        let room = open.count < MOST_ELEMENTS && open.bytes.saturating_add(child.bytes()) <= limit;
        if open.count >= 2 && !room {
            self.full = Some(std::mem::replace(&mut self.open, Branch::new()));
        }
        self.open.push(child);
        if self.open.count == 2 { self.full.take() } else { None }
    }

    /// Takes the last children in and adds the pages of all branches that are left. Returns the pages of this level that
    /// were not handed out before; a child that never got a sibling takes the place of its parent.
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
        let (full, last) = self.share_out();
        complete.extend(full.and_then(|branch| pages.branch(branch)));
        if last.count() == 1 {
            complete.extend(last.children);
        } else {
            complete.extend(pages.branch(last));
        }
        complete
    }

    /// The branches that are left: one, or two of at least two children each.
    fn share_out(self) -> (Option<Branch<K>>, Branch<K>) {
        let Some(mut full) = self.full.filter(|_| self.open.count < 2) else { return (None, self.open) };
        let mut last = Branch::new();
        if full.count > 2 {
            full.pop().into_iter().for_each(|moved| last.push(moved));
        }
        let into = if last.count == 0 { &mut full } else { &mut last };
        self.open.children.into_iter().for_each(|child| into.push(child));
        if last.count == 0 { (None, full) } else { (Some(full), last) }
    }
}

/// Adds levels of branches above the pages of one level until a single page is left: the root. Above nothing, that is an
/// empty leaf.
pub(crate) fn root_above<K: AsRef<[u8]>>(mut level: Vec<Child<K>>, limit: u32, pages: &mut PageWriter) -> u64 {
    // Ends, because no branch of a level has less than two children: every level has at most half as many pages as the
    // one below.
    while level.len() > 1 {
        level = Level::new().close(level, limit, pages);
    }
    level.pop().map_or_else(|| pages.leaf(&Leaf::new()), |root| root.page)
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let (full, last) = level.share_out();
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
