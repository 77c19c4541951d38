//! Random histories: the keyspace, its changes, deletions and streams equal a plain replay of the same operations at every
//! readable revision.

use std::collections::BTreeMap;

use etcdsnap_bbolt::Db;
use etcdsnap_mvcc::{Direction, Record, Revision, RevisionError, Revisions};
use etcdsnap_proto::KeyValueRef;
use etcdsnap_proto::mvccpb::KeyValue;
use etcdsnap_testkit::bbolt::{Layout, PageOrder};
use etcdsnap_testkit::etcd::{Compactions, EtcdStore, RandomHistory, Server, TombstoneRule};
use proptest::prelude::*;

/// A record of the model: revision, is it a deletion, fields.
type Entry = (Revision, bool, KeyValue);

/// All records that stand in the file, decoded the slow way; the bump marker is none.
fn entries(store: &EtcdStore) -> Vec<Entry> {
    use etcdsnap_proto::prost::Message as _;
    let decode = |(raw, value): (&Vec<u8>, &Vec<u8>)| {
        let number = |at: usize| i64::from_be_bytes(raw[at..at + 8].try_into().expect("eight bytes"));
        let kv = KeyValue::decode(value.as_slice()).expect("a record");
        (Revision { main: number(0), sub: number(9) }, raw.len() == 18, kv)
    };
    store.records.iter().map(decode).filter(|(_, _, kv)| !kv.key.is_empty()).collect()
}

fn owned(record: Record<'_>) -> Entry {
    (record.revision, record.tombstone, record.kv.into())
}

fn build(store: &EtcdStore) -> Vec<u8> {
    let layout = Layout { page_size: 1024, page_order: PageOrder::Shuffled(7), free_pages: 5, ..Layout::default() };
    layout.build(&store.to_tree())
}

fn assert_live(revisions: &Revisions<'_>, store: &EtcdStore, at: i64) {
    let index = revisions.index(at, None);
    let live = index.sorted_by_key(index.live_at(at), |position| *position);
    let live: Vec<KeyValue> = live.iter().map(|at| index.record(*at).expect("there").kv.into()).collect();
    assert_eq!(live, store.live_at(at).into_values().collect::<Vec<_>>(), "at {at}");
}

/// An index of the whole file that has some keys only answers for the past too.
fn assert_some_live(revisions: &Revisions<'_>, store: &EtcdStore, at: i64) {
    let wanted = |key: &[u8]| key.ends_with(b"1");
    let index = revisions.index(i64::MAX, Some(&wanted));
    let live = index.sorted_by_key(index.live_at(at), |position| *position);
    let keys = live.iter().map(|at| index.record(*at).expect("there").kv.key);
    assert!(keys.eq(store.live_at(at).keys().filter(|key| wanted(key))), "at {at}");
}

fn assert_deleted(revisions: &Revisions<'_>, entries: &[Entry], at: i64) {
    let mut expected: BTreeMap<&[u8], (Revision, Option<Revision>)> = BTreeMap::new();
    let mut newest: BTreeMap<&[u8], &Entry> = BTreeMap::new();
    for entry in entries.iter().filter(|(revision, ..)| revision.main <= at) {
        let before = newest.insert(&entry.2.key, entry).filter(|(_, tombstone, _)| !tombstone);
        if entry.1 {
            expected.insert(&entry.2.key, (entry.0, before.map(|before| before.0)));
        } else {
            expected.remove(entry.2.key.as_slice());
        }
    }
    let index = revisions.index(at, None);
    let deleted = index.sorted_by_key(index.deleted_at(at), |deleted| deleted.tombstone);
    let revision = |position| index.record(position).expect("there").revision;
    let found = deleted.iter().map(|deleted| {
        let key = index.record(deleted.tombstone).expect("there").kv.key;
        (key, (revision(deleted.tombstone), deleted.last_put.map(revision)))
    });
    assert!(found.eq(expected), "at {at}");
}

fn assert_changes(revisions: &Revisions<'_>, entries: &[Entry], after: i64, upto: i64) {
    let mut newest: BTreeMap<&[u8], Revision> = BTreeMap::new();
    let mut expected = Vec::new();
    for (revision, _, kv) in entries.iter().filter(|(revision, ..)| revision.main <= upto) {
        let before = newest.insert(&kv.key, *revision);
        if revision.main > after {
            expected.push((*revision, before));
        }
    }
    let index = revisions.index(upto, None);
    let revision = |position| index.record(position).expect("there").revision;
    let changes = index.changes(after, upto);
    let found: Vec<_> = changes.iter().map(|(at, before)| (revision(*at), before.map(revision))).collect();
    assert_eq!(found, expected, "after {after} up to {upto}");
}

fn assert_streams(revisions: &Revisions<'_>, entries: &[Entry], after: i64, upto: i64) {
    let mut expected: Vec<&Entry> =
        entries.iter().filter(|(revision, ..)| (after + 1..=upto).contains(&revision.main)).collect();
    let found: Vec<Entry> = revisions.batches(after, upto, Direction::OldestFirst).flatten().map(owned).collect();
    assert!(found.iter().eq(expected.iter().copied()), "after {after} up to {upto}");
    expected.reverse();
    let found: Vec<Entry> = revisions.batches(after, upto, Direction::NewestFirst).flatten().map(owned).collect();
    assert!(found.iter().eq(expected), "backwards, after {after} up to {upto}");
}

