//! Page numbers: where every node lies, and which pages are free.

use std::collections::VecDeque;

use super::{Content, Freelist, PageOrder, Payload, Plan};
use crate::random::Random;

/// The first page after the two metas.
const FIRST_PAGE: u64 = 2;

/// The result of placing all nodes of a plan.
#[derive(Debug)]
pub(crate) struct Placement {
    /// First page of each node.
    pub page: Vec<u64>,
    /// Free pages, ascending.
    pub free: Vec<u64>,
    /// Number of pages in use or free: the high-water mark.
    pub high_water: u64,
}

impl Plan<'_> {
    /// Gives every node its pages in the layout's order, and spreads `free_pages` free pages among them.
    pub fn place(&self, root: usize, free_pages: u64) -> Placement {
        match self.layout.page_order {
            PageOrder::LeavesFirst => self.place_spread(&(0..self.nodes.len()).collect::<Vec<_>>(), free_pages),
            PageOrder::RootFirst => self.place_spread(&self.level_order(root), free_pages),
            PageOrder::Shuffled(seed) => self.place_shuffled(seed, free_pages),
        }
    }

    /// Free pages at even distances between nodes in the given order.
    fn place_spread(&self, order: &[usize], free_pages: u64) -> Placement {
        let mut placement = self.empty_placement();
        let nodes = u64::try_from(order.len()).expect("usize fits 64 bits");
        for (done, node) in (1_u64..).zip(order) {
            placement.add_node(*node, self.nodes[*node].pages);
            let due = u128::from(free_pages) * u128::from(done) / u128::from(nodes);
            while (placement.free.len() as u128) < due {
                placement.add_free();
            }
        }
        placement
    }

    fn place_shuffled(&self, seed: u64, free_pages: u64) -> Placement {
        let free = usize::try_from(free_pages).expect("free pages fit memory");
        let mut order: Vec<Option<usize>> = (0..self.nodes.len()).map(Some).collect();
        order.resize(order.len() + free, None);
        Random::new(seed).shuffle(&mut order);
        let mut placement = self.empty_placement();
        for slot in order {
            match slot {
                Some(node) => placement.add_node(node, self.nodes[node].pages),
                None => placement.add_free(),
            }
        }
        placement
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

    fn empty_placement(&self) -> Placement {
        Placement { page: vec![0; self.nodes.len()], free: Vec::new(), high_water: FIRST_PAGE }
    }
}

impl Placement {
    fn add_node(&mut self, node: usize, pages: u64) {
        self.page[node] = self.high_water;
        self.high_water += pages;
    }

    fn add_free(&mut self) {
        self.free.push(self.high_water);
        self.high_water += 1;
    }
}
