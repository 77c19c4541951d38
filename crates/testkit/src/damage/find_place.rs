//! Finds the page or the element that a corruption damages: the one nearest to the middle of the bucket `key`, which has
//! neighbours on both sides.

use std::collections::BTreeSet;

use super::parsed_database::{BranchEntry, LeafEntry, NotApplicable, Owner, Page, ParsedDatabase};

impl ParsedDatabase {
    /// The leaf nearest to the middle for which `suits` is true; never the bucket's root.
    pub fn find_leaf(&self, suits: impl Fn(&Page) -> bool) -> Result<Page, NotApplicable> {
        let leaves = self.key_pages(|page| page.is_leaf && page.parent.is_some());
        from_middle(&leaves).find(|page| suits(page)).cloned().ok_or(NotApplicable("no such leaf"))
    }

    /// The branch directly above leaves, nearest to the middle, for which `suits` is true; never the bucket's root.
    pub fn find_branch(&self, suits: impl Fn(&Page) -> bool) -> Result<Page, NotApplicable> {
        let leaves = self.key_pages(|page| page.is_leaf);
        let above: BTreeSet<u64> =
            leaves.iter().filter_map(|leaf| leaf.parent).map(|(branch, _)| self.pages[branch].id).collect();
        let branches = self.key_pages(|page| above.contains(&page.id) && page.parent.is_some());
        from_middle(&branches).find(|page| suits(page)).cloned().ok_or(NotApplicable("no such branch"))
    }

    /// The result of `find` on the elements of a leaf without overflow: of the leaf nearest to the middle that has one.
    pub fn find_in_leaf<T>(&self, find: impl Fn(&Page, &[LeafEntry]) -> Option<T>) -> Result<T, NotApplicable> {
        let leaves = self.key_pages(|page| page.is_leaf && page.parent.is_some() && page.run == 1);
        from_middle(&leaves)
            .find_map(|leaf| find(leaf, &self.leaf_entries(self.at(leaf.id).ok()?).ok()?))
            .ok_or(NotApplicable("no such element in a leaf"))
    }

    /// The result of `find` on the elements of a branch: of the branch nearest to the middle that has one (see
    /// [`ParsedDatabase::find_branch`]).
    pub fn find_in_branch<T>(&self, find: impl Fn(&Page, &[BranchEntry]) -> Option<T>) -> Result<T, NotApplicable> {
        let branch = self
            .find_branch(|branch| self.branch_entries(branch).is_ok_and(|entries| find(branch, &entries).is_some()))?;
        find(&branch, &self.branch_entries(&branch)?).ok_or(NotApplicable("no such element in a branch"))
    }

    /// The pages of the bucket `key` for which `wanted` is true, in key order.
    pub fn key_pages(&self, wanted: impl Fn(&Page) -> bool) -> Vec<Page> {
        self.pages.iter().filter(|page| page.owner == Owner::Key && wanted(page)).cloned().collect()
    }
}

/// Iterates from the middle item to the last, then from the one before the middle to the first.
fn from_middle<T>(items: &[T]) -> impl Iterator<Item = &T> {
    let (before, after) = items.split_at(items.len() / 2);
    after.iter().chain(before.iter().rev())
}
