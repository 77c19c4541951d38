//! [`RaftLog`]: the log after a snapshot, as a server reads it (`docs/format/wal.md#reading`).

use etcdsnap_proto::ParseError;
use etcdsnap_proto::prost::Message;
use etcdsnap_proto::wire::FieldReader;
use etcdsnap_proto::{raftpb, walpb};
use thiserror::Error;

use crate::damage::WalDamage;
use crate::entry::RaftEntry;
use crate::place::WalPlace;
use crate::record::{WalRecord, WalRecordKind};
use crate::records::{Records, Segment};

/// The position of a snapshot in the raft log, from which reading starts: it includes all entries up to its index.
///
/// The default is the empty snapshot with which every log begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SnapshotPosition {
    /// Index of the last entry in the snapshot.
    pub index: u64,
    /// Term of that entry.
    pub term: u64,
}

/// The content of a metadata record: whose log it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct WalMetadata {
    /// Id of the member.
    pub node_id: u64,
    /// Id of the cluster.
    pub cluster_id: u64,
}

/// Raft's hard state: term, vote and commit index. All zero if no such record was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct HardState {
    /// The current term.
    pub term: u64,
    /// The member that got the vote in that term, 0 for none.
    pub vote: u64,
    /// Index of the last entry known to be committed.
    pub commit: u64,
}

/// The content of a snapshot record: a snapshot that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotRecord {
    /// Place of the record.
    pub place: WalPlace,
    /// Index and term of the last entry in the snapshot.
    pub start: SnapshotPosition,
    /// Raft's members at that entry; since 3.5.
    pub conf_state: Option<raftpb::ConfState>,
}

/// An entry with its place in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoggedEntry<'a> {
    /// Place of its record.
    pub place: WalPlace,
    /// The entry.
    pub entry: RaftEntry<'a>,
}

/// The content of a log after a snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RaftLog<'a> {
    /// The ids of the member and the cluster; `None` without a metadata record.
    pub metadata: Option<WalMetadata>,
    /// The last hard state.
    pub hard_state: HardState,
    /// The entries with an index above that of the snapshot, without gaps, each index once; a later record replaces an
    /// earlier one with the same index and all after that.
    pub entries: Vec<LoggedEntry<'a>>,
    /// Is there a record of the snapshot from which reading started? Tools require it, servers do not.
    pub start_found: bool,
    /// Number of entries that a later record replaced.
    pub overwritten: u64,
    /// End of the last sound record.
    pub end: Option<WalPlace>,
    /// An unfinished last write after `end`.
    pub torn: Option<WalDamage>,
}

/// Why a log cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LogReadError {
    /// A record is damaged, and is not an unfinished last write.
    #[error(transparent)]
    Damage(#[from] WalDamage),
    /// A record of an undefined type.
    #[error("{place}: record type {number} is not defined")]
    UnknownRecord {
        /// The record.
        place: WalPlace,
        /// Its type.
        number: i64,
    },
    /// The data of a sound record does not parse.
    #[error("{place}: the data of the {} record cannot be decoded", kind.noun())]
    Payload {
        /// The record.
        place: WalPlace,
        /// Its kind.
        kind: WalRecordKind,
    },
    /// Two metadata records differ.
    #[error("{place}: the metadata differs from that before it")]
    MetadataConflict {
        /// The record that differs from the first.
        place: WalPlace,
    },
    /// Entries are missing.
    #[error("{place}: entry {index} follows entry {last}")]
    EntryGap {
        /// The record after the gap.
        place: WalPlace,
        /// Its index.
        index: u64,
        /// Index of the last entry before it.
        last: u64,
    },
    /// The log has a record of another snapshot at the index from which reading starts.
    #[error("{place}: the snapshot at index {index} is of term {term}, not {expected}")]
    SnapshotMismatch {
        /// The record.
        place: WalPlace,
        /// Index of the snapshot.
        index: u64,
        /// Term in the log.
        term: u64,
        /// Term asked for.
        expected: u64,
    },
}

