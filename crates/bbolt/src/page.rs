//! [`Page`]: access to the header and the elements of a page, whose bytes may be damaged.
//!
//! A [`Page`] is a header and the bytes of its run (itself and its overflow pages, cut at the end of the file). Elements are
//! returned one at a time, and only when key and value lie inside the run, so no other module reads raw bytes of a page.
//!
//! ```text
//! leaf element    | flags u32 | pos u32 | key size u32 | value size u32 |
//! branch element  | pos u32 | key size u32 | child page u64             |
//! ```
//!
//! `pos` counts from the start of the element itself to its key; a leaf's value follows its key.

use crate::format::{BUCKET_FLAG, ByteOrder, COUNT_OVERFLOW, ELEMENT, PAGE_HEADER, PageKind};

/// A page of the file, or the page inside the value of an inline bucket.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// The id by which it was requested; `None` for the page of an inline bucket.
    pub position: Option<u64>,
    /// The id in its header.
    pub id: u64,
    /// Its kind.
    pub kind: PageKind,
    /// Number of elements.
    pub count: u16,
    /// Number of pages after this one that belong to it.
    pub overflow: u32,
    pub(crate) order: ByteOrder,
    /// Header and body, up to the end of the run or of the file.
    pub(crate) run: &'a [u8],
    /// Byte offset of the header in the file.
    pub(crate) offset: u64,
}

/// One key and value of a leaf page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeafElement<'a> {
    /// Bit 0 is set when the value is a bucket; all others are 0.
    pub flags: u32,
    /// The key.
    pub key: &'a [u8],
    /// The value, or the header and inline page of a bucket.
    pub value: &'a [u8],
}

impl LeafElement<'_> {
    /// Is the value a bucket?
    #[inline]
    pub fn is_bucket(&self) -> bool {
        self.flags & BUCKET_FLAG != 0
    }
}

/// One key and child of a branch page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BranchElement<'a> {
    /// First key of the subtree.
    pub key: &'a [u8],
    /// Root page of the subtree.
    pub child: u64,
}

/// The fields of an element as written, which may be impossible; `key` is the offset of the key from the start of the page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ElementFields {
    pub flags: u32,
    pub key: u64,
    pub key_size: u32,
    pub value_size: u32,
}

impl ElementFields {
    /// Offset after the last byte of key and value.
    pub fn end(&self) -> u64 {
        self.key + u64::from(self.key_size) + u64::from(self.value_size)
    }
}

impl<'a> Page<'a> {
    /// Reads the header at the start of `run`; `None` when `run` is too short.
    pub(crate) fn parse(run: &'a [u8], order: ByteOrder, position: Option<u64>, offset: u64) -> Option<Self> {
        let header = run.get(..PAGE_HEADER)?;
        Some(Self {
            position,
            id: order.u64(header, 0)?,
            kind: PageKind::from_flags(order.u16(header, 8)?),
            count: order.u16(header, 10)?,
            overflow: order.u32(header, 12)?,
            order,
            run,
            offset,
        })
    }

