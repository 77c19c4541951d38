//! Logs whose frames and checksums are right, whatever is in their records: each record is a byte for its type, one for the length of
//! its data, and the data.

use etcdsnap_checksum::crc32c;

/// The first segment of a log, with these records behind its checksum record.
pub fn segment(mut input: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut running = 0;
    frame(4, running, None, &mut out);
    while let Some((&[kind, length], rest)) = input.split_first_chunk() {
        let (data, rest) = rest.split_at(rest.len().min(length.into()));
        input = rest;
        running = crc32c::append(running, data);
        frame(kind % 7, running, Some(data), &mut out);
    }
    out
}

fn frame(kind: u8, crc: u32, data: Option<&[u8]>, out: &mut Vec<u8>) {
    let mut record = vec![8, kind, 16];
    varint(crc.into(), &mut record);
    if let Some(data) = data {
        record.push(26);
        varint(data.len() as u64, &mut record);
        record.extend_from_slice(data);
    }
    let padding = record.len().wrapping_neg() % 8;
    let mark = if padding == 0 { 0 } else { (0x80 | padding as u64) << 56 };
    out.extend((record.len() as u64 | mark).to_le_bytes());
    out.extend(&record);
    out.resize(out.len() + padding, 0);
}

/// The base-128 number of protobuf.
pub fn varint(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}
