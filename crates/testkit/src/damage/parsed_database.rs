//! The pages, elements and free pages of a sound database, parsed from its bytes, with setters for its integers. Every
//! [`Corruption`](super::Corruption) works on this.
//!
//! The parser does not use the project's reader and trusts what it reads: it is for databases that this crate built.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::bbolt::{
    BRANCH, BUCKET_ELEMENT, BUCKET_HEADER, ByteOrder, ELEMENT, FREELIST, HEADER, LEAF, MAGIC, META_SIZE, Meta,
    NO_FREELIST, Reader,
};
use crate::image_len;

/// The error of [`Corruption::apply`](super::Corruption::apply) when the database has no place for this damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no place for this damage: {0}")]
pub struct NotApplicable(pub &'static str);

/// What every function of the catalogue returns.
pub(super) type Outcome = Result<(), NotApplicable>;

/// A database file that a corruption changes.
pub(super) struct ParsedDatabase {
    /// The pages, without the trailer.
    pub bytes: Vec<u8>,
    /// The trailer, appended again unchanged afterwards.
    pub trailer: Vec<u8>,
    pub order: ByteOrder,
    /// Bytes of a page.
    pub page_size: usize,
    /// Slot of the meta in use.
    pub active: usize,
    pub metas: [Meta; 2],
    /// All branch and leaf pages; those of one bucket in key order, parents before their children.
    pub pages: Vec<Page>,
    /// Ids of the free pages, ascending: those in the freelist, or without one all that no bucket uses.
    pub free: Vec<u64>,
}

/// A branch or leaf page of the tree.
#[derive(Debug, Clone)]
pub(super) struct Page {
    pub id: u64,
    /// Number of pages it occupies with its overflow, at least 1.
    pub run: u64,
    pub is_leaf: bool,
    pub count: usize,
    /// The bucket that it belongs to.
    pub owner: Owner,
    /// Index in [`ParsedDatabase::pages`] of the parent branch, and the number of the element there.
    pub parent: Option<(usize, usize)>,
}

/// The bucket that a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// The root bucket.
    Root,
    /// The bucket `key`.
    Key,
    /// Any other bucket.
    Other,
}

/// An element of a leaf; all positions are bytes from the start of the file.
#[derive(Debug, Clone)]
pub(super) struct LeafEntry {
    pub at: usize,
    pub flags: u32,
    pub key: Range<usize>,
    pub value: Range<usize>,
}

/// An element of a branch; all positions are bytes from the start of the file.
#[derive(Debug, Clone)]
pub(super) struct BranchEntry {
    pub at: usize,
    pub key: Range<usize>,
    pub child: u64,
}

impl ParsedDatabase {
    /// Parses `file`, which this crate built; a trailer is cut off and kept.
    pub fn read(file: &[u8]) -> Result<ParsedDatabase, NotApplicable> {
        let (image, trailer) = file.split_at(image_len(file));
        let order = byte_order(image)?;
        let reader = Reader { bytes: image, order };
        let first = Meta::read(&reader, 0).ok_or(NotApplicable("meta 0 is not valid"))?;
        let page_size = index(u64::from(first.page_size))?;
        let second = Meta::read(&reader, page_size).ok_or(NotApplicable("meta 1 is not valid"))?;
        let mut db = ParsedDatabase {
            bytes: image.to_vec(),
            trailer: trailer.to_vec(),
            order,
            page_size,
            active: usize::from(second.txid > first.txid),
            metas: [first, second],
            pages: Vec::new(),
            free: Vec::new(),
        };
        if db.at(db.meta().high_water)? > image.len() {
            return Err(UNSOUND);
        }
        db.walk_buckets()?;
        db.free = match db.freelist_page() {
            Some(_) => db.freelist_ids()?.1,
            None => db.unreached(),
        };
        Ok(db)
    }

    /// The meta in use.
    pub fn meta(&self) -> Meta {
        self.metas[self.active]
    }

    /// Changes the meta in use and computes its checksum again.
    pub fn change_meta(&mut self, change: impl FnOnce(&mut Meta)) {
        change(&mut self.metas[self.active]);
        self.write_meta(self.active);
    }

