//! Writes large synthetic databases, with the content of a Kubernetes control plane, directly to a file.
//!
//! The memory does not grow with the values: records are generated again from the seed in each of a few passes. The first
//! passes only measure, so that the file gets the requested size; the last one writes every leaf to its pages. A real etcd
//! starts from the result.

mod leaves;
mod object_keys;
mod page_writer;
mod records;

use std::io::{self, Read, Seek, Write};

use crate::bbolt::{Content, Layout, MAX_ELEMENTS, META_SIZE, PageNumbers, PageOrder, PageTree, Payload};
use crate::etcd::{EtcdStore, Server};
use leaves::Leaves;
use page_writer::PageWriter;
use records::{Filler, Records, lease_id};

/// The description of a synthetic database; [`SyntheticDatabase::write`] writes it. [`SyntheticDatabase::of_size`] has the
/// usual proportions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntheticDatabase {
    /// Seed of everything random.
    pub seed: u64,
    /// Size of the database in bytes without its trailer, rounded to pages. It gets larger when the records do not fit.
    pub size: u64,
    /// Number of records in the bucket `key`; at least `live_keys`.
    pub records: u64,
    /// Number of live user keys at the end.
    pub live_keys: u64,
    /// Mean length of values in bytes; `None` chooses it such that the size and the free pages are as requested. Lengths vary
    /// from a few bytes to 1.5 MB (one of eight thousand).
    pub mean_value: Option<u64>,
    /// Free pages, in percent of all pages. With a `mean_value` this is ignored: the pages not needed for records are free.
    pub free_percent: u64,
    /// Percentage of the changes after the compacted revision that delete a key; as many create one.
    pub delete_percent: u64,
    /// The order of the pages in the file.
    pub page_order: PageOrder,
    /// Page size in bytes.
    pub page_size: u32,
    /// Does the file end with the SHA-256 trailer?
    pub with_trailer: bool,
}

/// What [`SyntheticDatabase::write`] wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DatabaseSummary {
    /// Size of the file in bytes, with its trailer.
    pub bytes: u64,
    /// Number of pages below the high-water mark.
    pub pages: u64,
    /// Free pages among them.
    pub free_pages: u64,
    /// The current revision.
    pub revision: i64,
    /// The compacted revision.
    pub compacted: i64,
}

/// Number of leases in the bucket `lease`.
const LEASES: u64 = 2_000;
/// Maximum number of passes that look for the mean length of values.
const MEASUREMENTS: usize = 6;

impl SyntheticDatabase {
    /// A database of `size` bytes with proportions of a busy cluster: a record for each 1 790 bytes, a live key for
    /// every third record, every tenth page free, pages in random order.
    pub fn of_size(size: u64) -> Self {
        let records = (size / 1_790).max(30);
        SyntheticDatabase {
            seed: 1,
            size,
            records,
            live_keys: records / 3,
            mean_value: None,
            free_percent: 10,
            delete_percent: 8,
            page_order: PageOrder::Shuffled(1),
            page_size: 4096,
            with_trailer: true,
        }
    }

