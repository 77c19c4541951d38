//! Making an edited tree legal again before it is written.
//!
//! After deletions a leaf may be empty and a branch may have a single child. Both are harmless to readers and poison for
//! bbolt's next write (`docs/format/bbolt.md#traps-for-the-next-write`). An empty leaf goes; a branch with a single child
//! is joined with a neighbour of its height, so that all leaves stay at one depth. Only at the root, which has no
//! neighbour, the tree gets lower instead. Leaves that are opened anyway are joined as well, to be shared out anew without
//! gaps.

use super::EditError;
use super::subtree::{Subtree, SubtreeReader};

impl<'e> SubtreeReader<'e> {
    /// Settles the tree of a bucket; `height` is that of `root`. Returns the root that remains.
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
                settled => return Ok(settled),
            };
        }
    }

    /// Settles subtrees of one height that share a parent. Of what it returns none is empty, and only a lone one can
    /// have a single child.
    fn rebalance(&self, siblings: Vec<Subtree<'e>>) -> Result<Vec<Subtree<'e>>, EditError> {
        let mut settled: Vec<Subtree<'e>> = Vec::with_capacity(siblings.len());
        for mut subtree in siblings {
            if let Subtree::Branch(children) = subtree {
                subtree = Subtree::Branch(self.rebalance(children)?);
            }
            if subtree.is_empty() {
                continue;
            }
            match settled.pop_if(|before| before.must_join(&subtree)) {
                Some(before) => settled.push(self.join(before, subtree)?),
                None => settled.push(subtree),
            }
        }
        Ok(settled)
    }

    /// Joins two neighbours of one height.
    fn join(&self, left: Subtree<'e>, right: Subtree<'e>) -> Result<Subtree<'e>, EditError> {
        match (left, right) {
            (Subtree::Leaf(mut elements), Subtree::Leaf(behind)) => {
                elements.extend(behind);
                Ok(Subtree::Leaf(elements))
            }
            (left, right) => {
                let mut children = self.children(left)?;
                children.extend(self.children(right)?);
                Ok(Subtree::Branch(self.rebalance(children)?))
            }
        }
    }

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

    /// Is it a branch that must not be written because it has a single child?
    fn is_single(&self) -> bool {
        matches!(self, Self::Branch(children) if children.len() == 1)
    }

    fn must_join(&self, next: &Self) -> bool {
        let leaves = matches!((self, next), (Self::Leaf(_), Self::Leaf(_)));
        leaves || self.is_single() || next.is_single()
    }
}
