//! [`Wal::outcome`]: predicts what a server does with a log when it starts (`docs/format/wal.md#torn-tail`).
//!
//! All versions read the same format. They differ in what they take for the unfinished end of the log, which they cut
//! off, and what for damage, at which they stop:
//!
//! | what is wrong with a record of the last segment | 3.4 to 3.5.4 | 3.5.5, 3.5.6 | 3.5.7 to 3.6 | 3.7 and later |
//! |---|---|---|---|---|
//! | its length word is cut short | end | end | end | end |
//! | up to 8 of its bytes are missing | end, if below 10 MiB | end | end | end |
//! | more than 8 of its bytes are missing | end, if below 10 MiB | damage | end | end |
//! | it does not decode, or its checksum is wrong; a sector of it is all zeros | end | end | end | end |
//! | it ends within a protobuf field; no sector is all zeros | end | end | end | damage |
//! | any other wrong byte | damage | damage | damage | damage |
//! | nothing; it has 10 MiB or more | damage | fine | fine | fine |
//!
//! An end is cut off wherever it is: sound records after it are lost. In a segment that is not the last one, nothing can
//! be cut off, and servers stop.

use std::fmt;

use crate::damage::{WalDamage, WalDamageKind};
use crate::frame::{self, FrameRead, LENGTH_WORD};
use crate::gogo_decoder;
use crate::place::WalPlace;
use crate::raft_log::{HardState, LogReadError, RaftLog, SnapshotPosition, SnapshotRecord};
use crate::record::WalRecordKind;
use crate::records::{Records, Segment};
use crate::wal::{SegmentError, Wal};

/// Length of record and padding, in bytes, from which on the oldest reader refuses a record.
pub(crate) const LONG_BODY: u64 = 10 * 1024 * 1024;

/// The implementations of log reading that etcd has had, each named after the first release that has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WalReader {
    /// 3.4, and 3.5.0 to 3.5.4.
    V3_4,
    /// 3.5.5 and 3.5.6.
    V3_5_5,
    /// 3.5.7 and later in 3.5, and 3.6.
    V3_5_7,
    /// 3.7 and later.
    V3_7,
}

/// What a reader does with a log when its server starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WalOutcome {
    /// It reads the log without an error.
    Reads,
    /// It copies the last segment to a file that ends in `.broken`, cuts off the unfinished end, and reads the rest.
    Repairs {
        /// Where the log is cut off; data after that is lost.
        cut: WalPlace,
    },
    /// It stops with an error.
    Refuses(WalRefusal),
}

/// Why a server stops with an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WalRefusal {
    /// A record is damaged, and this reader does not take it for an unfinished last write.
    Damage(WalDamage),
    /// A sound record is longer than this reader accepts.
    Length {
        /// The record.
        place: WalPlace,
        /// Bytes of record and padding.
        bytes: u64,
    },
    /// There is no segment in which reading can start.
    Select(SegmentError),
    /// The records are inconsistent.
    Read(LogReadError),
    /// There is no metadata record.
    NoMetadata,
    /// The commit index of the hard state is not between the snapshot and the last entry.
    Commit {
        /// The commit index.
        commit: u64,
        /// Its lowest possible value: the index of the snapshot.
        first: u64,
        /// Its highest possible value: the index of the last entry.
        last: u64,
    },
}

impl WalReader {
    /// All readers, oldest first.
    pub const ALL: [Self; 4] = [Self::V3_4, Self::V3_5_5, Self::V3_5_7, Self::V3_7];

    /// The reader in release 3.`minor`.`patch`.
    pub fn of(minor: u64, patch: u64) -> Self {
        match (minor, patch) {
            (..=4, _) | (5, ..=4) => Self::V3_4,
            (5, 5 | 6) => Self::V3_5_5,
            (5 | 6, _) => Self::V3_5_7,
            _ => Self::V3_7,
        }
    }

    /// The releases that have it, for messages.
    pub fn releases(self) -> &'static str {
        match self {
            Self::V3_4 => "3.4 and 3.5.0 to 3.5.4",
            Self::V3_5_5 => "3.5.5 and 3.5.6",
            Self::V3_5_7 => "3.5.7 to 3.6",
            Self::V3_7 => "3.7 and later",
        }
    }

    /// Does it stop at a record only because record and padding have this length?
    fn refuses_length(self, bytes: u64) -> bool {
        self == Self::V3_4 && bytes >= LONG_BODY
    }

    /// Does it take this damage for the unfinished end of the log? `next` is what is read at the place of the damage.
    fn takes_for_end(self, damage: &WalDamage, next: FrameRead<'_>) -> bool {
        let (record, bytes) = match next {
            FrameRead::Frame(frame) => (frame.record, frame.body.len() as u64),
            FrameRead::ShortBody(lengths) => (&[][..], lengths.body()),
            FrameRead::End | FrameRead::ShortWord => (&[][..], 0),
        };
        if self.refuses_length(bytes) {
            return false;
        }
        match damage.kind {
            WalDamageKind::LengthWord { .. } => true,
            // 3.5.5 compares with the number of bytes left from the length word on, and does not repair when that is exceeded.
            WalDamageKind::Length { left, .. } => self != Self::V3_5_5 || bytes <= left + LENGTH_WORD as u64,
            WalDamageKind::Record(_) if self < Self::V3_7 => damage.torn || gogo_decoder::is_unfinished(record),
            WalDamageKind::Record(_) | WalDamageKind::Checksum { .. } | WalDamageKind::Chain { .. } => damage.torn,
        }
    }
}

