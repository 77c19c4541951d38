//! Large databases as a Kubernetes control plane leaves them, written straight to a file.
//!
//! Memory does not grow with the values: records are made again from the seed in each of a few passes. The first
//! passes only measure, so that the file gets the size asked for; the last one writes every leaf to its place.
//! A real etcd starts from the result.

mod leaves;
mod names;
mod output;
mod records;

use std::io::{self, Read, Seek, Write};

use crate::bbolt::{Content, Layout, MAX_ELEMENTS, META_SIZE, PageOrder, Payload, Placement, Plan};
use crate::etcd::{EtcdStore, Server};
use leaves::Leaves;
use output::Output;
use records::{Filler, Records, lease_id};

/// What to write. See [`Synth::of_size`] for ordinary proportions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Synth {
    /// Seed of everything random.
    pub seed: u64,
    /// Bytes of the database without its trailer, rounded to pages. It gets larger when the records do not fit.
    pub size: u64,
    /// Records in the bucket `key`; at least `live_keys`.
    pub records: u64,
    /// User keys alive at the end.
    pub live_keys: u64,
    /// Mean length of values in bytes; `None` fills the file up to its free pages. Values vary from a few bytes to
    /// 1.5 MB (one of eight thousand).
    pub mean_value: Option<u64>,
    /// Free pages, in percent of all pages; with a `mean_value` there are as many as the size leaves.
    pub free_percent: u64,
    /// Of a hundred changes behind the compacted past, so many delete a key, and as many create one.
    pub delete_percent: u64,
    /// Where pages lie.
    pub page_order: PageOrder,
    /// Page size in bytes.
    pub page_size: u32,
    /// Does the SHA-256 trailer follow?
    pub sealed: bool,
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Bytes of the file, with its trailer.
    pub bytes: u64,
    /// Pages below the high-water mark.
    pub pages: u64,
    /// Free pages among them.
    pub free_pages: u64,
    /// The current revision.
    pub revision: i64,
    /// The compacted revision.
    pub compacted: i64,
}

/// Leases in the bucket `lease`.
const LEASES: u64 = 2_000;
/// Passes that measure before giving up on meeting the size exactly.
const MEASUREMENTS: usize = 6;

impl Synth {
    /// A database of `size` bytes with proportions of a busy cluster: a record for 1 790 bytes, a third of them alive,
    /// every tenth page free, pages scattered.
    pub fn of_size(size: u64) -> Self {
        let records = (size / 1_790).max(30);
        Synth {
            seed: 1,
            size,
            records,
            live_keys: records / 3,
            mean_value: None,
            free_percent: 10,
            delete_percent: 8,
            page_order: PageOrder::Shuffled(1),
            page_size: 4096,
            sealed: true,
        }
    }

    /// Writes the database to an empty `file`, which is read again for the trailer.
    ///
    /// # Errors
    /// Those of `file`.
    ///
    /// # Panics
    /// When there are fewer records than live keys, fewer than ten live keys, or the page size is no power of two from 512 up.
    pub fn write(&self, file: impl Read + Write + Seek) -> io::Result<Written> {
        assert!(self.records >= self.live_keys, "{} records cannot make {} keys", self.records, self.live_keys);
        assert!(self.live_keys >= 10, "a cluster has ten keys at least");
        assert!(self.page_size >= 512 && self.page_size.is_power_of_two(), "page size {}", self.page_size);
        let layout = Layout { page_size: self.page_size, page_order: self.page_order, ..Layout::default() };
        let mean = self.mean_value.unwrap_or_else(|| self.fitting_mean(&layout));
        let shape = self.measure(&layout, mean);
        let tree = self.small_buckets(&shape).to_tree();

        let mut plan = Plan::new(&layout);
        let leaves: Vec<usize> = shape.leaves.iter().map(|(_, pages)| plan.reserve(*pages)).collect();
        let firsts = shape.leaves.iter().map(|(key, _)| key.as_slice()).zip(leaves.iter().copied()).collect();
        let key_root = plan.branches(firsts, MAX_ELEMENTS);
        let mut elements = plan.elements(&tree);
        for element in elements.iter_mut().filter(|element| element.key == b"key") {
            element.payload = Payload::Tree { root: key_root, sequence: 0 };
        }
        let root = plan.grow(elements, &[]);
        let used: u64 = 2 + plan.nodes.iter().map(|node| node.pages).sum::<u64>();
        let free_pages = (self.size / u64::from(self.page_size)).saturating_sub(used);
        let placement = plan.place(root, free_pages);

        let mut output = Output::new(file, self.page_size);
        self.write_leaves(&layout, mean, &leaves, &placement, &mut output)?;
        write_nodes(&plan, root, &placement, &mut output)?;
        output.finish(placement.high_water, self.sealed)?;
        Ok(Written {
            bytes: placement.high_water * u64::from(self.page_size) + if self.sealed { 32 } else { 0 },
            pages: placement.high_water,
            free_pages,
            revision: shape.revision,
            compacted: shape.compacted,
        })
    }

