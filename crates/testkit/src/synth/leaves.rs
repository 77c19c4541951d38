//! Groups a stream of records into leaves, by the same rule as [`PageTree`](crate::bbolt::PageTree).

use super::records::{Filler, Record, Records};
use crate::bbolt::{ELEMENT, HEADER, Layout, LeafElement, write_leaf};

/// Iterator over the leaves of a stream of records.
pub(super) struct Leaves<'l> {
    pub records: Records,
    /// The record that did not fit into the leaf before.
    held: Option<Record>,
    layout: &'l Layout,
}

impl<'l> Leaves<'l> {
    pub fn new(records: Records, layout: &'l Layout) -> Self {
        Leaves { records, held: None, layout }
    }
}

impl Iterator for Leaves<'_> {
    type Item = Leaf;

    fn next(&mut self) -> Option<Leaf> {
        let mut leaf = Leaf { records: Vec::new(), bytes: HEADER };
        while let Some(record) = self.held.take().or_else(|| self.records.next()) {
            let size = ELEMENT + record.key.len() + record.len();
            if !leaf.records.is_empty() && leaf.bytes + size > self.layout.fill_bytes() {
                self.held = Some(record);
                break;
            }
            leaf.bytes += size;
            leaf.records.push(record);
        }
        (!leaf.records.is_empty()).then_some(leaf)
    }
}

/// The records of one leaf.
#[derive(Debug)]
pub(super) struct Leaf {
    records: Vec<Record>,
    bytes: usize,
}

impl Leaf {
    pub fn first_key(&self) -> Vec<u8> {
        self.records[0].key.clone()
    }

    /// Number of pages it occupies.
    pub fn pages(&self, layout: &Layout) -> usize {
        self.bytes.div_ceil(layout.page_bytes())
    }

    /// The page with the id `id`, padded to whole pages.
    pub fn render(&self, filler: &Filler, layout: &Layout, id: u64) -> Vec<u8> {
        let mut values = Vec::with_capacity(self.bytes);
        let mut ends = Vec::with_capacity(self.records.len());
        for record in &self.records {
            filler.write_value(record, &mut values);
            ends.push(values.len());
        }
        let mut rest = values.as_slice();
        let mut elements = Vec::with_capacity(self.records.len());
        for record in &self.records {
            let value;
            (value, rest) = rest.split_at(record.len());
            elements.push(LeafElement { flags: 0, key: &record.key, value });
        }
        let pages = self.pages(layout);
        let mut page = Vec::with_capacity(pages * layout.page_bytes());
        write_leaf(&mut page, layout.byte_order, id, u32::try_from(pages - 1).expect("overflow is 32 bits"), &elements);
        page.resize(pages * layout.page_bytes(), 0);
        page
    }
}
