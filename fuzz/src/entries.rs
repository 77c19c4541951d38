//! Entries of small buckets as one piece of bytes, in a framing that mutation hardly ever breaks.
//!
//! ```text
//! | bucket u8 | key length u8 | value length u16 | key | value |  again and again; the last one may be cut off
//! ```

use etcdsnap_snapshot::buckets::EXPECTED;

/// One entry: name of the bucket, key, value.
pub type Entry<'b> = (&'static str, &'b [u8], &'b [u8]);

/// Reads all entries; any bytes are some.
pub fn read(mut bytes: &[u8]) -> Vec<Entry<'_>> {
    let mut entries = Vec::new();
    while let Some(([bucket, key, high, low], rest)) = bytes.split_first_chunk() {
        let (key, rest) = cut(rest, (*key).into());
        let (value, rest) = cut(rest, u16::from_be_bytes([*high, *low]).into());
        entries.push((EXPECTED[usize::from(*bucket) % EXPECTED.len()], key, value));
        bytes = rest;
    }
    entries
}

/// Writes entries; what is too long for the framing is cut.
pub fn write<'b>(entries: impl IntoIterator<Item = Entry<'b>>) -> Vec<u8> {
    let mut out = Vec::new();
    for (bucket, key, value) in entries {
        let (key, _) = cut(key, u8::MAX.into());
        let (value, _) = cut(value, u16::MAX.into());
        let bucket = EXPECTED.iter().position(|name| *name == bucket).unwrap_or_default();
        out.extend([bucket as u8, key.len() as u8]);
        out.extend((value.len() as u16).to_be_bytes());
        out.extend_from_slice(key);
        out.extend_from_slice(value);
    }
    out
}

fn cut(bytes: &[u8], length: usize) -> (&[u8], &[u8]) {
    bytes.split_at(length.min(bytes.len()))
}
