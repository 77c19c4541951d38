//! [`Subtree`]: the part of a bucket's tree that an edit changes, as lists in memory: the pages on the path to each change.
//! Everything else stays in the file and is only referred to.

use super::EditError;
use crate::bucket::BucketHeader;
use crate::build::{Child, Element};
use crate::corruption::Corruption;
use crate::db::Db;
use crate::format::{BUCKET_FLAG, MAX_DEPTH, PageKind};
use crate::page::Page;

/// A reference of a branch to an existing page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reference<'e> {
    /// The page, and the key that must be its first one; the key is empty for the root page of a bucket.
    pub child: Child<&'e [u8]>,
    /// The parent's next key; all keys must be below it.
    pub high: Option<&'e [u8]>,
}

impl Reference<'_> {
    /// The reference to the root page of a bucket.
    pub fn root(page: u64) -> Self {
        Self { child: Child { key: &[], key_size: 0, page }, high: None }
    }
}

/// A page with all pages below it.
#[derive(Debug)]
pub(super) enum Subtree<'e> {
    /// An unchanged subtree, which stays in the file.
    Kept(Reference<'e>),
    /// Elements that will be written as one leaf, several, or none.
    Leaf(Vec<Element<'e>>),
    /// Subtrees that will be the children of one branch, or of several.
    Branch(Vec<Subtree<'e>>),
}

/// A change of one element: a new value, or its deletion.
#[derive(Clone, Copy, Debug)]
pub(super) struct ElementChange<'e> {
    pub key: &'e [u8],
    /// Flags of the element, which do not change: a value stays a value, and a bucket a bucket.
    pub flags: u32,
    /// The new value; `None` to delete the key.
    pub value: Option<&'e [u8]>,
}

/// Reads the pages of one bucket that an edit changes. An unsound page is an error, and no page takes more memory than
/// it has bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct SubtreeReader<'e> {
    pub db: Db<'e>,
    /// The bucket's name; empty for the root bucket.
    pub bucket: &'e [u8],
}

impl<'e> SubtreeReader<'e> {
    /// The error for damage in this bucket.
    pub fn damaged(&self, source: Corruption) -> EditError {
        EditError::Source { bucket: self.bucket.into(), source }
    }

    /// Number of levels of pages from the root page to the leaves.
    pub fn height(&self, root: u64) -> Result<u32, EditError> {
        let mut id = root;
        for height in 1..=MAX_DEPTH {
            let page = self.page(id)?;
            if page.kind == PageKind::Leaf {
                return Ok(height);
            }
            let first = page.branch_element(0);
            id = first.ok_or_else(|| self.damaged(Corruption::Element { page: id, element: 0 }))?.child;
        }
        Err(self.damaged(Corruption::TooDeep { page: id }))
    }

