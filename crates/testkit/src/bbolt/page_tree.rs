//! Turns buckets into a tree of nodes: which elements share a page and which page is the child of which, before pages have
//! numbers.

use std::ops::Range;

use super::freelist::freelist_pages;
use super::packing::{Packing, pack};
use super::page::{BUCKET_HEADER, ELEMENT, HEADER, LeafElement, MAX_ELEMENTS, write_leaf};
use super::{Bucket, Entry, Freelist, Layout};

/// The nodes of a database that is being built. Children come before their parents; a freelist comes first.
#[derive(Debug)]
pub(crate) struct PageTree<'a> {
    pub layout: &'a Layout,
    pub nodes: Vec<Node<'a>>,
}

/// One page with its overflow pages.
#[derive(Debug)]
pub(crate) struct Node<'a> {
    /// Number of pages it occupies.
    pub pages: u64,
    pub content: Content<'a>,
}

/// The content of a node.
#[derive(Debug)]
pub(crate) enum Content<'a> {
    Leaf(Vec<Element<'a>>),
    /// First key and node of each child.
    Branch(Vec<(&'a [u8], usize)>),
    /// The list of the free pages.
    Freelist,
    /// Written by the caller, see [`PageTree::reserve`].
    Reserved,
}

/// An element of a leaf.
#[derive(Debug)]
pub(crate) struct Element<'a> {
    pub key: &'a [u8],
    pub payload: Payload<'a>,
}

/// The value of an element.
#[derive(Debug)]
pub(crate) enum Payload<'a> {
    Value(&'a [u8]),
    /// The value of an inline bucket: bucket header and inline page.
    Inline(Vec<u8>),
    /// A bucket with pages of its own, whose root is node `root`.
    Tree {
        root: usize,
        sequence: u64,
    },
}

/// Maximum numbers of elements of a leaf and of a branch, tried in this order until a tree is deep enough.
const SPLITS: [(usize, usize); 7] =
    [(MAX_ELEMENTS, MAX_ELEMENTS), (MAX_ELEMENTS, 32), (MAX_ELEMENTS, 8), (MAX_ELEMENTS, 2), (16, 2), (4, 2), (1, 2)];

impl<'a> PageTree<'a> {
    /// A tree without buckets; it has the node of the freelist if the layout has one.
    pub fn new(layout: &'a Layout) -> Self {
        let mut tree = PageTree { layout, nodes: Vec::new() };
        if layout.freelist == Freelist::Persisted {
            let ids = usize::try_from(layout.free_pages).expect("free pages fit memory");
            let pages = freelist_pages(ids, layout.page_bytes());
            tree.reserve(pages);
            tree.nodes[0].content = Content::Freelist;
        }
        tree
    }

    /// Adds a node of `pages` pages that the caller writes itself.
    pub fn reserve(&mut self, pages: usize) -> usize {
        let pages = u64::try_from(pages).expect("usize fits 64 bits");
        self.nodes.push(Node { pages, content: Content::Reserved });
        self.nodes.len() - 1
    }

    /// Adds the nodes of a bucket that is not inline, with [chains](Layout::chains); returns its root node.
    pub fn add_bucket(&mut self, bucket: &'a Bucket, chains: &'a [usize]) -> usize {
        let elements = self.elements(bucket);
        self.add_leaves(elements, chains)
    }

    /// The elements of a bucket; the nodes of the buckets inside it are added first.
    pub fn elements(&mut self, bucket: &'a Bucket) -> Vec<Element<'a>> {
        let mut elements = Vec::with_capacity(bucket.entries.len());
        for (key, entry) in &bucket.entries {
            assert!(!key.is_empty(), "bbolt has no empty keys");
            let payload = match entry {
                Entry::Value(value) => Payload::Value(value),
                Entry::Bucket(inner) => self.nested(inner),
            };
            elements.push(Element { key, payload });
        }
        elements
    }

    fn nested(&mut self, bucket: &'a Bucket) -> Payload<'a> {
        match self.inline(bucket) {
            Some(value) => Payload::Inline(value),
            None => Payload::Tree { root: self.add_bucket(bucket, &self.layout.chains), sequence: bucket.sequence },
        }
    }

    /// The value of the bucket as an inline bucket, if it may be one (`docs/format/bbolt.md#inline-buckets`).
    fn inline(&self, bucket: &Bucket) -> Option<Vec<u8>> {
        if bucket.has_buckets() || bucket.entries.len() > MAX_ELEMENTS {
            return None;
        }
        let elements: Vec<LeafElement<'_>> = bucket
            .entries
            .iter()
            .filter_map(|(key, entry)| match entry {
                Entry::Value(value) => Some(LeafElement { flags: 0, key, value }),
                Entry::Bucket(_) => None,
            })
            .collect();
        let bytes: usize = elements.iter().map(|element| ELEMENT + element.key.len() + element.value.len()).sum();
        if HEADER + bytes > self.layout.inline_limit_bytes() {
            return None;
        }
        let order = self.layout.byte_order;
        let mut value = Vec::with_capacity(BUCKET_HEADER + HEADER + bytes);
        value.extend_from_slice(&order.u64(0));
        value.extend_from_slice(&order.u64(bucket.sequence));
        write_leaf(&mut value, order, 0, 0, &elements);
        Some(value)
    }

    /// Adds the leaves with `elements`, the [chains](Layout::chains) and the branches above; returns the root node.
    pub fn add_leaves(&mut self, elements: Vec<Element<'a>>, chains: &[usize]) -> usize {
        let sizes: Vec<usize> = elements.iter().map(Element::bytes).collect();
        let keys: Vec<&'a [u8]> = elements.iter().map(|element| element.key).collect();
        let (leaves, branch_most) = self.split(&sizes, &keys);
        let mut elements = elements.into_iter();
        let mut level = Vec::with_capacity(leaves.len());
        let chains = if chains.is_empty() { &[0] } else { chains };
        for (group, chain) in leaves.into_iter().zip(chains.iter().cycle()) {
            let content: Vec<Element<'a>> = elements.by_ref().take(group.len()).collect();
            let bytes = HEADER + sizes[group.clone()].iter().sum::<usize>();
            let first = keys.get(group.start).copied().unwrap_or_default();
            let leaf = self.push(bytes, Content::Leaf(content));
            let above = (0..*chain).fold(leaf, |child, _| {
                self.push(HEADER + ELEMENT + first.len(), Content::Branch(vec![(first, child)]))
            });
            level.push((first, above));
        }
        self.add_branches(level, branch_most)
    }

    /// Adds the branches above nodes, given by first key and node, up to a single one; returns it: the root.
    pub fn add_branches(&mut self, mut level: Vec<(&'a [u8], usize)>, most: usize) -> usize {
        while level.len() > 1 {
            let mut above = Vec::new();
            for group in self.branch_groups(level.iter().map(|(key, _)| *key), most) {
                let children = level[group].to_vec();
                let bytes = HEADER + children.iter().map(|(key, _)| ELEMENT + key.len()).sum::<usize>();
                above.push((children[0].0, self.push(bytes, Content::Branch(children))));
            }
            level = above;
        }
        level[0].1
    }

    /// The groups of elements that form leaves, and the maximum number of children of a branch, such that the tree is deep
    /// enough.
    fn split(&self, sizes: &[usize], keys: &[&[u8]]) -> (Vec<Range<usize>>, usize) {
        let mut best = (Vec::new(), MAX_ELEMENTS);
        for (leaf_most, branch_most) in SPLITS {
            let packing = Packing {
                limit: self.layout.fill_bytes(),
                least: self.layout.min_leaf_elements.min(leaf_most),
                most: leaf_most,
            };
            let leaves = pack(sizes.iter().copied(), packing);
            let depth = self.depth(&leaves, keys, branch_most);
            best = (leaves, branch_most);
            if depth >= self.layout.min_depth {
                break;
            }
        }
        best
    }

    fn depth(&self, leaves: &[Range<usize>], keys: &[&[u8]], branch_most: usize) -> usize {
        let mut firsts: Vec<&[u8]> = leaves.iter().filter_map(|group| keys.get(group.start).copied()).collect();
        let mut depth = 1;
        while firsts.len() > 1 {
            let groups = self.branch_groups(firsts.iter().copied(), branch_most);
            firsts = groups.iter().map(|group| firsts[group.start]).collect();
            depth += 1;
        }
        depth
    }

    fn branch_groups<'k>(&self, keys: impl ExactSizeIterator<Item = &'k [u8]>, most: usize) -> Vec<Range<usize>> {
        let packing = Packing { limit: self.layout.fill_bytes(), least: 2, most };
        pack(keys.map(|key| ELEMENT + key.len()), packing)
    }

    fn push(&mut self, bytes: usize, content: Content<'a>) -> usize {
        let node = self.reserve(bytes.div_ceil(self.layout.page_bytes()));
        self.nodes[node].content = content;
        node
    }
}

impl Element<'_> {
    fn bytes(&self) -> usize {
        let value = match &self.payload {
            Payload::Value(value) => value.len(),
            Payload::Inline(value) => value.len(),
            Payload::Tree { .. } => BUCKET_HEADER,
        };
        ELEMENT + self.key.len() + value
    }
}
