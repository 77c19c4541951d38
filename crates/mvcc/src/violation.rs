//! Rules that every record of the `key` bucket keeps in a healthy store, and breaches of them
//! (`docs/format/mvcc.md#rules-about-records`).

use std::fmt;

use etcdsnap_fault::Fault;

use crate::Revision;
use crate::record_code::RecordCode;

/// One violation of a rule about records.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// Revision of the record; `None` when its key is not a revision.
    pub revision: Option<Revision>,
    /// Page of the record; `None` in an inline bucket.
    pub page: Option<u64>,
    /// Index of the record on its page.
    pub element: u16,
    /// The rule that is violated.
    pub code: RecordCode,
    /// The user key, cut after 256 bytes; empty when it could not be read.
    pub key: Box<[u8]>,
    /// What was found.
    pub found: ViolationDetail,
    /// What was expected.
    pub expected: ViolationDetail,
}

/// A number or text of a violation. It never has bytes of a value, which may be secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ViolationDetail {
    /// Nothing.
    None,
    /// A revision, version or length.
    Number(i64),
    /// Text, where the reason has several forms.
    Words(String),
}

impl fmt::Display for ViolationDetail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::Number(number) => write!(f, "{number}"),
            Self::Words(words) => f.write_str(words),
        }
    }
}

impl Fault for Violation {
    type Code = RecordCode;

    fn code(&self) -> RecordCode {
        self.code
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (found, expected) = (&self.found, &self.expected);
        match self.code {
            RecordCode::RevisionKeyInvalid | RecordCode::RevisionKeyTruncated | RecordCode::TombstoneMarkInvalid => {
                write!(f, "the record's key is not a revision: {found}")
            }
            RecordCode::RevisionRepeated => write!(f, "there is a put and a deletion of this revision"),
            RecordCode::RecordUndecodable => write!(f, "the record cannot be decoded: {found}"),
            RecordCode::RecordIsBucket => write!(f, "there is a bucket in place of the record"),
            RecordCode::RecordEmpty => write!(f, "the record has no content"),
            RecordCode::MainRevisionTooLow => match found {
                ViolationDetail::Number(found) => write!(f, "main revision {found}, but data begins at 2"),
                words => write!(f, "servers do not load a record with this key: {words}"),
            },
            RecordCode::RevisionGap => match (expected, found) {
                (ViolationDetail::Number(first), ViolationDetail::Number(next)) if next.saturating_sub(*first) > 1 => {
                    write!(f, "no records of revisions {first} to {} although {next} follows", next.saturating_sub(1))
                }
                _ => write!(f, "no record of revision {expected} although {found} follows"),
            },
            RecordCode::SubRevisionGap => write!(f, "sub revision {found} where {expected} should follow"),
            RecordCode::ModRevisionMismatch => {
                write!(f, "mod_revision is {found}, the record's revision is {expected}")
            }
            RecordCode::CreateRevisionInvalid => write!(f, "create_revision {found} is not between 1 and {expected}"),
            RecordCode::VersionInvalid => {
                write!(f, "version {found} does not fit the {expected} revisions since its creation")
            }
            RecordCode::UserKeyEmpty => write!(f, "the put has no key"),
            RecordCode::TombstoneNotBare => write!(f, "the tombstone has other fields than a key"),
            RecordCode::VersionGap => write!(f, "version {found} where {expected} should follow"),
            RecordCode::CreateRevisionChanged => {
                write!(f, "create_revision {found}, but this generation began at {expected}")
            }
            RecordCode::RebirthNotNew => write!(f, "a put after a deletion has version {found} instead of 1"),
            RecordCode::FirstRecordNotNew => write!(f, "the first record of the key has version {found} instead of 1"),
            RecordCode::LeadingTombstone => write!(f, "the first record of the key deletes it"),
            RecordCode::DoubleTombstone => write!(f, "the key was deleted twice without a put between"),
            RecordCode::DuplicateWriteInTransaction => write!(f, "the key was written twice in transaction {found}"),
            RecordCode::ShadowedRecord => write!(f, "the compaction at {expected} should have removed this record"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_names_all_that_is_missing() {
        let gap = |found| {
            let (found, expected, code) =
                (ViolationDetail::Number(found), ViolationDetail::Number(57), RecordCode::RevisionGap);
            Violation { revision: None, page: None, element: 0, code, key: [].into(), found, expected }.to_string()
        };
        assert_eq!(gap(58), "no record of revision 57 although 58 follows");
        assert_eq!(gap(64), "no records of revisions 57 to 63 although 64 follows");
    }
}
