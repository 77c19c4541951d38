//! Frames, the units that a segment consists of (`docs/format/wal.md#frames`).
//!
//! ```text
//! 0                8                    8 + record      8 + record + padding
//! +----------------+--------------------+---------------+
//! | length word LE | record             | zeros         |  next frame, or a zero word, or the end of the file
//! +----------------+--------------------+---------------+
//! ```
//!
//! The low 56 bits of the length word are the length of the record; if that is not a multiple of 8, the top byte is 0x80
//! plus the number of padding bytes. So every frame starts at a multiple of 8, and a zero word, as in preallocated
//! space, ends the segment.

use etcdsnap_checksum::is_zero;

/// Bytes of the length word.
pub(crate) const LENGTH_WORD: usize = 8;

/// A complete frame: its length word is followed by as many bytes as it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Frame<'a> {
    /// The length word.
    pub word: u64,
    /// The record without its padding.
    pub record: &'a [u8],
    /// Record and padding.
    pub body: &'a [u8],
}

/// How a record is filled up to a multiple of 8 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// As etcd does it: with just enough zeros.
    Zeros,
    /// The same, with these bits set in the top byte of the length word, where they have no meaning.
    StrayBits(u8),
    /// With other bytes, or not up to a multiple of 8.
    Other,
}

/// The result of reading at an offset of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FrameRead<'a> {
    /// A complete frame.
    Frame(Frame<'a>),
    /// The end of the records: the end of the file, or a zero word.
    End,
    /// Too few bytes for a length word.
    ShortWord,
    /// The length word requires more bytes than there are.
    ShortBody(FrameLengths),
}

/// The two lengths in a length word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FrameLengths {
    /// Bytes of the record, below 2^56.
    pub record: u64,
    /// Bytes of padding, 0 to 7.
    pub padding: u64,
}

impl FrameLengths {
    const TOP_BYTE: u64 = 0xff << 56;
    const PADDED: u64 = 0x80 << 56;

    /// The lengths for a record of this many bytes.
    pub fn of(record: usize) -> Self {
        let record = record as u64;
        Self { record, padding: record.wrapping_neg() % 8 }
    }

    fn parse(word: u64) -> Self {
        let padding = if word & Self::PADDED == 0 { 0 } else { word >> 56 & 7 };
        Self { record: word & !Self::TOP_BYTE, padding }
    }

    /// The length word that encodes these lengths.
    pub fn word(self) -> u64 {
        if self.padding == 0 { self.record } else { self.record | Self::PADDED | self.padding << 56 }
    }

    /// Length of record and padding in bytes; below 2^57.
    pub fn body(self) -> u64 {
        self.record + self.padding
    }
}

impl Frame<'_> {
    /// Length of the frame in bytes.
    pub fn len(&self) -> usize {
        LENGTH_WORD + self.body.len()
    }

    /// How the record is filled up, against what a writer makes: just enough zeros, and no bit that has no meaning.
    pub fn padding(&self) -> Padding {
        let padding = self.body.get(self.record.len()..).unwrap_or_default();
        let lengths = FrameLengths::of(self.record.len());
        let is_filled = lengths.padding == padding.len() as u64 && is_zero(padding);
        match (self.word ^ lengths.word()).to_le_bytes() {
            _ if !is_filled => Padding::Other,
            [.., 0] => Padding::Zeros,
            [.., bits] => Padding::StrayBits(bits),
        }
    }
}

/// Reads the frame at the start of `bytes`, the rest of a segment.
pub(crate) fn read(bytes: &[u8]) -> FrameRead<'_> {
    let Some((word, rest)) = bytes.split_first_chunk::<LENGTH_WORD>() else {
        return if bytes.is_empty() { FrameRead::End } else { FrameRead::ShortWord };
    };
    let word = u64::from_le_bytes(*word);
    if word == 0 {
        return FrameRead::End;
    }
    let lengths = FrameLengths::parse(word);
    let body = usize::try_from(lengths.body()).ok().and_then(|len| rest.get(..len));
    let record = usize::try_from(lengths.record).ok().and_then(|len| rest.get(..len));
    match (record, body) {
        (Some(record), Some(body)) => FrameRead::Frame(Frame { word, record, body }),
        _ => FrameRead::ShortBody(lengths),
    }
}

/// Encodes a frame whose record is what `write_record` appends.
pub(crate) fn write(out: &mut Vec<u8>, write_record: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0; LENGTH_WORD]);
    write_record(out);
    let lengths = FrameLengths::of(out.len() - start - LENGTH_WORD);
    if let Some(word) = out.get_mut(start..start + LENGTH_WORD) {
        word.copy_from_slice(&lengths.word().to_le_bytes());
    }
    out.resize(start + LENGTH_WORD + usize::try_from(lengths.body()).unwrap_or(usize::MAX), 0);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_smallest_record_is_framed_as_documented() {
        let mut out = Vec::new();
        write(&mut out, |out| out.extend_from_slice(&[8, 4, 16, 0]));
        assert_eq!(out, [4, 0, 0, 0, 0, 0, 0, 0x84, 8, 4, 16, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn the_end_is_told_from_a_cut() {
        assert_eq!(read(&[]), FrameRead::End);
        assert_eq!(read(&[0; 8]), FrameRead::End);
        assert_eq!(read(&[0; 7]), FrameRead::ShortWord);
        assert_eq!(read(&[4, 0, 0, 0, 0, 0, 0, 0x84, 1, 2, 3, 4, 0, 0, 0]), FrameRead::ShortBody(FrameLengths::of(4)));
        assert!(matches!(read(&[0xff; 40]), FrameRead::ShortBody(FrameLengths { padding: 7, .. })));
    }

    proptest! {
        #[test]
        fn frames_read_as_written(records in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..40), 0..8)) {
            let mut out = Vec::new();
            for record in &records {
                write(&mut out, |out| out.extend_from_slice(record));
                prop_assert_eq!(out.len() % 8, 0);
            }
            let mut rest = out.as_slice();
            for record in &records {
                let FrameRead::Frame(frame) = read(rest) else { panic!("no frame") };
                prop_assert_eq!(frame.record, record.as_slice());
                prop_assert_eq!(frame.padding(), Padding::Zeros);
                rest = &rest[frame.len()..];
            }
            prop_assert_eq!(read(rest), FrameRead::End);
        }

        #[test]
        fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            if let FrameRead::Frame(frame) = read(&bytes) {
                prop_assert!(frame.len() <= bytes.len());
            }
        }
    }
}
