use proptest::collection::vec;
use proptest::prelude::*;
use prost::Message;

use super::*;
use crate::authpb::{Permission, Role, User, UserAddOptions};
use crate::etcdserverpb::AlarmMember;
use crate::leasepb::Lease;
use crate::mvccpb::KeyValue;

const GOGO: [bool; 2] = [true, false];
const GOLANG: [bool; 2] = [false, true];
const BOTH: [bool; 2] = [true; 2];
const NEITHER: [bool; 2] = [false; 2];

fn accepted(message: &[u8], schema: &MessageSchema) -> [bool; 2] {
    GoLibrary::ALL.map(|library| library.accepts(message, schema))
}

/// What real servers of 3.4, 3.5 and 3.6, and of 3.7 and 3.8, did with records, leases and alarms that end in these bytes.
#[test]
fn libraries_accept_what_servers_start_with() {
    let of: [(&str, &[u8], [bool; 2]); 16] = [
        ("unknown field 15", b"\x78\x01", BOTH),
        ("unknown field 15 of 32 bits", b"\x7dabcd", BOTH),
        ("unknown group", b"\x7b\x7c", BOTH),
        ("group that does not end", b"\x7b", NEITHER),
        ("group that ends only", b"\x7c", NEITHER),
        ("field 0", b"\x00\x01", NEITHER),
        ("wire type 6", b"\x7e", NEITHER),
        ("wire type 7", b"\x7f", NEITHER),
        ("number as bytes", b"\x12\x01x", GOLANG),
        ("number as 64 bits", b"\x11\0\0\0\0\0\0\0\0", GOLANG),
        ("number in 10 bytes", b"\x10\x82\x80\x80\x80\x80\x80\x80\x80\x80\x00", BOTH),
        ("number in 11 bytes", b"\x10\x82\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00", NEITHER),
        ("number of 70 bits", b"\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", GOGO),
        ("field number 2^29", b"\x80\x80\x80\x80\x10\x01", GOGO),
        ("length beyond the end", b"\x7a\x80\x80\x40", NEITHER),
        ("length of 2^63", b"\x7a\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", NEITHER),
    ];
    let sound = [
        (KeyValue { key: b"k".into(), mod_revision: 2, ..KeyValue::default() }.encode_to_vec(), &KEY_VALUE),
        (Lease { id: 7, ttl: 60, remaining_ttl: 0 }.encode_to_vec(), &LEASE),
        (AlarmMember { member_id: 77, alarm: 1 }.encode_to_vec(), &ALARM),
    ];
    for ((name, end, expected), (message, schema)) in
        of.iter().flat_map(|row| sound.iter().map(move |with| (row, with)))
    {
        assert_eq!(accepted(&[message, *end].concat(), schema), *expected, "{name}: {schema:?}");
    }
    assert_eq!(accepted(b"\x0a\x01k\x28\x01", &KEY_VALUE), GOLANG, "bytes as a number");
}

/// As servers did with users and roles; the options of a user and the permissions of a role are messages, not numbers.
#[test]
fn users_and_roles_are_accepted_as_by_servers() {
    for (schema, options) in [(&USER, 0x20), (&ROLE, 0x10)] {
        assert_eq!(accepted(&[options | 1, 0, 0, 0, 0, 0, 0, 0, 0], schema), GOLANG, "number as 64 bits");
        assert_eq!(accepted(b"\x08\x01", schema), GOLANG, "bytes as a number");
        let of_70_bits = [&[options][..], &[0xff; 9], &[0x7f]].concat();
        assert_eq!(accepted(&of_70_bits, schema), NEITHER, "number of 70 bits");
        assert_eq!(accepted(b"\x80\x80\x80\x80\x10\x01", schema), GOGO, "field number 2^29");
    }
    assert_eq!(accepted(b"\x1a\x01\xff", &USER), GOGO);
    assert_eq!(accepted(b"\x22\x02\x0a\x00", &USER), GOLANG, "within the options");
    assert_eq!(accepted(b"\x12\x02\x10\x01", &ROLE), GOLANG, "within a permission");
    assert_eq!(accepted(b"\x12\x01\x10", &ROLE), NEITHER, "a permission that is cut");
}

#[test]
fn fields_of_another_wire_type_keep_their_default() {
    let lease = |library: GoLibrary, bytes: &[u8]| {
        library.read(bytes, &LEASE).map(|found| Lease::decode(&*found).expect("what was read is a lease"))
    };
    let wrong_type = b"\x08\x07\x12\x01x";
    assert_eq!(lease(GoLibrary::Golang, wrong_type), Some(Lease { id: 7, ttl: 0, remaining_ttl: 0 }));
    assert_eq!(lease(GoLibrary::Gogo, wrong_type), None);
    let of_70_bits = b"\x08\x07\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f";
    assert_eq!(lease(GoLibrary::Gogo, of_70_bits), Some(Lease { id: 7, ttl: -1, remaining_ttl: 0 }));
}

