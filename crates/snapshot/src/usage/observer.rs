//! The walk over the leaves: what each byte of them belongs to.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use etcdsnap_bbolt::build::{BuildOptions, SizeEstimate};
use etcdsnap_bbolt::check::{BucketInfo, Leaf, Observer};
use etcdsnap_bbolt::format::{BUCKET_HEADER, ELEMENT, PAGE_HEADER};
use etcdsnap_bbolt::{Db, LeafElement, Page};
use etcdsnap_mvcc::RevisionKey;
use etcdsnap_proto::KeyValueRef;

use super::keys::{Greatest, KeyState, Keys, Met};
use super::leaf;
use super::prefix::{MOST_PREFIXES, PrefixUsage, Prefixes, folder};
use super::{Balance, BucketUsage, Counts, KeyUsage, Options, REQUEST_LIMIT};
use crate::known::Known;

/// Sums up what the leaves hold.
#[derive(Debug)]
pub(super) struct Accountant<'a> {
    options: Options,
    packing: BuildOptions,
    prefixes: Mutex<Prefixes<'a>>,
    keys: Keys,
    /// Bytes of the file that belong to leaves which were not attributed, from start to end: nothing inside them is.
    doubtful: Mutex<BTreeMap<u64, u64>>,
}

/// What one chunk of leaves holds.
#[derive(Debug)]
pub(super) struct Chunk<'a> {
    buckets: BTreeMap<u32, BucketSums>,
    unreadable: u64,
    unreadable_records: u64,
    leaves: Vec<(u32, u64)>,
    inline: Option<Page<'a>>,
    states: Vec<KeyState>,
    folders: HashMap<&'a [u8], u32>,
    rows: Vec<PrefixUsage<'a>>,
}

/// What the leaves of one bucket hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct BucketSums {
    pub elements: u64,
    pub content: u64,
    pub page_headers: u64,
    pub slack: u64,
    /// How its elements would be packed anew, without the buckets among them.
    pub estimate: SizeEstimate,
}

/// What all leaves hold.
#[derive(Debug)]
pub(super) struct Account<'a> {
    /// The columns that leaves make up; the others are 0.
    pub columns: Balance,
    pub counts: Counts,
    /// Bytes of records that cannot be read, on pages that can.
    pub unreadable: u64,
    pub prefixes: Vec<PrefixUsage<'a>>,
    pub depth: usize,
    pub sums: BTreeMap<u32, BucketSums>,
    pub largest: Vec<KeyUsage<'a>>,
    pub most_rewritten: Vec<KeyUsage<'a>>,
}

impl<'a> Accountant<'a> {
    pub fn new(db: &Db<'a>, options: &Options) -> Self {
        Self {
            options: *options,
            packing: BuildOptions::like(db),
            prefixes: Mutex::new(Prefixes::new(options.separator, options.depth, MOST_PREFIXES)),
            keys: Keys::new(),
            doubtful: Mutex::default(),
        }
    }

    /// What is unused of a leaf, when its other bytes can be attributed.
    fn unused(&self, leaf: &Leaf<'a>) -> Option<u64> {
        let start = leaf.page.offset();
        let mut doubtful = self.doubtful.lock().unwrap_or_else(PoisonError::into_inner);
        let outer = leaf.page.position.is_none().then(|| doubtful.range(..=start).next_back()).flatten();
        if outer.is_some_and(|(_, end)| start < *end) {
            return None;
        }
        let unused = leaf::unused(leaf);
        if unused.is_none() {
            doubtful.insert(start, start + leaf.page.bytes().len() as u64);
        }
        unused
    }

    fn element(
        &self,
        chunk: &mut Chunk<'a>,
        sums: &mut BucketSums,
        is_keys: bool,
        at: (u32, u16),
        element: &LeafElement<'a>,
    ) {
        sums.elements += 1;
        let (key, value) = (element.key.len() as u64, element.value.len() as u64);
        if element.is_bucket() {
            // What the bucket holds is attributed to itself, wherever it is.
            sums.content += ELEMENT as u64 + key + value.min(BUCKET_HEADER as u64);
            return;
        }
        sums.estimate.put(key, value);
        let bytes = ELEMENT as u64 + key + value;
        if !is_keys || self.record(chunk, at, bytes, element) {
            sums.content += bytes;
        } else {
            chunk.unreadable += bytes;
            chunk.unreadable_records += 1;
        }
    }

