//! [`PendingLeaves`]: the leaves that a round of the walk has to check, and the branches with their parents' keys.

use std::hint::black_box;

use super::page_header::OwnPages;
use super::page_rules::Bounds;
use crate::db::Db;
use crate::page::Page;

/// Most keys of a branch that are tried as the upper bound of a child; only damage makes more than one necessary.
const KEYS_TRIED: usize = 16;

/// Leaves that are [prefetched](PendingLeaves::prefetch) together: few enough to stay in the first-level cache.
pub(super) const PREFETCH_GROUP: usize = 16;

/// A page to visit in the next branch level or the next round, with what its parent says about it.
#[derive(Clone, Copy)]
pub(super) struct PendingPage<'a> {
    pub bucket: u32,
    pub page: u64,
    pub bounds: Bounds<'a>,
    /// Level in its bucket's tree, 1 for the root page.
    pub level: u32,
    /// Present when its header is checked and its overflow visited already: it was a branch found where a leaf was expected.
    pub opened: Option<OwnPages>,
}

/// A branch page whose children are leaves; kept because it has the keys that bound them.
pub(super) struct ParentBranch<'a> {
    pub page: Page<'a>,
    pub bucket: u32,
    pub high: Option<&'a [u8]>,
    pub level: u32,
}

/// A leaf page to check. There is one for every leaf page of the file, so it is small.
#[derive(Clone, Copy)]
pub(super) struct PendingLeaf {
    pub page: u64,
    /// Index into the branches, or into the pages without a branch.
    parent: u32,
    /// Index of the element of the branch that refers to it.
    element: u16,
    has_branch: bool,
}

/// The leaves of one round and the branches above them.
#[derive(Default)]
pub(super) struct PendingLeaves<'a> {
    branches: Vec<ParentBranch<'a>>,
    /// Leaves that are the root page of their bucket, so that no branch refers to them.
    roots: Vec<PendingPage<'a>>,
    /// In key order within each bucket.
    pub leaves: Vec<PendingLeaf>,
    /// Leaves that were found where a branch was expected (damage), with the part of their run that is theirs.
    pub misplaced: Vec<(PendingPage<'a>, Page<'a>, OwnPages)>,
}

impl<'a> PendingLeaves<'a> {
    /// Adds a leaf that is the root page of its bucket.
    pub fn add_root(&mut self, root: PendingPage<'a>) {
        let parent = u32::try_from(self.roots.len()).unwrap_or(u32::MAX);
        self.leaves.push(PendingLeaf { page: root.page, parent, element: 0, has_branch: false });
        self.roots.push(root);
    }

    /// Adds the children of a branch of the lowest branch level: the index of each element, and the page it refers to.
    pub fn add_branch(&mut self, branch: ParentBranch<'a>, children: &[(u16, u64)]) {
        let at = u32::try_from(self.branches.len()).unwrap_or(u32::MAX);
        self.branches.push(branch);
        let leaf = |&(element, page): &(u16, u64)| PendingLeaf { page, parent: at, element, has_branch: true };
        self.leaves.extend(children.iter().map(leaf));
    }

    /// The first byte of the element of the branch that refers to a leaf; reading it fetches the element.
    fn first_byte_of_element(&self, leaf: usize) -> u8 {
        let leaf = self.leaves[leaf];
        let branch = self.branches.get(leaf.parent as usize).filter(|_| leaf.has_branch);
        branch.map_or(0, |branch| branch.page.first_byte_of_element(leaf.element))
    }

    /// Brings everything that checking some leaves needs into the first-level cache, and returns the leaves with their
    /// bounds. Leaves that are neighbours in the file have their branches anywhere in it. The processor overlaps memory
    /// accesses that do not depend on one another, so they are made in short loops: the branches' elements, then the
    /// keys those point to, then the leaves.
    pub fn prefetch(&self, db: &Db<'a>, leaves: impl Iterator<Item = usize> + Clone) -> Vec<PendingPage<'a>> {
        black_box(leaves.clone().fold(0, |sum, leaf| sum ^ self.first_byte_of_element(leaf)));
        let pages: Vec<_> = leaves.map(|leaf| self.page(leaf)).collect();
        let first_byte = |page: &PendingPage<'a>| page.bounds.low.and_then(<[u8]>::first).copied().unwrap_or_default();
        black_box(pages.iter().fold(0, |sum, page| sum ^ first_byte(page)));
        for page in &pages {
            db.touch(page.page);
        }
        pages
    }

    /// A leaf with its bounds.
    pub fn page(&self, leaf: usize) -> PendingPage<'a> {
        let leaf = self.leaves[leaf];
        if !leaf.has_branch {
            return self.roots[leaf.parent as usize];
        }
        let branch = &self.branches[leaf.parent as usize];
        let (bucket, level) = (branch.bucket, branch.level + 1);
        PendingPage { bucket, page: leaf.page, bounds: branch.bounds_of(leaf.element), level, opened: None }
    }
}

impl<'a> ParentBranch<'a> {
    /// The bounds of the child at `index`. The key of an unsound element is not used as a bound.
    pub fn bounds_of(&self, index: u16) -> Bounds<'a> {
        let key = |index| self.page.branch_element(index).map(|element| element.key).filter(|key| !key.is_empty());
        let above = index.saturating_add(1)..self.page.count;
        Bounds { low: key(index), high: above.take(KEYS_TRIED).find_map(key).or(self.high), root: false }
    }
}
