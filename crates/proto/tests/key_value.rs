//! `KeyValueRef` and `prost` agree on every input: on what is a record, on its fields, and on what is canonical.

use etcdsnap_proto::mvccpb::KeyValue;
use etcdsnap_proto::prost::Message;
use etcdsnap_proto::wire::WireType;
use etcdsnap_proto::{KeyValueRef, ParseError, ParseErrorKind};
use proptest::prelude::*;

/// Compares both decoders on `bytes`.
fn assert_agreement(bytes: &[u8]) {
    let expected = KeyValue::decode(bytes).ok();
    let parsed = KeyValueRef::parse(bytes).ok().map(KeyValue::from);
    assert_eq!(parsed, expected, "parse {}", bytes.escape_ascii());

    let canonical = expected.filter(|record| record.encode_to_vec() == bytes);
    let parsed = KeyValueRef::parse_canonical(bytes).map(KeyValue::from);
    assert_eq!(parsed, canonical, "parse_canonical {}", bytes.escape_ascii());
}

fn number() -> impl Strategy<Value = i64> {
    prop_oneof![Just(0), 1..300_i64, any::<i64>(), Just(i64::MIN), Just(-1)]
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(Vec::new()),
        prop::collection::vec(any::<u8>(), 0..40),
        prop::collection::vec(any::<u8>(), 120..140)
    ]
}

fn record() -> impl Strategy<Value = KeyValue> {
    (text(), number(), number(), number(), text(), number()).prop_map(
        |(key, create_revision, mod_revision, version, value, lease)| KeyValue {
            key,
            create_revision,
            mod_revision,
            version,
            value,
            lease,
        },
    )
}

/// A change to encoded bytes; places are taken modulo the length.
#[derive(Clone, Debug)]
enum Damage {
    Replace(usize, u8),
    FlipBit(usize, u8),
    Insert(usize, Vec<u8>),
    Remove(usize),
    Truncate(usize),
    RepeatAtEnd(usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Damage::Replace(at, byte)),
        (any::<usize>(), 0..8_u8).prop_map(|(at, bit)| Damage::FlipBit(at, bit)),
        (any::<usize>(), pieces()).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        any::<usize>().prop_map(Damage::Remove),
        any::<usize>().prop_map(Damage::Truncate),
        any::<usize>().prop_map(Damage::RepeatAtEnd),
    ]
}

fn apply(mut bytes: Vec<u8>, damage: &Damage) -> Vec<u8> {
    let len = bytes.len().max(1);
    match damage {
        Damage::Insert(at, piece) => drop(bytes.splice(at % len..at % len, piece.iter().copied())),
        _ if bytes.is_empty() => {}
        Damage::Replace(at, byte) => bytes[at % len] = *byte,
        Damage::FlipBit(at, bit) => bytes[at % len] ^= 1 << bit,
        Damage::Remove(at) => drop(bytes.remove(at % len)),
        Damage::Truncate(at) => bytes.truncate(at % len),
        Damage::RepeatAtEnd(at) => bytes.extend_from_within(at % len..),
    }
    bytes
}

/// Pieces of wire format that need not fit together: tags of any number and type, numbers longer than they need be,
/// short payloads, whole and broken groups.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let tag = (0..9_u8, 0..8_u8).prop_map(|(field, wire_type)| vec![field << 3 | wire_type]);
    let long_tag = (0..9_u8, 0..8_u8, 1..6_usize).prop_map(|(field, wire_type, zeros)| {
        let mut bytes = vec![field << 3 | wire_type | 0x80];
        bytes.resize(zeros, 0x80);
        bytes.push(0);
        bytes
    });
    let long_number = (any::<u8>(), 1..11_usize, 0..3_u8).prop_map(|(first, len, last)| {
        let mut bytes = vec![first | 0x80; len];
        bytes.push(last);
        bytes
    });
    let field = (1..9_u8, prop::collection::vec(any::<u8>(), 0..6)).prop_map(|(field, payload)| {
        let len = u8::try_from(payload.len()).unwrap();
        [vec![field << 3 | 2, len], payload].concat()
    });
    let group = (7..9_u8, 7..9_u8, prop::collection::vec(any::<u8>(), 0..4))
        .prop_map(|(open, close, inside)| [vec![open << 3 | 3], inside, vec![close << 3 | 4]].concat());
    let bytes = prop::collection::vec(any::<u8>(), 1..4);
    let piece = prop_oneof![tag, long_tag, long_number, field, group, bytes];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn every_written_record_is_read_back_and_canonical(record in record()) {
        let bytes = record.encode_to_vec();
        prop_assert_eq!(KeyValueRef::parse_canonical(&bytes).map(KeyValue::from), Some(record.clone()));
        prop_assert_eq!(KeyValueRef::parse(&bytes).map(KeyValue::from), Ok(record));
    }

    #[test]
    fn agreement_on_damaged_records(record in record(), damages in prop::collection::vec(damage(), 1..4)) {
        assert_agreement(&damages.iter().fold(record.encode_to_vec(), apply));
    }

    #[test]
    fn agreement_on_loose_pieces(bytes in pieces()) {
        assert_agreement(&bytes);
    }

    #[test]
    fn agreement_on_random_bytes(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        assert_agreement(&bytes);
    }
}

