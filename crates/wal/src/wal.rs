//! [`Wal`]: a whole log: the segments of a directory in order, and which of them must be read
//! (`docs/format/wal.md#segments`).

use thiserror::Error;

use crate::damage::WalDamage;
use crate::entry::RaftEntry;
use crate::place::WalPlace;
use crate::raft_log::{LogReadError, LoggedEntry, RaftLog, SnapshotPosition};
use crate::record::WalRecordKind;
use crate::records::{Records, Segment};
use crate::segment_name::{SegmentName, WalFileKind};
use crate::trailing_data::TrailingData;

/// The segments of a log, borrowed from the caller.
#[derive(Clone, Debug, Default)]
pub struct Wal<'a> {
    segments: Vec<Segment<'a>>,
}

/// Why there is no segment in which reading can start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SegmentError {
    /// There are no segments, or all of them begin after the snapshot.
    #[error("no segment can have the entry after the snapshot at index {index}")]
    NoSegment {
        /// Index of the snapshot.
        index: u64,
    },
    /// A segment is missing.
    #[error("segments are missing between {before} and {after}")]
    Gap {
        /// The last segment before the gap.
        before: SegmentName,
        /// The first segment after it.
        after: SegmentName,
    },
}

/// Why a log cannot be read from a snapshot on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LogOpenError {
    /// There is no segment in which reading can start.
    #[error(transparent)]
    Select(#[from] SegmentError),
    /// The segments cannot be read.
    #[error(transparent)]
    Read(#[from] LogReadError),
}

impl<'a> Wal<'a> {
    /// Takes the files of a WAL directory, names and contents, in any order; files that are not segments are ignored.
    pub fn new<'n>(files: impl IntoIterator<Item = (&'n str, &'a [u8])>) -> Self {
        let segment = |(name, bytes)| match WalFileKind::of(name) {
            WalFileKind::Segment(name) => Some(Segment { name, bytes }),
            _ => None,
        };
        let mut segments: Vec<_> = files.into_iter().filter_map(segment).collect();
        segments.sort_unstable_by_key(|segment| segment.name);
        Self { segments }
    }

    /// All segments, in the order of the log.
    pub fn segments(&self) -> &[Segment<'a>] {
        &self.segments
    }

    /// All records, from the first segment on.
    pub fn records(&self) -> Records<'_, 'a> {
        Records::new(&self.segments)
    }

    /// The segments that have all entries after the snapshot at an index.
    pub fn segments_after(&self, index: u64) -> Result<&[Segment<'a>], SegmentError> {
        let first = self.segments.iter().rposition(|segment| segment.name.index <= index);
        let from = first.and_then(|first| self.segments.get(first..)).ok_or(SegmentError::NoSegment { index })?;
        match gaps(from).next() {
            Some((before, after)) => Err(SegmentError::Gap { before, after }),
            None => Ok(from),
        }
    }

    /// All sound entries that no later entry replaced, ascending by index, from the first segment on. Damaged records
    /// are skipped.
    pub fn current_entries(&self) -> Vec<LoggedEntry<'a>> {
        let mut entries: Vec<LoggedEntry<'a>> = Vec::new();
        for record in self.records().filter_map(Result::ok).filter(|record| record.kind == WalRecordKind::Entry) {
            let Ok(entry) = RaftEntry::parse(record.data()) else { continue };
            let kept = entries.partition_point(|logged| logged.entry.index < entry.index);
            entries.truncate(kept);
            entries.push(LoggedEntry { place: record.place, entry });
        }
        entries
    }

    /// Searches a segment for data after the place where reading it ended, which is at damage or after the last record.
    pub fn trailing_data(&self, place: WalPlace) -> TrailingData {
        let segment = self.segments.iter().find(|segment| segment.name == place.segment);
        segment.map_or_else(TrailingData::default, |segment| TrailingData::of(segment.bytes, place.offset))
    }

    /// Is the damage only the unfinished last write of a member that stopped suddenly, which was not acknowledged yet?
    pub fn is_unfinished_write(&self, damage: &WalDamage) -> bool {
        damage.torn && self.trailing_data(damage.place).is_empty()
    }

    /// Reads the log after a snapshot.
    pub fn read(&self, start: SnapshotPosition) -> Result<RaftLog<'a>, LogOpenError> {
        Ok(RaftLog::read(self.segments_after(start.index)?, start)?)
    }
}

/// Pairs of consecutive segments between which segments are missing.
pub(crate) fn gaps(segments: &[Segment<'_>]) -> impl Iterator<Item = (SegmentName, SegmentName)> {
    let pairs = segments.windows(2).filter_map(|pair| match pair {
        [before, after] => Some((before.name, after.name)),
        _ => None,
    });
    pairs.filter(|(before, after)| before.sequence.checked_add(1) != Some(after.sequence))
}
