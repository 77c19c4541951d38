//! [`Leaf`]: the elements of one new leaf page, collected in key order and written packed.

use super::branch::Child;
use super::bytes::{ELEMENT_SIZE, MOST_ELEMENTS, PAGE_HEADER_SIZE};
use super::element::Element;
use crate::format::ByteOrder;

/// An element larger than this fraction of a page is large: filling pages pays attention to it.
const LARGE: u64 = 8;
/// The most pages that a leaf may have so that several elements share them.
const MOST_SHARED_PAGES: u64 = 4;

/// The elements of one new leaf page, in key order.
#[derive(Debug)]
pub(crate) struct Leaf {
    count: u16,
    /// Bytes that the page needs, with header and element table.
    bytes: u32,
    sizes: Vec<Sizes>,
    /// Key, value, key, value …
    data: Vec<u8>,
}

/// The sizes of one element; its offset follows from the sizes of the elements before it.
#[derive(Clone, Copy, Debug)]
struct Sizes {
    flags: u32,
    key: u32,
    value: u32,
}

impl Leaf {
    pub fn new() -> Self {
        Self { count: 0, bytes: PAGE_HEADER_SIZE, sizes: Vec::new(), data: Vec::new() }
    }

    pub fn count(&self) -> u16 {
        self.count
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub fn bytes(&self) -> u32 {
        self.bytes
    }

    /// Can the element be added without making the page larger than `limit` bytes?
    #[inline]
    pub fn has_room(&self, element: &Element<'_>, limit: u32) -> bool {
        self.count < MOST_ELEMENTS && self.bytes.saturating_add(element.bytes()) <= limit
    }

    /// Should the element be added to this leaf rather than to the next one? See [`fits_leaf`].
    #[inline]
    pub fn takes(&self, element: &Element<'_>, limit: u32, page_size: u32) -> bool {
        let [before, element, limit, page_size] = [self.bytes, element.bytes(), limit, page_size].map(u64::from);
        fits_leaf((self.count.into(), before), element, limit, page_size)
    }

    #[inline]
    pub fn push(&mut self, element: &Element<'_>) {
        self.count += 1;
        self.bytes += element.bytes();
        self.sizes.push(Sizes { flags: element.flags, key: element.key_size, value: element.value_size });
        self.data.extend_from_slice(element.key);
        self.data.extend_from_slice(element.value);
    }

    /// The reference that its parent will have to it when it is written as `page`.
    pub fn as_child(&self, page: u64) -> Child<Box<[u8]>> {
        let key_size = self.sizes.first().map_or(0, |sizes| sizes.key);
        Child { key: self.data.get(..key_size as usize).unwrap_or_default().into(), key_size, page }
    }

    /// Appends the element table and the data.
    pub fn write_body(&self, order: ByteOrder, out: &mut Vec<u8>) {
        let mut position = ELEMENT_SIZE * u32::from(self.count);
        for sizes in &self.sizes {
            for field in [sizes.flags, position, sizes.key, sizes.value] {
                out.extend_from_slice(&order.bytes_of_u32(field));
            }
            position = position + sizes.key + sizes.value - ELEMENT_SIZE;
        }
        out.extend_from_slice(&self.data);
    }

    /// Removes all elements; keeps its memory, unless a large value made that large.
    pub fn clear(&mut self) {
        const KEPT: usize = 1 << 20;
        self.count = 0;
        self.bytes = PAGE_HEADER_SIZE;
        self.sizes.clear();
        self.data.clear();
        self.data.shrink_to(KEPT);
    }
}

/// Should an element be added to a leaf of this many elements and bytes, rather than to the next leaf, so that less
/// space is unused?
///
/// Yes when there is room. Yes also when a large element would leave much of this leaf unused and extending the leaf to
/// more pages leaves less: with values of some KiB, of which Kubernetes has many, that saves a fifth of the file. Such
/// leaves are limited to a few pages, since bbolt rewrites a whole leaf when one of its elements changes.
#[inline]
pub(crate) fn fits_leaf((count, before): (u64, u64), element: u64, limit: u64, page_size: u64) -> bool {
    let after = before.saturating_add(element);
    if count >= u64::from(MOST_ELEMENTS) {
        return false;
    }
    if after <= limit {
        return true;
    }
    let [pages_before, pages_after] = [before, after].map(|bytes| bytes.div_ceil(page_size));
    element > page_size / LARGE
        && pages_after <= MOST_SHARED_PAGES
        && before < pages_before * limit
        && after * pages_before > before * pages_after
}
