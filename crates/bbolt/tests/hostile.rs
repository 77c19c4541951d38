//! No bytes make the reader panic, hang or run in circles; whatever is wrong ends in a value.

use etcdsnap_bbolt::check::check;
use etcdsnap_bbolt::{Bucket, Db};
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