#[test]
fn agreement_at_every_truncation() {
    let record = KeyValue {
        key: b"/registry/pods/default/web-0".to_vec(),
        create_revision: 300,
        mod_revision: i64::MAX,
        version: 7,
        value: vec![0x0a; 200],
        lease: -3,
    };
    let bytes = record.encode_to_vec();
    for len in 0..=bytes.len() {
        assert_agreement(&bytes[..len]);
    }
}

#[test]
fn groups_are_skipped_to_a_depth_of_one_hundred() {
    let nested = |depth: usize, inside: &[u8]| [vec![0x3b; depth], inside.to_vec(), vec![0x3c; depth]].concat();
    for depth in [1, 99, 100, 101] {
        for inside in [&[][..], &[0x38, 1], &[0x3a, 1, b'x']] {
            assert_agreement(&nested(depth, inside));
        }
    }
    assert!(KeyValueRef::parse(&nested(100, &[])).is_ok());
    let too_deep = |offset| ParseError { kind: ParseErrorKind::GroupsTooDeep, offset };
    assert_eq!(KeyValueRef::parse(&nested(101, &[])), Err(too_deep(100)));
    assert_eq!(KeyValueRef::parse(&nested(1_000_000, &[])), Err(too_deep(100)));
}

#[test]
fn the_last_of_a_repeated_field_wins() {
    let record = KeyValueRef::parse(b"\x0a\x01a\x10\x05\x0a\x01b\x10\x00").unwrap();
    assert_eq!(record, KeyValueRef { key: b"b", ..KeyValueRef::default() });
}

#[test]
fn other_layouts_are_records_but_not_canonical() {
    let cases: [(&str, &[u8]); 7] = [
        ("descending fields", b"\x10\x02\x0a\x01a"),
        ("a zero number", b"\x0a\x01a\x10\x00"),
        ("an empty value", b"\x0a\x01a\x2a\x00"),
        ("an unknown field", b"\x0a\x01a\x38\x01"),
        ("a number longer than needed", b"\x0a\x01a\x10\x82\x00"),
        ("a length longer than needed", b"\x0a\x81\x00a"),
        ("a tag longer than needed", b"\x8a\x00\x01a"),
    ];
    for (what, bytes) in cases {
        assert!(KeyValueRef::parse(bytes).is_ok(), "{what}");
        assert_eq!(KeyValueRef::parse_canonical(bytes), None, "{what}");
    }
}

#[test]
fn errors_tell_the_kind_and_the_place() {
    use ParseErrorKind::*;
    let wrong_type = WrongWireType { field: 2, expected: WireType::Varint, found: WireType::LengthDelimited };
    let cases: [(&[u8], usize, ParseErrorKind); 12] = [
        (b"\x0a\x01a\x10", 4, Truncated),
        (b"\x0a\x01a\x10\x80\x80", 4, Truncated),
        (b"\x0a\x05abc", 1, PayloadTruncated { needed: 5, left: 3 }),
        (b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 1, PayloadTruncated { needed: u64::MAX, left: 0 }),
        (b"\x3d\x00\x00\x00", 1, PayloadTruncated { needed: 4, left: 3 }),
        (b"\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 1, VarintTooLong),
        (b"\x0a\x00\x02\x01", 2, FieldNumber),
        (b"\x80\x80\x80\x80\x10\x01", 0, FieldNumber),
        (b"\x0a\x00\x0f", 2, UnknownWireType(7)),
        (b"\x0a\x00\x12\x01\x00", 2, wrong_type),
        (b"\x3b\x44", 1, UnexpectedEndGroup { field: 8 }),
        (b"\x3b\x38\x01", 3, Truncated),
    ];
    for (bytes, offset, kind) in cases {
        assert_eq!(KeyValueRef::parse(bytes), Err(ParseError { kind, offset }), "{}", bytes.escape_ascii());
        assert_agreement(bytes);
    }
}

#[test]
fn debug_output_keeps_the_value_secret() {
    let record = KeyValueRef { key: b"/a\xff", value: b"hunter2", mod_revision: 3, ..KeyValueRef::default() };
    let shown = format!("{record:?}");
    assert!(shown.contains("7 bytes") && shown.contains(r"/a\xff"), "{shown}");
    assert!(!shown.contains("hunter2") && !shown.contains("104"), "{shown}");
}