impl<'a> RaftLog<'a> {
    /// Reads consecutive segments, the first of which has the entry after the snapshot, or an earlier one.
    ///
    /// An unfinished last write is the end of the log; any other damage is an error.
    pub fn read(segments: &[Segment<'a>], start: SnapshotPosition) -> Result<Self, LogReadError> {
        Self::read_until(segments, start, |damage| damage.torn)
    }

    /// Reads up to the first damage for which `is_end` holds; any other damage is an error.
    pub(crate) fn read_until(
        segments: &[Segment<'a>],
        start: SnapshotPosition,
        is_end: impl Fn(&WalDamage) -> bool,
    ) -> Result<Self, LogReadError> {
        let mut log = Self::default();
        let mut metadata = None;
        let mut records = Records::new(segments);
        for record in records.by_ref() {
            match record {
                Ok(record) => log.apply(&record, start, &mut metadata)?,
                Err(damage) if is_end(&damage) => {
                    log.torn = Some(damage);
                    break;
                }
                Err(damage) => return Err(damage.into()),
            }
        }
        log.end = log.torn.map(|damage| damage.place).or(records.end());
        Ok(log)
    }

    /// Index of the last entry, or of the snapshot if there is no entry after it.
    pub fn last_index(&self, start: SnapshotPosition) -> u64 {
        self.entries.last().map_or(start.index, |last| last.entry.index)
    }

    /// The committed entries: those up to the commit index of the hard state.
    pub fn committed(&self) -> &[LoggedEntry<'a>] {
        let count = self.entries.partition_point(|logged| logged.entry.index <= self.hard_state.commit);
        self.entries.get(..count).unwrap_or_default()
    }

    fn apply(
        &mut self,
        record: &WalRecord<'a>,
        start: SnapshotPosition,
        metadata: &mut Option<&'a [u8]>,
    ) -> Result<(), LogReadError> {
        let (place, kind, data) = (record.place, record.kind, record.data());
        let payload = |_| LogReadError::Payload { place, kind };
        match kind {
            WalRecordKind::Checksum => {}
            WalRecordKind::Entry => self.append(place, RaftEntry::parse(data).map_err(payload)?, start)?,
            WalRecordKind::HardState => self.hard_state = HardState::parse(data).map_err(payload)?,
            WalRecordKind::Metadata => {
                if metadata.is_some_and(|first| first != data) {
                    return Err(LogReadError::MetadataConflict { place });
                }
                *metadata = Some(data);
                self.metadata = Some(WalMetadata::parse(data).map_err(payload)?);
            }
            WalRecordKind::Snapshot => {
                let marker = SnapshotRecord::parse(place, data).ok_or(LogReadError::Payload { place, kind })?;
                self.start_found |= marker.matches(start)?;
            }
            WalRecordKind::Unknown(number) => return Err(LogReadError::UnknownRecord { place, number }),
        }
        Ok(())
    }

    /// Adds an entry at its index, and removes the entries from that index on.
    fn append(&mut self, place: WalPlace, entry: RaftEntry<'a>, start: SnapshotPosition) -> Result<(), LogReadError> {
        let Some(slot) = entry.index.checked_sub(start.index).and_then(|above| above.checked_sub(1)) else {
            return Ok(());
        };
        let held = self.entries.len() as u64;
        match usize::try_from(slot) {
            Ok(slot) if slot <= self.entries.len() => {
                self.entries.truncate(slot);
                self.overwritten += held - slot as u64;
                self.entries.push(LoggedEntry { place, entry });
                Ok(())
            }
            _ => Err(LogReadError::EntryGap { place, index: entry.index, last: self.last_index(start) }),
        }
    }
}

impl HardState {
    /// Reads the data of a record of this kind.
    pub fn parse(data: &[u8]) -> Result<Self, ParseError> {
        let [term, vote, commit] = parse_numbers(data)?;
        Ok(Self { term, vote, commit })
    }
}

impl WalMetadata {
    /// Reads the data of a record of this kind.
    pub fn parse(data: &[u8]) -> Result<Self, ParseError> {
        let [node_id, cluster_id] = parse_numbers(data)?;
        Ok(Self { node_id, cluster_id })
    }
}

impl SnapshotRecord {
    /// Decodes the data of a snapshot record; `None` if it does not parse.
    pub fn parse(place: WalPlace, data: &[u8]) -> Option<Self> {
        let snapshot = walpb::Snapshot::decode(data).ok()?;
        let start = SnapshotPosition { index: snapshot.index(), term: snapshot.term() };
        Some(Self { place, start, conf_state: snapshot.conf_state })
    }

    /// Is it the record of this snapshot? A record of another one at the same index is an error.
    fn matches(&self, wanted: SnapshotPosition) -> Result<bool, LogReadError> {
        let (place, SnapshotPosition { index, term }) = (self.place, self.start);
        if index == wanted.index && term != wanted.term {
            return Err(LogReadError::SnapshotMismatch { place, index, term, expected: wanted.term });
        }
        Ok(index == wanted.index)
    }
}

/// Decodes the first fields of a message that has only `uint64` fields; absent ones are 0.
fn parse_numbers<const N: usize>(data: &[u8]) -> Result<[u64; N], ParseError> {
    let mut numbers = [0; N];
    let mut reader = FieldReader::new(data);
    while !reader.is_empty() {
        let tag = reader.tag()?;
        let number = usize::try_from(tag.field - 1).ok().and_then(|field| numbers.get_mut(field));
        match number {
            Some(number) => *number = reader.int64(tag)?.cast_unsigned(),
            None => reader.skip(tag)?,
        }
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use etcdsnap_proto::etcdserverpb;
    use proptest::prelude::*;

    use super::*;
    use crate::segment_name::SegmentName;
    use crate::segment_writer::SegmentWriter;

    fn entry(term: u64, index: u64) -> Vec<u8> {
        raftpb::Entry { term: Some(term), index: Some(index), ..raftpb::Entry::default() }.encode_to_vec()
    }

    fn state(commit: u64) -> Vec<u8> {
        raftpb::HardState { term: Some(1), vote: Some(7), commit: Some(commit) }.encode_to_vec()
    }

    fn marker(index: u64, term: u64) -> Vec<u8> {
        walpb::Snapshot { index: Some(index), term: Some(term), conf_state: None }.encode_to_vec()
    }

    /// Reads a log of these records.
    fn read(
        start: SnapshotPosition,
        records: &[(WalRecordKind, Vec<u8>)],
        look: impl FnOnce(Result<RaftLog<'_>, LogReadError>),
    ) {
        let mut writer = SegmentWriter::new(0);
        for (kind, data) in records {
            writer.record(*kind, data);
        }
        let bytes = writer.into_bytes();
        look(RaftLog::read(&[Segment { name: SegmentName::FIRST, bytes: &bytes }], start));
    }

    fn error(start: SnapshotPosition, records: &[(WalRecordKind, Vec<u8>)]) -> LogReadError {
        let mut found = None;
        read(start, records, |log| found = log.err());
        found.expect("an error")
    }

    fn terms(log: &RaftLog<'_>) -> Vec<(u64, u64)> {
        log.entries.iter().map(|logged| (logged.entry.index, logged.entry.term)).collect()
    }

    use WalRecordKind::{Entry as E, HardState as H, Metadata as M, Snapshot as S};

    #[test]
    fn later_entries_overwrite_and_truncate() {
        let entries = [(1, 1), (1, 2), (1, 3), (1, 4), (2, 3), (2, 4)].map(|(term, index)| (E, entry(term, index)));
        read(SnapshotPosition::default(), &entries, |log| {
            let log = log.expect("sound");
            assert_eq!(terms(&log), [(1, 1), (2, 1), (3, 2), (4, 2)]);
            assert_eq!(log.overwritten, 2);
        });
        read(SnapshotPosition::default(), &[entries.as_slice(), &[(E, entry(3, 1))]].concat(), |log| {
            assert_eq!(terms(&log.expect("sound")), [(1, 3)]);
        });
    }

    #[test]
    fn reading_begins_behind_the_snapshot() {
        let records: Vec<_> =
            (1..=5).map(|index| (E, entry(1, index))).chain([(S, marker(3, 1)), (H, state(4))]).collect();
        read(SnapshotPosition { index: 3, term: 1 }, &records, |log| {
            let log = log.expect("sound");
            assert_eq!(terms(&log), [(4, 1), (5, 1)]);
            assert!(log.start_found);
            assert_eq!(log.committed().len(), 1);
        });
        read(SnapshotPosition { index: 9, term: 1 }, &records, |log| {
            let log = log.expect("sound");
            assert!(log.entries.is_empty() && log.committed().is_empty() && !log.start_found);
        });
        let mismatch = error(SnapshotPosition { index: 3, term: 2 }, &records);
        assert!(matches!(mismatch, LogReadError::SnapshotMismatch { index: 3, term: 1, expected: 2, .. }));
    }

    #[test]
    fn the_last_hard_state_and_the_only_metadata_count() {
        let records = [(M, vec![8, 1, 16, 2]), (H, state(1)), (M, vec![8, 1, 16, 2]), (H, vec![])];
        read(SnapshotPosition::default(), &records, |log| {
            let log = log.expect("sound");
            assert_eq!(log.metadata, Some(WalMetadata { node_id: 1, cluster_id: 2 }));
            assert_eq!(log.hard_state, HardState::default());
        });
        let other = [(M, vec![8, 1, 16, 2]), (M, vec![8, 1, 16, 3])];
        assert!(matches!(error(SnapshotPosition::default(), &other), LogReadError::MetadataConflict { .. }));
    }

    #[test]
    fn senseless_records_are_errors() {
        let unknown = error(SnapshotPosition::default(), &[(WalRecordKind::Unknown(9), vec![])]);
        assert!(matches!(unknown, LogReadError::UnknownRecord { number: 9, .. }));
        let gap = error(SnapshotPosition::default(), &[(E, entry(1, 1)), (E, entry(1, 3))]);
        assert!(matches!(gap, LogReadError::EntryGap { index: 3, last: 1, .. }));
        let far = error(SnapshotPosition::default(), &[(E, entry(1, u64::MAX))]);
        assert!(matches!(far, LogReadError::EntryGap { index: u64::MAX, last: 0, .. }));
        for kind in [M, E, H, S] {
            let payload = error(SnapshotPosition::default(), &[(kind, vec![0xff])]);
            assert!(matches!(payload, LogReadError::Payload { kind: found, .. } if found == kind));
        }
    }

    proptest! {
        #[test]
        fn numbers_are_read_as_by_the_general_decoder(bytes in prop::collection::vec(any::<u8>(), 0..24)) {
            let general = raftpb::HardState::decode(bytes.as_slice()).ok();
            let general = general.map(|state| [state.term(), state.vote(), state.commit()]);
            prop_assert_eq!(parse_numbers(&bytes).ok(), general);
            let general = etcdserverpb::Metadata::decode(bytes.as_slice()).ok();
            prop_assert_eq!(parse_numbers(&bytes).ok(), general.map(|metadata| [metadata.node_id(), metadata.cluster_id()]));
        }
    }
}
