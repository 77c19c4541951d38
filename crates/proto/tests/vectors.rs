//! Bytes that real servers and tools wrote: the stores of `docs/format/mvcc.md#example-stores` and the logs of
//! `docs/format/wal.md#first-log-of-a-member`.

use std::fmt::Debug;

use etcdsnap_proto::authpb::{User, UserAddOptions};
use etcdsnap_proto::etcdserverpb::{AlarmMember, AlarmType, Metadata};
use etcdsnap_proto::leasepb::Lease;
use etcdsnap_proto::mvccpb::KeyValue;
use etcdsnap_proto::prost::Message;
use etcdsnap_proto::raftpb::{ConfChange, ConfChangeType, ConfState, Entry, EntryType, HardState, SnapshotMetadata};
use etcdsnap_proto::{KeyValueRef, walpb};

/// Id of the member that a restore without flags makes, and its encoding as field 3.
const LOCALHOST: u64 = 0x8e9e_05c5_2164_694d;
const LOCALHOST_AS_FIELD_3: &str = "18cdd2918bd2b881cf8e01";

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.chars().map(|digit| u8::try_from(digit.to_digit(16).unwrap()).unwrap()).collect();
    digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// Decoding gives the message, and encoding the message gives the very bytes.
fn assert_both_ways<M: Message + Default + PartialEq + Debug>(hex: &str, message: &M) {
    assert_eq!(M::decode(bytes(hex).as_slice()).as_ref(), Ok(message), "{hex}");
    assert_eq!(message.encode_to_vec(), bytes(hex), "{hex}");
}

