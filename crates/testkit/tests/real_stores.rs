//! The model repeats stores that real servers wrote: those of docs/format/mvcc.md#example-stores, record for record and
//! hash for hash.

use std::ops::ControlFlow;

use etcdsnap_testkit::bbolt::{Bucket, Entry, Layout, PageOrder};
use etcdsnap_testkit::etcd::{ConfState, EtcdStore, HashKvError, Member, Op, Server, TombstoneRule};

/// The store of 3.5.1.
fn v4() -> EtcdStore {
    let mut store = EtcdStore::new(Server::V3_5);
    store.tombstones = TombstoneRule::Dropped;
    let id = 9_710_816_109_536_125_172;
    let member =
        Member { id, peer_urls: vec!["http://127.0.0.1:23001".into()], name: "n1".into(), ..Member::default() };
    store.members = [(id, member)].into();
    store.conf_state = Some(ConfState::of_voters([id]));
    store.lease_grant(0x20f4_a1f9_91c6_cf0a, 600);
    store.lease_grant(0x20f4_a1f9_91c6_cf0c, 600);
    store.lease_grant(0x20f4_a1f9_91c6_cf0f, 6000);
    store.put("foo", "bar");
    store.put("foo", "bar2");
    store.put("a/1", "x");
    store.delete("foo");
    store.put("foo", "again");
    store.put_with_lease("leased", "v", 0x20f4_a1f9_91c6_cf0c);
    store.txn(&[Op::put("t1", "v1"), Op::put("t2", "v2"), Op::Delete("a/1".into())]);
    store.put("empty", "");
    store.delete("t1");
    for value in ["1", "2", "3"] {
        store.put("k", value);
    }
    store.consistent_index = Some(0x13);
    store
}

/// The compacted stores: the same load on 3.5.1 and 3.6.14.
fn v5(server: Server, tombstones: TombstoneRule, lease: i64) -> EtcdStore {
    let mut store = EtcdStore::new(server);
    store.tombstones = tombstones;
    let id = 963_368_634_695_018_832;
    let member = Member {
        id,
        peer_urls: vec!["http://127.0.0.1:23021".into()],
        name: "m1".into(),
        client_urls: vec!["http://127.0.0.1:23020".into()],
        ..Member::default()
    };
    store.members = [(id, member)].into();
    store.conf_state = Some(ConfState::of_voters([id]));
    store.lease_grant(lease, 3600);
    for number in 0..5 {
        store.put(format!("k{number}"), format!("v{number}"));
    }
    store.delete("k1");
    store.put("k0", "again");
    store.put_with_lease("l", "x", lease);
    store.put("k1", "reborn");
    store.delete("k4");
    store.compact(7);
    store.consistent_index = Some(0x11);
    store
}

