//! No bytes make the reader panic, hang or run in circles; whatever is wrong ends in a value.

use etcdsnap_bbolt::check::{BucketInfo, Leaf, Observer, check};
use etcdsnap_bbolt::{Bucket, Corruption, Db, StructureCode};
use etcdsnap_testkit::bbolt::{Freelist, Layout};
use etcdsnap_testkit::damage;
use etcdsnap_testkit::random::Random;
use proptest::prelude::*;

/// Reads a file in every way there is.
fn read_all(file: &[u8]) {
    let Ok(db) = Db::open(file) else { return };
    let walk = check(&db, &(), 3);
    for problem in walk.problems.kept() {
        assert!(!problem.to_string().is_empty());
    }
    read_bucket(&db.root(), 0);
}

fn read_bucket(bucket: &Bucket<'_>, depth: u32) {
    let mut forward = Vec::new();
    for element in bucket.elements() {
        let Ok(element) = element else { break };
        forward.push(element.key);
        if element.is_bucket()
            && depth < 4
            && let Ok(Some(inner)) = bucket.bucket(element.key)
        {
            read_bucket(&inner, depth + 1);
        }
    }
    assert!(forward.is_sorted());
    let mut cursor = bucket.cursor();
    let mut backward = 0;
    while let Ok(Some(_)) = cursor.prev() {
        backward += 1;
    }
    _ = (backward, bucket.get(b"key/000100"));
}

fn small() -> Vec<u8> {
    let mut root = etcdsnap_testkit::bbolt::Bucket::new();
    let bucket = root.bucket("key");
    for number in 0..400_u32 {
        bucket.put(format!("key/{number:06}"), vec![b'x'; number as usize % 60]);
    }
    bucket.put("large", vec![1; 5_000]);
    root.bucket("meta").put("term", "1");
    Layout { page_size: 512, freelist: Freelist::Persisted, free_pages: 20, ..Layout::default() }.build(&root)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_few_bytes_changed(seed in any::<u64>(), changes in 1_usize..6) {
        let mut file = small();
        let mut random = Random::new(seed);
        for _ in 0..changes {
            // Headers and element tables are where it hurts, so half of the changes go there.
            let page = random.below(file.len() as u64 / 512) * 512;
            let within = if random.below(2) == 0 { random.below(80) } else { random.below(512) };
            file[usize::try_from(page + within).unwrap()] = random.bytes(1)[0];
        }
        read_all(&file);
    }

    #[test]
    fn any_bytes_behind_valid_metas(bytes in proptest::collection::vec(any::<u8>(), 0..4096)) {
        let mut file = small();
        let end = (1024 + bytes.len()).min(file.len());
        file[1024..end].copy_from_slice(&bytes[..end - 1024]);
        read_all(&file);
    }
}

#[test]
fn every_truncation() {
    let file = small();
    for length in (0..file.len()).step_by(64) {
        read_all(&file[..length]);
    }
}

/// 2^32 overflow pages claimed by every page must not take longer than the file is long.
#[test]
fn endless_overflow_everywhere() {
    let mut file = damage::specimen(&Layout::default());
    for page in file.chunks_exact_mut(4096).skip(2) {
        page[12..16].fill(0xff);
    }
    let db = Db::open(&file).expect("the metas are whole");
    let walk = check(&db, &(), 3);
    assert!(walk.problems.kept().len() < 200);
    read_all(&file);
}

/// Adds up what it is shown.
struct Weigher;

#[derive(Default)]
struct Weight {
    runs: u64,
    elements: u64,
}

impl<'a> Observer<'a> for Weigher {
    type Chunk = Weight;

    fn chunk(&self) -> Weight {
        Weight::default()
    }

