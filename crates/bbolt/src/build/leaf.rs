//! A leaf before it has a page: elements are taken in one after the other and written packed.

use super::branch::Child;
use super::bytes::{ELEMENT_SIZE, PAGE_HEADER_SIZE};
use super::element::Element;
use super::page_writer::MOST_ELEMENTS;
use crate::format::ByteOrder;

/// Elements larger than this part of a page are worth looking at where they go.
const LARGE: u64 = 8;
/// Most pages of a leaf that has several elements for the sake of space.
const MOST_SHARED_PAGES: u64 = 4;

/// Elements that will share a leaf page, in key order.
#[derive(Debug)]
pub(crate) struct Leaf {
    count: u16,
    /// Bytes it needs, header and table included.
    bytes: u32,
    sizes: Vec<Sizes>,
    /// Key, value, key, value …
    data: Vec<u8>,
}

/// One entry of the element table; where its key is follows from the others.
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

    /// May the element be added without making this larger than `limit` bytes?
    #[inline]
    pub fn has_room(&self, element: &Element<'_>, limit: u32) -> bool {
        self.count < MOST_ELEMENTS && self.bytes.saturating_add(element.bytes()) <= limit
    }

    /// See [`takes`].
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

    /// How a parent refers to it once it stands on `page`.
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

    /// Makes it empty, keeping its memory unless a large value made that large.
    pub fn clear(&mut self) {
        const KEPT: usize = 1 << 20;
        self.count = 0;
        self.bytes = PAGE_HEADER_SIZE;
        self.sizes.clear();
        self.data.clear();
        self.data.shrink_to(KEPT);
    }
}

/// Does the file get fuller when a leaf with so many elements and bytes takes another element in than when the next leaf does?
///
/// So it does when there is room. It also does when a large element would leave much of this leaf unused, and running
/// over onto more pages leaves less: with values of some KiB, of which Kubernetes has many, that saves a fifth of the
/// file. Such leaves are kept small all the same, since bbolt writes a leaf anew when one of its elements changes.
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
