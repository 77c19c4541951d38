//! [`WalProblem`]: what the inspection of a log reports, one value for each violation of a rule.

use std::fmt;

use etcdsnap_fault::{Fault, codes};

use crate::damage::{WalDamage, WalDamageKind};
use crate::place::WalPlace;
use crate::trailing_data::TrailingData;

codes! {
    /// The rules of the inspection of a log (`docs/format/wal.md`).
    pub enum WalCode {
        /// A segment is missing between two others.
        SegmentGap "WAL_SEGMENT_GAP" Error,
        /// A segment does not begin with a checksum record and a metadata record.
        SegmentHead "WAL_SEGMENT_HEAD" Warning,
        /// The last write is unfinished; servers cut it off.
        TornTail "WAL_TORN_TAIL" Warning,
        /// Servers cut the log off here, although more follows than an unfinished last write.
        BrokenBeforeEnd "WAL_BROKEN_BEFORE_END" Error,
        /// A segment that is not the last one ends inside a record.
        Truncated "WAL_TRUNCATED" Error,
        /// A record cannot be decoded.
        Record "WAL_RECORD" Error,
        /// The checksum of a record is wrong.
        Checksum "WAL_CHECKSUM" Error,
        /// A segment does not continue the one before it.
        Chain "WAL_CHAIN" Error,
        /// The padding of a record is not what etcd writes.
        Padding "WAL_PADDING" Warning,
        /// A record of 10 MiB or more, which 3.4 and 3.5.0 to 3.5.4 refuse.
        LongRecord "WAL_LONG_RECORD" Warning,
        /// There is data after the end of a segment; a starting server erases it from the last segment.
        BytesAfterEnd "WAL_BYTES_AFTER_END" Error,
        /// A record of an undefined type.
        RecordType "WAL_RECORD_TYPE" Error,
        /// The data of a sound record does not parse.
        Payload "WAL_PAYLOAD" Error,
        /// There is no metadata record.
        MetadataMissing "WAL_METADATA_MISSING" Error,
        /// Two metadata records differ.
        MetadataConflict "WAL_METADATA_CONFLICT" Error,
        /// Entries are missing, and no snapshot covers them.
        EntryGap "WAL_ENTRY_GAP" Error,
        /// Term or commit index of the hard state decrease.
        StateBackwards "WAL_STATE_BACKWARDS" Warning,
        /// The commit index of the hard state is above the last entry.
        Commit "WAL_COMMIT" Error,
    }
}

/// One violation of a rule in a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalProblem {
    /// The rule that is violated.
    pub code: WalCode,
    /// Its place; `None` when it is about the log as a whole.
    pub place: Option<WalPlace>,
    /// A sentence with the numbers of this case, without its place.
    pub message: String,
}

impl WalProblem {
    /// The problem of a damaged record, with the data after it.
    pub(crate) fn of(damage: WalDamage, remains: &TrailingData) -> Self {
        let code = match damage.kind {
            _ if damage.torn && remains.is_empty() => WalCode::TornTail,
            _ if damage.torn => WalCode::BrokenBeforeEnd,
            WalDamageKind::LengthWord { .. } | WalDamageKind::Length { .. } => WalCode::Truncated,
            WalDamageKind::Record(_) => WalCode::Record,
            WalDamageKind::Checksum { .. } => WalCode::Checksum,
            WalDamageKind::Chain { .. } => WalCode::Chain,
        };
        let follows = if remains.is_empty() { String::new() } else { format!("; after it follow {remains}") };
        Self { code, place: Some(damage.place), message: format!("{}{follows}", damage.kind) }
    }
}

impl Fault for WalProblem {
    type Code = WalCode;

    fn code(&self) -> WalCode {
        self.code
    }
}

impl fmt::Display for WalProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.code.as_str())?;
        if let Some(place) = self.place {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.message)
    }
}
