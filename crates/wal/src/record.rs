//! [`WalRecord`]: a record of the log, which is the content of a frame (`docs/format/wal.md#records`).

use std::fmt;

use etcdsnap_proto::wire::{FieldReader, ParseError};

use crate::frame::Padding;
use crate::place::WalPlace;
use crate::wire;

/// The kind of a record, which tells what its data is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WalRecordKind {
    /// Type 1: the ids of the member and the cluster.
    Metadata,
    /// Type 2: an entry of the raft log.
    Entry,
    /// Type 3: the hard state of raft.
    HardState,
    /// Type 4: the running checksum at the end of the previous segment; no data.
    Checksum,
    /// Type 5: index and term of a snapshot that was taken.
    Snapshot,
    /// An undefined type, for which servers refuse the log.
    Unknown(i64),
}

impl WalRecordKind {
    /// The kind with this number.
    pub fn from_number(number: i64) -> Self {
        match number {
            1 => Self::Metadata,
            2 => Self::Entry,
            3 => Self::HardState,
            4 => Self::Checksum,
            5 => Self::Snapshot,
            number => Self::Unknown(number),
        }
    }

    /// Its number in the file.
    pub fn number(self) -> i64 {
        match self {
            Self::Metadata => 1,
            Self::Entry => 2,
            Self::HardState => 3,
            Self::Checksum => 4,
            Self::Snapshot => 5,
            Self::Unknown(number) => number,
        }
    }

    /// Its name for messages, in the singular.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Metadata => "metadata",
            Self::Entry => "entry",
            Self::HardState => "hard state",
            Self::Checksum => "checksum",
            Self::Snapshot => "snapshot",
            Self::Unknown(_) => "unknown",
        }
    }
}

/// One record whose checksum has been verified.
///
/// Debug output has the length of the data, not its bytes, which may be secret.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct WalRecord<'a> {
    /// The start of its frame.
    pub place: WalPlace,
    /// Its kind.
    pub kind: WalRecordKind,
    /// Running CRC-32C of the data of all records up to and including this one.
    pub crc: u32,
    /// Its data; absent in a checksum record.
    pub data: Option<&'a [u8]>,
    /// Length of its frame in bytes: length word, record and padding.
    pub frame_len: u64,
    /// How it is padded to a multiple of 8.
    pub padding: Padding,
}

impl<'a> WalRecord<'a> {
    /// Its data; empty when absent.
    pub fn data(&self) -> &'a [u8] {
        self.data.unwrap_or_default()
    }
}

impl fmt::Debug for WalRecord<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} ({} bytes) in {}", self.kind, self.data().len(), self.place)
    }
}

/// The fields of a `walpb.Record`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RecordFields<'a> {
    pub number: i64,
    pub crc: u32,
    pub data: Option<&'a [u8]>,
}

impl<'a> RecordFields<'a> {
    /// Decodes a record; accepts the same bytes as a protobuf decoder, with the same result.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        let mut fields = Self::default();
        let mut reader = FieldReader::new(bytes);
        while !reader.is_empty() {
            let tag = reader.tag()?;
            match tag.field {
                1 => fields.number = reader.int64(tag)?,
                2 => fields.crc = wire::low_half(reader.int64(tag)?),
                3 => fields.data = Some(reader.bytes(tag)?),
                _ => reader.skip(tag)?,
            }
        }
        Ok(fields)
    }

    /// Encodes a record. Type and checksum are written even when they are 0, data only when present.
    pub fn write(&self, out: &mut Vec<u8>) {
        wire::write_number(out, 1, self.number.cast_unsigned());
        wire::write_number(out, 2, u64::from(self.crc));
        if let Some(data) = self.data {
            wire::write_bytes(out, 3, data);
        }
    }
}

/// The encoded start of a record as etcd writes it: type, checksum, and the length of the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RecordHeader {
    /// Type of the record.
    pub number: i64,
    /// Its checksum.
    pub crc: u32,
    /// Offset of the data in the record.
    pub data: usize,
    /// Bytes of the whole record.
    pub record: u64,
}

/// The result of parsing a record header from bytes that may be anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ParsedHeader {
    /// A complete header.
    Whole(RecordHeader),
    /// The bytes end inside a header, or there are none.
    Beginning,
    /// Bytes with which no header begins.
    Other,
}

