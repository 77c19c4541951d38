//! What a round of the walk has before it: leaves, and the branches that say what each of them must hold.

use std::hint::black_box;

use super::OwnPages;
use super::page_rules::Bounds;
use crate::db::Db;
use crate::page::Page;

/// Following keys of a branch that are looked at for an upper bound; only damage makes more than one necessary.
const KEYS_TRIED: usize = 16;

/// Leaves that are [fetched](Forest::fetched) together: few enough to stay in the nearest cache.
pub(super) const PREFETCH_GROUP: usize = 16;

/// A page that the next branch level, or the next round, begins at.
#[derive(Clone, Copy)]
pub(super) struct PendingPage<'a> {
    pub bucket: u32,
    pub page: u64,
    pub bounds: Bounds<'a>,
    /// 1 for the root of a bucket.
    pub level: u32,
    /// Its header is checked and its overflow claimed already, because it was taken for something else before.
    pub opened: Option<OwnPages>,
}

/// A branch page that was followed; leaves find the keys their parent has for them here.
pub(super) struct ParentBranch<'a> {
    pub page: Page<'a>,
    pub bucket: u32,
    pub high: Option<&'a [u8]>,
    pub level: u32,
}

/// A leaf to be checked. There is one for every leaf page of the file, so it is small.
#[derive(Clone, Copy)]
pub(super) struct PendingLeaf {
    pub page: u64,
    /// Index into the branches, or into the entries of leaves that no followed branch points to.
    parent: u32,
    /// The branch's element.
    element: u16,
    has_branch: bool,
}

/// The leaves of one round and the branches above them.
#[derive(Default)]
pub(super) struct PendingLeaves<'a> {
    branches: Vec<ParentBranch<'a>>,
    entries: Vec<PendingPage<'a>>,
    /// In key order within each bucket.
    pub leaves: Vec<PendingLeaf>,
    /// Leaves that were found where a branch was expected, and what of their runs is theirs.
    pub misplaced: Vec<(PendingPage<'a>, Page<'a>, OwnPages)>,
}

impl<'a> PendingLeaves<'a> {
    pub fn add_entry(&mut self, entry: PendingPage<'a>) {
        let parent = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        self.leaves.push(PendingLeaf { page: entry.page, parent, element: 0, has_branch: false });
        self.entries.push(entry);
    }

    pub fn add_branch(&mut self, branch: ParentBranch<'a>, children: &[(u16, u64)]) {
        let at = u32::try_from(self.branches.len()).unwrap_or(u32::MAX);
        self.branches.push(branch);
        let leaf = |&(element, page): &(u16, u64)| PendingLeaf { page, parent: at, element, has_branch: true };
        self.leaves.extend(children.iter().map(leaf));
    }

    /// A byte of what a branch has for a leaf.
    fn first_byte_of_element(&self, leaf: usize) -> u8 {
        let leaf = self.leaves[leaf];
        let branch = self.branches.get(leaf.parent as usize).filter(|_| leaf.has_branch);
        branch.map_or(0, |branch| branch.page.first_byte_of_element(leaf.element))
    }

    /// Some leaves, with all that is needed to check them in the nearest cache. Leaves that are next to each other in the file have
    /// their branches all over it. The processor waits for many memory accesses at once when none of them depends on another, so
    /// they are made in short loops: the branches' elements, then the keys those point to, then the leaves.
    pub fn prefetch(&self, db: &Db<'a>, leaves: impl Iterator<Item = usize> + Clone) -> Vec<PendingPage<'a>> {
        black_box(leaves.clone().fold(0, |sum, leaf| sum ^ self.first_byte_of_element(leaf)));
        let entries: Vec<_> = leaves.map(|leaf| self.entry(leaf)).collect();
        let first_byte =
            |entry: &PendingPage<'a>| entry.bounds.low.and_then(<[u8]>::first).copied().unwrap_or_default();
        black_box(entries.iter().fold(0, |sum, entry| sum ^ first_byte(entry)));
        for entry in &entries {
            db.touch(entry.page);
        }
        entries
    }

    pub fn entry(&self, leaf: usize) -> PendingPage<'a> {
        let leaf = self.leaves[leaf];
        if !leaf.has_branch {
            return self.entries[leaf.parent as usize];
        }
        let branch = &self.branches[leaf.parent as usize];
        let (bucket, level) = (branch.bucket, branch.level + 1);
        PendingPage { bucket, page: leaf.page, bounds: branch.bounds_of(leaf.element), level, opened: None }
    }
}

impl<'a> ParentBranch<'a> {
    /// What the branch says about its child at `index`; the key of an unsound element bounds nothing.
    pub fn bounds_of(&self, index: u16) -> Bounds<'a> {
        let key = |index| self.page.branch_element(index).map(|element| element.key).filter(|key| !key.is_empty());
        let above = index.saturating_add(1)..self.page.count;
        Bounds { low: key(index), high: above.take(KEYS_TRIED).find_map(key).or(self.high), root: false }
    }
}
