//! The part of a bucket's tree that an edit opens: the pages on the way to each change, as lists in memory. Everything else
//! stays where it is in the file and is only referred to.

use super::EditError;
use crate::bucket::BucketHeader;
use crate::build::{Child, Element};
use crate::db::Db;
use crate::format::{BUCKET_FLAG, MAX_DEPTH, PageKind};
use crate::page::Page;
use crate::problem::Corruption;

/// A page of the file as its parent refers to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reference<'e> {
    /// The page, and what must be its first key; no key at all for the root of a bucket.
    pub child: Child<&'e [u8]>,
    /// The parent's next key; all keys must be below it.
    pub high: Option<&'e [u8]>,
}

impl Reference<'_> {
    /// The root of a bucket.
    pub fn root(page: u64) -> Self {
        Self { child: Child { key: &[], key_size: 0, page }, high: None }
    }
}

/// A page with all below it.
#[derive(Debug)]
pub(super) enum Subtree<'e> {
    /// Unchanged, in the file.
    Kept(Reference<'e>),
    /// Elements that will be one leaf, or several, or none.
    Leaf(Vec<Element<'e>>),
    /// Subtrees that will share a branch, or several.
    Branch(Vec<Subtree<'e>>),
}

/// What becomes of one key.
#[derive(Clone, Copy, Debug)]
pub(super) struct ElementChange<'e> {
    pub key: &'e [u8],
    /// Flags of the element, before and after: a value stays a value and a bucket a bucket.
    pub flags: u32,
    /// The new value; `None` to delete the key.
    pub value: Option<&'e [u8]>,
}

/// Opens pages of one bucket. Believes nothing: an unsound page is an error, and no page costs more memory than it has bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct SubtreeReader<'e> {
    pub db: Db<'e>,
    /// The bucket's name; empty for the root bucket.
    pub bucket: &'e [u8],
}

impl<'e> SubtreeReader<'e> {
    pub fn damaged(&self, source: Corruption) -> EditError {
        EditError::Source { bucket: self.bucket.into(), source }
    }

    /// Levels of pages from `root` down to the leaves.
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

    /// A branch or leaf page where it says it is.
    fn page(&self, id: u64) -> Result<Page<'e>, EditError> {
        self.in_range(id)?;
        let page = self.db.page(id).ok_or_else(|| self.damaged(Corruption::PageRange { page: id }))?;
        match page.kind {
            PageKind::Branch | PageKind::Leaf if page.id == id => Ok(page),
            _ => Err(self.damaged(Corruption::PageHeader { page: id })),
        }
    }

    /// No page that is referred to lies where new pages will go, also when it is kept as it is.
    fn in_range(&self, page: u64) -> Result<(), EditError> {
        let existing = 2..self.db.meta().high_water_mark;
        if existing.contains(&page) { Ok(()) } else { Err(self.damaged(Corruption::PageRange { page })) }
    }

    /// Opens a page of height `height` (1 for a leaf), and those below it that have changes.
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
            let (here, behind) = rest.split_at(end);
            rest = behind;
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
            // Elements that overlap could make a small page stand for any number of bytes.
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

    fn checked_element(&self, flags: u32, key: &'e [u8], value: &'e [u8]) -> Result<Element<'e>, EditError> {
        Element::new(flags, key, value).map_err(|source| {
            let key = key.get(..64).unwrap_or(key).into();
            EditError::Element { bucket: self.bucket.into(), key, source }
        })
    }

    /// Keys ascend, begin with the one that the parent has for the page, and end before its next one.
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

    fn other_kind(&self, change: &ElementChange<'_>) -> EditError {
        match change.flags {
            0 => EditError::NotAValue { bucket: self.bucket.into(), key: change.key.into() },
            _ => EditError::NotABucket { bucket: change.key.into() },
        }
    }
}
