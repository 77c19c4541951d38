//! [`RecordCode`]: the rules that every record of the `key` bucket keeps in a healthy store
//! (`docs/format/mvcc.md#rules-about-records`).

use etcdsnap_fault::codes;

codes! {
    /// A rule about records of the `key` bucket.
    pub enum RecordCode {
        /// The record's key is not a revision.
        RevisionKeyInvalid "REVISION_KEY_INVALID" Error,
        /// The record's key is too short for a revision.
        RevisionKeyTruncated "REVISION_KEY_TRUNCATED" Error,
        /// The record's key has one byte more than that of a put, which is not the mark of a tombstone.
        TombstoneMarkInvalid "TOMBSTONE_MARK_INVALID" Error,
        /// One revision has two records, a put and a deletion.
        RevisionRepeated "REVISION_REPEATED" Error,
        /// The record's value is not a `KeyValue`.
        RecordUndecodable "RECORD_UNDECODABLE" Error,
        /// The record has no content and is not the marker of a bumped revision.
        RecordEmpty "RECORD_EMPTY" Error,
        /// There is a bucket in place of a record.
        RecordIsBucket "RECORD_IS_BUCKET" Error,
        /// The main revision is below 2, where no data can be.
        MainRevisionTooLow "MAIN_REVISION_TOO_LOW" Error,
        /// A transaction of the readable range has no record.
        RevisionGap "REVISION_GAP" Error,
        /// An operation inside a transaction of the readable range is missing.
        SubRevisionGap "SUB_REVISION_GAP" Error,
        /// `mod_revision` is not the main revision of the record's key.
        ModRevisionMismatch "MOD_REVISION_MISMATCH" Error,
        /// `create_revision` is below 1 or above `mod_revision`.
        CreateRevisionInvalid "CREATE_REVISION_INVALID" Error,
        /// `version` does not fit the two revisions: it is 1 exactly at creation, and grows no faster than the revision.
        VersionInvalid "VERSION_INVALID" Error,
        /// A record has no user key.
        UserKeyEmpty "USER_KEY_EMPTY" Error,
        /// A tombstone has other fields than a key.
        TombstoneNotBare "TOMBSTONE_NOT_BARE" Error,
        /// `version` did not grow by one from one put of a generation to the next.
        VersionGap "VERSION_GAP" Error,
        /// `create_revision` changed inside a generation.
        CreateRevisionChanged "CREATE_REVISION_CHANGED" Error,
        /// A put after a deletion does not begin a generation.
        RebirthNotNew "REBIRTH_NOT_NEW" Error,
        /// The first retained put of a key, above the compacted revision, does not begin a generation.
        FirstRecordNotNew "FIRST_RECORD_NOT_NEW" Error,
        /// The first retained record of a key, off the compacted revision, deletes it.
        LeadingTombstone "LEADING_TOMBSTONE" Error,
        /// A key was deleted twice without a put between.
        DoubleTombstone "DOUBLE_TOMBSTONE" Error,
        /// A key was written twice in one transaction.
        DuplicateWriteInTransaction "DUPLICATE_WRITE_IN_TRANSACTION" Error,
        /// A finished compaction left a record that it should have removed.
        ShadowedRecord "SHADOWED_RECORD" Warning,
    }
}

impl RecordCode {
    /// Does the rule compare a record with other records? When some of these could not be read, a violation may be
    /// caused by that.
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
