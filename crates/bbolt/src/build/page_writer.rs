//! [`PageWriter`]: encodes new pages. Each gets the next page id, its header, its body, and zeros up to its end.

use super::branch::{Branch, Child};
use super::bytes::{PAGE_HEADER_SIZE, header};
use super::leaf::Leaf;
use crate::format::{ByteOrder, PageKind};

/// New pages with consecutive ids, encoded in memory.
#[derive(Debug)]
pub(crate) struct PageWriter {
    order: ByteOrder,
    page_size: u32,
    next: u64,
    bytes: Vec<u8>,
}

impl PageWriter {
    /// Makes a writer without pages; the first one will have the id `next`.
    pub fn new(order: ByteOrder, page_size: u32, next: u64) -> Self {
        Self { order, page_size, next, bytes: Vec::new() }
    }

    /// The id that the next page will get; after the last page it is the high-water mark.
    pub fn next(&self) -> u64 {
        self.next
    }

    pub fn page_size(&self) -> u32 {
        self.page_size
    }

    /// The pages encoded since the last [`clear`](Self::clear).
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Removes the encoded bytes, which the caller has written to the file, but not the count of pages. Keeps at most
    /// `kept` bytes of its memory.
    pub fn clear(&mut self, kept: usize) {
        self.bytes.clear();
        self.bytes.shrink_to(kept);
    }

    /// Encodes a leaf page and returns its id.
    pub fn leaf(&mut self, leaf: &Leaf) -> u64 {
        self.run(PageKind::Leaf, leaf.count(), leaf.bytes(), |order, out| leaf.write_body(order, out))
    }

    /// Encodes a branch page and returns the reference that its parent will have to it; a branch without children is not
    /// encoded.
    pub fn branch<K: AsRef<[u8]>>(&mut self, branch: Branch<K>) -> Option<Child<K>> {
        if branch.count() == 0 {
            return None;
        }
        let body = |order, out: &mut Vec<u8>| branch.write_body(order, out);
        let page = self.run(PageKind::Branch, branch.count(), branch.bytes(), body);
        branch.into_child(page)
    }

    /// Encodes a freelist page without ids and returns its id.
    pub fn empty_freelist(&mut self) -> u64 {
        self.run(PageKind::Freelist, 0, PAGE_HEADER_SIZE, |_, _| {})
    }

    /// Encodes a page with as many overflow pages as its body needs; returns its id.
    fn run(&mut self, kind: PageKind, count: u16, bytes: u32, body: impl FnOnce(ByteOrder, &mut Vec<u8>)) -> u64 {
        let id = self.next;
        let pages = bytes.div_ceil(self.page_size);
        let end = self.bytes.len() + pages as usize * self.page_size as usize;
        self.bytes.reserve(end - self.bytes.len());
        header(&mut self.bytes, self.order, id, kind, count, pages - 1);
        body(self.order, &mut self.bytes);
        self.bytes.resize(end, 0);
        self.next += u64::from(pages);
        id
    }
}
