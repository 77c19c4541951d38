//! [`WalDamage`]: a damaged record, and whether it is an unfinished last write (`docs/format/wal.md#torn-tail`).
//!
//! A member that loses power leaves its last write unfinished: the file ends too early, or whole disk sectors of the
//! record are still the zeros of preallocated space. That is a *torn tail*: the write was not acknowledged yet, and
//! servers cut it off. Everything else is corruption, from which they refuse to start. They do not read what follows a
//! torn record; [`TrailingData`](crate::TrailingData) describes that.

use std::fmt;

use etcdsnap_checksum::is_zero;
use etcdsnap_proto::ParseError;
use etcdsnap_quantity::quantity;
use thiserror::Error;

use crate::frame::LENGTH_WORD;
use crate::place::WalPlace;

/// The smallest unit that a disk writes atomically, in bytes.
pub(crate) const SECTOR: usize = 512;

/// A damaged record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WalDamage {
    /// Start of its frame; everything before it is sound.
    pub place: WalPlace,
    /// What is wrong.
    pub kind: WalDamageKind,
    /// Do servers take it for the unfinished last write of a member that stopped suddenly, and cut the log off here?
    /// Whether it is one, or entries are lost with it, depends on the [data after it](crate::Wal::trailing_data).
    pub torn: bool,
}

/// What is wrong with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WalDamageKind {
    /// The file ends inside a length word.
    #[error("the file ends {} into a length word of 8", quantity(*.left, "byte"))]
    LengthWord {
        /// Number of its bytes in the file.
        left: u64,
    },
    /// The file ends inside a record.
    #[error("a record of {} and {padding} of padding has only {} left in the file", quantity(*.record, "byte"), quantity(*.left, "byte"))]
    Length {
        /// Bytes the record should have.
        record: u64,
        /// Bytes of padding it should have.
        padding: u64,
        /// Bytes that follow its length word.
        left: u64,
    },
    /// The bytes do not parse as a record.
    #[error("the record cannot be decoded: {0}")]
    Record(ParseError),
    /// The checksum of the record is wrong.
    #[error("the checksum of the record is {stored:08x}, that of its data and all before is {computed:08x}")]
    Checksum {
        /// In the record.
        stored: u32,
        /// Over the data.
        computed: u32,
    },
    /// The segment does not continue the one before it.
    #[error("the segment continues a log with the checksum {stored:08x}, but the log so far has {running:08x}")]
    Chain {
        /// In the checksum record.
        stored: u32,
        /// Over all data before.
        running: u32,
    },
}

impl fmt::Display for WalDamage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.kind)
    }
}

impl std::error::Error for WalDamage {}

/// Is a part of the body of a frame that is in one sector all zeros, so that the sector was never written?
///
/// `frame` is the offset of the frame in its segment, `body` its record and padding.
pub(crate) fn has_empty_sector(frame: u64, body: &[u8]) -> bool {
    let in_sector = (frame + LENGTH_WORD as u64) % SECTOR as u64;
    let head = (SECTOR - usize::try_from(in_sector).unwrap_or_default()).min(body.len());
    let (head, rest) = body.split_at(head);
    std::iter::once(head).filter(|head| !head.is_empty()).chain(rest.chunks(SECTOR)).any(is_zero)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sectors_are_counted_from_the_start_of_the_file() {
        let mut body = vec![1; 1000];
        assert!(!has_empty_sector(0, &body));
        // Offsets 512 to 1023 of the file are 504 to 1015 of the body.
        body[504..].fill(0);
        assert!(has_empty_sector(0, &body));
        body[999] = 1;
        assert!(!has_empty_sector(0, &body));
        // A frame whose body starts on a sector has the same bytes in two sectors.
        body[999] = 0;
        body[504..512].fill(1);
        assert!(has_empty_sector(504, &body));
    }

    #[test]
    fn a_short_last_part_is_a_sector_of_its_own() {
        let mut body = [1; 100];
        body[97..].fill(0);
        assert!(!has_empty_sector(0, &body));
        assert!(has_empty_sector(512 - 8 - 97, &body));
        assert!(!has_empty_sector(512 - 8 - 96, &body));
    }

    #[test]
    fn a_frame_without_a_body_is_not_torn() {
        assert!(!has_empty_sector(0, &[]));
        assert!(!has_empty_sector(504, &[]));
    }
}
