//! [`Branch`]: the children of one new branch page.

use super::bytes::{ELEMENT_SIZE, PAGE_HEADER_SIZE};
use crate::format::ByteOrder;

/// The reference of a branch to a child page: its id, and its first key, which the branch must have in full.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Child<K> {
    pub key: K,
    pub key_size: u32,
    pub page: u64,
}

impl<K> Child<K> {
    /// Bytes that it takes of a branch: its entry in the element table, and the key.
    pub fn bytes(&self) -> u32 {
        ELEMENT_SIZE + self.key_size
    }
}

/// The children of one new branch page, in key order.
#[derive(Debug)]
pub(crate) struct Branch<K> {
    count: u16,
    /// Bytes that the page needs, with header and element table.
    bytes: u32,
    pub(super) children: Vec<Child<K>>,
}

impl<K: AsRef<[u8]>> Branch<K> {
    pub fn new() -> Self {
        Self { count: 0, bytes: PAGE_HEADER_SIZE, children: Vec::new() }
    }

    pub fn count(&self) -> u16 {
        self.count
    }

    pub fn bytes(&self) -> u32 {
        self.bytes
    }

    pub fn push(&mut self, child: Child<K>) {
        self.count += 1;
        self.bytes += child.bytes();
        self.children.push(child);
    }

    pub fn pop(&mut self) -> Option<Child<K>> {
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

    /// The reference that its parent will have to it when it is written as `page`; `None` without children.
    pub fn into_child(self, page: u64) -> Option<Child<K>> {
        self.children.into_iter().next().map(|first| Child { page, ..first })
    }
}