    /// Writes the database to `file`, which must be empty. The file is read again to compute the trailer.
    ///
    /// # Errors
    /// Those of `file`.
    ///
    /// # Panics
    /// When there are fewer records than live keys, fewer than ten live keys, or the page size is not a power of two from 512
    /// up.
    pub fn write(&self, file: impl Read + Write + Seek) -> io::Result<DatabaseSummary> {
        assert!(self.records >= self.live_keys, "{} records cannot make {} keys", self.records, self.live_keys);
        assert!(self.live_keys >= 10, "a cluster has ten keys at least");
        assert!(self.page_size >= 512 && self.page_size.is_power_of_two(), "page size {}", self.page_size);
        let layout = Layout { page_size: self.page_size, page_order: self.page_order, ..Layout::default() };
        let mean = self.mean_value.unwrap_or_else(|| self.fitting_mean(&layout));
        let measured = self.measure(&layout, mean);
        let small_buckets = self.small_buckets(&measured).to_tree();

        let mut tree = PageTree::new(&layout);
        let leaves: Vec<usize> = measured.leaves.iter().map(|(_, pages)| tree.reserve(*pages)).collect();
        let firsts = measured.leaves.iter().map(|(key, _)| key.as_slice()).zip(leaves.iter().copied()).collect();
        let key_root = tree.add_branches(firsts, MAX_ELEMENTS);
        let mut elements = tree.elements(&small_buckets);
        for element in elements.iter_mut().filter(|element| element.key == b"key") {
            element.payload = Payload::Tree { root: key_root, sequence: 0 };
        }
        let root = tree.add_leaves(elements, &[]);
        let used: u64 = 2 + tree.nodes.iter().map(|node| node.pages).sum::<u64>();
        let free_pages = (self.size / u64::from(self.page_size)).saturating_sub(used);
        let numbers = tree.assign_pages(root, free_pages);

        let mut output = PageWriter::new(file, self.page_size);
        self.write_leaves(&layout, mean, &leaves, &numbers, &mut output)?;
        write_nodes(&tree, root, &numbers, &mut output)?;
        output.finish(numbers.high_water, self.with_trailer)?;
        Ok(DatabaseSummary {
            bytes: numbers.high_water * u64::from(self.page_size) + if self.with_trailer { 32 } else { 0 },
            pages: numbers.high_water,
            free_pages,
            revision: measured.revision,
            compacted: measured.compacted,
        })
    }

    /// The mean length of values with which the requested percentage of pages is free.
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

    /// Generates all records without writing them, to know the leaves.
    fn measure(&self, layout: &Layout, mean: u64) -> KeyLeaves {
        let mut stream = Leaves::new(Records::new(self, mean), layout);
        let leaves = stream.by_ref().map(|leaf| (leaf.first_key(), leaf.pages(layout))).collect();
        KeyLeaves { leaves, revision: stream.records.revision(), compacted: stream.records.compacted() }
    }

    /// The buckets other than `key`.
    fn small_buckets(&self, measured: &KeyLeaves) -> EtcdStore {
        let mut store = EtcdStore::new(Server::V3_6);
        store.consistent_index = Some(measured.revision.unsigned_abs() + 1_000);
        store.scheduled_compaction = Some(measured.compacted).filter(|main| *main > 0);
        store.finished_compaction = store.scheduled_compaction;
        for number in 0..LEASES.min(self.live_keys) {
            store.lease_grant(lease_id(number), 3_660);
        }
        store
    }

    /// Writes every leaf to its pages, and copies of some to the free pages.
    fn write_leaves<F: Read + Write + Seek>(
        &self,
        layout: &Layout,
        mean: u64,
        leaves: &[usize],
        numbers: &PageNumbers,
        output: &mut PageWriter<F>,
    ) -> io::Result<()> {
        let filler = Filler::new(self.seed);
        let stream = Leaves::new(Records::new(self, mean), layout);
        let mut free = numbers.free.iter();
        let (total, mut stale) = (leaves.len() as u128, 0);
        for (done, (node, leaf)) in (1_u128..).zip(leaves.iter().zip(stream)) {
            let mut page = leaf.render(&filler, layout, numbers.page[*node]);
            output.put(numbers.page[*node], &page)?;
            while stale < numbers.free.len() as u128 * done / total {
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

/// The result of a measuring pass.
struct KeyLeaves {
    /// First key and number of pages of each leaf of the bucket `key`.
    leaves: Vec<(Vec<u8>, usize)>,
    revision: i64,
    compacted: i64,
}

impl KeyLeaves {
    fn pages(&self) -> u64 {
        self.leaves.iter().map(|(_, pages)| *pages as u64).sum()
    }
}

/// Writes the branches, the other buckets, the root bucket, and last the metas.
fn write_nodes<F: Read + Write + Seek>(
    tree: &PageTree<'_>,
    root: usize,
    numbers: &PageNumbers,
    output: &mut PageWriter<F>,
) -> io::Result<()> {
    let mut page = Vec::with_capacity(META_SIZE);
    for node in 0..tree.nodes.len() {
        if !matches!(tree.nodes[node].content, Content::Reserved) {
            page.clear();
            tree.write_node(node, numbers, &mut page);
            output.put(numbers.page[node], &page)?;
        }
    }
    for (slot, meta) in (0..).zip(tree.metas(root, 0, numbers)) {
        output.put(slot, &meta.page(slot, tree.layout.byte_order))?;
    }
    Ok(())
}
