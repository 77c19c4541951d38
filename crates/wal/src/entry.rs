//! [`RaftEntry`]: an entry of the raft log, decoded without copying (`docs/format/wal.md#entries`).

use std::fmt;

use etcdsnap_proto::wire::{FieldReader, ParseError};

use crate::entry_kind::RaftEntryKind;
use crate::payload::EntryPayload;
use crate::wire;

/// One entry of the raft log, borrowed from its segment.
///
/// Absent numbers are 0; 3.7 and later do not write the kind of a normal entry. Debug output has the length of the data,
/// not its bytes, which may be secret.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct RaftEntry<'a> {
    /// Its kind.
    pub kind: RaftEntryKind,
    /// Term of the leader that proposed it.
    pub term: u64,
    /// Its index in the raft log, from 1.
    pub index: u64,
    /// The encoded request; absent in the entry with which a new leader begins its term.
    pub data: Option<&'a [u8]>,
}

impl<'a> RaftEntry<'a> {
    /// Decodes a `raftpb.Entry`; accepts the same bytes as a protobuf decoder, with the same result.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        let mut entry = Self::default();
        let mut reader = FieldReader::new(bytes);
        while !reader.is_empty() {
            let tag = reader.tag()?;
            match tag.field {
                1 => entry.kind = RaftEntryKind::from_number(wire::low_half(reader.int64(tag)?)),
                2 => entry.term = reader.int64(tag)?.cast_unsigned(),
                3 => entry.index = reader.int64(tag)?.cast_unsigned(),
                4 => entry.data = Some(reader.bytes(tag)?),
                _ => reader.skip(tag)?,
            }
        }
        Ok(entry)
    }

    /// Its data; empty when absent.
    pub fn data(&self) -> &'a [u8] {
        self.data.unwrap_or_default()
    }

    /// Decodes its data.
    pub fn payload(&self) -> EntryPayload {
        EntryPayload::decode(self.kind, self.data())
    }
}

impl fmt::Debug for RaftEntry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {} of term {} ({} bytes)", self.kind, self.index, self.term, self.data().len())
    }
}

#[cfg(test)]
mod tests {
    use etcdsnap_proto::prost::Message;
    use etcdsnap_proto::raftpb;
    use proptest::prelude::*;

    use super::*;

    type Plain = (RaftEntryKind, u64, u64, Option<Vec<u8>>);

    fn general(bytes: &[u8]) -> Option<Plain> {
        let entry = raftpb::Entry::decode(bytes).ok()?;
        let kind = RaftEntryKind::from_number(entry.entry_type.unwrap_or_default().cast_unsigned());
        Some((kind, entry.term(), entry.index(), entry.data))
    }

    fn own(bytes: &[u8]) -> Option<Plain> {
        let entry = RaftEntry::parse(bytes).ok()?;
        Some((entry.kind, entry.term, entry.index, entry.data.map(<[u8]>::to_vec)))
    }

    #[test]
    fn the_kind_may_be_left_out() {
        let entry = RaftEntry::parse(&[0x10, 2, 0x18, 7]).expect("an entry of 3.7");
        assert_eq!((entry.kind, entry.term, entry.index, entry.data), (RaftEntryKind::Normal, 2, 7, None));
    }

    proptest! {
        #[test]
        fn entries_are_read_as_by_the_general_decoder(
            entry_type in prop::option::of(-1..4), term: Option<u64>, index: Option<u64>, data: Option<Vec<u8>>,
        ) {
            let bytes = raftpb::Entry { entry_type, term, index, data }.encode_to_vec();
            prop_assert!(own(&bytes).is_some());
            prop_assert_eq!(own(&bytes), general(&bytes));
        }

        #[test]
        fn any_bytes_are_read_as_by_the_general_decoder(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            prop_assert_eq!(own(&bytes), general(&bytes));
        }
    }
}