    /// The mean value length that leaves the wanted share of pages free.
    fn fitting_mean(&self, layout: &Layout) -> u64 {
        let wanted = self.size / u64::from(self.page_size) * (100 - self.free_percent.min(99)) / 100;
        let mut mean = (self.size / self.records.max(1)).max(16);
        for _ in 0..MEASUREMENTS {
            let pages = self.measure(layout, mean).pages().max(1);
            if pages.abs_diff(wanted) * 200 <= wanted {
                break;
            }
            let next = u128::from(mean) * u128::from(wanted) / u128::from(pages);
            mean = u64::try_from(next).unwrap_or(u64::MAX).clamp(16, 1 << 20);
        }
        mean
    }

    fn measure(&self, layout: &Layout, mean: u64) -> Shape {
        let mut stream = Leaves::new(Records::new(self, mean), layout);
        let leaves = stream.by_ref().map(|leaf| (leaf.first_key(), leaf.pages(layout))).collect();
        Shape { leaves, revision: stream.records.revision(), compacted: stream.records.compacted() }
    }

    fn small_buckets(&self, shape: &Shape) -> EtcdStore {
        let mut store = EtcdStore::new(Server::V3_6);
        store.consistent_index = Some(shape.revision.unsigned_abs() + 1_000);
        store.scheduled_compaction = Some(shape.compacted).filter(|main| *main > 0);
        store.finished_compaction = store.scheduled_compaction;
        for number in 0..LEASES.min(self.live_keys) {
            store.lease_grant(lease_id(number), 3_660);
        }
        store
    }

    /// Writes every leaf to its page, and copies of some to the free pages.
    fn write_leaves<F: Read + Write + Seek>(
        &self,
        layout: &Layout,
        mean: u64,
        leaves: &[usize],
        placement: &Placement,
        output: &mut Output<F>,
    ) -> io::Result<()> {
        let filler = Filler::new(self.seed);
        let stream = Leaves::new(Records::new(self, mean), layout);
        let mut free = placement.free.iter();
        let (total, mut stale) = (leaves.len() as u128, 0);
        for (done, (node, leaf)) in (1_u128..).zip(leaves.iter().zip(stream)) {
            let mut page = leaf.render(&filler, layout, placement.page[*node]);
            output.put(placement.page[*node], &page)?;
            while stale < placement.free.len() as u128 * done / total {
                stale += 1;
                let id = *free.next().expect("fewer copies than free pages");
                page.truncate(layout.page_bytes());
                page[..8].copy_from_slice(&layout.byte_order.u64(id));
                page[12..16].fill(0);
                output.put(id, &page)?;
            }
        }
        Ok(())
    }
}

/// Leaves of the bucket `key`: first key and number of pages.
struct Shape {
    leaves: Vec<(Vec<u8>, usize)>,
    revision: i64,
    compacted: i64,
}

impl Shape {
    fn pages(&self) -> u64 {
        self.leaves.iter().map(|(_, pages)| *pages as u64).sum()
    }
}

/// Writes branches, small buckets, the root, and last the metas.
fn write_nodes<F: Read + Write + Seek>(
    plan: &Plan<'_>,
    root: usize,
    placement: &Placement,
    output: &mut Output<F>,
) -> io::Result<()> {
    let mut page = Vec::with_capacity(META_SIZE);
    for node in 0..plan.nodes.len() {
        if !matches!(plan.nodes[node].content, Content::Reserved) {
            page.clear();
            plan.write_node(node, placement, &mut page);
            output.put(placement.page[node], &page)?;
        }
    }
    for (slot, meta) in (0..).zip(plan.metas(root, 0, placement)) {
        output.put(slot, &meta.page(slot, plan.layout.byte_order))?;
    }
    Ok(())
}
