//! Random histories obey the rules that every real store obeys.

use etcdsnap_proto::mvccpb::KeyValue;
use etcdsnap_proto::prost::Message;
use etcdsnap_testkit::etcd::{Compactions, EtcdStore, RandomHistory, RecordKey, Server, TombstoneRule};

fn histories() -> impl Iterator<Item = RandomHistory> {
    (0..40).map(|seed| RandomHistory {
        seed,
        server: Server::ALL[usize::try_from(seed).expect("small") % 5],
        tombstones: if seed % 2 == 0 { TombstoneRule::Kept } else { TombstoneRule::Dropped },
        operations: 200,
        keys: 30,
        value_bytes: 0..40,
        large_value_bytes: 100..300,
        compactions: match seed % 3 {
            0 => Compactions::Never,
            1 => Compactions::Finished(3),
            _ => Compactions::LastUnfinished(2),
        },
        small_buckets: seed % 4 == 0,
    })
}

#[test]
fn the_same_seed_plays_the_same_history() {
    for history in histories() {
        assert_eq!(history.build_store(), history.build_store());
    }
    let [first, second] = [1, 2].map(|seed| RandomHistory { seed, ..RandomHistory::default() }.build_store());
    assert_ne!(first.records, second.records);
}

/// The records alone give back the keyspace that the operations made.
#[test]
fn records_tell_the_keyspace() {
    for history in histories() {
        let store = history.build_store();
        assert_eq!(store.live_at(store.current_revision()), *store.live(), "{history:?}");
        assert_eq!(store.total_live_keys(), store.live().len());
    }
}

/// Compaction changes nothing that may still be asked for, under either rule.
#[test]
fn compaction_keeps_every_readable_revision() {
    for seed in 0..20 {
        let whole = RandomHistory {
            seed,
            compactions: Compactions::Never,
            operations: 120,
            keys: 20,
            ..RandomHistory::default()
        }
        .build_store();
        let current = whole.current_revision();
        for at in [2, current / 3, current / 2, current - 1, current] {
            let compacted = [TombstoneRule::Kept, TombstoneRule::Dropped].map(|tombstones| {
                let mut store = whole.clone();
                store.tombstones = tombstones;
                store.compact(at);
                store
            });
            for revision in at..=current {
                for store in &compacted {
                    assert_eq!(store.live_at(revision), whole.live_at(revision), "seed {seed}, {at}, {revision}");
                }
                assert_eq!(
                    compacted[0].hash_kv(revision),
                    compacted[1].hash_kv(revision),
                    "seed {seed}, {at}, {revision}"
                );
            }
        }
    }
}

/// docs/format/mvcc.md#rules-about-records
#[test]
fn records_are_those_of_a_healthy_snapshot() {
    for history in histories() {
        let store = history.build_store();
        assert!(store.live().values().all(|kv| kv.lease == 0 || store.leases.contains_key(&kv.lease)));
        let mut next = store.compacted_revision() + 1;
        for (raw, value) in &store.records {
            let key = RecordKey::decode(raw).expect("a record key");
            let kv = KeyValue::decode(value.as_slice()).expect("a record");
            assert_eq!(key.encode(), *raw);
            if key.tombstone {
                assert_eq!(kv, KeyValue { key: kv.key.clone(), ..KeyValue::default() });
            } else {
                assert_eq!(kv.mod_revision, key.revision.main);
                assert!(kv.create_revision <= kv.mod_revision && kv.version >= 1);
            }
            if key.revision.main >= next.max(2) {
                assert!(key.revision.main == next.max(2) && key.revision.sub == 0, "no revision is missing");
                next = key.revision.main + 1;
            }
        }
    }
}

#[test]
fn versions_write_what_they_know() {
    let meta_keys = |server| {
        let tree = EtcdStore::new(server).to_tree();
        ["consistent_index", "term", "confState", "storageVersion"].map(|key| {
            let mut meta = tree.clone();
            meta.bucket("meta").value(key.as_bytes()).is_some()
        })
    };
    assert_eq!(meta_keys(Server::V3_4), [true, false, false, false]);
    assert_eq!(meta_keys(Server::V3_5), [true, true, true, false]);
    assert_eq!(meta_keys(Server::V3_8), [true, true, true, true]);
}
