//! A sound database seen from the outside: where its pages, elements and free pages are, and how to change them.
//!
//! This reads raw bytes on its own and trusts them: it is for databases that this crate built.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::bbolt::{
    BRANCH, BUCKET_ELEMENT, BUCKET_HEADER, ByteOrder, ELEMENT, FREELIST, HEADER, LEAF, MAGIC, META_SIZE, Meta,
    NO_FREELIST, Reader,
};
use crate::image_len;

/// The database has no place for this damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no place for this damage: {0}")]
pub struct NotApplicable(pub &'static str);

pub(super) type Outcome = Result<(), NotApplicable>;

/// A database that is about to be damaged.
pub(super) struct Subject {
    /// The pages, without the trailer.
    pub bytes: Vec<u8>,
    /// The trailer, put back untouched.
    pub trailer: Vec<u8>,
    pub order: ByteOrder,
    /// Bytes of a page.
    pub page_size: usize,
    /// Slot of the meta in use.
    pub active: usize,
    pub metas: [Meta; 2],
    /// Every page with elements, a bucket's in key order, parents first.
    pub pages: Vec<Page>,
    /// Free pages, ascending: those listed, or without a list those that nothing reaches.
    pub free: Vec<u64>,
}

/// A branch or leaf page of the tree.
#[derive(Debug, Clone)]
pub(super) struct Page {
    pub id: u64,
    /// Pages it occupies, at least 1.
    pub run: u64,
    pub is_leaf: bool,
    pub count: usize,
    pub owner: Owner,
    /// Index in [`Subject::pages`] of the branch above, and the element there.
    pub parent: Option<(usize, usize)>,
}

/// Whose page it is.
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

impl Subject {
    pub fn survey(db: &[u8]) -> Result<Subject, NotApplicable> {
        let (image, trailer) = db.split_at(image_len(db));
        let order = byte_order(image)?;
        let reader = Reader { bytes: image, order };
        let first = Meta::read(&reader, 0).ok_or(NotApplicable("meta 0 is not valid"))?;
        let page_size = index(u64::from(first.page_size))?;
        let second = Meta::read(&reader, page_size).ok_or(NotApplicable("meta 1 is not valid"))?;
        let mut subject = Subject {
            bytes: image.to_vec(),
            trailer: trailer.to_vec(),
            order,
            page_size,
            active: usize::from(second.txid > first.txid),
            metas: [first, second],
            pages: Vec::new(),
            free: Vec::new(),
        };
        if subject.at(subject.meta().high_water)? > image.len() {
            return Err(UNSOUND);
        }
        subject.walk_buckets()?;
        subject.free = match subject.freelist_page() {
            Some(_) => subject.freelist_ids()?.1,
            None => subject.unreached(),
        };
        Ok(subject)
    }

    pub fn meta(&self) -> Meta {
        self.metas[self.active]
    }

    /// Changes the meta in use; the checksum stays right.
    pub fn change_meta(&mut self, change: impl FnOnce(&mut Meta)) {
        change(&mut self.metas[self.active]);
        self.write_meta(self.active);
    }

    pub fn write_meta(&mut self, slot: usize) {
        let page = self.metas[slot].page(slot as u64, self.order);
        let at = slot * self.page_size;
        self.bytes[at..at + META_SIZE].copy_from_slice(&page);
    }

    /// Byte position of a page.
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

    /// The elements of a leaf page that begins at byte `page`, be it inline or not.
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

    /// The bucket elements of the root bucket whose pages are inline: position of the inline page.
    pub fn inline_pages(&self) -> Result<Vec<usize>, NotApplicable> {
        let mut inline = Vec::new();
        for entry in self.root_entries()? {
            if entry.flags & BUCKET_ELEMENT != 0 && self.u64(entry.value.start)? == 0 {
                inline.push(entry.value.start + BUCKET_HEADER);
            }
        }
        Ok(inline)
    }

    /// The element of the root bucket that names `key`, a bucket with pages of its own.
    pub fn key_bucket(&self) -> Result<LeafEntry, NotApplicable> {
        let entries = self.root_entries()?;
        let key = entries.into_iter().find(|entry| self.bytes[entry.key.clone()] == *b"key");
        key.filter(|entry| entry.value.len() == BUCKET_HEADER)
            .ok_or(NotApplicable("no bucket key with pages of its own"))
    }

    /// The page of the freelist, if it is persisted.
    pub fn freelist_page(&self) -> Option<u64> {
        Some(self.meta().freelist).filter(|page| *page != NO_FREELIST)
    }

    /// Where the freelist's ids begin, and the ids.
    pub fn freelist_ids(&self) -> Result<(usize, Vec<u64>), NotApplicable> {
        let page = self.at(self.freelist_page().ok_or(NotApplicable("the freelist is not persisted"))?)?;
        if self.u16(page + 8)? != FREELIST {
            return Err(NotApplicable("the freelist page is none"));
        }
        let (start, count) = match self.u16(page + 10)? {
            0xFFFF => (page + HEADER + 8, index(self.u64(page + HEADER)?)?),
            count => (page + HEADER, usize::from(count)),
        };
        let ids: Result<Vec<u64>, _> = (0..count).map(|number| self.u64(start + 8 * number)).collect();
        Ok((start, ids?))
    }

    /// Number of pages in the file, in use or not.
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

    /// Adds the page `id` and all pages below it. No page is reached twice, so this ends.
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

    fn unreached(&self) -> Vec<u64> {
        let reached: BTreeSet<u64> = self.pages.iter().flat_map(Page::ids).collect();
        (2..self.meta().high_water).filter(|id| !reached.contains(id)).collect()
    }
}

impl Page {
    /// All ids it occupies.
    pub fn ids(&self) -> Range<u64> {
        self.id..self.id + self.run
    }
}

const UNSOUND: NotApplicable = NotApplicable("the database is damaged already");
const PAST_END: NotApplicable = NotApplicable("a position is past the end of the file");

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