#[test]
fn groups_are_bounded() {
    assert_eq!(accepted(&vec![0x7b; 30_000], &LEASE), NEITHER);
    let deep = |levels| [vec![0x7b; levels], vec![0x7c; levels]].concat();
    assert_eq!(accepted(&deep(MAX_OPEN_GROUPS), &LEASE), BOTH);
    assert_eq!(accepted(&deep(MAX_OPEN_GROUPS + 1), &LEASE), NEITHER);
    assert_eq!(accepted(b"\x7b\x74", &LEASE), GOGO, "ended by another field");
}

#[test]
fn the_worst_entry_counts() {
    let is_lost = |found: &[u8]| Lease::decode(found).is_ok_and(|lease| lease.ttl == 0);
    let mut outcomes = DecodeOutcomes::default();
    assert_eq!(GoLibrary::ALL.map(|library| outcomes.with(library)), [DecodeOutcome::Refused; 2]);
    outcomes.add(b"\x10\x3c\x1a\x01x", &LEASE, is_lost);
    assert_eq!(GoLibrary::ALL.map(|library| outcomes.with(library)), [DecodeOutcome::Refused, DecodeOutcome::Misread]);
    outcomes.add(b"\x08\x07\x12\x01x", &LEASE, is_lost);
    assert_eq!(GoLibrary::ALL.map(|library| outcomes.with(library)), [DecodeOutcome::Refused, DecodeOutcome::Lost]);
    outcomes.add(b"\x7b", &LEASE, is_lost);
    assert_eq!(GoLibrary::ALL.map(|library| outcomes.with(library)), [DecodeOutcome::Refused; 2]);
}

/// Both libraries accept a message that `prost` encoded, and find all of its fields.
fn agree(message: &impl Message, schema: &MessageSchema) -> Result<(), TestCaseError> {
    let message = message.encode_to_vec();
    for library in GoLibrary::ALL {
        let found = library.read(&message, schema);
        prop_assert_eq!(found.as_ref(), Some(&message));
    }
    Ok(())
}

/// Bytes that are a message more often than arbitrary ones are.
fn fields() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![0..=0x35_u8, Just(0x7a), Just(0x7b), Just(0x7c), Just(0xff), any::<u8>()];
    vec(byte, 0..40)
}

proptest! {
    #[test]
    fn whatever_etcd_writes_is_accepted(
        key in vec(any::<u8>(), 0..20), numbers in any::<[i64; 4]>(), roles in vec(".*", 0..3), flag in any::<bool>(),
    ) {
        let [id, ttl, remaining_ttl, lease] = numbers;
        let value = key.repeat(3);
        agree(&Lease { id, ttl, remaining_ttl }, &LEASE)?;
        agree(&AlarmMember { member_id: id.cast_unsigned(), alarm: i32::from(flag) }, &ALARM)?;
        let permission = Permission { permission_type: 2, key: key.clone(), range_end: value.clone() };
        agree(&Role { name: key.clone(), key_permission: vec![permission; 2] }, &ROLE)?;
        let options = flag.then_some(UserAddOptions { no_password: flag });
        agree(&User { name: key.clone(), password: value.clone(), roles, options }, &USER)?;
        agree(
            &KeyValue { key, create_revision: id, mod_revision: ttl, version: remaining_ttl, value, lease },
            &KEY_VALUE,
        )?;
    }

    /// No bytes make a panic; what `prost` accepts both accept and read alike; and what is read is a message.
    #[test]
    fn prost_is_the_strictest(bytes in fields()) {
        for library in GoLibrary::ALL {
            for schema in [&KEY_VALUE, &LEASE, &ALARM, &USER, &ROLE] {
                let found = library.read(&bytes, schema);
                prop_assert_eq!(found.is_some(), library.accepts(&bytes, schema));
            }
            let found = library.read(&bytes, &USER).map(|found| User::decode(&*found).expect("what was read is a user"));
            if let Ok(user) = User::decode(&*bytes) {
                prop_assert_eq!(found, Some(user));
            }
            let found = library.read(&bytes, &KEY_VALUE).map(|found| KeyValue::decode(&*found).expect("a record"));
            if let Ok(record) = KeyValue::decode(&*bytes) {
                prop_assert_eq!(found, Some(record));
            }
        }
    }
}
