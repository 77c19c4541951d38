//! Any CBOR: it reads as something JSON can say, or is refused.

#![no_main]

use etcdsnap_kube::cbor;
use etcdsnap_kube::json::{self, JsonLayout};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(value) = cbor::parse(bytes) else { return };
    let text = json::to_string(&value, JsonLayout::Compact);
    let read = json::parse(text.as_bytes()).expect("what is written is JSON");
    // Bytes come back as a text of base64, so the second writing is what must not change any more.
    assert_eq!(json::to_string(&read, JsonLayout::Compact), text);
});
