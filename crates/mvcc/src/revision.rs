//! Revision keys: the 17 or 18 bytes under which the `key` bucket stores a record (`docs/format/mvcc.md#revision-keys`).
//!
//! ```text
//! 0        8   9        17  18
//! | main BE | _ | sub BE  | t |     `t` only on a tombstone
//! ```

use std::fmt;

use crate::record_code::RecordCode;

/// A revision: the number of a transaction in the store's history, and of the operation in the transaction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision {
    /// Transaction number; the first one that holds data is 2.
    pub main: i64,
    /// Operation inside the transaction, from 0.
    pub sub: i64,
}

impl Revision {
    /// The first operation of a transaction.
    pub const fn of_main(main: i64) -> Self {
        Self { main, sub: 0 }
    }
}

/// The fewest revisions that a store should have left. At a million writes a second they last for twelve days, and at
/// the rates of real clusters for years.
pub const ENOUGH_REVISIONS: i64 = 1 << 40;

/// Number of revisions after this one. Servers count in signed 64-bit numbers without a check: they panic at the write
/// after the last revision.
pub fn revisions_after(main: i64) -> i64 {
    i64::MAX - main.max(0)
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.main, self.sub)
    }
}

/// The key of a record in the `key` bucket, decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RevisionKey {
    /// The revision.
    pub revision: Revision,
    /// Is the record a tombstone?
    pub tombstone: bool,
}

/// Why some bytes are not a revision key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RevisionKeyError {
    /// Neither 17 nor 18 bytes.
    #[error("a revision key must have 17 or 18 bytes, this one has {0}")]
    Length(usize),
    /// Byte 8 is not `_`.
    #[error("byte 8 of a revision key must be 0x5f ('_'), this is {0:#04x}")]
    Separator(u8),
    /// There is a byte 17, but it is not `t`.
    #[error("byte 17 of a tombstone's key must be 0x74 ('t'), this is {0:#04x}")]
    Mark(u8),
    /// The main revision is below zero.
    #[error("main revision {0} is negative")]
    NegativeMain(i64),
    /// The sub revision is below zero.
    #[error("sub revision {0} is negative")]
    NegativeSub(i64),
}

impl RevisionKeyError {
    /// The code of the rule that such a key violates. Servers differ in what they do with them (`docs/format/mvcc.md#revision-keys`).
    pub fn code(self) -> RecordCode {
        match self {
            Self::Length(length) if length < RevisionKey::PUT_LEN => RecordCode::RevisionKeyTruncated,
            Self::Mark(_) => RecordCode::TombstoneMarkInvalid,
            Self::NegativeMain(_) => RecordCode::MainRevisionTooLow,
            Self::Length(_) | Self::Separator(_) | Self::NegativeSub(_) => RecordCode::RevisionKeyInvalid,
        }
    }
}

impl RevisionKey {
    /// Length of a put's key in bytes.
    pub const PUT_LEN: usize = 17;
    /// Length of a tombstone's key in bytes.
    pub const TOMBSTONE_LEN: usize = 18;

    /// Do servers load the record with this key? When they start they read the keys from revision 1 to the greatest one,
    /// in the order of bytes.
    pub fn is_loaded(bytes: &[u8]) -> bool {
        let first = Self::encode_put(Revision::of_main(1));
        let end = Self::encode_put(Revision { main: i64::MAX, sub: i64::MAX });
        (&first[..]..&end[..]).contains(&bytes)
    }

    /// Reads a revision key; every byte is checked.
    pub fn parse(bytes: &[u8]) -> Result<Self, RevisionKeyError> {
        let (fixed, mark) = match bytes.len() {
            Self::PUT_LEN => (bytes, None),
            Self::TOMBSTONE_LEN => bytes.split_last().map_or((bytes, None), |(mark, rest)| (rest, Some(*mark))),
            other => return Err(RevisionKeyError::Length(other)),
        };
        let (Some(main), Some(&separator), Some(sub)) = (fixed.first_chunk(), fixed.get(8), fixed.last_chunk()) else {
            return Err(RevisionKeyError::Length(bytes.len()));
        };
        if separator != b'_' {
            return Err(RevisionKeyError::Separator(separator));
        }
        if let Some(mark) = mark.filter(|mark| *mark != b't') {
            return Err(RevisionKeyError::Mark(mark));
        }
        let revision = Revision { main: i64::from_be_bytes(*main), sub: i64::from_be_bytes(*sub) };
        if revision.main < 0 {
            return Err(RevisionKeyError::NegativeMain(revision.main));
        }
        if revision.sub < 0 {
            return Err(RevisionKeyError::NegativeSub(revision.sub));
        }
        Ok(Self { revision, tombstone: mark.is_some() })
    }

    /// The key of a put at `revision`; that of a tombstone is the same followed by `t`.
    pub fn encode_put(revision: Revision) -> [u8; Self::PUT_LEN] {
        let mut out = [b'_'; Self::PUT_LEN];
        out[..8].copy_from_slice(&revision.main.to_be_bytes());
        out[9..].copy_from_slice(&revision.sub.to_be_bytes());
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_the_round_trip() {
        let revision = Revision { main: 13, sub: 2 };
        let put = RevisionKey::encode_put(revision);
        assert_eq!(RevisionKey::parse(&put), Ok(RevisionKey { revision, tombstone: false }));
        let mut tombstone = put.to_vec();
        tombstone.push(b't');
        assert_eq!(RevisionKey::parse(&tombstone), Ok(RevisionKey { revision, tombstone: true }));
    }

    #[test]
    fn servers_load_a_range_of_bytes() {
        let rev = |main, sub| RevisionKey::encode_put(Revision { main, sub });
        for (key, loaded) in [
            (&b"x"[..], true),
            (b"\xff", false),
            (b"\x80", false),
            (b"\0", false),
            (&rev(0, 9), false),
            (&rev(1, 0), true),
            (&rev(i64::MAX, 0), true),
            (&rev(i64::MAX, i64::MAX), false),
            (&rev(i64::MIN, 0), false),
        ] {
            assert_eq!(RevisionKey::is_loaded(key), loaded, "{key:?}");
        }
    }

    #[test]
    fn every_byte_is_checked() {
        let good = RevisionKey::encode_put(Revision { main: 1, sub: 1 });
        assert_eq!(RevisionKey::parse(&good[..16]), Err(RevisionKeyError::Length(16)));
        let mut bad = good;
        bad[8] = b'-';
        assert_eq!(RevisionKey::parse(&bad), Err(RevisionKeyError::Separator(b'-')));
        bad = good;
        bad[0] = 0x80;
        assert!(matches!(RevisionKey::parse(&bad), Err(RevisionKeyError::NegativeMain(_))));
        bad = good;
        bad[9] = 0xff;
        assert!(matches!(RevisionKey::parse(&bad), Err(RevisionKeyError::NegativeSub(_))));
        let mut marked = good.to_vec();
        marked.push(b'x');
        assert_eq!(RevisionKey::parse(&marked), Err(RevisionKeyError::Mark(b'x')));
    }
}