fn v6() -> EtcdStore {
    v5(Server::V3_6, TombstoneRule::Kept, 0x6950_a1f9_a760_b60c)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn pairs(root: &Bucket, name: &str) -> Vec<(String, String)> {
    let Some(Entry::Bucket(bucket)) = root.entries.get(name.as_bytes()) else { panic!("no bucket {name}") };
    bucket
        .entries
        .iter()
        .map(|(key, entry)| match entry {
            Entry::Value(value) => (hex(key), hex(value)),
            Entry::Bucket(_) => panic!("nested bucket"),
        })
        .collect()
}

fn assert_records(store: &EtcdStore, expected: &[(&str, &str)]) {
    let records = pairs(&store.to_tree(), "key");
    let expected: Vec<(String, String)> =
        expected.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
    assert_eq!(records, expected);
}

#[test]
fn v4_records() {
    assert_records(
        &v4(),
        &[
            ("00000000000000025f0000000000000000", "0a03666f6f1002180220012a03626172"),
            ("00000000000000035f0000000000000000", "0a03666f6f1002180320022a0462617232"),
            ("00000000000000045f0000000000000000", "0a03612f311004180420012a0178"),
            ("00000000000000055f000000000000000074", "0a03666f6f"),
            ("00000000000000065f0000000000000000", "0a03666f6f1006180620012a05616761696e"),
            ("00000000000000075f0000000000000000", "0a066c65617365641007180720012a0176308c9e9b8e99bfa8fa20"),
            ("00000000000000085f0000000000000000", "0a0274311008180820012a027631"),
            ("00000000000000085f0000000000000001", "0a0274321008180820012a027632"),
            ("00000000000000085f000000000000000274", "0a03612f31"),
            ("00000000000000095f0000000000000000", "0a05656d707479100918092001"),
            ("000000000000000a5f000000000000000074", "0a027431"),
            ("000000000000000b5f0000000000000000", "0a016b100b180b20012a0131"),
            ("000000000000000c5f0000000000000000", "0a016b100b180c20022a0132"),
            ("000000000000000d5f0000000000000000", "0a016b100b180d20032a0133"),
        ],
    );
}

#[test]
fn v4_small_buckets() {
    let tree = v4().to_tree();
    let lease = |id: &str, value: &str| (id.to_owned(), value.to_owned());
    assert_eq!(
        pairs(&tree, "lease"),
        [
            lease("20f4a1f991c6cf0a", "088a9e9b8e99bfa8fa2010d804"),
            lease("20f4a1f991c6cf0c", "088c9e9b8e99bfa8fa2010d804"),
            lease("20f4a1f991c6cf0f", "088f9e9b8e99bfa8fa2010f02e"),
        ]
    );
    let members = br#"{"id":9710816109536125172,"peerURLs":["http://127.0.0.1:23001"],"name":"n1"}"#;
    assert_eq!(pairs(&tree, "members"), [(hex(b"86c3bfcd300aa0f4"), hex(members))]);
    assert_eq!(tree.entries.len(), 10);
}

#[test]
fn v4_answers() {
    let store = v4();
    assert_eq!(store.status_hash(), 607_242_762);
    assert_eq!(store.last_record_revision(), 13);
    assert_eq!(store.total_pairs(), 23);
    assert_eq!(store.total_live_keys(), 5);
    assert_eq!(store.backend_hash(Server::V3_4), 774_194_427);
    assert_eq!(store.backend_hash(Server::V3_5), 2_560_090_311);
    assert_eq!(store.backend_hash(Server::V3_7), 2_560_090_311);
    assert_eq!(store.compacted_revision(), -1);
    for (revision, hash) in [
        (2, 3_305_255_506),
        (5, 3_980_034_985),
        (8, 1_962_680_403),
        (10, 1_332_612_038),
        (11, 1_791_075_804),
        (12, 3_305_235_521),
        (13, 2_976_695_420),
        (0, 2_976_695_420),
    ] {
        assert_eq!(store.hash_kv(revision), Ok(hash), "at {revision}");
    }
    assert_eq!(store.hash_kv(14), Err(HashKvError::Future));
}

#[test]
fn v4_compacted_at_ten() {
    let mut store = v4();
    store.compact(10);
    for (revision, hash) in [(0, 2_852_957_727), (11, 4_062_877_307), (12, 2_918_910_723)] {
        assert_eq!(store.hash_kv(revision), Ok(hash), "at {revision}");
    }
    assert_eq!(store.hash_kv(9), Err(HashKvError::Compacted));
    assert_eq!(store.compacted_revision(), 10);
}

#[test]
fn v5_compaction_and_bump() {
    let mut store = v5(Server::V3_5, TombstoneRule::Dropped, 0x6950_a1f9_a742_0b0e);
    let records = [
        ("00000000000000025f0000000000000000", "0a026b301002180220012a027630"),
        ("00000000000000045f0000000000000000", "0a026b321004180420012a027632"),
        ("00000000000000055f0000000000000000", "0a026b331005180520012a027633"),
        ("00000000000000065f0000000000000000", "0a026b341006180620012a027634"),
        ("00000000000000085f0000000000000000", "0a026b301002180820022a05616761696e"),
        ("00000000000000095f0000000000000000", "0a016c1009180920012a0178308e9688ba9abfa8a869"),
        ("000000000000000a5f0000000000000000", "0a026b31100a180a20012a067265626f726e"),
        ("000000000000000b5f000000000000000074", "0a026b34"),
    ];
    assert_records(&store, &records);
    for (revision, hash) in
        [(7, 2_117_249_407), (8, 2_307_839_322), (9, 262_266_257), (10, 691_336_282), (11, 1_429_814_477)]
    {
        assert_eq!(store.hash_kv(revision), Ok(hash), "at {revision}");
    }
    assert_eq!(store.bump_revision(1000), 1011);
    assert_eq!((store.current_revision(), store.compacted_revision()), (1011, 1011));
    assert_eq!(store.hash_kv(1011), Ok(1_773_936_828));
    assert_eq!(store.total_live_keys(), 6);
    assert_eq!(store.live_at(1011).len(), 5);
}

/// The deletion at the compaction revision stays, and HashKV does not see it.
#[test]
fn v6_records_and_answers() {
    let store = v6();
    assert_records(
        &store,
        &[
            ("00000000000000025f0000000000000000", "0a026b301002180220012a027630"),
            ("00000000000000045f0000000000000000", "0a026b321004180420012a027632"),
            ("00000000000000055f0000000000000000", "0a026b331005180520012a027633"),
            ("00000000000000065f0000000000000000", "0a026b341006180620012a027634"),
            ("00000000000000075f000000000000000074", "0a026b31"),
            ("00000000000000085f0000000000000000", "0a026b301002180820022a05616761696e"),
            ("00000000000000095f0000000000000000", "0a016c1009180920012a0178308cec82bb9abfa8a869"),
            ("000000000000000a5f0000000000000000", "0a026b31100a180a20012a067265626f726e"),
            ("000000000000000b5f000000000000000074", "0a026b34"),
        ],
    );
    assert_eq!(store.status_hash(), 637_921_249);
    assert_eq!(store.backend_hash(Server::V3_6), 266_297_471);
    assert_eq!((store.total_pairs(), store.total_live_keys()), (19, 5));
    for (revision, hash) in
        [(7, 2_117_249_407), (8, 2_307_839_322), (9, 3_491_664_289), (10, 3_162_872_274), (11, 2_245_947_102)]
    {
        assert_eq!(store.hash_kv(revision), Ok(hash), "at {revision}");
    }
}

/// An unfinished compaction hides what it has not deleted yet: the same answers as when it is finished.
#[test]
fn an_unfinished_compaction_hashes_like_a_finished_one() {
    let mut finished = v4();
    finished.tombstones = TombstoneRule::Kept;
    let unfinished = finished.clone();
    finished.compact(10);
    for deletions in 0..7 {
        let mut store = unfinished.clone();
        store.schedule_compaction(10, deletions);
        for revision in 10..=13 {
            assert_eq!(store.hash_kv(revision), finished.hash_kv(revision), "{deletions} deletions, at {revision}");
            assert_eq!(store.live_at(revision), finished.live_at(revision));
        }
    }
}

/// The only live page of each file is the root leaf with ten inline buckets; it and the metas are laid out byte for byte
/// as bbolt did.
#[test]
fn pages_equal_those_of_the_servers() {
    let pages = [
        (v4(), 11, 4, "ea58dafe0e5dbdf304e0293716220f0798e43b8e156dd68dbd3ae8c577e89e74", 4_631_839_116_640_325_801),
        (v6(), 12, 3, "f8897a08c54af00a8ce6c0c708153983e2bc4baf6a97c68b144b7c496f23036c", 6_074_551_017_372_592_745),
    ];
    for (store, txid, root, digest, checksum) in pages {
        let tree = store.to_tree();
        let db = (0..100)
            .map(|seed| Layout { txid, free_pages: 2, page_order: PageOrder::Shuffled(seed), ..Layout::default() })
            .map(|layout| layout.build(&tree))
            .find(|db| u64_at(db, 32) == root)
            .expect("some seed puts the root there");
        let start = usize::try_from(root).expect("a small page id") * 4096;
        let page = etcdsnap_checksum::sha256::digest(&db[start..start + 4096], &mut |_| ControlFlow::Continue(()));
        assert_eq!(hex(&page.expect("not interrupted")), digest);
        assert_eq!(u64_at(&db, 72), checksum);
        assert_eq!(db.len(), 5 * 4096);
    }
}

fn u64_at(db: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(db[at..at + 8].try_into().expect("eight bytes"))
}
