//! Rebalancing an edited tree before it is written, as bbolt does after deletions.
//!
//! After deletions a leaf may be empty and a branch may have a single child. Both are harmless to readers, but make
//! bbolt's next write fail (`docs/format/bbolt.md#traps-for-the-next-write`). An empty leaf is removed; a branch with a
//! single child is merged with a neighbour of its height, so that all leaves stay at one depth. A root page has no
//! neighbour: there the tree loses a level instead. Neighbouring leaves that were opened are merged as well, so that
//! they are filled without gaps.

use super::EditError;
use super::subtree::{Subtree, SubtreeReader};

impl<'e> SubtreeReader<'e> {
    /// Rebalances the tree of a bucket; `height` is that of `root`. Returns the new root.
    pub fn rebalance_root(&self, mut root: Subtree<'e>, mut height: u32) -> Result<Subtree<'e>, EditError> {
        if let Subtree::Branch(children) = root {
            root = Subtree::Branch(self.rebalance(children)?);
        }
        // Ends, because every round but the last goes one level down, and the leaves of a tree that was opened are at
        // most `MAX_DEPTH` levels below its root.
        loop {
            root = match root {
                Subtree::Branch(children) if children.len() < 2 => {
                    height -= 1;
                    children.into_iter().next().unwrap_or(Subtree::Leaf(Vec::new()))
                }
                Subtree::Kept(leaf) if height == 1 => Subtree::Leaf(self.leaf(leaf)?),
                root => return Ok(root),
            };
        }
    }

    /// Rebalances subtrees of one height that share a parent. None of the returned subtrees is empty, and one can only
    /// have a single child when it is the only one.
    fn rebalance(&self, siblings: Vec<Subtree<'e>>) -> Result<Vec<Subtree<'e>>, EditError> {
        let mut balanced: Vec<Subtree<'e>> = Vec::with_capacity(siblings.len());
        for mut subtree in siblings {
            if let Subtree::Branch(children) = subtree {
                subtree = Subtree::Branch(self.rebalance(children)?);
            }
            if subtree.is_empty() {
                continue;
            }
            match balanced.pop_if(|before| before.must_merge(&subtree)) {
                Some(before) => balanced.push(self.merge(before, subtree)?),
                None => balanced.push(subtree),
            }
        }
        Ok(balanced)
    }

    /// Merges two neighbours of one height.
    fn merge(&self, left: Subtree<'e>, right: Subtree<'e>) -> Result<Subtree<'e>, EditError> {
        match (left, right) {
            (Subtree::Leaf(mut elements), Subtree::Leaf(right)) => {
                elements.extend(right);
                Ok(Subtree::Leaf(elements))
            }
            (left, right) => {
                let mut children = self.children(left)?;
                children.extend(self.children(right)?);
                Ok(Subtree::Branch(self.rebalance(children)?))
            }
        }
    }

    /// The children of a branch; a leaf counts as its own only child.
    fn children(&self, subtree: Subtree<'e>) -> Result<Vec<Subtree<'e>>, EditError> {
        Ok(match subtree {
            Subtree::Kept(page) => self.branch(page)?.into_iter().map(Subtree::Kept).collect(),
            Subtree::Branch(children) => children,
            leaf @ Subtree::Leaf(_) => vec![leaf],
        })
    }
}

impl Subtree<'_> {
    fn is_empty(&self) -> bool {
        match self {
            Self::Kept(_) => false,
            Self::Leaf(elements) => elements.is_empty(),
            Self::Branch(children) => children.is_empty(),
        }
    }

    /// Is it a branch with a single child, which must not be written?
    fn is_single(&self) -> bool {
        matches!(self, Self::Branch(children) if children.len() == 1)
    }

    /// Must it be merged with the subtree after it?
    fn must_merge(&self, next: &Self) -> bool {
        let leaves = matches!((self, next), (Self::Leaf(_), Self::Leaf(_)));
        leaves || self.is_single() || next.is_single()
    }
}