    fn leaf(&self, weight: &mut Weight, _: &BucketInfo<'a>, leaf: &Leaf<'a>) {
        weight.runs += leaf.page.bytes().len() as u64;
        assert!(leaf.packed.is_none() || !leaf.page.leaf_elements().any(|element| element.is_bucket()));
        let elements = leaf.page.leaf_elements();
        weight.elements += elements.map(|element| (element.key.len() + element.value.len()) as u64).sum::<u64>();
    }
}

/// What a walk shows of a file, and how often it finds fault with `code`.
fn weighed(file: &[u8], code: StructureCode) -> (Weight, u64) {
    let db = Db::open(file).expect("the metas are whole");
    let walk = check(&db, &Weigher, 3);
    let sum = |mut sum: Weight, chunk: &Weight| {
        (sum.runs, sum.elements) = (sum.runs + chunk.runs, sum.elements + chunk.elements);
        sum
    };
    (walk.chunks.iter().fold(Weight::default(), sum), walk.problems.count(code))
}

/// Elements that all claim the same bytes do not make a file weigh more than a few times what it is.
#[test]
fn elements_that_share_their_bytes() {
    let mut root = etcdsnap_testkit::bbolt::Bucket::new();
    root.bucket("key").put("a", vec![0; 1_000_000]);
    let mut file = Layout::default().build(&root);
    let large = {
        let db = Db::open(&file).expect("sound");
        let pages = (2..db.pages_in_file()).filter_map(|id| db.page(id));
        let page = pages.filter(|page| page.count == 1).max_by_key(|page| page.overflow).expect("one with the value");
        usize::try_from(page.offset()).expect("small")
    };
    let count = 60_000_u16;
    file[large + 10..large + 12].copy_from_slice(&count.to_le_bytes());
    for index in 0..usize::from(count) {
        let at = 16 + 16 * index;
        let table_end = 16 + 16 * usize::from(count);
        let numbers = [0, u32::try_from(table_end - at).expect("small"), 1, 30_000].map(u32::to_le_bytes);
        file[large + at..large + at + 16].copy_from_slice(numbers.as_flattened());
    }
    let (weight, overlaps) = weighed(&file, StructureCode::ElemOverlap);
    assert!(weight.elements > 30_000 && weight.elements < 10 * file.len() as u64, "{} bytes", weight.elements);
    assert_eq!(overlaps, 1);
    read_all(&file);
}

/// Pages that all claim the rest of the file are each shown up to the next page of another.
#[test]
fn runs_that_overlap() {
    let mut file = damage::specimen(&Layout::default());
    let pages = u32::try_from(file.len() / 4096).expect("small");
    for (id, page) in (0..).zip(file.chunks_exact_mut(4096)).skip(2) {
        page[12..16].copy_from_slice(&(pages - id - 1_u32).to_le_bytes());
    }
    let (weight, doubles) = weighed(&file, StructureCode::DoubleRef);
    assert!(weight.runs <= file.len() as u64, "{} bytes", weight.runs);
    assert!(doubles > 0);
    let census = check(&Db::open(&file).expect("a database"), &(), 3).page_counts;
    assert_eq!(census.branch + census.leaf + census.overflow + 2, census.in_use);
}

/// A damaged flag makes a value pass for a bucket; readers that skip buckets have to be told, also where it can be none.
#[test]
fn a_value_that_is_marked_as_a_bucket() {
    let mut root = etcdsnap_testkit::bbolt::Bucket::new();
    root.bucket("lease").put("a", vec![7; 2000]).put("b", "no header of a bucket");
    let mut file = Layout::default().build(&root);
    let leaf = (2..100).map(|page| page * 4096).find(|at| file[at + 8..at + 11] == [2, 0, 2]).expect("the leaf");
    assert_eq!(weighed(&file, StructureCode::BucketHeader).1, 0);
    file[leaf + 32] = 1;
    file[leaf + 32 + 12] = 7;
    assert_eq!(weighed(&file, StructureCode::BucketHeader).1, 1);
}