    /// The branch or leaf page with this id.
    fn page(&self, id: u64) -> Result<Page<'e>, EditError> {
        self.in_range(id)?;
        let page = self.db.page(id).ok_or_else(|| self.damaged(Corruption::PageRange { page: id }))?;
        match page.kind {
            PageKind::Branch | PageKind::Leaf if page.id == id => Ok(page),
            _ => Err(self.damaged(Corruption::PageHeader { page: id })),
        }
    }

    /// Refuses a page id that is not below the high-water mark, even of a page that is not opened: new pages will get
    /// such ids.
    fn in_range(&self, page: u64) -> Result<(), EditError> {
        let existing = 2..self.db.meta().high_water_mark;
        if existing.contains(&page) { Ok(()) } else { Err(self.damaged(Corruption::PageRange { page })) }
    }

    /// Reads a page of this height (1 for a leaf) and those below it that have changes, and applies the changes.
    pub fn open(
        &self,
        at: Reference<'e>,
        height: u32,
        changes: &[ElementChange<'e>],
    ) -> Result<Subtree<'e>, EditError> {
        if height == 1 {
            return Ok(Subtree::Leaf(self.apply(self.leaf(at)?, changes)?));
        }
        let children = self.branch(at)?;
        let (mut opened, mut rest) = (Vec::with_capacity(children.len()), changes);
        for (index, child) in (1..).zip(&children) {
            let next = children.get(index).map(|next| next.child.key);
            let end = next.map_or(rest.len(), |next| rest.partition_point(|change| change.key < next));
            let (here, after) = rest.split_at(end);
            rest = after;
            opened.push(if here.is_empty() { Subtree::Kept(*child) } else { self.open(*child, height - 1, here)? });
        }
        Ok(Subtree::Branch(opened))
    }

    /// The children of a branch page.
    pub fn branch(&self, at: Reference<'e>) -> Result<Vec<Reference<'e>>, EditError> {
        let id = at.child.page;
        let page = self.page(id)?;
        if page.kind != PageKind::Branch {
            return Err(self.damaged(Corruption::PageHeader { page: id }));
        }
        let mut children: Vec<Reference<'e>> = Vec::with_capacity(page.count.into());
        for index in 0..page.count {
            let unsound = || self.damaged(Corruption::Element { page: id, element: index });
            let found = page.branch_element(index).ok_or_else(unsound)?;
            self.in_range(found.child)?;
            let Element { key, key_size, .. } = self.checked_element(0, found.key, &[])?;
            if let Some(before) = children.last_mut() {
                before.high = Some(key);
            }
            children.push(Reference { child: Child { key, key_size, page: found.child }, high: at.high });
        }
        self.in_order(&page, at, children.iter().map(|below| below.child.key))?;
        Ok(children)
    }

    /// The elements of a leaf page.
    pub fn leaf(&self, at: Reference<'e>) -> Result<Vec<Element<'e>>, EditError> {
        self.elements(&self.page(at.child.page)?, at)
    }

    /// The elements of an inline page.
    pub fn inline(&self, page: &Page<'e>) -> Result<Vec<Element<'e>>, EditError> {
        self.elements(page, Reference::root(0))
    }

    /// The elements of a leaf page, checked.
    fn elements(&self, page: &Page<'e>, at: Reference<'_>) -> Result<Vec<Element<'e>>, EditError> {
        let id = page.position.unwrap_or(0);
        if page.kind != PageKind::Leaf {
            return Err(self.damaged(Corruption::PageHeader { page: id }));
        }
        let mut elements = Vec::with_capacity(page.count.into());
        let mut room = page.bytes().len() as u64;
        for index in 0..page.count {
            let unsound = || self.damaged(Corruption::Element { page: id, element: index });
            let found = page.leaf_element(index).filter(|found| found.flags <= BUCKET_FLAG).ok_or_else(unsound)?;
            let element = self.checked_element(found.flags, found.key, found.value)?;
            // Elements that overlap could add up to any number of bytes.
            room = room.checked_sub(element.bytes().into()).ok_or_else(unsound)?;
            if element.is_bucket() {
                let header = BucketHeader::parse(element.value, self.db.order());
                match header.ok_or_else(|| self.damaged(Corruption::BucketHeader))?.root {
                    0 => {}
                    root => self.in_range(root)?,
                }
            }
            elements.push(element);
        }
        self.in_order(page, at, elements.iter().map(|element| element.key))?;
        Ok(elements)
    }

    /// An element that may be written: its key and value have sizes that bbolt accepts.
    fn checked_element(&self, flags: u32, key: &'e [u8], value: &'e [u8]) -> Result<Element<'e>, EditError> {
        Element::new(flags, key, value).map_err(|source| {
            let key = key.get(..64).unwrap_or(key).into();
            EditError::Element { bucket: self.bucket.into(), key, source }
        })
    }

    /// Checks that keys ascend, begin with the key that the parent has for the page, and stay below the parent's next key.
    fn in_order<'k>(
        &self,
        page: &Page<'_>,
        at: Reference<'_>,
        keys: impl Iterator<Item = &'k [u8]>,
    ) -> Result<(), EditError> {
        let (id, low) = (page.position.unwrap_or(0), at.child.key);
        if page.count == 0 && (page.kind == PageKind::Branch || !low.is_empty()) {
            return Err(self.damaged(Corruption::EmptyPage { page: id }));
        }
        let mut previous: &[u8] = &[];
        for (element, key) in (0..).zip(keys) {
            let first_differs = element == 0 && !low.is_empty() && key != low;
            if key <= previous || first_differs || at.high.is_some_and(|high| key >= high) {
                return Err(self.damaged(Corruption::KeyOrder { page: id, element }));
            }
            previous = key;
        }
        Ok(())
    }

    /// Merges changes into elements, both in key order.
    pub fn apply(
        &self,
        elements: Vec<Element<'e>>,
        changes: &[ElementChange<'e>],
    ) -> Result<Vec<Element<'e>>, EditError> {
        let mut merged = Vec::with_capacity(elements.len() + changes.len());
        let mut elements = elements.into_iter().peekable();
        for change in changes {
            while let Some(before) = elements.next_if(|element| element.key < change.key) {
                merged.push(before);
            }
            if let Some(old) = elements.next_if(|element| element.key == change.key)
                && old.flags != change.flags
            {
                return Err(self.other_kind(change));
            }
            if let Some(value) = change.value {
                merged.push(self.checked_element(change.flags, change.key, value)?);
            }
        }
        merged.extend(elements);
        Ok(merged)
    }

    /// The error for a change of a value where the file has a bucket, or the reverse.
    fn other_kind(&self, change: &ElementChange<'_>) -> EditError {
        match change.flags {
            0 => EditError::NotAValue { bucket: self.bucket.into(), key: change.key.into() },
            _ => EditError::NotABucket { bucket: change.key.into() },
        }
    }
}
