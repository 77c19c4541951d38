//! Each rule about records is found broken when, and where, it is broken.

use etcdsnap_bbolt::{Db, check};
use etcdsnap_mvcc::{Compaction, Keyspace, RecordCode, Scanner, Violation};
use etcdsnap_proto::go_decoders::{DecodeOutcome, GoLibrary};
use etcdsnap_proto::mvccpb::KeyValue;
use etcdsnap_proto::prost::Message as _;
use etcdsnap_testkit::bbolt::Layout;
use etcdsnap_testkit::etcd::{EtcdStore, Op, RecordKey, Server};

/// a: put 2, put 3, deleted 4, put 6; b: put 5 and put 7 in a transaction with c.
fn store() -> EtcdStore {
    let mut store = EtcdStore::new(Server::V3_6);
    store.put("a", "1");
    store.put("a", "2");
    store.delete("a");
    store.put("b", "1");
    store.put("a", "3");
    store.txn(&[Op::put("b", "2"), Op::put("c", "1")]);
    store
}

fn scan<T>(store: &EtcdStore, look: impl FnOnce(&Keyspace<'_>) -> T) -> T {
    let file = Layout::default().build(&store.to_tree());
    let db = Db::open(&file).expect("a database");
    let compaction = Compaction::read(&db).expect("marks");
    let mut walk = check::check(&db, &Scanner::new(compaction, 10), 10);
    look(&Keyspace::from_walk(&db, &mut walk, compaction, None))
}

fn violations(store: &EtcdStore) -> Vec<Violation> {
    scan(store, |keyspace| keyspace.violations.kept().to_vec())
}

fn found(store: &EtcdStore) -> Vec<(RecordCode, String)> {
    let describe = |violation: &Violation| {
        let revision = violation.revision.map_or("-".to_owned(), |revision| revision.to_string());
        assert!(!violation.to_string().is_empty());
        (violation.code, format!("{revision} {}", String::from_utf8_lossy(&violation.key)))
    };
    violations(store).iter().map(describe).collect()
}

fn expect(store: &EtcdStore, expected: &[(RecordCode, &str)]) {
    let expected: Vec<_> = expected.iter().map(|(rule, place)| (*rule, (*place).to_owned())).collect();
    assert_eq!(found(store), expected);
}

/// Changes the record of a put.
fn edit(store: &mut EtcdStore, main: i64, sub: i64, change: impl FnOnce(&mut KeyValue)) {
    let record = store.records.get_mut(&RecordKey::put(main, sub).encode()).expect("there");
    let mut decoded = KeyValue::decode(record.as_slice()).expect("a record");
    change(&mut decoded);
    *record = decoded.encode_to_vec();
}

#[test]
fn a_sound_store_breaks_none() {
    expect(&store(), &[]);
}

#[test]
fn keys_that_are_no_revisions() {
    let mut store = store();
    store.records.insert(b"short".to_vec(), b"x".to_vec());
    expect(&store, &[(RecordCode::RevisionKeyTruncated, "- ")]);
    for (byte, value, rule) in [
        (8, b'-', RecordCode::RevisionKeyInvalid),
        (9, 0x80, RecordCode::RevisionKeyInvalid),
        (0, 0x80, RecordCode::MainRevisionTooLow),
    ] {
        let mut store = self::store();
        let mut key = RecordKey::put(8, 0).encode();
        key[byte] = value;
        store.records.insert(key, b"x".to_vec());
        expect(&store, &[(rule, "- ")]);
    }
    let mut marked = self::store();
    marked.records.insert([RecordKey::put(8, 0).encode(), b"x".to_vec()].concat(), b"x".to_vec());
    expect(&marked, &[(RecordCode::TombstoneMarkInvalid, "- ")]);
}

#[test]
fn one_revision_with_two_records() {
    let mut store = store();
    let tombstone = KeyValue { key: b"b".to_vec(), ..KeyValue::default() };
    store.records.insert(RecordKey::tombstone(7, 1).encode(), tombstone.encode_to_vec());
    expect(&store, &[(RecordCode::RevisionRepeated, "7.1 b"), (RecordCode::DuplicateWriteInTransaction, "7.1 b")]);
}

#[test]
fn records_that_cannot_be_decoded() {
    let mut store = store();
    store.records.insert(RecordKey::put(8, 0).encode(), vec![0xff; 4]);
    expect(&store, &[(RecordCode::RecordUndecodable, "8.0 ")]);
}

/// Versions read with the one library what the other refuses; the worst of all such records counts.
#[test]
fn records_that_one_library_decodes() {
    let outcomes = |records: &[&[u8]]| {
        let mut store = store();
        for (record, main) in records.iter().zip(8..) {
            store.records.insert(RecordKey::put(main, 0).encode(), record.to_vec());
        }
        scan(&store, |keyspace| GoLibrary::ALL.map(|library| keyspace.summary.undecodable.with(library)))
    };
    let (of_bytes, keyless) = (b"\x0a\x01k\x1a\x01x", b"\x08\x01");
    let above_2_29 = b"\x0a\x01k\x80\x80\x80\x80\x10\x01";
    assert_eq!(outcomes(&[of_bytes]), [DecodeOutcome::Refused, DecodeOutcome::Misread]);
    assert_eq!(outcomes(&[of_bytes, keyless]), [DecodeOutcome::Refused, DecodeOutcome::Lost]);
    assert_eq!(outcomes(&[above_2_29]), [DecodeOutcome::Misread, DecodeOutcome::Refused]);
    assert_eq!(outcomes(&[of_bytes, above_2_29]), [DecodeOutcome::Refused; 2]);
}

#[test]
fn records_without_content() {
    let mut store = store();
    store.records.insert(RecordKey::put(8, 0).encode(), Vec::new());
    expect(&store, &[(RecordCode::RecordEmpty, "8.0 ")]);
    let mut bumped = self::store();
    bumped.bump_revision(100);
    expect(&bumped, &[]);
}

#[test]
fn missing_revisions_and_operations() {
    let mut gap = store();
    gap.records.remove(&RecordKey::put(5, 0).encode());
    expect(&gap, &[(RecordCode::RevisionGap, "6.0 a"), (RecordCode::FirstRecordNotNew, "7.0 b")]);
    let mut first = store();
    first.records.remove(&RecordKey::put(7, 0).encode());
    expect(&first, &[(RecordCode::SubRevisionGap, "7.1 c")]);
}

#[test]
fn fields_that_contradict_the_revision() {
    let mut store = store();
    edit(&mut store, 6, 0, |record| record.mod_revision = 5);
    edit(&mut store, 5, 0, |record| record.create_revision = 9);
    expect(
        &store,
        &[
            (RecordCode::CreateRevisionInvalid, "5.0 b"),
            (RecordCode::FirstRecordNotNew, "5.0 b"),
            (RecordCode::ModRevisionMismatch, "6.0 a"),
            (RecordCode::CreateRevisionInvalid, "6.0 a"),
            (RecordCode::CreateRevisionChanged, "7.0 b"),
        ],
    );
}

#[test]
fn versions_and_generations() {
    let mut version = store();
    edit(&mut version, 3, 0, |record| record.version = 7);
    expect(&version, &[(RecordCode::VersionInvalid, "3.0 a"), (RecordCode::VersionGap, "3.0 a")]);
    let mut reborn = store();
    edit(&mut reborn, 6, 0, |record| record.version = 3);
    expect(&reborn, &[(RecordCode::VersionInvalid, "6.0 a"), (RecordCode::RebirthNotNew, "6.0 a")]);
    let mut negative = store();
    edit(&mut negative, 7, 1, |record| record.version = -1);
    expect(&negative, &[(RecordCode::VersionInvalid, "7.1 c"), (RecordCode::FirstRecordNotNew, "7.1 c")]);
}

#[test]
fn keys_and_tombstones() {
    let mut store = store();
    edit(&mut store, 7, 1, |record| record.key.clear());
    expect(&store, &[(RecordCode::UserKeyEmpty, "7.1 ")]);
    let mut fat = self::store();
    let tombstone = KeyValue { key: b"a".to_vec(), version: 1, ..KeyValue::default() };
    fat.records.insert(RecordKey::tombstone(4, 0).encode(), tombstone.encode_to_vec());
    expect(&fat, &[(RecordCode::TombstoneNotBare, "4.0 ")]);
    let mut twice = self::store();
    let tombstone = KeyValue { key: b"a".to_vec(), ..KeyValue::default() };
    twice.records.insert(RecordKey::tombstone(8, 0).encode(), tombstone.encode_to_vec());
    twice.records.insert(RecordKey::tombstone(9, 0).encode(), tombstone.encode_to_vec());
    expect(&twice, &[(RecordCode::DoubleTombstone, "9.0 a")]);
    let mut leading = self::store();
    let tombstone = KeyValue { key: b"new".to_vec(), ..KeyValue::default() };
    leading.records.insert(RecordKey::tombstone(8, 0).encode(), tombstone.encode_to_vec());
    expect(&leading, &[(RecordCode::LeadingTombstone, "8.0 new")]);
}

#[test]
fn a_key_written_twice_in_one_transaction() {
    let mut store = store();
    let again = KeyValue { key: b"c".to_vec(), create_revision: 7, mod_revision: 7, version: 2, ..KeyValue::default() };
    store.records.insert(RecordKey::put(7, 2).encode(), again.encode_to_vec());
    expect(&store, &[(RecordCode::VersionInvalid, "7.2 c"), (RecordCode::DuplicateWriteInTransaction, "7.2 c")]);
}

#[test]
fn what_a_compaction_should_have_removed() {
    let mut store = store();
    let records = store.records.clone();
    store.compact(6);
    store.records = records;
    expect(
        &store,
        &[
            (RecordCode::ShadowedRecord, "2.0 a"),
            (RecordCode::ShadowedRecord, "3.0 a"),
            (RecordCode::ShadowedRecord, "4.0 a"),
        ],
    );
    store.finished_compaction = None;
    expect(&store, &[]);
}

#[test]
fn revisions_below_the_first() {
    let mut store = EtcdStore::new(Server::V3_6);
    let record =
        KeyValue { key: b"a".to_vec(), create_revision: 1, mod_revision: 1, version: 1, ..KeyValue::default() };
    store.records.insert(RecordKey::put(1, 0).encode(), record.encode_to_vec());
    expect(&store, &[(RecordCode::MainRevisionTooLow, "1.0 a")]);
}
