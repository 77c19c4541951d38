//! Writes the pages of a tree whose nodes have page numbers.

use super::freelist::write_freelist;
use super::meta::{Meta, NO_FREELIST};
use super::page::{BUCKET_ELEMENT, LeafElement, write_branch, write_leaf};
use super::page_tree::{Content, Element, PageTree, Payload};
use super::{Freelist, PageNumbers};
use crate::random::Random;

impl PageTree<'_> {
    /// Assigns page numbers and writes the whole file. The pages of reserved nodes stay zero.
    pub fn render(&self, root: usize, sequence: u64) -> Vec<u8> {
        let numbers = self.assign_pages(root, self.layout.free_pages);
        let page_bytes = self.layout.page_bytes();
        let pages = usize::try_from(numbers.high_water).expect("the file fits memory");
        let mut file = vec![0; pages * page_bytes + self.layout.preallocated];
        let mut put = |page: u64, bytes: &[u8]| {
            let at = usize::try_from(page).expect("the file fits memory") * page_bytes;
            file[at..at + bytes.len()].copy_from_slice(bytes);
        };
        for (slot, meta) in (0..).zip(self.metas(root, sequence, &numbers)) {
            put(slot, &meta.page(slot, self.layout.byte_order));
        }
        let mut page = Vec::new();
        for node in 0..self.nodes.len() {
            page.clear();
            self.write_node(node, &numbers, &mut page);
            put(numbers.page[node], &page);
        }
        let mut stale = StalePages::new(self, &numbers);
        for id in &numbers.free {
            page.clear();
            stale.write(*id, &mut page);
            put(*id, &page);
        }
        file
    }

    /// The metas of slots 0 and 1.
    pub fn metas(&self, root: usize, sequence: u64, numbers: &PageNumbers) -> [Meta; 2] {
        self.layout.txids().map(|txid| Meta {
            page_size: self.layout.page_size,
            flags: 0,
            root: numbers.page[root],
            sequence,
            freelist: match self.layout.freelist {
                Freelist::NotPersisted => NO_FREELIST,
                Freelist::Persisted => numbers.page[0],
            },
            high_water: numbers.high_water,
            txid,
        })
    }

    /// Appends the page of a node, not padded. Appends nothing for a reserved node.
    pub fn write_node(&self, node: usize, numbers: &PageNumbers, out: &mut Vec<u8>) {
        let id = numbers.page[node];
        let order = self.layout.byte_order;
        let overflow = u32::try_from(self.nodes[node].pages - 1).expect("overflow is 32 bits");
        match &self.nodes[node].content {
            Content::Leaf(elements) => self.write_elements(elements, numbers, id, overflow, out),
            Content::Branch(children) => {
                let children: Vec<(&[u8], u64)> =
                    children.iter().map(|(key, child)| (*key, numbers.page[*child])).collect();
                write_branch(out, order, id, overflow, &children);
            }
            Content::Freelist => write_freelist(out, order, id, overflow, &numbers.free),
            Content::Reserved => {}
        }
    }

    fn write_elements(
        &self,
        elements: &[Element<'_>],
        numbers: &PageNumbers,
        id: u64,
        overflow: u32,
        out: &mut Vec<u8>,
    ) {
        let order = self.layout.byte_order;
        let headers: Vec<Vec<u8>> = elements
            .iter()
            .map(|element| match element.payload {
                Payload::Tree { root, sequence } => [order.u64(numbers.page[root]), order.u64(sequence)].concat(),
                Payload::Value(_) | Payload::Inline(_) => Vec::new(),
            })
            .collect();
        let elements: Vec<LeafElement<'_>> = elements
            .iter()
            .zip(&headers)
            .map(|(element, header)| match &element.payload {
                Payload::Value(value) => LeafElement { flags: 0, key: element.key, value },
                Payload::Inline(value) => LeafElement { flags: BUCKET_ELEMENT, key: element.key, value },
                Payload::Tree { .. } => LeafElement { flags: BUCKET_ELEMENT, key: element.key, value: header },
            })
            .collect();
        write_leaf(out, order, id, overflow, &elements);
    }
}

/// Writes the content of free pages: mostly copies of leaves and branches under the free page's own id, as after
/// copy-on-write; sometimes bytes of a value, as after an overflow page; sometimes zeros, as in a page that was never written.
struct StalePages<'p, 'a> {
    tree: &'p PageTree<'a>,
    numbers: &'p PageNumbers,
    /// Leaves and branches without overflow, which can be copied.
    sources: Vec<usize>,
    random: Random,
}

impl<'p, 'a> StalePages<'p, 'a> {
    fn new(tree: &'p PageTree<'a>, numbers: &'p PageNumbers) -> Self {
        let sources = (0..tree.nodes.len())
            .filter(|node| tree.nodes[*node].pages == 1)
            .filter(|node| matches!(tree.nodes[*node].content, Content::Leaf(_) | Content::Branch(_)))
            .collect();
        StalePages { tree, numbers, sources, random: Random::new(numbers.high_water) }
    }

    fn write(&mut self, id: u64, out: &mut Vec<u8>) {
        let kind = self.random.below(8);
        if kind == 0 || self.sources.is_empty() {
            return;
        }
        if kind == 1 {
            out.extend_from_slice(&self.random.bytes(self.tree.layout.page_bytes()));
            return;
        }
        let source = self.sources[self.random.index(self.sources.len())];
        self.tree.write_node(source, self.numbers, out);
        out[..8].copy_from_slice(&self.tree.layout.byte_order.u64(id));
    }
}
