//! [`Cursor`]: moves through one bucket in key order.
//!
//! A cursor holds the path from the root page to the current leaf. Every page id is checked against the high-water mark,
//! the path is at most [`MAX_DEPTH`] long, and a step that does not move strictly forward (or backward) in key order is
//! an error, so a damaged file cannot make it run for ever.

use std::cmp::Ordering;

use crate::bucket::{Bucket, Root};
use crate::corruption::Corruption;
use crate::format::{MAX_DEPTH, PageKind};
use crate::page::{LeafElement, Page};

/// A position in a bucket, from which a caller moves to the next or previous element; starts before the first element.
#[derive(Clone, Debug)]
pub struct Cursor<'a> {
    bucket: Bucket<'a>,
    /// Pages from the root to the leaf, each with the index of the element the path goes through.
    path: Vec<(Page<'a>, u16)>,
    current: Option<&'a [u8]>,
    started: bool,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(bucket: &Bucket<'a>) -> Self {
        Self { bucket: *bucket, path: Vec::new(), current: None, started: false }
    }

    /// Moves to the first element.
    pub fn first(&mut self) -> Result<Option<LeafElement<'a>>, Corruption> {
        self.restart()?;
        self.descend(|_| 0)?;
        self.read_current(None)
    }

    /// Moves to the last element.
    pub fn last(&mut self) -> Result<Option<LeafElement<'a>>, Corruption> {
        self.restart()?;
        self.descend(|page| page.count.saturating_sub(1))?;
        self.read_current(None)
    }

    /// Moves to the first element whose key is not below `key`.
    pub fn seek(&mut self, key: &[u8]) -> Result<Option<LeafElement<'a>>, Corruption> {
        self.restart()?;
        self.descend(|page| match page.kind {
            PageKind::Branch => {
                partition(page.count, |index| page.branch_element(index).is_some_and(|element| element.key <= key))
                    .saturating_sub(1)
            }
            _ => partition(page.count, |index| page.leaf_element(index).is_some_and(|element| element.key < key)),
        })?;
        match self.path.last() {
            // The wanted key is after the last one of this leaf: the next leaf has it, if there is a next leaf.
            Some((page, index)) if page.count > 0 && *index >= page.count => {
                if let Some((page, index)) = self.path.last_mut() {
                    *index = page.count - 1;
                }
                self.read_current(None)?;
                self.next()
            }
            _ => self.read_current(None),
        }
    }

    /// Moves to the next element; the first call moves to the first element. `None` after the last.
    #[expect(clippy::should_implement_trait, reason = "a cursor goes both ways and may fail, an iterator may not")]
    pub fn next(&mut self) -> Result<Option<LeafElement<'a>>, Corruption> {
        if !self.started {
            return self.first();
        }
        let before = self.current;
        while let Some((page, index)) = self.path.last_mut() {
            if index.checked_add(1).is_some_and(|next| next < page.count) {
                *index += 1;
                self.descend(|_| 0)?;
                return self.read_current(before.map(|key| (key, Ordering::Greater)));
            }
            self.path.pop();
        }
        self.current = None;
        Ok(None)
    }

    /// Moves to the previous element; the first call moves to the last element. `None` before the first.
    pub fn prev(&mut self) -> Result<Option<LeafElement<'a>>, Corruption> {
        if !self.started {
            return self.last();
        }
        let before = self.current;
        while let Some((_, index)) = self.path.last_mut() {
            if *index > 0 {
                *index -= 1;
                self.descend(|page| page.count.saturating_sub(1))?;
                return self.read_current(before.map(|key| (key, Ordering::Less)));
            }
            self.path.pop();
        }
        self.current = None;
        Ok(None)
    }

    /// Sets the path to the root page.
    fn restart(&mut self) -> Result<(), Corruption> {
        self.started = true;
        self.current = None;
        self.path.clear();
        let page = match self.bucket.root {
            Root::Inline(page) => page,
            Root::Page(id) => self.load(id)?,
        };
        self.path.push((page, 0));
        Ok(())
    }

    /// Goes down from the last page of the path to a leaf; `choose` picks the element on every page entered, including
    /// the root page when the path has just been started.
    fn descend(&mut self, choose: impl Fn(&Page<'a>) -> u16) -> Result<(), Corruption> {
        let fresh = self.path.len() == 1 && self.current.is_none();
        if fresh && let Some((page, index)) = self.path.last_mut() {
            *index = choose(page);
        }
        // Ends, because every round makes the path longer, up to `MAX_DEPTH`.
        while let Some((page, index)) = self.path.last().copied() {
            if page.kind == PageKind::Leaf {
                return Ok(());
            }
            if self.path.len() >= MAX_DEPTH as usize {
                return Err(Corruption::TooDeep { page: page.position.unwrap_or(0) });
            }
            let here = page.position.unwrap_or(0);
            let element = page.branch_element(index).ok_or(Corruption::Element { page: here, element: index })?;
            let child = self.load(element.child)?;
            if child.count == 0 {
                return Err(Corruption::EmptyPage { page: element.child });
            }
            self.path.push((child, choose(&child)));
        }
        Ok(())
    }

    /// Reads the element at the end of the path. After a move, `moved` has the previous key and how the new one must
    /// compare to it.
    fn read_current(&mut self, moved: Option<(&[u8], Ordering)>) -> Result<Option<LeafElement<'a>>, Corruption> {
        let Some((page, index)) = self.path.last().copied() else { return Ok(None) };
        if page.count == 0 {
            return Ok(None);
        }
        let here = page.position.unwrap_or(0);
        let element = page.leaf_element(index).ok_or(Corruption::Element { page: here, element: index })?;
        if moved.is_some_and(|(before, direction)| element.key.cmp(before) != direction) {
            return Err(Corruption::KeyOrder { page: here, element: index });
        }
        self.current = Some(element.key);
        Ok(Some(element))
    }

    /// The error for a caller that has read more bytes of elements than the file has.
    pub(crate) fn sharing_error(&self) -> Corruption {
        let here = self.path.last().map(|(page, element)| (page.position.unwrap_or(0), *element));
        let (page, element) = here.unwrap_or_default();
        Corruption::Sharing { page, element }
    }

    /// The branch or leaf page with this id.
    fn load(&self, id: u64) -> Result<Page<'a>, Corruption> {
        if id < 2 || id >= self.bucket.db.meta().high_water_mark {
            return Err(Corruption::PageRange { page: id });
        }
        let page = self.bucket.db.page(id).ok_or(Corruption::PageRange { page: id })?;
        match page.kind {
            PageKind::Branch | PageKind::Leaf if page.id == id => Ok(page),
            _ => Err(Corruption::PageHeader { page: id }),
        }
    }
}

/// Number of indexes below `count`, from 0 on, for which `before` holds; found by binary search.
fn partition(count: u16, before: impl Fn(u16) -> bool) -> u16 {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        if before(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}
