//! Random histories: hashes, counts and revisions equal what a plain model of etcd answers, and no rule is broken.

use etcdsnap_bbolt::{Db, check};
use etcdsnap_fault::Severity;
use etcdsnap_mvcc::digest::backend_hash;
use etcdsnap_mvcc::{BackendHashRule, Compaction, Keyspace, RevisionError, Scanner};
use etcdsnap_testkit::bbolt::{Layout, PageOrder};
use etcdsnap_testkit::etcd::{self, Compactions, EtcdStore, RandomHistory, Server, TombstoneRule};
use proptest::prelude::*;

fn with_keyspace<T>(file: &[u8], at: Option<i64>, look: impl FnOnce(&Keyspace<'_>) -> T) -> T {
    let db = Db::open(file).expect("a database");
    let compaction = Compaction::read(&db).expect("marks");
    let mut walk = check::check(&db, &Scanner::new(compaction, 10), 10);
    assert!(walk.problems.worst() < Some(Severity::Warning), "{:?}", walk.problems.kept());
    look(&Keyspace::from_walk(&db, &mut walk, compaction, at))
}

fn assert_agree(store: &EtcdStore, layout: &Layout) {
    let file = layout.build(&store.to_tree());
    let (compacted, current) = (store.compacted_revision(), store.current_revision());
    with_keyspace(&file, None, |keyspace| {
        assert!(keyspace.violations.is_empty(), "{:?}", keyspace.violations.kept());
        assert_eq!(keyspace.status_hash(), store.status_hash());
        assert_eq!(keyspace.total_pairs(), store.total_pairs() as u64);
        assert_eq!(keyspace.summary.live_keys, store.total_live_keys() as u64);
        assert_eq!(keyspace.summary.records, store.records.len() as u64);
        assert_eq!(keyspace.summary.last.map_or(0, |last| last.main), store.last_record_revision());
        assert_eq!((keyspace.compaction().compacted(), keyspace.current_revision()), (compacted, current));
        for key in store.live_at(current).keys().take(3) {
            assert!(keyspace.any_live_key(|live| live == key));
        }
        assert!(!keyspace.any_live_key(|live| live.starts_with(b"no such key")));
    });
    let db = Db::open(&file).expect("a database");
    for (server, rule) in [
        (Server::V3_4, BackendHashRule::V3_4),
        (Server::V3_5, BackendHashRule::V3_5),
        (Server::V3_6, BackendHashRule::V3_6),
    ] {
        let meta = db.root().bucket(b"meta").expect("sound");
        let hash = with_keyspace(&file, None, |keyspace| backend_hash(&keyspace.buckets, meta, rule));
        assert_eq!(hash, Ok(store.backend_hash(server)));
    }
}

fn assert_hash_kv(store: &EtcdStore, layout: &Layout) {
    let file = layout.build(&store.to_tree());
    let (compacted, current) = (store.compacted_revision(), store.current_revision());
    let step = ((current - compacted.max(0)) / 12).max(1);
    let around = [-3, 0, 1, compacted - 1, compacted, compacted + 1, current - 1, current, current + 1];
    for revision in (compacted.max(1)..=current).step_by(usize::try_from(step).expect("small")).chain(around) {
        let ours = with_keyspace(&file, Some(revision), |keyspace| keyspace.hash_kv().map(|kv| kv.hash));
        let expected = store.hash_kv(revision).map_err(|error| match error {
            etcd::HashKvError::Compacted => RevisionError::Compacted,
            etcd::HashKvError::Future => RevisionError::Future,
        });
        assert_eq!(ours, expected, "at {revision}, compacted {compacted}, current {current}");
    }
}

fn histories() -> impl Strategy<Value = RandomHistory> {
    let compactions = prop_oneof![
        Just(Compactions::Never),
        (1_usize..4).prop_map(Compactions::Finished),
        (0_usize..3).prop_map(Compactions::LastUnfinished),
    ];
    let server = prop_oneof![Just(Server::V3_4), Just(Server::V3_5), Just(Server::V3_6), Just(Server::V3_7)];
    let tombstones = prop_oneof![Just(TombstoneRule::Kept), Just(TombstoneRule::Dropped)];
    (any::<u64>(), server, tombstones, 0_usize..400, 1_usize..80, compactions).prop_map(
        |(seed, server, tombstones, operations, keys, compactions)| RandomHistory {
            seed,
            server,
            tombstones,
            operations,
            keys,
            compactions,
            value_bytes: 0..60,
            large_value_bytes: 500..3_000,
            ..RandomHistory::default()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn hashes_counts_and_revisions(history in histories(), seed in any::<u64>()) {
        let layout = Layout { page_size: 1024, page_order: PageOrder::Shuffled(seed), free_pages: 9, ..Layout::default() };
        assert_agree(&history.build_store(), &layout);
    }

    #[test]
    fn hash_kv_at_any_revision(history in histories()) {
        assert_hash_kv(&history.build_store(), &Layout { page_size: 1024, ..Layout::default() });
    }
}

#[test]
fn a_bumped_revision_and_all_that_follows_it() {
    let mut store = RandomHistory { operations: 200, ..RandomHistory::default() }.build_store();
    store.bump_revision(1_000_000);
    for layout in [Layout::default(), Layout { inline_limit: Some(usize::MAX), ..Layout::default() }] {
        assert_agree(&store, &layout);
        assert_hash_kv(&store, &layout);
    }
    store.put("after", "the bump");
    assert_agree(&store, &Layout::default());
    assert_hash_kv(&store, &Layout::default());
}

#[test]
fn an_empty_store() {
    let store = EtcdStore::new(Server::V3_7);
    assert_agree(&store, &Layout::default());
    assert_hash_kv(&store, &Layout::default());
}
