//! Whatever way a database can lie in its file: it checks clean, and reading it gives back what was put in.

use std::collections::BTreeMap;

use etcdsnap_bbolt::check::{BucketInfo, DEFAULT_LIMIT, Leaf, Observer, check};
use etcdsnap_bbolt::{Bucket, Db};
use etcdsnap_testkit::bbolt::{self, ByteOrder, Entry, Freelist, Layout, MetaStyle, PageOrder};

fn content() -> bbolt::Bucket {
    let mut root = bbolt::Bucket::new();
    root.bucket("empty");
    root.bucket("one").put("a", "1");
    let many = root.bucket("many");
    for number in 0..3_000_u32 {
        many.put(format!("key {number:08}"), vec![b'v'; number as usize % 90]);
    }
    many.put("large", vec![7; 300_000]).put("no value", "");
    let nested = root.bucket("nested");
    nested.sequence = 42;
    nested.put("plain", "value").bucket("inner").bucket("innermost").put("deep", "down");
    root
}

/// Everything in a bucket, read by cursor, as the description has it.
fn read(bucket: &Bucket<'_>) -> BTreeMap<Vec<u8>, Entry> {
    bucket
        .elements()
        .map(|element| {
            let element = element.expect("sound");
            let entry = if element.is_bucket() {
                let inner = bucket.bucket(element.key).expect("sound").expect("there");
                Entry::Bucket(bbolt::Bucket { sequence: inner.sequence, entries: read(&inner) })
            } else {
                Entry::Value(element.value.to_vec())
            };
            (element.key.to_vec(), entry)
        })
        .collect()
}

/// Counts the pages of leaves that are whole.
struct WholeLeaves;

impl<'a> Observer<'a> for WholeLeaves {
    type Chunk = u64;

    fn chunk(&self) -> u64 {
        0
    }

    fn leaf(&self, pages: &mut u64, _: &BucketInfo<'a>, leaf: &Leaf<'a>) {
        if leaf.whole && leaf.page.position.is_some() {
            *pages += u64::from(leaf.page.overflow) + 1;
        }
    }
}

fn assert_whole(layout: &Layout) {
    let root = content();
    let file = layout.build(&root);
    let db = Db::open(&file).expect("opens");
    assert_eq!(db.page_size(), layout.page_size);
    let walk = check(&db, &WholeLeaves, DEFAULT_LIMIT);
    let problems: Vec<_> = walk.problems.kept().iter().map(|problem| (problem.code, problem.to_string())).collect();
    // A bucket that was forced to be inline is larger than bbolt would have it; that is worth an information, no more.
    let expected = layout.inline_limit.is_some_and(|limit| limit > layout.page_size as usize / 4);
    assert!(problems.iter().all(|(code, _)| expected && code.as_str() == "INLINE_BIG"), "{layout:?}: {problems:?}");
    assert_eq!(read(&db.root()), root.entries, "{layout:?}");
    assert_eq!(walk.page_counts.in_use + walk.page_counts.free, db.meta().high_water_mark);
    let leaves: u64 = walk.chunks.iter().sum();
    let branches: u64 = walk.buckets.iter().map(|bucket| bucket.branch_pages).sum();
    assert_eq!(walk.page_counts.in_use, 2 + walk.page_counts.freelist + branches + leaves, "{layout:?}");
    assert!(walk.page_counts.free >= layout.free_pages);
}

#[test]
fn every_page_size_in_both_byte_orders() {
    for page_size in [512, 1024, 2048, 4096, 8192, 16384, 65536, 1 << 20] {
        for byte_order in [ByteOrder::Little, ByteOrder::Big] {
            assert_whole(&Layout { page_size, byte_order, ..Layout::default() });
        }
    }
}

#[test]
fn every_order_of_pages_and_style_of_metas() {
    for page_order in [PageOrder::LeavesFirst, PageOrder::RootFirst, PageOrder::Shuffled(3)] {
        for metas in [MetaStyle::Snapshot, MetaStyle::Live] {
            for txid in [8, 9] {
                assert_whole(&Layout { page_order, metas, txid, free_pages: 50, ..Layout::default() });
            }
        }
    }
}

#[test]
fn freelists_of_every_form() {
    for freelist in [Freelist::NotPersisted, Freelist::Persisted] {
        for free_pages in [0, 1, 300] {
            assert_whole(&Layout { freelist, free_pages, page_order: PageOrder::Shuffled(1), ..Layout::default() });
        }
    }
}

/// From 65 535 ids on the count in the page header overflows and the number moves into the list.
#[test]
fn freelists_around_the_count_overflow() {
    for free_pages in [65_534, 65_535, 65_536] {
        let layout = Layout { page_size: 512, freelist: Freelist::Persisted, free_pages, ..Layout::default() };
        let file = layout.build(&content());
        let db = Db::open(&file).expect("opens");
        let walk = check(&db, &(), DEFAULT_LIMIT);
        assert!(walk.problems.is_empty(), "{:?}", walk.problems.kept());
        assert_eq!(walk.page_counts.free, free_pages);
    }
}

#[test]
fn deep_trees_and_forced_buckets() {
    for min_depth in [2, 4, 6] {
        assert_whole(&Layout { min_depth, ..Layout::default() });
    }
    assert_whole(&Layout { inline_limit: Some(0), ..Layout::default() });
    assert_whole(&Layout { inline_limit: Some(usize::MAX), ..Layout::default() });
    assert_whole(&Layout { min_leaf_elements: 4, fill_percent: 50, preallocated: 16 << 20, ..Layout::default() });
}

#[test]
fn huge_keys_make_branches_overflow() {
    let mut root = bbolt::Bucket::new();
    let bucket = root.bucket("huge");
    for number in 0..40_u8 {
        let mut key = vec![number; 30_000];
        key.push(number);
        bucket.put(key, vec![number; 10]);
    }
    let file = Layout::default().build(&root);
    let db = Db::open(&file).expect("opens");
    let walk = check(&db, &(), DEFAULT_LIMIT);
    assert!(walk.problems.is_empty(), "{:?}", walk.problems.kept());
    assert_eq!(read(&db.root()), root.entries);
}

#[test]
fn a_bad_first_meta_does_not_hide_the_page_size() {
    for page_size in [512, 4096, 65536] {
        let mut file = Layout { page_size, ..Layout::default() }.build(&content());
        file[16..24].fill(0);
        let db = Db::open(&file).expect("meta 1 is whole");
        assert_eq!((db.page_size(), db.meta().slot), (page_size, 1));
        assert_eq!(read(&db.root()), content().entries);
    }
}
