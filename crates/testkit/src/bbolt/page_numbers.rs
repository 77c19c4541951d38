//! Assigns page numbers to the nodes of a tree, and chooses the free pages.

use std::collections::VecDeque;

use super::{Content, Freelist, PageOrder, PageTree, Payload};
use crate::random::Random;

/// The first page after the two metas.
const FIRST_PAGE: u64 = 2;

/// The page numbers of all nodes, and the free pages.
#[derive(Debug)]
pub(crate) struct PageNumbers {
    /// First page of each node.
    pub page: Vec<u64>,
    /// Free pages, ascending.
    pub free: Vec<u64>,
    /// Number of pages in use or free: the high-water mark.
    pub high_water: u64,
}

impl PageTree<'_> {
    /// Assigns pages to every node in the layout's order, with `free_pages` free pages spread among them.
    pub fn assign_pages(&self, root: usize, free_pages: u64) -> PageNumbers {
        match self.layout.page_order {
            PageOrder::LeavesFirst => self.assign_in_order(&(0..self.nodes.len()).collect::<Vec<_>>(), free_pages),
            PageOrder::RootFirst => self.assign_in_order(&self.level_order(root), free_pages),
            PageOrder::Shuffled(seed) => self.assign_shuffled(seed, free_pages),
        }
    }

    /// Assigns pages to the nodes in the given order, with free pages at even distances.
    fn assign_in_order(&self, order: &[usize], free_pages: u64) -> PageNumbers {
        let mut numbers = self.empty_numbers();
        let nodes = u64::try_from(order.len()).expect("usize fits 64 bits");
        for (done, node) in (1_u64..).zip(order) {
            numbers.add_node(*node, self.nodes[*node].pages);
            let due = u128::from(free_pages) * u128::from(done) / u128::from(nodes);
            while (numbers.free.len() as u128) < due {
                numbers.add_free();
            }
        }
        numbers
    }

    fn assign_shuffled(&self, seed: u64, free_pages: u64) -> PageNumbers {
        let free = usize::try_from(free_pages).expect("free pages fit memory");
        let mut order: Vec<Option<usize>> = (0..self.nodes.len()).map(Some).collect();
        order.resize(order.len() + free, None);
        Random::new(seed).shuffle(&mut order);
        let mut numbers = self.empty_numbers();
        for slot in order {
            match slot {
                Some(node) => numbers.add_node(node, self.nodes[node].pages),
                None => numbers.add_free(),
            }
        }
        numbers
    }

    /// The freelist, then all nodes from the root down, level by level.
    fn level_order(&self, root: usize) -> Vec<usize> {
        let mut order = Vec::with_capacity(self.nodes.len());
        if self.layout.freelist == Freelist::Persisted {
            order.push(0);
        }
        let mut todo = VecDeque::from([root]);
        while let Some(node) = todo.pop_front() {
            order.push(node);
            match &self.nodes[node].content {
                Content::Branch(children) => todo.extend(children.iter().map(|(_, child)| *child)),
                Content::Leaf(elements) => todo.extend(elements.iter().filter_map(|element| match element.payload {
                    Payload::Tree { root, .. } => Some(root),
                    Payload::Value(_) | Payload::Inline(_) => None,
                })),
                Content::Freelist | Content::Reserved => {}
            }
        }
        order
    }

    fn empty_numbers(&self) -> PageNumbers {
        PageNumbers { page: vec![0; self.nodes.len()], free: Vec::new(), high_water: FIRST_PAGE }
    }
}

impl PageNumbers {
    fn add_node(&mut self, node: usize, pages: u64) {
        self.page[node] = self.high_water;
        self.high_water += pages;
    }

    fn add_free(&mut self) {
        self.free.push(self.high_water);
        self.high_water += 1;
    }
}
