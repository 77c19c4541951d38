//! Choosing a place for damage: near the middle of the bucket `key`, where neighbours exist on both sides.

use std::collections::BTreeSet;

use super::subject::{BranchEntry, LeafEntry, NotApplicable, Owner, Page, Subject};

impl Subject {
    /// The leaf nearest to the middle that suits, never the bucket's root.
    pub fn leaf(&self, suits: impl Fn(&Page) -> bool) -> Result<Page, NotApplicable> {
        let leaves = self.key_pages(|page| page.is_leaf && page.parent.is_some());
        from_middle(&leaves).find(|page| suits(page)).cloned().ok_or(NotApplicable("no such leaf"))
    }

    /// The branch nearest to the middle that suits: above leaves, and never the bucket's root.
    pub fn branch(&self, suits: impl Fn(&Page) -> bool) -> Result<Page, NotApplicable> {
        let leaves = self.key_pages(|page| page.is_leaf);
        let above: BTreeSet<u64> =
            leaves.iter().filter_map(|leaf| leaf.parent).map(|(branch, _)| self.pages[branch].id).collect();
        let branches = self.key_pages(|page| above.contains(&page.id) && page.parent.is_some());
        from_middle(&branches).find(|page| suits(page)).cloned().ok_or(NotApplicable("no such branch"))
    }

    /// What `find` finds in the elements of the leaf of one page nearest to the middle.
    pub fn in_leaf<T>(&self, find: impl Fn(&Page, &[LeafEntry]) -> Option<T>) -> Result<T, NotApplicable> {
        let leaves = self.key_pages(|page| page.is_leaf && page.parent.is_some() && page.run == 1);
        from_middle(&leaves)
            .find_map(|leaf| find(leaf, &self.leaf_entries(self.at(leaf.id).ok()?).ok()?))
            .ok_or(NotApplicable("no such element in a leaf"))
    }

    /// What `find` finds in the elements of the branch nearest to the middle, as in [`Subject::branch`].
    pub fn in_branch<T>(&self, find: impl Fn(&Page, &[BranchEntry]) -> Option<T>) -> Result<T, NotApplicable> {
        let branch =
            self.branch(|branch| self.branch_entries(branch).is_ok_and(|entries| find(branch, &entries).is_some()))?;
        find(&branch, &self.branch_entries(&branch)?).ok_or(NotApplicable("no such element in a branch"))
    }

    /// Pages of the bucket `key`, in key order.
    pub fn key_pages(&self, wanted: impl Fn(&Page) -> bool) -> Vec<Page> {
        self.pages.iter().filter(|page| page.owner == Owner::Key && wanted(page)).cloned().collect()
    }
}

/// The middle item, then on to the end, then back towards the start.
fn from_middle<T>(items: &[T]) -> impl Iterator<Item = &T> {
    let (before, after) = items.split_at(items.len() / 2);
    after.iter().chain(before.iter().rev())
}