/// Hex, key, create revision, mod revision, version, value, lease.
type Record = (&'static str, &'static str, i64, i64, i64, &'static str, i64);

/// The store of 3.5.1.
const STORE: [Record; 14] = [
    ("0a03666f6f1002180220012a03626172", "foo", 2, 2, 1, "bar", 0),
    ("0a03666f6f1002180320022a0462617232", "foo", 2, 3, 2, "bar2", 0),
    ("0a03612f311004180420012a0178", "a/1", 4, 4, 1, "x", 0),
    ("0a03666f6f", "foo", 0, 0, 0, "", 0),
    ("0a03666f6f1006180620012a05616761696e", "foo", 6, 6, 1, "again", 0),
    ("0a066c65617365641007180720012a0176308c9e9b8e99bfa8fa20", "leased", 7, 7, 1, "v", 0x20f4_a1f9_91c6_cf0c),
    ("0a0274311008180820012a027631", "t1", 8, 8, 1, "v1", 0),
    ("0a0274321008180820012a027632", "t2", 8, 8, 1, "v2", 0),
    ("0a03612f31", "a/1", 0, 0, 0, "", 0),
    ("0a05656d707479100918092001", "empty", 9, 9, 1, "", 0),
    ("0a027431", "t1", 0, 0, 0, "", 0),
    ("0a016b100b180b20012a0131", "k", 11, 11, 1, "1", 0),
    ("0a016b100b180c20022a0132", "k", 11, 12, 2, "2", 0),
    ("0a016b100b180d20032a0133", "k", 11, 13, 3, "3", 0),
];

/// The store compacted by 3.5.1.
const COMPACTED_BY_3_5: [Record; 8] = [
    ("0a026b301002180220012a027630", "k0", 2, 2, 1, "v0", 0),
    ("0a026b321004180420012a027632", "k2", 4, 4, 1, "v2", 0),
    ("0a026b331005180520012a027633", "k3", 5, 5, 1, "v3", 0),
    ("0a026b341006180620012a027634", "k4", 6, 6, 1, "v4", 0),
    ("0a026b301002180820022a05616761696e", "k0", 2, 8, 2, "again", 0),
    ("0a016c1009180920012a0178308e9688ba9abfa8a869", "l", 9, 9, 1, "x", 0x6950_a1f9_a742_0b0e),
    ("0a026b31100a180a20012a067265626f726e", "k1", 10, 10, 1, "reborn", 0),
    ("0a026b34", "k4", 0, 0, 0, "", 0),
];

/// The records that only the store compacted by 3.6.14 has.
const ONLY_BY_3_6: [Record; 2] = [
    ("0a026b31", "k1", 0, 0, 0, "", 0),
    ("0a016c1009180920012a0178308cec82bb9abfa8a869", "l", 9, 9, 1, "x", 0x6950_a1f9_a760_b60c),
];

#[test]
fn records_of_real_servers_are_canonical() {
    for (hex, key, create_revision, mod_revision, version, value, lease) in
        STORE.into_iter().chain(COMPACTED_BY_3_5).chain(ONLY_BY_3_6)
    {
        let (key, value) = (key.as_bytes(), value.as_bytes());
        let expected = KeyValueRef { key, create_revision, mod_revision, version, value, lease };
        assert_eq!(KeyValueRef::parse_canonical(&bytes(hex)), Some(expected), "{hex}");
        assert_both_ways(hex, &KeyValue::from(expected));
    }
}

#[test]
fn the_bump_marker_is_an_empty_record() {
    assert_eq!(KeyValueRef::parse_canonical(&[]), Some(KeyValueRef::default()));
}

#[test]
fn small_buckets() {
    let lease = Lease { id: 0x20f4_a1f9_91c6_cf0c, ttl: 600, remaining_ttl: 0 };
    assert_both_ways("088c9e9b8e99bfa8fa2010d804", &lease);

    let alarm = AlarmMember { member_id: 0x86c3_bfcd_300a_a0f4, alarm: AlarmType::NoSpace.into() };
    assert_both_ways("08f4c1aa80d3f9efe186011001", &alarm);

    let without_password = Some(UserAddOptions { no_password: true });
    assert_both_ways("0a026e7022020801", &User { name: b"np".into(), options: without_password, ..User::default() });

    let with_empty_options = Some(UserAddOptions::default());
    assert_both_ways("0a01752200", &User { name: b"u".into(), options: with_empty_options, ..User::default() });
}

#[test]
fn records_and_snapshot_markers_of_the_log_keep_their_zeros() {
    let seed = walpb::Record { record_type: Some(4), crc: Some(0), data: None };
    assert_both_ways("08041000", &seed);

    let start = walpb::Snapshot { index: Some(0), term: Some(0), conf_state: None };
    assert_both_ways("08001000", &start);
    let record = walpb::Record { record_type: Some(5), crc: Some(0xedb1_dd94), data: Some(start.encode_to_vec()) };
    assert_both_ways("08051094bbc7ed0e1a0408001000", &record);
}

#[test]
fn log_metadata_and_hard_state() {
    let metadata = Metadata { node_id: Some(LOCALHOST), cluster_id: Some(0xcdf8_1819_4e3a_8c32) };
    assert_both_ways("08cdd2918bd2b881cf8e0110b298eaf1948386fccd01", &metadata);

    let state = HardState { term: Some(1), vote: Some(LOCALHOST), commit: Some(1) };
    assert_both_ways("080110cdd2918bd2b881cf8e011801", &state);
}

/// 3.4 to 3.6 write a conf change with its zero id, 3.7 and later without.
#[test]
fn entries_in_the_style_of_each_release() {
    let member = br#"{"id":10276657743932975437,"peerURLs":["http://localhost:2380"],"name":"default"}"#;
    let json = "7b226964223a31303237363635373734333933323937353433372c227065657255524c73223a5b22687474703a2f2f6c6f63616c686f73743a32333830225d2c226e616d65223a2264656661756c74227d";
    let to_3_6 = format!("08001000{LOCALHOST_AS_FIELD_3}2251{json}");
    let from_3_7 = format!("1000{LOCALHOST_AS_FIELD_3}2251{json}");

    let mut change = ConfChange {
        id: Some(0),
        change_type: Some(ConfChangeType::AddNode.into()),
        node_id: Some(LOCALHOST),
        context: Some(member.into()),
    };
    assert_both_ways(&to_3_6, &change);
    let entry = |change: &ConfChange| Entry {
        entry_type: Some(EntryType::ConfChange.into()),
        term: Some(1),
        index: Some(1),
        data: Some(change.encode_to_vec()),
    };
    assert_both_ways(&format!("0801100118012262{to_3_6}"), &entry(&change));

    change.id = None;
    assert_both_ways(&from_3_7, &change);
    assert_both_ways(&format!("0801100118012260{from_3_7}"), &entry(&change));
}

#[test]
fn normal_entries_may_leave_their_type_out() {
    let entry = Entry { term: Some(2), index: Some(2), ..Entry::default() };
    assert_both_ways("10021802", &entry);
    assert_eq!(entry.entry_type(), EntryType::Normal);
}

/// 3.4 marks a snapshot without members, 3.5 and 3.6 with, 3.7 without the false at their end.
#[test]
fn snapshot_markers_in_the_style_of_each_release() {
    let marker = |conf_state| walpb::Snapshot { index: Some(3), term: Some(1), conf_state };
    assert_both_ways("08031001", &marker(None));

    let voters = vec![0x1c3a_498a_2cce_624b, 0x42a6_9682_4ae9_fd4c, 0xf0e7_0fd6_2bb1_fac5];
    let mut state = ConfState { voters, auto_leave: Some(false), ..ConfState::default() };
    let unpacked = "08cbc4b9e6a2b1929d1c08ccfaa7d7a4d0a5d34208c5f5c7dde2fac3f3f001";
    assert_both_ways(&format!("080310011a21{unpacked}2800"), &marker(Some(state.clone())));

    let metadata = SnapshotMetadata { conf_state: Some(state.clone()), index: Some(3), term: Some(1) };
    assert_both_ways(&format!("0a21{unpacked}280010031801"), &metadata);

    state.auto_leave = None;
    assert_both_ways(&format!("080310011a1f{unpacked}"), &marker(Some(state)));
}

#[test]
fn packed_voters_are_read_too() {
    let packed = ConfState::decode(bytes("0a03010203").as_slice());
    assert_eq!(packed, Ok(ConfState { voters: vec![1, 2, 3], ..ConfState::default() }));
}
