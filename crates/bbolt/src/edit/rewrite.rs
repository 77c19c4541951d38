//! Rewriting one bucket: writes the changed part of its tree to new pages, from the leaves up to the root page.

use super::EditError;
use super::subtree::{ElementChange, Reference, Subtree, SubtreeReader};
use crate::bucket::Root;
use crate::build::{BuiltBucket, Child, Element, Leaf, Level, PageWriter, inline_limit, root_above};

impl<'e> SubtreeReader<'e> {
    /// Applies `changes`, which are in key order, to a bucket and writes its new pages. Without `base` the bucket begins
    /// empty. As in bbolt, a small bucket is stored inline and needs no page.
    pub fn rewrite(
        &self,
        base: Option<Root<'e>>,
        changes: &[ElementChange<'e>],
        pages: &mut PageWriter,
    ) -> Result<BuiltBucket, EditError> {
        let tree = match base {
            None => Subtree::Leaf(self.apply(Vec::new(), changes)?),
            Some(Root::Inline(page)) => Subtree::Leaf(self.apply(self.inline(&page)?, changes)?),
            Some(Root::Page(root)) => self.changed_tree(root, changes)?,
        };
        Ok(match inline(&tree, pages.page_size()) {
            Some(leaf) => BuiltBucket::Inline(leaf),
            None => BuiltBucket::Page(write_pages(tree, pages)),
        })
    }

    /// Does the same for the root bucket, which is never inline. Returns its new root page.
    pub fn rewrite_root(
        &self,
        root: u64,
        changes: &[ElementChange<'e>],
        pages: &mut PageWriter,
    ) -> Result<u64, EditError> {
        Ok(write_pages(self.changed_tree(root, changes)?, pages))
    }

    /// Reads the tree below a root page as far as it changes, applies the changes, and rebalances it.
    fn changed_tree(&self, page: u64, changes: &[ElementChange<'e>]) -> Result<Subtree<'e>, EditError> {
        let height = self.height(page)?;
        let root = self.open(Reference::root(page), height, changes)?;
        self.rebalance_root(root, height)
    }
}

/// Writes the new pages of a tree; returns its root page.
fn write_pages(root: Subtree<'_>, pages: &mut PageWriter) -> u64 {
    let limit = pages.page_size();
    let level = write(root, limit, pages);
    root_above(level, limit, pages)
}

/// The leaf of a bucket that is small enough to be inline.
fn inline(root: &Subtree<'_>, page_size: u32) -> Option<Leaf> {
    let Subtree::Leaf(elements) = root else { return None };
    let mut leaf = Leaf::new();
    for element in elements {
        if element.is_bucket() || !leaf.has_room(element, inline_limit(page_size)) {
            return None;
        }
        leaf.push(element);
    }
    Some(leaf)
}

/// Writes the new pages of a rebalanced subtree; returns those of its highest level.
fn write<'e>(subtree: Subtree<'e>, limit: u32, pages: &mut PageWriter) -> Vec<Child<&'e [u8]>> {
    match subtree {
        Subtree::Kept(reference) => vec![reference.child],
        Subtree::Leaf(elements) => write_leaves(&elements, limit, pages),
        Subtree::Branch(children) => {
            let level: Vec<_> = children.into_iter().flat_map(|child| write(child, limit, pages)).collect();
            Level::new().close(level, limit, pages)
        }
    }
}

/// Writes elements to as many leaf pages as they need.
fn write_leaves<'e>(elements: &[Element<'e>], limit: u32, pages: &mut PageWriter) -> Vec<Child<&'e [u8]>> {
    let mut level = Vec::new();
    let mut leaf = Leaf::new();
    let mut first: Option<&Element<'e>> = None;
    let mut close = |leaf: &Leaf, first: Option<&Element<'e>>| {
        let child = |first: &Element<'e>| Child { key: first.key, key_size: first.key_size, page: pages.leaf(leaf) };
        level.extend(first.map(child));
    };
    for element in elements {
        if !leaf.has_room(element, limit) {
            close(&leaf, first.take());
            leaf.clear();
        }
        first.get_or_insert(element);
        leaf.push(element);
    }
    close(&leaf, first);
    level
}
