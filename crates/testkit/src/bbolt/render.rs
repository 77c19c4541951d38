//! From a placed plan to bytes.

use super::freelist::write_freelist;
use super::meta::{Meta, NO_FREELIST};
use super::page::{BUCKET_ELEMENT, LeafElement, write_branch, write_leaf};
use super::plan::{Content, Element, Payload, Plan};
use super::{Freelist, Placement};
use crate::random::Random;

impl Plan<'_> {
    /// Places and writes everything. Nodes that are only reserved stay zero.
    pub fn render(&self, root: usize, sequence: u64) -> Vec<u8> {
        let placement = self.place(root, self.layout.free_pages);
        let page_bytes = self.layout.page_bytes();
        let pages = usize::try_from(placement.high_water).expect("the file fits memory");
        let mut file = vec![0; pages * page_bytes + self.layout.preallocated];
        let mut put = |page: u64, bytes: &[u8]| {
            let at = usize::try_from(page).expect("the file fits memory") * page_bytes;
            file[at..at + bytes.len()].copy_from_slice(bytes);
        };
        for (slot, meta) in (0..).zip(self.metas(root, sequence, &placement)) {
            put(slot, &meta.page(slot, self.layout.byte_order));
        }
        let mut page = Vec::new();
        for node in 0..self.nodes.len() {
            page.clear();
            self.write_node(node, &placement, &mut page);
            put(placement.page[node], &page);
        }
        let mut stale = StalePages::new(self, &placement);
        for id in &placement.free {
            page.clear();
            stale.write(*id, &mut page);
            put(*id, &page);
        }
        file
    }

    /// The metas of slots 0 and 1.
    pub fn metas(&self, root: usize, sequence: u64, placement: &Placement) -> [Meta; 2] {
        self.layout.txids().map(|txid| Meta {
            page_size: self.layout.page_size,
            flags: 0,
            root: placement.page[root],
            sequence,
            freelist: match self.layout.freelist {
                Freelist::NotPersisted => NO_FREELIST,
                Freelist::Persisted => placement.page[0],
            },
            high_water: placement.high_water,
            txid,
        })
    }

    /// Appends the page of a node, not padded; nothing for a reserved one.
    pub fn write_node(&self, node: usize, placement: &Placement, out: &mut Vec<u8>) {
        let id = placement.page[node];
        let order = self.layout.byte_order;
        let overflow = u32::try_from(self.nodes[node].pages - 1).expect("overflow is 32 bits");
        match &self.nodes[node].content {
            Content::Leaf(elements) => self.write_elements(elements, placement, id, overflow, out),
            Content::Branch(children) => {
                let children: Vec<(&[u8], u64)> =
                    children.iter().map(|(key, child)| (*key, placement.page[*child])).collect();
                write_branch(out, order, id, overflow, &children);
            }
            Content::Freelist => write_freelist(out, order, id, overflow, &placement.free),
            Content::Reserved => {}
        }
    }

    fn write_elements(
        &self,
        elements: &[Element<'_>],
        placement: &Placement,
        id: u64,
        overflow: u32,
        out: &mut Vec<u8>,
    ) {
        let order = self.layout.byte_order;
        let headers: Vec<Vec<u8>> = elements
            .iter()
            .map(|element| match element.payload {
                Payload::Tree { root, sequence } => [order.u64(placement.page[root]), order.u64(sequence)].concat(),
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

/// What free pages hold: mostly copies of leaves and branches under the free page's own number, as copy-on-write leaves
/// them; some bytes of values, where an overflow page was freed; some zeros, never written.
struct StalePages<'p, 'a> {
    plan: &'p Plan<'a>,
    placement: &'p Placement,
    /// Nodes of one page that can be copied.
    sources: Vec<usize>,
    random: Random,
}

impl<'p, 'a> StalePages<'p, 'a> {
    fn new(plan: &'p Plan<'a>, placement: &'p Placement) -> Self {
        let sources = (0..plan.nodes.len())
            .filter(|node| plan.nodes[*node].pages == 1)
            .filter(|node| matches!(plan.nodes[*node].content, Content::Leaf(_) | Content::Branch(_)))
            .collect();
        StalePages { plan, placement, sources, random: Random::new(placement.high_water) }
    }

    fn write(&mut self, id: u64, out: &mut Vec<u8>) {
        let kind = self.random.below(8);
        if kind == 0 || self.sources.is_empty() {
            return;
        }
        if kind == 1 {
            out.extend_from_slice(&self.random.bytes(self.plan.layout.page_bytes()));
            return;
        }
        let source = self.sources[self.random.index(self.sources.len())];
        self.plan.write_node(source, self.placement, out);
        out[..8].copy_from_slice(&self.plan.layout.byte_order.u64(id));
    }
}
