//! [`TreeBuilder`]: builds the tree of one bucket from left to right: a leaf that is being filled, and above it one level of
//! branches for each level below that has more than one page.
//!
//! Only the right edge of the tree is in memory. Pages are written as soon as they are complete, children before parents.

use super::branch::Child;
use super::built_bucket::BuiltBucket;
use super::element::Element;
use super::leaf::Leaf;
use super::level::{Level, root_above};
use super::page_writer::PageWriter;

/// The right edge of a tree that is being built.
#[derive(Debug)]
pub(crate) struct TreeBuilder {
    leaf: Leaf,
    /// The levels of branches; level 0 is directly above the leaves.
    levels: Vec<Level<Box<[u8]>>>,
    has_buckets: bool,
    /// Bytes of a page that is full.
    limit: u32,
}

impl TreeBuilder {
    /// Makes an empty tree whose pages are full at `limit` bytes.
    pub fn new(limit: u32) -> Self {
        Self { leaf: Leaf::new(), levels: Vec::new(), has_buckets: false, limit }
    }

    /// Adds an element, whose key must be above all before it.
    #[inline]
    pub fn put(&mut self, element: &Element<'_>, pages: &mut PageWriter) {
        if !self.leaf.is_empty() && !self.leaf.takes(element, self.limit, pages.page_size()) {
            self.close_leaf(pages);
        }
        self.has_buckets |= element.is_bucket();
        self.leaf.push(element);
    }

    /// Writes the leaf and begins the next one.
    fn close_leaf(&mut self, pages: &mut PageWriter) {
        let child = self.leaf.as_child(pages.leaf(&self.leaf));
        self.leaf.clear();
        self.raise(0, child, pages);
    }

    /// Adds a complete page to `level`, and the branches that this completes to the levels above.
    fn raise(&mut self, level: usize, child: Child<Box<[u8]>>, pages: &mut PageWriter) {
        let mut rising = Some(child);
        for level in level.. {
            let Some(child) = rising else { return };
            if self.levels.len() <= level {
                self.levels.push(Level::new());
            }
            let open = self.levels.get_mut(level);
            rising = open.and_then(|open| open.push(child, self.limit)).and_then(|branch| pages.branch(branch));
        }
    }

    /// Finishes a bucket; one that is small enough to be inline gets no page.
    pub fn finish(self, pages: &mut PageWriter) -> BuiltBucket {
        let alone = self.levels.is_empty() && !self.has_buckets;
        if alone && self.leaf.bytes() <= inline_limit(pages.page_size()) {
            BuiltBucket::Inline(self.leaf)
        } else {
            BuiltBucket::Page(self.finish_pages(pages))
        }
    }

    /// Writes the pages of the right edge and returns the id of the root page.
    pub fn finish_pages(self, pages: &mut PageWriter) -> u64 {
        let mut complete = vec![self.leaf.as_child(pages.leaf(&self.leaf))];
        for level in self.levels {
            complete = level.close(complete, self.limit, pages);
        }
        root_above(complete, self.limit, pages)
    }
}

/// The most bytes of a bucket's leaf that bbolt stores inline, if there is no bucket in it
/// (`docs/format/bbolt.md#inline-buckets`).
pub(crate) fn inline_limit(page_size: u32) -> u32 {
    page_size / 4
}
