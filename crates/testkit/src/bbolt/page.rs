//! Writes leaf and branch pages.
//!
//! ```text
//! 0        8       10      12         16              16 + 16*count
//! | id u64 | flags | count | overflow | element table | key value key value ... | zero slack
//! leaf element:   flags u32 | pos u32 | ksize u32 | vsize u32      pos counts from the element's own start
//! branch element: pos u32 | ksize u32 | child page id u64
//! ```

use super::ByteOrder;

/// Bytes of a page header.
pub(crate) const HEADER: usize = 16;
/// Bytes of a leaf or branch element.
pub(crate) const ELEMENT: usize = 16;
/// Bytes before the inline page in the value of a bucket element: root page id and sequence.
pub(crate) const BUCKET_HEADER: usize = 16;

/// Page flags: branch.
pub(crate) const BRANCH: u16 = 0x01;
/// Page flags: leaf.
pub(crate) const LEAF: u16 = 0x02;
/// Page flags: meta.
pub(crate) const META: u16 = 0x04;
/// Page flags: freelist.
pub(crate) const FREELIST: u16 = 0x10;

/// Element flags: the value is a bucket.
pub(crate) const BUCKET_ELEMENT: u32 = 1;

/// Most elements bbolt puts into one page.
pub(crate) const MAX_ELEMENTS: usize = 65_534;

/// The first 16 bytes of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub id: u64,
    pub flags: u16,
    pub count: u16,
    pub overflow: u32,
}

impl Header {
    pub fn write(&self, out: &mut Vec<u8>, order: ByteOrder) {
        out.extend_from_slice(&order.u64(self.id));
        out.extend_from_slice(&order.u16(self.flags));
        out.extend_from_slice(&order.u16(self.count));
        out.extend_from_slice(&order.u32(self.overflow));
    }
}

/// One element of a leaf.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LeafElement<'a> {
    pub flags: u32,
    pub key: &'a [u8],
    pub value: &'a [u8],
}

/// Appends a packed leaf, not padded to a page. `overflow` is written to the header as it is.
pub(crate) fn write_leaf(out: &mut Vec<u8>, order: ByteOrder, id: u64, overflow: u32, elements: &[LeafElement<'_>]) {
    Header { id, flags: LEAF, count: count(elements.len()), overflow }.write(out, order);
    let mut data = elements.len() * ELEMENT;
    for element in elements {
        out.extend_from_slice(&order.u32(element.flags));
        out.extend_from_slice(&order.u32(size(data)));
        out.extend_from_slice(&order.u32(size(element.key.len())));
        out.extend_from_slice(&order.u32(size(element.value.len())));
        data = data - ELEMENT + element.key.len() + element.value.len();
    }
    for element in elements {
        out.extend_from_slice(element.key);
        out.extend_from_slice(element.value);
    }
}

/// Appends a packed branch, not padded to a page. An element is a first key and the page id of the child.
pub(crate) fn write_branch(out: &mut Vec<u8>, order: ByteOrder, id: u64, overflow: u32, elements: &[(&[u8], u64)]) {
    Header { id, flags: BRANCH, count: count(elements.len()), overflow }.write(out, order);
    let mut data = elements.len() * ELEMENT;
    for (key, child) in elements {
        out.extend_from_slice(&order.u32(size(data)));
        out.extend_from_slice(&order.u32(size(key.len())));
        out.extend_from_slice(&order.u64(*child));
        data = data - ELEMENT + key.len();
    }
    for (key, _) in elements {
        out.extend_from_slice(key);
    }
}

fn count(elements: usize) -> u16 {
    u16::try_from(elements).expect("a page has at most 65534 elements")
}

fn size(bytes: usize) -> u32 {
    u32::try_from(bytes).expect("sizes inside a page are 32 bits")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first two elements of the example in `docs/format/bbolt.md#leaf-page`, the second as a plain value.
    #[test]
    fn positions_count_from_the_element() {
        let mut page = Vec::new();
        let elements = [
            LeafElement { flags: 1, key: b"alarm", value: &[0; 32] },
            LeafElement { flags: 0, key: b"auth", value: b"xy" },
        ];
        write_leaf(&mut page, ByteOrder::Little, 2, 0, &elements);
        assert_eq!(page[..16], [2, 0, 0, 0, 0, 0, 0, 0, 2, 0, 2, 0, 0, 0, 0, 0]);
        assert_eq!(page[16..32], [1, 0, 0, 0, 32, 0, 0, 0, 5, 0, 0, 0, 32, 0, 0, 0]);
        assert_eq!(page[32..48], [0, 0, 0, 0, 53, 0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0]);
        assert_eq!(&page[32 + 53..], b"authxy");
    }
}