fn assert_agree(store: &EtcdStore) {
    let file = build(store);
    let db = Db::open(&file).expect("a database");
    let open = || Revisions::open(&db, &(), 10).expect("sound");
    let (compacted, current) = (store.compacted_revision(), store.current_revision());
    let revisions = open();
    assert_eq!(revisions.readable(None), Ok(current));
    assert_eq!(revisions.readable(Some(current + 1)), Err(RevisionError::Future));
    if compacted > 0 {
        assert_eq!(revisions.readable(Some(compacted - 1)), Err(RevisionError::Compacted));
    }
    let entries = entries(store);
    let step = usize::try_from((current - compacted.max(0)) / 9).expect("small").max(1);
    for at in (compacted.max(1)..=current).step_by(step).chain([compacted.max(1), current]) {
        assert_eq!(revisions.readable(Some(at)), Ok(at));
        assert_live(&open(), store, at);
        assert_some_live(&open(), store, at);
        assert_deleted(&open(), &entries, at);
        for after in [compacted.max(1), at - 5, at] {
            assert_changes(&open(), &entries, after, at);
            let streamed = open();
            assert_streams(&streamed, &entries, after, at);
            let twice = streamed.damage();
            assert!(twice.violations.is_empty(), "{:?}", twice.violations.kept());
        }
    }
    let whole = open();
    assert_eq!(whole.batches(-1, i64::MAX, Direction::OldestFirst).flatten().count(), entries.len());
    assert!(whole.damage().is_none(), "{:?}", whole.damage());
}

fn histories() -> impl Strategy<Value = RandomHistory> {
    let compactions = prop_oneof![
        Just(Compactions::Never),
        (1_usize..4).prop_map(Compactions::Finished),
        (0_usize..3).prop_map(Compactions::LastUnfinished),
    ];
    let tombstones = prop_oneof![Just(TombstoneRule::Kept), Just(TombstoneRule::Dropped)];
    (any::<u64>(), tombstones, 0_usize..300, 1_usize..60, compactions).prop_map(
        |(seed, tombstones, operations, keys, compactions)| RandomHistory {
            seed,
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
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_readable_revision(history in histories(), bump in prop_oneof![Just(None), (1_i64..2_000).prop_map(Some)]) {
        let mut store = history.build_store();
        if let Some(by) = bump {
            store.bump_revision(by);
            store.put("after", "the bump");
            store.delete("after");
        }
        assert_agree(&store);
    }
}

#[test]
fn an_empty_store_and_an_inline_bucket() {
    assert_agree(&EtcdStore::new(Server::V3_7));
    let mut store = EtcdStore::new(Server::V3_6);
    store.put("a", "1");
    store.delete("a");
    store.put("b", "2");
    let file = Layout { inline_limit: Some(usize::MAX), ..Layout::default() }.build(&store.to_tree());
    let db = Db::open(&file).expect("a database");
    let revisions = Revisions::open(&db, &(), 10).expect("sound");
    let index = revisions.index(4, None);
    let live: Vec<_> = index.live_at(4).into_iter().filter_map(|at| index.record(at)).collect();
    let b = KeyValueRef { key: b"b", create_revision: 4, mod_revision: 4, version: 1, value: b"2", lease: 0 };
    assert_eq!(live, [Record { revision: Revision::of_main(4), tombstone: false, kv: b }]);
    assert_eq!((index.live_at(2).len(), index.live_at(3).len(), index.deleted_at(4).len()), (1, 0, 1));
    assert!(revisions.damage().is_none());
}

/// One page of records lost: what was on it is missing, what was not is there, and the loss is told with its place.
#[test]
fn a_page_that_cannot_be_read() {
    let mut store = EtcdStore::new(Server::V3_6);
    for number in 0..200 {
        store.put(format!("key/{number:03}"), "x".repeat(40));
    }
    let mut file = build(&store);
    let page = (2..file.len() / 1024).find(|page| {
        file[page * 1024 + 8] == 2 && file[page * 1024 + 16..][..1024 - 16].windows(7).any(|text| text == b"key/100")
    });
    let at = page.expect("a leaf") * 1024;
    file[at + 8] = 0x40;
    let db = Db::open(&file).expect("a database");
    let revisions = Revisions::open(&db, &(), 10).expect("the root bucket is sound");
    let index = revisions.index(i64::MAX, None);
    let live = index.live_at(i64::MAX);
    assert!((150..200).contains(&live.len()), "{}", live.len());
    assert!(live.iter().all(|at| index.record(*at).expect("there").kv.key != b"key/100"));
    let damage = revisions.damage();
    assert!(!damage.is_none());
    let pages: Vec<_> = damage.problems.kept().iter().filter_map(|problem| problem.page).collect();
    assert!(pages.contains(&(at as u64 / 1024)), "{pages:?}");
    let streamed = Revisions::open(&db, &(), 10).expect("sound");
    let count = streamed.batches(-1, i64::MAX, Direction::OldestFirst).flatten().count();
    assert_eq!(count, live.len());
    assert!(!streamed.damage().is_none());
}