    /// Notes a record of the bucket `key`; false when it is none.
    #[inline]
    fn record(&self, chunk: &mut Chunk<'a>, (rank, index): (u32, u16), bytes: u64, element: &LeafElement<'a>) -> bool {
        let (Ok(revision), Ok(record)) = (RevisionKey::parse(element.key), KeyValueRef::parse(element.value)) else {
            return false;
        };
        let prefix = folder(record.key, self.options.separator, self.options.depth);
        let next = u32::try_from(chunk.rows.len()).unwrap_or(u32::MAX);
        let local = *chunk.folders.entry(prefix).or_insert(next);
        if local == next {
            chunk.rows.push(PrefixUsage { prefix, ..PrefixUsage::default() });
        }
        if let Some(row) = chunk.rows.get_mut(local as usize) {
            if revision.tombstone {
                row.deletions += 1;
                row.tombstones += bytes;
            } else {
                // Until it is known which puts are the newest, all count as old.
                row.old_records += 1;
                row.old_revisions += bytes;
            }
        }
        let (key, value_size, put) = (record.key, record.value.len(), !revision.tombstone);
        chunk.states.push(KeyState::new(&Met { rank, index, key, value_size, bytes, put, prefix: local }));
        true
    }

    /// Puts the chunks together; `whole` says whether they are of the whole tree.
    pub fn close(self, db: &Db<'a>, chunks: Vec<Chunk<'a>>, whole: bool) -> Account<'a> {
        let mut sums: BTreeMap<u32, BucketSums> = BTreeMap::new();
        let (mut unreadable_records, mut unreadable, mut oversized_keys) = (0, 0, 0);
        let mut places = Places { db: *db, inline: None, leaves: Vec::new() };
        for chunk in chunks {
            unreadable_records += chunk.unreadable_records;
            unreadable += chunk.unreadable;
            places.inline = places.inline.or(chunk.inline);
            places.leaves.extend(chunk.leaves);
            for (bucket, part) in chunk.buckets {
                sums.entry(bucket).or_insert_with(|| BucketSums::new(&self.packing)).add(&part);
            }
        }
        places.leaves.sort_unstable();
        let mut prefixes = self.prefixes.into_inner().unwrap_or_else(PoisonError::into_inner);
        let (mut largest, mut most_rewritten) = (Greatest::new(self.options.top), Greatest::new(self.options.top));
        for state in self.keys.finish() {
            if state.records > 1 {
                most_rewritten.offer((state.records, state.bytes), &state);
            }
            let Some(row) = prefixes.of(state.prefix).filter(|_| state.is_live()) else { continue };
            let (value, key, overhead) = (u64::from(state.value_size), u64::from(state.key_size), state.overhead());
            row.keys += 1;
            row.live_values += value;
            row.live_keys += key;
            row.live_overhead += overhead;
            row.old_records = row.old_records.saturating_sub(1);
            row.old_revisions = row.old_revisions.saturating_sub(value + key + overhead);
            oversized_keys += u64::from(value + key > REQUEST_LIMIT);
            largest.offer(value + key + overhead, &state);
        }
        let (prefixes, depth) = prefixes.finish();
        let (largest, most_rewritten) = (places.read(largest.finish()), places.read(most_rewritten.finish()));
        let columns = columns(&prefixes, &sums);
        let all = sum(&prefixes);
        let known = |count| Known::new(count, whole && unreadable_records == 0);
        let counts = Counts {
            live_keys: known(all.keys),
            old_revisions: known(all.old_records),
            tombstones: known(all.deletions),
            unreadable_records,
            oversized_keys: known(oversized_keys),
        };
        Account { columns, counts, unreadable, prefixes, depth, sums, largest, most_rewritten }
    }
}

fn sum<'a>(prefixes: &[PrefixUsage<'a>]) -> PrefixUsage<'a> {
    let mut all = PrefixUsage::default();
    for row in prefixes {
        all.add(row);
    }
    all
}