impl ParsedHeader {
    /// Length in bytes of the longest header: three tags, a type, and two numbers.
    pub const LONGEST: usize = 3 + 1 + 5 + 10;

    /// Parses the header at the start of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        match Self::read(bytes) {
            Ok(header) => Self::Whole(header),
            Err(part) => part,
        }
    }

    fn read(bytes: &[u8]) -> Result<RecordHeader, Self> {
        let mut at = 0;
        let mut next = || {
            let byte = *bytes.get(at).ok_or(Self::Beginning)?;
            at += 1;
            Ok(byte)
        };
        expect(next()?, 0x08)?;
        let number = next()?;
        if !(1..=5).contains(&number) {
            return Err(Self::Other);
        }
        expect(next()?, 0x10)?;
        let crc = u32::try_from(varint(&mut next)?).map_err(|_| Self::Other)?;
        let number = i64::from(number);
        if WalRecordKind::from_number(number) == WalRecordKind::Checksum {
            return Ok(RecordHeader { number, crc, data: at, record: at as u64 });
        }
        expect(next()?, 0x1a)?;
        let data = varint(&mut next)?;
        let record = data.checked_add(at as u64).ok_or(Self::Other)?;
        Ok(RecordHeader { number, crc, data: at, record })
    }
}

fn expect(byte: u8, tag: u8) -> Result<(), ParsedHeader> {
    if byte == tag { Ok(()) } else { Err(ParsedHeader::Other) }
}

/// Decodes a varint of at most ten bytes.
fn varint(next: &mut impl FnMut() -> Result<u8, ParsedHeader>) -> Result<u64, ParsedHeader> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = next()?;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(number);
        }
    }
    Err(ParsedHeader::Other)
}

#[cfg(test)]
mod tests {
    use etcdsnap_proto::prost::Message;
    use etcdsnap_proto::walpb;
    use proptest::prelude::*;

    use super::*;

    fn general(bytes: &[u8]) -> Option<(i64, u32, Option<Vec<u8>>)> {
        let record = walpb::Record::decode(bytes).ok()?;
        Some((record.record_type(), record.crc(), record.data))
    }

    fn own(bytes: &[u8]) -> Option<(i64, u32, Option<Vec<u8>>)> {
        let fields = RecordFields::parse(bytes).ok()?;
        Some((fields.number, fields.crc, fields.data.map(<[u8]>::to_vec)))
    }

    #[test]
    fn kinds_have_their_numbers() {
        assert!((-3..9).all(|number| WalRecordKind::from_number(number).number() == number));
    }

    proptest! {
        #[test]
        fn records_read_as_written(number: i64, crc: u32, data: Option<Vec<u8>>) {
            let mut out = Vec::new();
            let fields = RecordFields { number, crc, data: data.as_deref() };
            fields.write(&mut out);
            prop_assert_eq!(RecordFields::parse(&out), Ok(fields));
            let record = walpb::Record { record_type: Some(number), crc: Some(crc), data };
            prop_assert_eq!(out, record.encode_to_vec());
        }

        #[test]
        fn headers_read_as_written(number in 1..6i64, crc: u32, data in prop::collection::vec(any::<u8>(), 1..300)) {
            let mut out = Vec::new();
            let has_data = WalRecordKind::from_number(number) != WalRecordKind::Checksum;
            RecordFields { number, crc, data: has_data.then_some(&data) }.write(&mut out);
            let ParsedHeader::Whole(header) = ParsedHeader::of(&out) else { panic!("no header") };
            prop_assert_eq!((header.number, header.crc, header.record), (number, crc, out.len() as u64));
            prop_assert!(header.data <= ParsedHeader::LONGEST);
            for cut in 0..header.data {
                prop_assert_eq!(ParsedHeader::of(&out[..cut]), ParsedHeader::Beginning);
            }
        }

        #[test]
        fn any_bytes_are_read_as_by_the_general_decoder(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            prop_assert_eq!(own(&bytes), general(&bytes));
        }

        #[test]
        fn damaged_records_are_read_as_by_the_general_decoder(number in 0..6i64, crc: u32, at: prop::sample::Index, new: u8) {
            let mut bytes = Vec::new();
            RecordFields { number, crc, data: Some(b"data") }.write(&mut bytes);
            let at = at.index(bytes.len());
            bytes[at] = new;
            prop_assert_eq!(own(&bytes), general(&bytes));
        }
    }
}
