//! The account of a file: it always adds up, and on sound files every number is what a model of the store says.

use std::fs;
use std::io::{Cursor, Write as _};
use std::path::Path;

use etcdsnap_bbolt::Db;
use etcdsnap_bbolt::build::{BuildError, BuildOptions, Builder};
use etcdsnap_snapshot::container::{Container, OpenOptions};
use etcdsnap_snapshot::progress::Silent;
use etcdsnap_snapshot::usage::{Options, Usage, UsageError, usage};
use etcdsnap_testkit::append_trailer;
use etcdsnap_testkit::bbolt::{ByteOrder, Freelist, Layout, MetaStyle, PageOrder};
use etcdsnap_testkit::damage::{ALL, specimen};
use etcdsnap_testkit::etcd::{Compactions, EtcdStore, RandomHistory, RecordKey};
use etcdsnap_testkit::random::Random;

const OPTIONS: Options = Options { depth: 1, separator: b'/', top: 5 };

/// Opens a file with these bytes and looks at its account.
fn account<T>(bytes: &[u8], look: impl FnOnce(Result<Usage<'_>, UsageError>) -> T) -> T {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("snapshot.db");
    fs::write(&path, bytes).expect("written");
    let container = Container::open(&path, &OpenOptions::default()).expect("a database");
    look(usage(&container, &OPTIONS, &Silent))
}

/// What must hold of every account of a file of `size` bytes.
fn assert_adds_up(usage: &Usage<'_>, size: u64) {
    let balance = &usage.balance;
    assert_eq!(balance.total(), size, "{balance:?}");
    let mut rows = etcdsnap_snapshot::usage::PrefixUsage::default();
    for row in &usage.prefixes {
        rows.add(row);
    }
    assert_eq!(
        [rows.live_values, rows.live_keys, rows.live_overhead, rows.old_revisions, rows.tombstones],
        [balance.live_values, balance.live_keys, balance.live_overhead, balance.old_revisions, balance.tombstones]
    );
    assert_eq!(
        [rows.keys, rows.old_records, rows.deletions],
        [usage.counts.live_keys, usage.counts.old_revisions, usage.counts.tombstones].map(|count| *count.part())
    );
    let buckets: u64 = usage.buckets.iter().map(etcdsnap_snapshot::usage::BucketUsage::total).sum();
    let of_buckets = rows.total() + balance.other_buckets + balance.page_headers + balance.branch_pages + balance.slack;
    assert_eq!(buckets, of_buckets);
}

/// The account of a sound file of this store.
fn assert_like(store: &EtcdStore, file: &[u8], context: &str) {
    let live = store.live_at(store.current_revision());
    account(file, |usage| {
        let usage = usage.expect(context);
        assert_adds_up(&usage, file.len() as u64);
        assert!(usage.is_sound && usage.balance.damaged == 0, "{context}: {:?}", usage.balance);
        assert_eq!(usage.counts.live_keys.all(), Some(&(live.len() as u64)), "{context}");
        assert_eq!(usage.balance.live_values, live.values().map(|kv| kv.value.len() as u64).sum::<u64>());
        assert_eq!(usage.balance.live_keys, live.keys().map(|key| key.len() as u64).sum::<u64>());
        let is_tombstone = |raw: &&Vec<u8>| RecordKey::decode(raw).is_some_and(|key| key.tombstone);
        let tombstones = store.records.keys().filter(is_tombstone).count();
        assert_eq!(usage.counts.tombstones.all(), Some(&(tombstones as u64)));
        let old = (store.records.len() - tombstones - live.len()) as u64;
        assert_eq!(usage.counts.old_revisions.all(), Some(&old));
        let records: usize = store.records.iter().map(|(key, value)| 16 + key.len() + value.len()).sum();
        let balance = &usage.balance;
        let live_bytes = balance.live_values + balance.live_keys + balance.live_overhead;
        assert_eq!(live_bytes + balance.old_revisions + balance.tombstones, records as u64, "{context}");
        let largest = live.iter().map(|(key, kv)| key.len() + kv.value.len()).max().unwrap_or(0);
        let found = usage.largest.first().map_or(0, |key| key.key.len() as u64 + key.value_size);
        assert!(found.abs_diff(largest as u64) <= 4, "{context}: {found} {largest}");
    });
}

#[test]
fn every_layout_adds_up_and_agrees_with_the_store() {
    let shuffled = PageOrder::Shuffled(7);
    let layouts = [
        Layout::default(),
        Layout { page_size: 16384, page_order: shuffled, free_pages: 30, ..Layout::default() },
        Layout { page_size: 512, byte_order: ByteOrder::Big, ..Layout::default() },
        Layout { page_order: shuffled, free_pages: 200, fill_percent: 30, min_leaf_elements: 3, ..Layout::default() },
        Layout { freelist: Freelist::Persisted, free_pages: 700, metas: MetaStyle::Live, ..Layout::default() },
        Layout { preallocated: 3 * 4096, inline_limit: Some(0), min_depth: 3, ..Layout::default() },
        Layout { preallocated: 1000, ..Layout::default() },
    ];
    for (number, layout) in (0..).zip(layouts) {
        for compactions in [Compactions::Never, Compactions::Finished(3), Compactions::LastUnfinished(2)] {
            let store =
                RandomHistory { seed: number, compactions, operations: 600, ..RandomHistory::default() }.build_store();
            let mut file = layout.build(&store.to_tree());
            assert_like(&store, &file, &format!("{layout:?}"));
            if layout.preallocated % 512 == 0 {
                append_trailer(&mut file);
                assert_like(&store, &file, &format!("sealed {layout:?}"));
            }
        }
    }
}

#[test]
fn real_snapshots_add_up() {
    let folder = std::env::var("ETCDSNAP_FIXTURES")
        .unwrap_or_else(|_| format!("{}/../../testdata/etcd", env!("CARGO_MANIFEST_DIR")));
    let mut seen = 0;
    for entry in fs::read_dir(folder).expect("fixtures") {
        let path = entry.expect("entry").path();
        if path.extension().is_some_and(|extension| extension == "db") {
            real_snapshot_adds_up(&path);
            seen += 1;
        }
    }
    assert!(seen >= 6);
}

fn real_snapshot_adds_up(path: &Path) {
    let bytes = fs::read(path).expect("bytes");
    let recorded = fs::read_to_string(path.with_extension("json")).expect("recorded");
    let recorded: serde_json::Value = serde_json::from_str(&recorded).expect("json");
    let status = recorded["status"]["3.7.1"]["json"]["stdout"].as_str().expect("status");
    let status: serde_json::Value = serde_json::from_str(status).expect("json");
    let plain = account(&bytes, |usage| {
        let usage = usage.expect("sound");
        assert_adds_up(&usage, bytes.len() as u64);
        assert!(usage.is_sound && usage.balance.damaged == 0 && usage.balance.trailer == 32);
        assert_eq!(status["totalKey"], *usage.counts.live_keys.part());
        assert_eq!(status["totalSize"], usage.database_size);
        usage.balance
    });
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(&bytes).expect("compress");
    account(&packed.finish().expect("compress"), |usage| assert_eq!(usage.expect("sound").balance, plain));
}

/// Whatever is wrong with a file, what could not be attributed is damaged, and the rest still adds up.
#[test]
fn damaged_files_add_up() {
    let persisted = Layout { freelist: Freelist::Persisted, free_pages: 40, ..Layout::default() };
    let subjects = [specimen(&Layout::default()), specimen(&persisted)];
    let applied = subjects.iter().flat_map(|subject| {
        ALL.iter().filter_map(|corruption| {
            let mut file = subject.clone();
            corruption.apply(&mut file).is_ok().then_some((corruption, file))
        })
    });
    for (corruption, file) in applied {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("snapshot.db");
        fs::write(&path, &file).expect("written");
        let Ok(container) = Container::open(&path, &OpenOptions::default()) else { continue };
        match usage(&container, &OPTIONS, &Silent) {
            Ok(usage) => {
                assert_adds_up(&usage, file.len() as u64);
                assert!(usage.is_sound || usage.savings.is_none());
            }
            Err(UsageError::Unusable(_)) => {}
            Err(error) => panic!("{}: {error}", corruption.name),
        }
    }
}

#[test]
fn flipped_and_cut_files_add_up() {
    let store = RandomHistory { operations: 400, ..RandomHistory::default() }.build_store();
    let layout = Layout { page_order: PageOrder::Shuffled(3), free_pages: 9, ..Layout::default() };
    let sound = layout.build(&store.to_tree());
    let mut random = Random::new(11);
    for round in 0..600 {
        let mut file = sound.clone();
        // Headers and element tables stand at the beginning of pages: that is where a flip does most.
        for _ in 0..=random.index(3) {
            let page = random.index(file.len() / 4096) * 4096;
            let at = if random.chance(3, 4) { page + random.index(80) } else { random.index(file.len()) };
            file[at] ^= 1 << random.index(8);
        }
        if random.chance(1, 4) {
            file.truncate(8192 + random.index(file.len() - 8192));
        }
        account(&file, |usage| match usage {
            Ok(usage) => assert_adds_up(&usage, file.len() as u64),
            Err(UsageError::Unusable(_)) => {}
            Err(error) => panic!("round {round}: {error}"),
        });
    }
}

#[test]
fn the_estimate_of_a_defragmentation_is_close() {
    let layouts = [
        Layout { page_order: PageOrder::Shuffled(7), free_pages: 300, fill_percent: 50, ..Layout::default() },
        Layout { page_size: 16384, free_pages: 10, ..Layout::default() },
        Layout { fill_percent: 100, ..Layout::default() },
    ];
    for (seed, layout) in (0..).zip(layouts) {
        for (operations, value_bytes) in [(300, 0..200), (6000, 0..200), (3000, 500..3000)] {
            let history = RandomHistory { seed, operations, keys: 900, value_bytes, ..RandomHistory::default() };
            let file = layout.build(&history.build_store().to_tree());
            let built = defragmented(&file);
            let estimated = account(&file, |usage| usage.expect("sound").savings.expect("sound").defragmented_size);
            let bound = built / 100 + 4 * u64::from(layout.page_size);
            assert!(built.abs_diff(estimated) <= bound, "{estimated} for {built}, {operations}, {layout:?}");
        }
    }
}

/// Size of the same content, built anew.
fn defragmented(file: &[u8]) -> u64 {
    let db = Db::open(file).expect("sound");
    let mut out = Cursor::new(Vec::new());
    let mut builder = Builder::new(&mut out, &BuildOptions::like(&db)).expect("options");
    for bucket in db.root().elements() {
        let name = bucket.expect("sound").key;
        let bucket = db.root().bucket(name).expect("sound").expect("there");
        let fill = |builder: &mut Builder<_>| {
            bucket.elements().try_for_each(|element| {
                let element = element.expect("sound");
                builder.put(element.key, element.value)
            })
        };
        builder.bucket::<BuildError>(name, 0, fill).expect("builds");
    }
    builder.finish().expect("builds").size
}

/// What a compaction at the newest revision and a new build leave.
#[test]
fn the_estimate_of_both_is_in_the_right_range() {
    let mut store =
        RandomHistory { operations: 5000, compactions: Compactions::Never, ..RandomHistory::default() }.build_store();
    let file = Layout { fill_percent: 50, ..Layout::default() }.build(&store.to_tree());
    let savings = account(&file, |usage| usage.expect("sound").savings.expect("sound"));
    let before: usize = store.records.iter().map(|(key, value)| 16 + key.len() + value.len()).sum();
    store.compact(store.current_revision());
    let after: usize = store.records.iter().map(|(key, value)| 16 + key.len() + value.len()).sum();
    let freed = (before - after) as u64;
    assert!(savings.compaction >= freed && savings.compaction - freed <= 60, "{savings:?} {freed}");
    let built = defragmented(&Layout::default().build(&store.to_tree()));
    let estimated = savings.compacted_and_defragmented_size;
    assert!(built.abs_diff(estimated) <= built / 10 + 5 * 4096, "{estimated} for {built}");
}