fn columns(prefixes: &[PrefixUsage<'_>], sums: &BTreeMap<u32, BucketSums>) -> Balance {
    let all = sum(prefixes);
    let content: u64 = sums.values().map(|sums| sums.content).sum();
    Balance {
        live_values: all.live_values,
        live_keys: all.live_keys,
        live_overhead: all.live_overhead,
        old_revisions: all.old_revisions,
        tombstones: all.tombstones,
        other_buckets: content - all.total(),
        page_headers: sums.values().map(|sums| sums.page_headers).sum(),
        slack: sums.values().map(|sums| sums.slack).sum(),
        ..Balance::default()
    }
}

impl<'a> Account<'a> {
    /// One row for each bucket of the walk.
    pub fn buckets(&self, db: &Db<'a>, infos: &[BucketInfo<'a>]) -> Vec<BucketUsage<'a>> {
        let row = |info: &BucketInfo<'a>| {
            let sums = self.sums.get(&info.index);
            let of = |number: fn(&BucketSums) -> u64| sums.map_or(0, number);
            BucketUsage {
                name: info.name,
                parent: info.parent,
                inline: info.root == 0,
                elements: of(|sums| sums.elements),
                content: of(|sums| sums.content),
                page_headers: of(|sums| sums.page_headers),
                branch_pages: info.branch_pages * u64::from(db.page_size()),
                slack: of(|sums| sums.slack),
            }
        };
        infos.iter().map(row).collect()
    }
}

impl BucketSums {
    fn new(packing: &BuildOptions) -> Self {
        Self { elements: 0, content: 0, page_headers: 0, slack: 0, estimate: SizeEstimate::new(packing) }
    }

    fn add(&mut self, other: &Self) {
        self.elements += other.elements;
        self.content += other.content;
        self.page_headers += other.page_headers;
        self.slack += other.slack;
        self.estimate.merge(&other.estimate);
    }
}

impl<'a> Observer<'a> for Accountant<'a> {
    type Chunk = Chunk<'a>;

    fn chunk(&self) -> Chunk<'a> {
        Chunk {
            buckets: BTreeMap::new(),
            unreadable: 0,
            unreadable_records: 0,
            leaves: Vec::new(),
            inline: None,
            states: Vec::new(),
            folders: HashMap::new(),
            rows: Vec::new(),
        }
    }

    fn leaf(&self, chunk: &mut Chunk<'a>, bucket: &BucketInfo<'a>, leaf: &Leaf<'a>) {
        let Some(unused) = self.unused(leaf) else { return };
        let page = leaf.page;
        let is_keys = bucket.parent == Some(0) && bucket.name == b"key";
        if is_keys {
            chunk.leaves.push((leaf.rank, page.position.unwrap_or(0)));
            chunk.inline = chunk.inline.or(page.position.is_none().then_some(page));
        }
        let mut sums = chunk.buckets.remove(&bucket.index).unwrap_or_else(|| BucketSums::new(&self.packing));
        sums.page_headers += PAGE_HEADER as u64;
        sums.slack += unused;
        for index in 0..page.count {
            if let Some(element) = page.leaf_element(index) {
                self.element(chunk, &mut sums, is_keys, (leaf.rank, index), &element);
            }
        }
        chunk.buckets.insert(bucket.index, sums);
    }

    fn finish(&self, chunk: &mut Chunk<'a>) {
        let mut prefixes = self.prefixes.lock().unwrap_or_else(PoisonError::into_inner);
        let numbers: Vec<u32> = chunk.rows.iter().map(|row| prefixes.add(row.prefix, row)).collect();
        drop(prefixes);
        let mut states = std::mem::take(&mut chunk.states);
        for state in &mut states {
            state.prefix = numbers.get(state.prefix as usize).copied().unwrap_or(u32::MAX);
        }
        self.keys.take(&mut states);
        (chunk.folders, chunk.rows) = (HashMap::new(), Vec::new());
        chunk.leaves.shrink_to_fit();
    }
}

/// Where records are found again: rank and page of each leaf of the bucket `key`, ascending.
struct Places<'a> {
    db: Db<'a>,
    inline: Option<Page<'a>>,
    leaves: Vec<(u32, u64)>,
}

impl<'a> Places<'a> {
    fn read(&self, states: impl Iterator<Item = KeyState>) -> Vec<KeyUsage<'a>> {
        states.filter_map(|state| self.key(&state)).collect()
    }

    fn key(&self, state: &KeyState) -> Option<KeyUsage<'a>> {
        let (rank, index) = state.place();
        let at = self.leaves.binary_search_by_key(&rank, |leaf| leaf.0).ok()?;
        let page = self.inline.or_else(|| self.db.page(self.leaves.get(at)?.1))?;
        let record = KeyValueRef::parse(page.leaf_element(index)?.value).ok()?;
        Some(KeyUsage {
            key: record.key,
            deleted: !state.is_live(),
            value_size: record.value.len() as u64,
            version: record.version,
            records: state.records.into(),
            bytes: state.bytes,
        })
    }
}
