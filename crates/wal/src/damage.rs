//! Damage that stops a reader, and how a torn tail is told from it (`docs/format/wal.md#torn-tail`).
//!
//! A member that loses power leaves its last write half done: the file ends too early, or whole disk sectors of the record
//! are still the zeros of preallocated space. That is a *torn tail*: nothing was promised about it yet, and servers cut it
//! off. Everything else is corruption, which they refuse to start from. They do not look at what follows a torn record;
//! [`Remains`](crate::Remains) does.

use std::fmt;

use etcdsnap_proto::ParseError;
use thiserror::Error;

use crate::frame::LENGTH_WORD;
use crate::place::WalPlace;

/// Smallest unit that a disk writes as a whole, in bytes.
pub(crate) const SECTOR: usize = 512;

/// A record that cannot be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WalDamage {
    /// Where its frame starts; all before it is sound.
    pub place: WalPlace,
    /// What is wrong.
    pub kind: WalDamageKind,
    /// Servers take it for the unfinished last write of a member that stopped suddenly, and cut the log off here.
    /// Whether it is one, or entries are lost with it, depends on what [remains](crate::Wal::remains) after it.
    pub torn: bool,
}

/// What is wrong with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WalDamageKind {
    /// The file ends within a length word.
    #[error("the file ends {left} bytes into a length word of 8")]
    LengthWord {
        /// Bytes there are of it.
        left: u64,
    },
    /// The file ends within a record.
    #[error("a record of {record} bytes and {padding} of padding has only {left} bytes left in the file")]
    Length {
        /// Bytes the record should have.
        record: u64,
        /// Bytes of padding it should have.
        padding: u64,
        /// Bytes that follow its length word.
        left: u64,
    },
    /// The bytes are no record.
    #[error("the record cannot be decoded: {0}")]
    Record(ParseError),
    /// The data is not what was written.
    #[error("the checksum of the record is {stored:08x}, that of its data and all before is {computed:08x}")]
    Checksum {
        /// In the record.
        stored: u32,
        /// Over the data.
        computed: u32,
    },
    /// The segment does not continue the one before.
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

/// A part of the body of a frame that lies in one sector is all zeros: that sector never reached the disk.
///
/// `frame` is the offset of the frame in its segment, `body` its record and padding.
pub(crate) fn has_empty_sector(frame: u64, body: &[u8]) -> bool {
    let in_sector = (frame + LENGTH_WORD as u64) % SECTOR as u64;
    let head = (SECTOR - usize::try_from(in_sector).unwrap_or_default()).min(body.len());
    let (head, rest) = body.split_at(head);
    std::iter::once(head).filter(|head| !head.is_empty()).chain(rest.chunks(SECTOR)).any(is_zero)
}

/// Has no other bytes than zeros. Compares whole sectors, since preallocated segments have a hundred thousand of them.
pub(crate) fn is_zero(bytes: &[u8]) -> bool {
    const ZEROS: [u8; SECTOR] = [0; SECTOR];
    let (sectors, rest) = bytes.as_chunks();
    sectors.iter().all(|sector| *sector == ZEROS) && rest.iter().all(|&byte| byte == 0)
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
