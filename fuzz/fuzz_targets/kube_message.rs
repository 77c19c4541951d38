//! Any protobuf message as an object of any kind: the reader over the schema ends, keeps what it does not know, and agrees with
//! the reader of metadata.

#![no_main]

use etcdsnap_fuzz::objects::{envelope, exercise};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Some((choice, message)) = bytes.split_first_chunk() {
        exercise(&envelope(usize::from(u16::from_be_bytes(*choice)), message));
    }
});