    /// Writes a meta to its page, with its checksum.
    pub fn write_meta(&mut self, slot: usize) {
        let page = self.metas[slot].page(slot as u64, self.order);
        let at = slot * self.page_size;
        self.bytes[at..at + META_SIZE].copy_from_slice(&page);
    }

    /// Byte offset of a page.
    pub fn at(&self, id: u64) -> Result<usize, NotApplicable> {
        index(id)?.checked_mul(self.page_size).ok_or(NotApplicable("page id is out of reach"))
    }

    pub fn u16(&self, at: usize) -> Result<u16, NotApplicable> {
        self.reader().u16(at).ok_or(PAST_END)
    }

    pub fn u32(&self, at: usize) -> Result<u32, NotApplicable> {
        self.reader().u32(at).ok_or(PAST_END)
    }

    pub fn u64(&self, at: usize) -> Result<u64, NotApplicable> {
        self.reader().u64(at).ok_or(PAST_END)
    }

    pub fn set_u16(&mut self, at: usize, number: u16) {
        self.bytes[at..at + 2].copy_from_slice(&self.order.u16(number));
    }

    pub fn set_u32(&mut self, at: usize, number: u32) {
        self.bytes[at..at + 4].copy_from_slice(&self.order.u32(number));
    }

    pub fn set_u64(&mut self, at: usize, number: u64) {
        self.bytes[at..at + 8].copy_from_slice(&self.order.u64(number));
    }

    /// The elements of the leaf page at byte offset `page`; it may be an inline page.
    pub fn leaf_entries(&self, page: usize) -> Result<Vec<LeafEntry>, NotApplicable> {
        let count = usize::from(self.u16(page + 10)?);
        (0..count)
            .map(|number| {
                let at = page + HEADER + number * ELEMENT;
                let key = at + index(self.u32(at + 4)?.into())?;
                let value = key + index(self.u32(at + 8)?.into())?;
                let end = value + index(self.u32(at + 12)?.into())?;
                self.bytes.get(key..end).ok_or(PAST_END)?;
                Ok(LeafEntry { at, flags: self.u32(at)?, key: key..value, value: value..end })
            })
            .collect()
    }

    /// The elements of a branch page.
    pub fn branch_entries(&self, page: &Page) -> Result<Vec<BranchEntry>, NotApplicable> {
        let start = self.at(page.id)?;
        (0..page.count)
            .map(|number| {
                let at = start + HEADER + number * ELEMENT;
                let key = at + index(self.u32(at)?.into())?;
                let end = key + index(self.u32(at + 4)?.into())?;
                self.bytes.get(key..end).ok_or(PAST_END)?;
                Ok(BranchEntry { at, key: key..end, child: self.u64(at + 8)? })
            })
            .collect()
    }

    /// Byte offsets of the inline pages of the buckets in the root bucket.
    pub fn inline_pages(&self) -> Result<Vec<usize>, NotApplicable> {
        let mut inline = Vec::new();
        for entry in self.root_entries()? {
            if entry.flags & BUCKET_ELEMENT != 0 && self.u64(entry.value.start)? == 0 {
                inline.push(entry.value.start + BUCKET_HEADER);
            }
        }
        Ok(inline)
    }

    /// The element of the root bucket for the bucket `key`, which must not be inline.
    pub fn key_bucket(&self) -> Result<LeafEntry, NotApplicable> {
        let entries = self.root_entries()?;
        let key = entries.into_iter().find(|entry| self.bytes[entry.key.clone()] == *b"key");
        key.filter(|entry| entry.value.len() == BUCKET_HEADER)
            .ok_or(NotApplicable("no bucket key with pages of its own"))
    }

    /// Page id of the freelist, if it is persisted.
    pub fn freelist_page(&self) -> Option<u64> {
        Some(self.meta().freelist).filter(|page| *page != NO_FREELIST)
    }