impl Wal<'_> {
    /// What a server with this reader does with the log when it starts from a snapshot, which must be one that
    /// [`valid_snapshots`](Self::valid_snapshots) returns for it.
    pub fn outcome(&self, reader: WalReader, start: SnapshotPosition) -> WalOutcome {
        match self.refusal_or_cut(reader, start) {
            Err(refusal) => WalOutcome::Refuses(refusal),
            Ok(Some(cut)) => WalOutcome::Repairs { cut },
            Ok(None) => WalOutcome::Reads,
        }
    }

    /// The snapshots from which a server with this reader may start, in the order of the log: those that have a record
    /// and whose entries are all committed.
    ///
    /// Like servers it reads all segments, up to where the log ends or seems to end.
    pub fn valid_snapshots(&self, reader: WalReader) -> Result<Vec<SnapshotRecord>, LogReadError> {
        let (mut snapshots, mut commit) = (Vec::new(), 0);
        for record in self.records() {
            let record = match record {
                Ok(record) => record,
                Err(damage) if reader.takes_for_end(&damage, self.frame_at(damage.place)) => break,
                Err(damage) => return Err(damage.into()),
            };
            let (place, kind, data) = (record.place, record.kind, record.data());
            let payload = LogReadError::Payload { place, kind };
            match kind {
                WalRecordKind::Snapshot => snapshots.push(SnapshotRecord::parse(place, data).ok_or(payload)?),
                WalRecordKind::HardState => commit = HardState::parse(data).map_err(|_| payload)?.commit,
                _ => {}
            }
        }
        snapshots.retain(|marker| marker.start.index <= commit);
        Ok(snapshots)
    }

    /// Why the reader refuses the log, or where it cuts it off.
    fn refusal_or_cut(&self, reader: WalReader, start: SnapshotPosition) -> Result<Option<WalPlace>, WalRefusal> {
        // Servers search all segments for snapshots first, so they stop at damage even in segments that they do not need.
        let end_of_all = self.unfinished_end(self.segments(), reader)?;
        let segments = self.segments_after(start.index)?;
        let are_all = segments.len() == self.segments().len();
        let end = if are_all { end_of_all } else { self.unfinished_end(segments, reader)? };
        if let Some(damage) = end.filter(|end| segments.last().is_some_and(|last| last.name != end.place.segment)) {
            return Err(WalRefusal::Damage(damage));
        }
        let log = RaftLog::read_until(segments, start, |damage| Some(*damage) == end)?;
        if log.metadata.is_none() {
            return Err(WalRefusal::NoMetadata);
        }
        let (first, last) = (start.index, log.last_index(start));
        let commit = log.hard_state.commit;
        if log.hard_state != HardState::default() && !(first..=last).contains(&commit) {
            return Err(WalRefusal::Commit { commit, first, last });
        }
        Ok(end.map(|damage| damage.place))
    }

    /// The damage that this reader takes for the unfinished end of the segments, if there is any.
    fn unfinished_end(&self, segments: &[Segment<'_>], reader: WalReader) -> Result<Option<WalDamage>, WalRefusal> {
        for record in Records::new(segments) {
            match record {
                Ok(record) => {
                    let (place, bytes) = (record.place, record.frame_len - LENGTH_WORD as u64);
                    if reader.refuses_length(bytes) {
                        return Err(WalRefusal::Length { place, bytes });
                    }
                }
                Err(damage) if reader.takes_for_end(&damage, self.frame_at(damage.place)) => return Ok(Some(damage)),
                Err(damage) => return Err(WalRefusal::Damage(damage)),
            }
        }
        Ok(None)
    }

    /// Reads the frame at a place.
    fn frame_at(&self, place: WalPlace) -> FrameRead<'_> {
        let segment = self.segments().iter().find(|segment| segment.name == place.segment);
        let offset = usize::try_from(place.offset).ok();
        let rest = segment.and_then(|segment| segment.bytes.get(offset?..));
        frame::read(rest.unwrap_or_default())
    }
}

impl From<SegmentError> for WalRefusal {
    fn from(error: SegmentError) -> Self {
        Self::Select(error)
    }
}

impl From<LogReadError> for WalRefusal {
    fn from(error: LogReadError) -> Self {
        Self::Read(error)
    }
}

impl fmt::Display for WalRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damage(damage) => damage.fmt(f),
            Self::Length { place, bytes } => write!(f, "{place}: a record of {bytes} bytes is longer than {LONG_BODY}"),
            Self::Select(error) => error.fmt(f),
            Self::Read(error) => error.fmt(f),
            Self::NoMetadata => f.write_str("there is no metadata record"),
            Self::Commit { commit, first, last } => {
                write!(f, "entry {commit} is committed, but the log has entries {first} to {last}")
            }
        }
    }
}
