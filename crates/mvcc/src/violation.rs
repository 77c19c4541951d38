//! Rules that every record of the `key` bucket keeps in a healthy store, and breaches of them
//! (`docs/format/mvcc.md#rules-about-records`).

use std::fmt;

use etcdsnap_bbolt::Counted;

use crate::Revision;

macro_rules! rules {
    ($($(#[$doc:meta])* $variant:ident $name:literal,)*) => {
        /// A rule about records.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Rule { $($(#[$doc])* $variant,)* }

        impl Rule {
            /// All rules.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Stable name.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

rules! {
    /// The record's key is no revision.
    RevisionKeyInvalid "REVISION_KEY_INVALID",
    /// The record's key is too short for a revision.
    RevisionKeyTruncated "REVISION_KEY_TRUNCATED",
    /// The record's key has a byte more than a put's, which is not the mark of a deletion.
    TombstoneMarkInvalid "TOMBSTONE_MARK_INVALID",
    /// One revision has two records, a put and a deletion.
    RevisionRepeated "REVISION_REPEATED",
    /// The record's value is no `KeyValue`.
    RecordUndecodable "RECORD_UNDECODABLE",
    /// The record has no content and is not the marker of a bumped revision.
    RecordEmpty "RECORD_EMPTY",
    /// A bucket stands where a record belongs.
    RecordIsBucket "RECORD_IS_BUCKET",
    /// The main revision is below 2, where no data can be.
    MainRevisionTooLow "MAIN_REVISION_TOO_LOW",
    /// A transaction of the readable range has no record.
    RevisionGap "REVISION_GAP",
    /// An operation inside a transaction of the readable range is missing.
    SubRevisionGap "SUB_REVISION_GAP",
    /// `mod_revision` is not the main revision of the record's key.
    ModRevisionMismatch "MOD_REVISION_MISMATCH",
    /// `create_revision` is below 1 or above `mod_revision`.
    CreateRevisionInvalid "CREATE_REVISION_INVALID",
    /// `version` does not fit the two revisions: it is 1 exactly at creation, and grows no faster than the revision.
    VersionInvalid "VERSION_INVALID",
    /// A put has no user key.
    UserKeyEmpty "USER_KEY_EMPTY",
    /// A tombstone has more than a key.
    TombstoneNotBare "TOMBSTONE_NOT_BARE",
    /// `version` did not grow by one from one put of a generation to the next.
    VersionGap "VERSION_GAP",
    /// `create_revision` changed inside a generation.
    CreateRevisionChanged "CREATE_REVISION_CHANGED",
    /// A put after a deletion does not begin a generation.
    RebirthNotNew "REBIRTH_NOT_NEW",
    /// The first retained put of a key, above the compacted revision, does not begin a generation.
    FirstRecordNotNew "FIRST_RECORD_NOT_NEW",
    /// The first retained record of a key, off the compacted revision, deletes it.
    LeadingTombstone "LEADING_TOMBSTONE",
    /// A key was deleted twice without a put between.
    DoubleTombstone "DOUBLE_TOMBSTONE",
    /// A key was written twice in one transaction.
    DuplicateWriteInTransaction "DUPLICATE_WRITE_IN_TRANSACTION",
    /// A finished compaction left a record that it should have removed.
    ShadowedRecord "SHADOWED_RECORD",
}

impl Rule {
    /// Does the rule compare a record with the others of its key, transaction or store? Where some of these could not
    /// be read, a violation may only follow from that.
    pub fn compares_records(self) -> bool {
        matches!(
            self,
            Self::RevisionGap
                | Self::SubRevisionGap
                | Self::VersionGap
                | Self::CreateRevisionChanged
                | Self::RebirthNotNew
                | Self::FirstRecordNotNew
                | Self::LeadingTombstone
                | Self::DoubleTombstone
                | Self::ShadowedRecord
        )
    }

    /// Does the rule depend on how far the store is compacted?
    pub fn needs_compaction(self) -> bool {
        matches!(
            self,
            Self::RevisionGap
                | Self::SubRevisionGap
                | Self::FirstRecordNotNew
                | Self::LeadingTombstone
                | Self::ShadowedRecord
        )
    }
}

/// One breach of a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// Revision of the record; `None` when its key is no revision.
    pub revision: Option<Revision>,
    /// Page of the record; `None` in an inline bucket.
    pub page: Option<u64>,
    /// Index of the record on its page.
    pub element: u16,
    /// The rule.
    pub rule: Rule,
    /// The user's key, cut after 256 bytes; empty when it could not be read.
    pub key: Box<[u8]>,
    /// What was found.
    pub found: Fact,
    /// What was expected.
    pub expected: Fact,
}

/// A number or a reason that belongs to a violation; never bytes of a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fact {
    /// Nothing to say.
    None,
    /// A revision, version or length.
    Number(i64),
    /// Words for a reason.
    Words(String),
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::Number(number) => write!(f, "{number}"),
            Self::Words(words) => f.write_str(words),
        }
    }
}

impl Counted for Violation {
    const KINDS: usize = Rule::ALL.len();

    fn kind(&self) -> usize {
        self.rule as usize
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (found, expected) = (&self.found, &self.expected);
        match self.rule {
            Rule::RevisionKeyInvalid | Rule::RevisionKeyTruncated | Rule::TombstoneMarkInvalid => {
                write!(f, "the record's key is no revision: {found}")
            }
            Rule::RevisionRepeated => write!(f, "there is a put and a deletion of this revision"),
            Rule::RecordUndecodable => write!(f, "the record cannot be decoded: {found}"),
            Rule::RecordIsBucket => write!(f, "a bucket stands in place of the record"),
            Rule::RecordEmpty => write!(f, "the record has no content"),
            Rule::MainRevisionTooLow => match found {
                Fact::Number(found) => write!(f, "main revision {found}, but data begins at 2"),
                words => write!(f, "no server loads a record with this key: {words}"),
            },
            Rule::RevisionGap => match (expected, found) {
                (Fact::Number(first), Fact::Number(next)) if next.saturating_sub(*first) > 1 => {
                    write!(f, "no records of revisions {first} to {} although {next} follows", next.saturating_sub(1))
                }
                _ => write!(f, "no record of revision {expected} although {found} follows"),
            },
            Rule::SubRevisionGap => write!(f, "sub revision {found} where {expected} should follow"),
            Rule::ModRevisionMismatch => write!(f, "mod_revision is {found}, the record's revision is {expected}"),
            Rule::CreateRevisionInvalid => write!(f, "create_revision {found} is not between 1 and {expected}"),
            Rule::VersionInvalid => {
                write!(f, "version {found} does not fit the {expected} revisions since its creation")
            }
            Rule::UserKeyEmpty => write!(f, "the put has no key"),
            Rule::TombstoneNotBare => write!(f, "the tombstone carries more than a key"),
            Rule::VersionGap => write!(f, "version {found} where {expected} should follow"),
            Rule::CreateRevisionChanged => {
                write!(f, "create_revision {found}, but this generation began at {expected}")
            }
            Rule::RebirthNotNew => write!(f, "a put after a deletion has version {found} instead of 1"),
            Rule::FirstRecordNotNew => write!(f, "the first record of the key has version {found} instead of 1"),
            Rule::LeadingTombstone => write!(f, "the first record of the key deletes it"),
            Rule::DoubleTombstone => write!(f, "the key was deleted twice without a put between"),
            Rule::DuplicateWriteInTransaction => write!(f, "the key was written twice in transaction {found}"),
            Rule::ShadowedRecord => write!(f, "the compaction at {expected} should have removed this record"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_names_all_that_is_missing() {
        let gap = |found| {
            let (found, expected, rule) = (Fact::Number(found), Fact::Number(57), Rule::RevisionGap);
            Violation { revision: None, page: None, element: 0, rule, key: [].into(), found, expected }.to_string()
        };
        assert_eq!(gap(58), "no record of revision 57 although 58 follows");
        assert_eq!(gap(64), "no records of revisions 57 to 63 although 64 follows");
    }
}