    /// Byte offset of the first id in the freelist, and all ids.
    pub fn freelist_ids(&self) -> Result<(usize, Vec<u64>), NotApplicable> {
        let page = self.at(self.freelist_page().ok_or(NotApplicable("the freelist is not persisted"))?)?;
        if self.u16(page + 8)? != FREELIST {
            return Err(NotApplicable("the freelist page has another type"));
        }
        let (start, count) = match self.u16(page + 10)? {
            0xFFFF => (page + HEADER + 8, index(self.u64(page + HEADER)?)?),
            count => (page + HEADER, usize::from(count)),
        };
        let ids: Result<Vec<u64>, _> = (0..count).map(|number| self.u64(start + 8 * number)).collect();
        Ok((start, ids?))
    }

    /// Number of pages in the file.
    pub fn file_pages(&self) -> u64 {
        (self.bytes.len() / self.page_size) as u64
    }

    fn reader(&self) -> Reader<'_> {
        Reader { bytes: &self.bytes, order: self.order }
    }

    fn root_entries(&self) -> Result<Vec<LeafEntry>, NotApplicable> {
        let mut entries = Vec::new();
        for leaf in self.pages.iter().filter(|page| page.is_leaf && page.owner == Owner::Root) {
            entries.extend(self.leaf_entries(self.at(leaf.id)?)?);
        }
        Ok(entries)
    }

    /// Collects the pages of all buckets in [`ParsedDatabase::pages`].
    fn walk_buckets(&mut self) -> Outcome {
        let mut reached = BTreeSet::new();
        let mut todo = vec![(self.meta().root, Owner::Root)];
        while let Some((root, owner)) = todo.pop() {
            let from = self.pages.len();
            self.walk(root, owner, None, &mut reached)?;
            for page in self.pages[from..].iter().filter(|page| page.is_leaf) {
                for entry in self.leaf_entries(self.at(page.id)?)? {
                    let inner = if entry.flags & BUCKET_ELEMENT == 0 { 0 } else { self.u64(entry.value.start)? };
                    let is_key = owner == Owner::Root && self.bytes[entry.key] == *b"key";
                    if inner != 0 {
                        todo.push((inner, if is_key { Owner::Key } else { Owner::Other }));
                    }
                }
            }
        }
        Ok(())
    }

    /// Adds the page `id` and all pages below it. A page that is reached twice is an error, so this ends.
    fn walk(&mut self, id: u64, owner: Owner, parent: Option<(usize, usize)>, reached: &mut BTreeSet<u64>) -> Outcome {
        let at = self.at(id)?;
        let flags = self.u16(at + 8)?;
        let run = u64::from(self.u32(at + 12)?) + 1;
        let page = Page { id, run, is_leaf: flags == LEAF, count: self.u16(at + 10)?.into(), owner, parent };
        let in_file = id >= 2 && page.ids().end <= self.meta().high_water;
        if !in_file || !matches!(flags, BRANCH | LEAF) || !reached.insert(id) {
            return Err(UNSOUND);
        }
        self.pages.push(page.clone());
        if page.is_leaf {
            return Ok(());
        }
        let own = self.pages.len() - 1;
        for (element, entry) in self.branch_entries(&page)?.into_iter().enumerate() {
            self.walk(entry.child, owner, Some((own, element)), reached)?;
        }
        Ok(())
    }

    /// Ids of the pages that no bucket uses.
    fn unreached(&self) -> Vec<u64> {
        let reached: BTreeSet<u64> = self.pages.iter().flat_map(Page::ids).collect();
        (2..self.meta().high_water).filter(|id| !reached.contains(id)).collect()
    }
}

impl Page {
    /// Ids of the page and its overflow.
    pub fn ids(&self) -> Range<u64> {
        self.id..self.id + self.run
    }
}

const UNSOUND: NotApplicable = NotApplicable("the database is damaged already");
const PAST_END: NotApplicable = NotApplicable("a position is past the end of the file");

/// A number of the file as an index into memory.
pub(super) fn index(number: u64) -> Result<usize, NotApplicable> {
    usize::try_from(number).map_err(|_| PAST_END)
}

fn byte_order(image: &[u8]) -> Result<ByteOrder, NotApplicable> {
    let magic = image.get(HEADER..HEADER + 4).ok_or(PAST_END)?;
    [ByteOrder::Little, ByteOrder::Big]
        .into_iter()
        .find(|order| order.u32(MAGIC) == magic)
        .ok_or(NotApplicable("not a bbolt database"))
}
