//! Every option of a layout shows in the bytes, and nothing else about the contents changes.

use etcdsnap_testkit::bbolt::{Bucket, ByteOrder, Freelist, Layout, MetaStyle, PageOrder};

const BRANCH: u64 = 1;
const NONE: u64 = u64::MAX;

/// A file under test, read at fixed offsets only.
struct File {
    bytes: Vec<u8>,
    layout: Layout,
}

impl File {
    fn build(layout: Layout, root: &Bucket) -> File {
        File { bytes: layout.build(root), layout }
    }

    fn number<const N: usize>(&self, at: usize) -> u64 {
        let mut wide = [0; 8];
        let raw = &self.bytes[at..at + N];
        match self.layout.byte_order {
            ByteOrder::Little => wide[..N].copy_from_slice(raw),
            ByteOrder::Big => wide[8 - N..].copy_from_slice(raw),
        }
        match self.layout.byte_order {
            ByteOrder::Little => u64::from_le_bytes(wide),
            ByteOrder::Big => u64::from_be_bytes(wide),
        }
    }

    fn page(&self, id: u64) -> usize {
        usize::try_from(id).expect("a small page id") * usize::try_from(self.layout.page_size).expect("32 bits")
    }

    fn meta(&self, slot: u64) -> Meta {
        let at = self.page(slot);
        Meta {
            magic: self.number::<4>(at + 16),
            root: self.number::<8>(at + 32),
            freelist: self.number::<8>(at + 48),
            high_water: self.number::<8>(at + 56),
            txid: self.number::<8>(at + 64),
        }
    }

    /// Levels below a page, following first children.
    fn depth(&self, id: u64) -> usize {
        let at = self.page(id);
        assert_eq!(self.number::<8>(at), id, "page id");
        if self.number::<2>(at + 8) == BRANCH { 1 + self.depth(self.number::<8>(at + 16 + 8)) } else { 1 }
    }

    /// Root page of the only bucket in the root bucket, 0 when it is inline.
    fn bucket_root(&self) -> u64 {
        let element = self.page(self.meta(0).root) + 16;
        let pos = usize::try_from(self.number::<4>(element + 4)).expect("inside a page");
        let ksize = usize::try_from(self.number::<4>(element + 8)).expect("inside a page");
        self.number::<8>(element + pos + ksize)
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Meta {
    magic: u64,
    root: u64,
    freelist: u64,
    high_water: u64,
    txid: u64,
}

/// One bucket with so many keys of 10 bytes and values of 50.
fn tree(keys: usize) -> Bucket {
    let mut root = Bucket::new();
    let bucket = root.bucket("numbers");
    for key in 0..keys {
        bucket.put(format!("{key:010}"), [b'v'; 50]);
    }
    root
}

#[test]
fn page_sizes_and_byte_orders() {
    for page_size in [512, 1024, 4096, 16_384, 65_536, 1 << 20] {
        for byte_order in [ByteOrder::Little, ByteOrder::Big] {
            let layout = Layout { page_size, byte_order, preallocated: 3000, ..Layout::default() };
            let file = File::build(layout, &tree(2000));
            let meta = file.meta(0);
            assert_eq!(meta.magic, 0xED0C_DAED);
            assert_eq!(meta.freelist, NONE);
            assert_eq!(file.bytes.len(), file.page(meta.high_water) + 3000);
            assert!(file.bytes[file.page(meta.high_water)..].iter().all(|byte| *byte == 0));
        }
    }
}

#[test]
fn the_order_of_pages_changes_only_places() {
    let orders = [PageOrder::LeavesFirst, PageOrder::RootFirst, PageOrder::Shuffled(1), PageOrder::Shuffled(2)];
    let files: Vec<File> = orders
        .map(|page_order| Layout { page_order, free_pages: 9, ..Layout::default() })
        .map(|layout| File::build(layout, &tree(2000)))
        .into_iter()
        .collect();
    for file in &files {
        assert_eq!(file.meta(0).high_water, files[0].meta(0).high_water);
        assert_eq!(file.depth(file.bucket_root()), 2);
    }
    assert_eq!(files[0].meta(0).root, files[0].meta(0).high_water - 2, "root and one free page behind it");
    assert_eq!(files[1].meta(0).root, 2);
    assert_ne!(files[2].bytes, files[3].bytes);
}

#[test]
fn metas_of_snapshots_and_of_live_databases() {
    for (metas, txid, expected) in [
        (MetaStyle::Snapshot, 9, [9, 8]),
        (MetaStyle::Live, 9, [8, 9]),
        (MetaStyle::Live, 10, [10, 9]),
        (MetaStyle::Equal, 9, [9, 9]),
    ] {
        let file = File::build(Layout { metas, txid, ..Layout::default() }, &tree(10));
        assert_eq!([file.meta(0).txid, file.meta(1).txid], expected);
    }
}

#[test]
fn depth_is_forced_as_far_as_the_keys_allow() {
    for min_depth in 1..8 {
        let file = File::build(Layout { min_depth, ..Layout::default() }, &tree(500));
        let depth = file.depth(file.bucket_root());
        assert!(depth >= min_depth.max(2), "{depth} levels, {min_depth} wanted");
    }
    let file = File::build(Layout { min_depth: 9, inline_limit: Some(0), ..Layout::default() }, &tree(4));
    assert_eq!(file.depth(file.bucket_root()), 3, "four keys make no more than three levels");
}

#[test]
fn inline_or_not() {
    let quarter = (4096 / 4 - 16) / (16 + 10 + 50);
    for (keys, inline_limit, inline) in [
        (quarter, None, true),
        (quarter + 1, None, false),
        (0, None, true),
        (0, Some(0), false),
        (200, Some(usize::MAX), true),
    ] {
        let file = File::build(Layout { inline_limit, ..Layout::default() }, &tree(keys));
        assert_eq!(file.bucket_root() == 0, inline, "{keys} keys, limit {inline_limit:?}");
    }
}

#[test]
fn long_freelists_count_in_their_first_id() {
    for free_pages in [0, 62, 65_534, 65_535, 65_536] {
        let layout = Layout { page_size: 512, freelist: Freelist::Persisted, free_pages, ..Layout::default() };
        let file = File::build(layout, &tree(30));
        let list = file.page(file.meta(0).freelist);
        let (count, first) = (file.number::<2>(list + 10), file.number::<8>(list + 16));
        if free_pages < 65_535 {
            assert_eq!(count, free_pages);
        } else {
            assert_eq!((count, first), (0xFFFF, free_pages));
        }
        let ids = free_pages + u64::from(free_pages >= 65_535);
        assert_eq!(file.number::<4>(list + 12), (16 + 8 * ids) / 512, "one page more on an exact fit");
    }
}

#[test]
fn large_values_may_share_a_page() {
    let mut root = Bucket::new();
    let bucket = root.bucket("large");
    for key in 0..4 {
        bucket.put([b'a' + key], vec![key; 9000]);
    }
    let pages = |min_leaf_elements| {
        let file = File::build(Layout { min_leaf_elements, ..Layout::default() }, &root);
        (file.meta(0).high_water, file.depth(file.bucket_root()))
    };
    assert_eq!(pages(1), (2 + 4 * 3 + 1 + 1, 2));
    assert_eq!(pages(4), (2 + 9 + 1, 1));
}
