//! `KeyValueRef` and `prost` must agree on every input: on what is a record, on its fields, and on what is canonical.

#![no_main]

use etcdsnap_proto::KeyValueRef;
use etcdsnap_proto::mvccpb::KeyValue;
use etcdsnap_proto::prost::Message;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let expected = KeyValue::decode(bytes).ok();
    assert_eq!(KeyValueRef::parse(bytes).ok().map(KeyValue::from), expected);

    let canonical = expected.filter(|record| record.encode_to_vec() == bytes);
    assert_eq!(KeyValueRef::parse_canonical(bytes).map(KeyValue::from), canonical);
});