/// A bucket in a bucket in a bucket …: as deep as it goes, it ends.
#[test]
fn buckets_in_buckets() {
    let mut root = etcdsnap_testkit::bbolt::Bucket::new();
    let mut bucket = &mut root;
    for _ in 0..200 {
        bucket.put("filler", vec![1; 2000]);
        bucket = bucket.bucket("b");
    }
    let (weight, deep) = weighed(&Layout::default().build(&root), StructureCode::Depth);
    assert!(weight.runs > 0);
    assert_eq!(deep, 1);
}

/// Elements of a bucket whose leaves hold one each, and stand below chains of these lengths, ascending in key order.
fn chained(chains: &[usize]) -> Vec<u8> {
    let mut root = etcdsnap_testkit::bbolt::Bucket::new();
    for number in 0..chains.len() {
        root.bucket("key").put(format!("{number:06}"), vec![b'x'; 200]);
    }
    let layout = Layout {
        page_size: 512,
        fill_percent: 50,
        inline_limit: Some(0),
        chains: chains.to_vec(),
        ..Layout::default()
    };
    layout.build(&root)
}

/// Levels of the branches that lead to so many chains.
fn levels_above(chains: usize) -> usize {
    let file = chained(&vec![0; chains]);
    let walk = check(&Db::open(&file).expect("sound metas"), &(), 3);
    walk.buckets[1].depth as usize - 1
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// One chain, or a fan of them: the walk ends, says once of each branch on the last level that it is too deep, and
    /// reads every leaf above it.
    #[test]
    fn chains_and_fans(chains in proptest::collection::vec(0_usize..200, 1..60)) {
        let file = chained(&chains);
        let above = levels_above(chains.len());
        let (weight, deep) = weighed(&file, StructureCode::Depth);
        let too_deep = chains.iter().filter(|chain| above + **chain >= 64).count();
        prop_assert_eq!(deep, too_deep as u64);
        let elements = (chains.len() - too_deep) * 206;
        prop_assert!(weight.elements >= elements as u64, "{} of {} bytes", weight.elements, elements);
        let census = check(&Db::open(&file).expect("sound metas"), &(), 3).page_counts;
        prop_assert_eq!(census.branch + census.leaf + 2, census.in_use);
        read_all(&file);
    }
}

/// Every depth of a single chain, on both sides of the limit.
#[test]
fn every_depth_of_a_chain() {
    for chain in 0..200 {
        let (_, deep) = weighed(&chained(&[chain]), StructureCode::Depth);
        assert_eq!(deep, u64::from(chain >= 64), "{chain} branches above a leaf");
    }
}

/// Every value reaches to the end of its page, over all that follow: together they are many times the file.
#[test]
fn elements_that_share_bytes_end_a_reading() {
    let mut root = etcdsnap_testkit::bbolt::Bucket::new();
    for number in 0..100_u32 {
        root.bucket("lease").put(format!("{number:06}"), "value");
    }
    let mut file = Layout::default().build(&root);
    let read = |file: &[u8]| {
        let db = Db::open(file).expect("a database");
        let bucket = db.root().bucket(b"lease").expect("readable").expect("there");
        let read: Result<Vec<_>, _> = bucket.elements().collect();
        let bytes = bucket.elements().flatten().map(|element| element.key.len() + element.value.len());
        assert!(bytes.sum::<usize>() <= file.len());
        read.map(|elements| elements.len())
    };
    assert_eq!(read(&file), Ok(100));
    let leaf = (2..100).map(|page| page * 4096).find(|at| file[at + 10] == 100).expect("the leaf");
    for element in (0..100).map(|number| leaf + 16 + 16 * number) {
        let field = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().expect("4 bytes")) as usize;
        let value = element + field(element + 4) + field(element + 8);
        let rest = u32::try_from(leaf + 4096 - value).expect("small");
        file[element + 12..element + 16].copy_from_slice(&rest.to_le_bytes());
    }
    assert!(matches!(read(&file), Err(Corruption::Sharing { page, .. }) if page == leaf as u64 / 4096));
}
