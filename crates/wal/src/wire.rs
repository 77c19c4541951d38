//! Helpers for protobuf's wire format, used to decode and encode records without copying.

use etcdsnap_proto::prost::encoding::{WireType, encode_key, encode_varint};

/// The low 32 bits of a number, which is how decoders read a `uint32` field.
pub(crate) fn low_half(number: i64) -> u32 {
    let [a, b, c, d, ..] = number.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

/// Encodes a number field, even when it is 0.
pub(crate) fn write_number(out: &mut Vec<u8>, field: u32, number: u64) {
    encode_key(field, WireType::Varint, out);
    encode_varint(number, out);
}

/// Encodes a bytes field, even when it is empty.
pub(crate) fn write_bytes(out: &mut Vec<u8>, field: u32, bytes: &[u8]) {
    encode_key(field, WireType::LengthDelimited, out);
    encode_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}