    /// Byte offset of the page in the file.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Header and body: the whole run, cut at the end of the file.
    pub fn bytes(&self) -> &'a [u8] {
        self.run
    }

    /// The page with only the first `bytes` bytes of its run.
    #[must_use]
    pub fn truncated(self, bytes: u64) -> Self {
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        Self { run: self.run.get(..bytes).unwrap_or(self.run), ..self }
    }

    /// The most bytes that the elements of a page may add up to. In a damaged page elements can share bytes and add up
    /// to any size. Some sharing is allowed, so that one wrong size does not hide other elements.
    pub(crate) fn element_budget(&self) -> u64 {
        const SHARING: u64 = 8;
        (self.run.len() as u64).saturating_mul(SHARING)
    }

    /// The page without the elements, from the first on, that exceed its budget of bytes. Callers that read all elements
    /// of a page that was not checked just before must use this, so that their work is bounded by the size of the page.
    #[must_use]
    pub fn within_budget(self) -> Self {
        let mut room = self.element_budget();
        let outgrown = (0..self.count).find(|index| {
            let bytes = self.leaf_element(*index).map_or(0, |element| element.key.len() + element.value.len());
            room.checked_sub(bytes as u64).map(|left| room = left).is_none()
        });
        Self { count: outgrown.unwrap_or(self.count), ..self }
    }

    /// Offset of the first byte after the element table.
    pub(crate) fn table_end(&self) -> u64 {
        (PAGE_HEADER + ELEMENT * usize::from(self.count)) as u64
    }

    /// An entry of the element table, with its offset from the start of the page.
    #[inline]
    fn table_entry(&self, index: u16) -> Option<(u64, &'a [u8; ELEMENT])> {
        let at = PAGE_HEADER + ELEMENT * usize::from(index);
        Some((at as u64, self.run.get(at..)?.first_chunk()?))
    }

    /// The first byte of an entry of the element table, 0 when there is none; read to prefetch the entry.
    #[inline]
    pub(crate) fn first_byte_of_element(&self, index: u16) -> u8 {
        self.run.get(PAGE_HEADER + ELEMENT * usize::from(index)).copied().unwrap_or(0)
    }

    /// The fields of an element of a leaf page.
    #[inline]
    pub(crate) fn leaf_fields(&self, index: u16) -> Option<ElementFields> {
        let (at, entry) = self.table_entry(index)?;
        Some(ElementFields {
            flags: self.order.u32(entry, 0)?,
            key: at + u64::from(self.order.u32(entry, 4)?),
            key_size: self.order.u32(entry, 8)?,
            value_size: self.order.u32(entry, 12)?,
        })
    }

    /// The fields of an element of a branch page, and its child.
    #[inline]
    pub(crate) fn branch_fields(&self, index: u16) -> Option<(ElementFields, u64)> {
        let (at, entry) = self.table_entry(index)?;
        let key = at + u64::from(self.order.u32(entry, 0)?);
        let span = ElementFields { flags: 0, key, key_size: self.order.u32(entry, 4)?, value_size: 0 };
        Some((span, self.order.u64(entry, 8)?))
    }

    /// Key and value of an element; `None` when they do not lie between the element table and the end of the run.
    #[inline]
    pub(crate) fn key_and_value(&self, span: &ElementFields) -> Option<(&'a [u8], &'a [u8])> {
        if span.key < self.table_end() {
            return None;
        }
        let bytes = self.run.get(usize::try_from(span.key).ok()?..usize::try_from(span.end()).ok()?)?;
        bytes.split_at_checked(usize::try_from(span.key_size).ok()?)
    }

    /// Element `index` of a leaf page; `None` past the last one or when its bytes do not lie inside the page.
    #[inline]
    pub fn leaf_element(&self, index: u16) -> Option<LeafElement<'a>> {
        if index >= self.count {
            return None;
        }
        let span = self.leaf_fields(index)?;
        let (key, value) = self.key_and_value(&span)?;
        Some(LeafElement { flags: span.flags, key, value })
    }

    /// Element `index` of a branch page; `None` past the last one or when its key does not lie inside the page.
    #[inline]
    pub fn branch_element(&self, index: u16) -> Option<BranchElement<'a>> {
        if index >= self.count {
            return None;
        }
        let (span, child) = self.branch_fields(index)?;
        let (key, _) = self.key_and_value(&span)?;
        Some(BranchElement { key, child })
    }

    /// The elements of a leaf page whose bytes lie inside it, in page order.
    #[inline]
    pub fn leaf_elements(self) -> impl Iterator<Item = LeafElement<'a>> {
        (0..self.count).filter_map(move |index| self.leaf_element(index))
    }

    /// Number of ids that a freelist page should have according to its header (`docs/format/bbolt.md#freelist-page`).
    pub fn free_id_count(&self) -> u64 {
        match self.count {
            COUNT_OVERFLOW => self.order.u64(self.run, PAGE_HEADER).unwrap_or(0),
            count => count.into(),
        }
    }

    /// Number of ids that fit into the run of a freelist page.
    pub fn free_id_capacity(&self) -> u64 {
        self.free_ids_body().len() as u64 / 8
    }

    /// The ids on a freelist page, as many as its header says and fit.
    pub fn free_ids(&self) -> impl Iterator<Item = u64> + use<'a> {
        let (order, body) = (self.order, self.free_ids_body());
        let taken = usize::try_from(self.free_id_count()).unwrap_or(usize::MAX);
        body.chunks_exact(8).take(taken).filter_map(move |id| order.u64(id, 0))
    }

    fn free_ids_body(&self) -> &'a [u8] {
        let start = PAGE_HEADER + if self.count == COUNT_OVERFLOW { 8 } else { 0 };
        self.run.get(start..).unwrap_or_default()
    }

    /// The elements of a branch page whose keys lie inside it, in page order.
    pub fn branch_elements(self) -> impl Iterator<Item = BranchElement<'a>> {
        (0..self.count).filter_map(move |index| self.branch_element(index))
    }
}
