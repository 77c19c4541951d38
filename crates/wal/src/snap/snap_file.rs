//! [`SnapFile`]: the content of a `.snap` file, which is an envelope with a checksum around a raft snapshot
//! (`docs/format/wal.md#snapshot-files`).

use std::fmt;

use etcdsnap_checksum::crc32c;
use etcdsnap_proto::prost::{DecodeError, Message};
use etcdsnap_proto::raftpb::{ConfState, SnapshotMetadata};
use etcdsnap_proto::wire::{FieldReader, ParseError};
use thiserror::Error;

use super::v2_store::{V2Store, V2StoreError};
use crate::raft_log::SnapshotPosition;
use crate::wire;

/// A verified `.snap` file.
///
/// Debug output has the length of the store, not its bytes, which may be secret.
#[derive(Clone, PartialEq, Eq)]
pub struct SnapFile<'a> {
    /// CRC-32C of the raft snapshot.
    pub crc: u32,
    /// Index and term of the last entry in the snapshot.
    pub start: SnapshotPosition,
    /// Raft's members at that entry.
    pub conf_state: ConfState,
    /// The v2 store as JSON.
    pub store: &'a [u8],
}

/// Why a `.snap` file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SnapError {
    /// The file is empty, or it has no data or no checksum.
    #[error("the snapshot is empty")]
    Empty,
    /// The envelope does not parse.
    #[error("the file cannot be decoded: {0}")]
    Envelope(ParseError),
    /// The checksum is wrong.
    #[error("the checksum in the file is {stored:08x}, that of its data is {computed:08x}")]
    Checksum {
        /// In the file.
        stored: u32,
        /// Over the data.
        computed: u32,
    },
    /// The raft snapshot does not parse.
    #[error("the raft snapshot cannot be decoded: {0}")]
    Snapshot(ParseError),
    /// Its metadata does not parse.
    #[error("the metadata of the raft snapshot cannot be decoded: {0}")]
    Metadata(DecodeError),
}

impl<'a> SnapFile<'a> {
    /// Decodes and verifies a whole file.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, SnapError> {
        let (stored, data) = envelope(bytes).map_err(SnapError::Envelope)?;
        if stored == 0 || data.is_empty() {
            return Err(SnapError::Empty);
        }
        let computed = crc32c::crc32c(data);
        if stored != computed {
            return Err(SnapError::Checksum { stored, computed });
        }
        let (store, metadata) = snapshot(data).map_err(SnapError::Snapshot)?;
        let metadata = SnapshotMetadata::decode(metadata).map_err(SnapError::Metadata)?;
        let start = SnapshotPosition { index: metadata.index(), term: metadata.term() };
        Ok(Self { crc: stored, start, conf_state: metadata.conf_state.unwrap_or_default(), store })
    }

    /// Parses the v2 store in it.
    pub fn store(&self) -> Result<V2Store, V2StoreError> {
        V2Store::parse(self.store)
    }
}

impl fmt::Debug for SnapFile<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} with {:?} ({} bytes)", self.start, self.conf_state, self.store.len())
    }
}

/// Decodes the envelope; returns checksum and data.
fn envelope(bytes: &[u8]) -> Result<(u32, &[u8]), ParseError> {
    let (mut crc, mut data) = (0, &[][..]);
    let mut reader = FieldReader::new(bytes);
    while !reader.is_empty() {
        let tag = reader.tag()?;
        match tag.field {
            1 => crc = wire::low_half(reader.int64(tag)?),
            2 => data = reader.bytes(tag)?,
            _ => reader.skip(tag)?,
        }
    }
    Ok((crc, data))
}

/// Decodes the raft snapshot; returns data and metadata.
fn snapshot(bytes: &[u8]) -> Result<(&[u8], &[u8]), ParseError> {
    let (mut store, mut metadata) = (&[][..], &[][..]);
    let mut reader = FieldReader::new(bytes);
    while !reader.is_empty() {
        let tag = reader.tag()?;
        match tag.field {
            1 => store = reader.bytes(tag)?,
            2 => metadata = reader.bytes(tag)?,
            _ => reader.skip(tag)?,
        }
    }
    Ok((store, metadata))
}

/// Encodes a `.snap` file.
pub(crate) fn write(store: &str, metadata: &SnapshotMetadata) -> Vec<u8> {
    let mut data = Vec::with_capacity(store.len() + 256);
    wire::write_bytes(&mut data, 1, store.as_bytes());
    wire::write_bytes(&mut data, 2, &metadata.encode_to_vec());
    let mut file = Vec::with_capacity(data.len() + 16);
    wire::write_number(&mut file, 1, u64::from(crc32c::crc32c(&data)));
    wire::write_bytes(&mut file, 2, &data);
    file
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn metadata(voters: Vec<u64>, learners: Vec<u64>, auto_leave: Option<bool>) -> SnapshotMetadata {
        let conf_state = ConfState { voters, learners, auto_leave, ..ConfState::default() };
        SnapshotMetadata { conf_state: Some(conf_state), index: Some(3), term: Some(1) }
    }

    #[test]
    fn each_damage_has_its_error() {
        let file = write("{}", &metadata(vec![7], vec![], None));
        assert_eq!(SnapFile::parse(&[]), Err(SnapError::Empty));
        assert_eq!(SnapFile::parse(&[8, 0, 18, 1, 1]), Err(SnapError::Empty));
        assert_eq!(SnapFile::parse(&[8, 1, 18, 0]), Err(SnapError::Empty));
        assert!(matches!(SnapFile::parse(&file[..file.len() - 1]), Err(SnapError::Envelope(_))));
        let mut flipped = file.clone();
        *flipped.last_mut().expect("not empty") ^= 1;
        assert!(matches!(SnapFile::parse(&flipped), Err(SnapError::Checksum { .. })));
        let mut garbage = Vec::new();
        wire::write_number(&mut garbage, 1, u64::from(crc32c::crc32c(b"\xff")));
        wire::write_bytes(&mut garbage, 2, b"\xff");
        assert!(matches!(SnapFile::parse(&garbage), Err(SnapError::Snapshot(_))));
    }

    /// The checksum's number takes five bytes, of which the last has four bits for it; parsers drop the bits above.
    #[test]
    fn any_change_of_a_byte_is_noticed() {
        let file = write("{\"Root\":{}}", &metadata(vec![1, 2], vec![3], Some(false)));
        let sound = SnapFile::parse(&file).expect("whole");
        for at in 0..file.len() {
            for flipped in 1..=u8::MAX {
                let mut bytes = file.clone();
                bytes[at] ^= flipped;
                let above_the_number = at == 5 && flipped.trailing_zeros() >= 4;
                assert!(above_the_number || SnapFile::parse(&bytes).as_ref() != Ok(&sound), "byte {at} ^ {flipped}");
            }
        }
    }

    proptest! {
        #[test]
        fn files_read_as_written(store: String, voters: Vec<u64>, learners: Vec<u64>, auto_leave: Option<bool>) {
            let metadata = metadata(voters, learners, auto_leave);
            let bytes = write(&store, &metadata);
            let file = SnapFile::parse(&bytes).expect("whole");
            prop_assert_eq!(file.store, store.as_bytes());
            prop_assert_eq!(Some(file.conf_state), metadata.conf_state);
            prop_assert_eq!(file.start, SnapshotPosition { index: 3, term: 1 });
        }
    }
}
