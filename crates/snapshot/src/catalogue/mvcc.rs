//! Rules about revisions, records and compaction in the `key` bucket (`docs/format/mvcc.md#rules-about-records`).
//!
//! What a rule may assume is the compacted revision as a starting server sees it: the greater of the scheduled and the
//! finished compaction. Records above it must be complete; below it only the newest of each key is kept.

use etcdsnap_fault::Collector;
use etcdsnap_mvcc::{RecordCode, Violation};

use crate::finding::Finding;
use crate::place::Place;
use etcdsnap_quote::excerpt;

kinds! { Mvcc:
    // The bucket as a whole.

    KEY_BUCKET_MISSING: Error, "no key bucket",
        "All keys and values are in the bucket key, which every server creates at its first start. Without it a restore gives an empty \
         store, without any warning.",
        "Do not restore this file. Use another snapshot.";
    KEYSPACE_EMPTY: Warning, "no keys",
        "The snapshot holds no live key: a cluster restored from it is empty. It comes from a new cluster, from one whose keys had all been \
         deleted, or from one whose clients used the v2 API (etcd up to 3.5): its keys are in no snapshot.",
        "Check that this is the snapshot you meant. If clients use the v2 API, copy the data directory of a member: its .snap files and log are all \
         there is.";
    V2_KEYS_POSSIBLE: Warning, "keys of the v2 API may be missing",
        "Nothing was ever written through the v3 API, and the raft log has many more entries than a new cluster has, or the file does not say \
         how many, as that of etcd 3.4 before the first write to v3. Something may have been written that no snapshot holds: most likely keys of the v2 API, which etcd up to 3.3, and 3.4 and 3.5 with --enable-v2, keep in the .snap files and \
         the log of each member. Leases, users, and many restarts also make entries without revisions.",
        "Find out whether clients use the v2 API before you rely on this snapshot: a restore brings none of its keys back. Copy the data directory of \
         a stopped member, and run `etcdsnap datadir check` on it: it names these keys.";

    // One record by itself.

    REVISION_KEY_INVALID: Error, "record key is no revision",
        "The keys of records have 17 bytes: main revision, '_', sub revision; deletions have a 't' after that. This key is different, so \
         its bytes are damaged. etcd 3.6 and later panic on it when they start; 3.4 and 3.5 start with a wrong \
         revision and exit when a client reads the record: \"range failed to find revision pair\".",
        "Do not restore this file. Use another snapshot, preferably of another member.";
    REVISION_KEY_TRUNCATED: Error, "record key is too short for a revision",
        "The keys of records have 17 bytes, those of deletions 18. This key is shorter, so its bytes are damaged. Every version of etcd \
         panics on it when it starts.",
        "Do not restore this file. Use another snapshot, preferably of another member.";
    TOMBSTONE_MARK_INVALID: Error, "mark of a deletion is damaged",
        "The key of a record has 18 bytes, as those of deletions have, but the last one is not the 't' that marks a deletion. Servers take \
         it for a write: a deleted key comes back, with an empty value. etcd 3.4 to 3.6 exit when a client reads it: \"range failed to \
         find revision pair\".",
        "Do not restore this file. Use another snapshot, preferably of another member.";
    MAIN_REVISION_TOO_LOW: Error, "record below the first revision",
        "A store begins at revision 1 without any record; its first write is revision 2. A lower revision, or a negative one, means that \
         the key of the record is damaged. Every version of etcd loads the keys from revision 1 to 2^63 - 1 only, in the order of their \
         bytes: the write is lost.",
        "Do not restore this file without looking at the key concerned; use another snapshot if there is one.";
    RECORD_UNDECODABLE: Error, "record cannot be read",
        "The value of a record is not the message that etcd writes, so its bytes are damaged. etcd exits when it \
         starts: \"failed to unmarshal mvccpb.KeyValue\". Some bytes stop only the \
         versions to 3.6, or only those since 3.7, which decode it by another library: the verdicts say which.",
        "Do not restore this file. Use another snapshot, preferably of another member.";
    RECORD_EMPTY: Error, "record without content",
        "A record has no content at all. Only the marker that `restore --bump-revision` leaves looks like this; it is never a deletion, \
         never inside a transaction and never above the compacted revision. The content of this record is lost.",
        "Do not restore this file. Use another snapshot, preferably of another member.";
    RECORD_IS_BUCKET: Error, "bucket in place of a record",
        "etcd nests no buckets, but here a bucket stands where a record belongs: the mark of the record is damaged, or another program \
         wrote it. Every version of etcd takes it for a record without content, so the write is lost and its key has the state before it; \
         the compaction that should remove it ends the server: \"incompatible value\".",
        "Do not restore this file. Use another snapshot, preferably of another member.";
    USER_KEY_EMPTY: Error, "record of an empty key",
        "The record names no key. etcd refuses empty keys, so the name of the key is lost.",
        "Do not restore this file. Use another snapshot, preferably of another member.";
    MOD_REVISION_MISMATCH: Error, "record under another revision",
        "The modification revision inside a record and the revision it is stored under differ. etcd writes both from one number, so one \
         of them is damaged.",
        "Do not restore this file. Use another snapshot, preferably of another member.";
    CREATE_REVISION_INVALID: Error, "creation revision out of range",
        "The creation revision of a record is below 1, or greater than its modification revision. A key cannot have been created after \
         it was modified, so the bytes of this record are damaged.",
        "Do not restore this file. Use another snapshot, preferably of another member.";
    VERSION_INVALID: Error, "version below 1",
        "The version counts the writes of a key since its creation and begins with 1. This one is lower, so the bytes of the record are \
         damaged.",
        "Do not restore this file. Use another snapshot, preferably of another member.";
    TOMBSTONE_NOT_BARE: Error, "deletion with more than a key",
        "The record of a deletion holds the key and nothing else. This one holds more, so either its bytes are damaged or a value was \
         marked as deleted by damage.",
        "Do not restore this file. Use another snapshot, preferably of another member.";
    BUMP_MARKER: Note, "revision was bumped by a restore",
        "The record marks a restore with --bump-revision --mark-compacted: it raised the revision so that clients notice the jump. It is \
         an empty key that reads never return; etcd 3.6 and later count it as one key.",
        "Nothing needs to be done.";

    // One key over time.

    VERSION_GAP: Error, "version of a key jumps",
        "From one write of a key to the next its version grows by one. Here it does not: a write in between is lost, or a record is \
         damaged. Compaction never causes this.",
        "Do not restore this file. Use another snapshot, preferably of another member, and compare the members with \
         `etcdctl endpoint hashkv --cluster`.";
    CREATE_REVISION_CHANGED: Error, "creation revision of a key changes",
        "The creation revision of a key changes only after it was deleted. Here it changes without a deletion: the deletion is lost, or a \
         record is damaged.",
        "Do not restore this file. Use another snapshot, preferably of another member, and compare the members with \
         `etcdctl endpoint hashkv --cluster`.";
    REBIRTH_NOT_NEW: Error, "deleted key goes on as if it had not been",
        "The first write after a deletion creates the key anew, with version 1. Here it continues the old count: writes are lost, or a \
         record is damaged.",
        "Do not restore this file. Use another snapshot, preferably of another member.";
    FIRST_RECORD_NOT_NEW: Error, "history of a key begins in the middle",
        "The first record of a key lies above the compacted revision and does not create the key. Compaction would have kept the newest \
         record below, so records of this key are lost.",
        "Do not restore this file. Use another snapshot, preferably of another member.";
    LEADING_TOMBSTONE: Error, "history of a key begins with its deletion",
        "The first record of a key is its deletion, and it does not lie at the compacted revision, the only place where compaction leaves \
         one alone. The write before it is lost.",
        "Do not restore this file. Use another snapshot, preferably of another member. Versions before 3.4.36 and 3.5.18 also forget such \
         a deletion when they restart.";
    DOUBLE_TOMBSTONE: Error, "key deleted twice",
        "Two deletions of a key follow each other. etcd records a deletion only for a key that exists, so the write between them is lost.",
        "Do not restore this file. Use another snapshot, preferably of another member.";
    REVISION_REPEATED: Error, "key written and deleted at one revision",
        "A put and a deletion of the same key have the same main and sub revision, which belongs to one operation only. Every version of \
         etcd panics on it when it starts: \"'put' with an unexpected smaller revision\".",
        "Do not restore this file. Use another snapshot, preferably of another member.";
    DUPLICATE_WRITE_IN_TRANSACTION: Error, "key written twice in one transaction",
        "One transaction can write a key only once. Two records of one revision for the same key mean that one of them is damaged.",
        "Do not restore this file. Use another snapshot, preferably of another member.";

    // Revisions in sequence.

    REVISION_GAP: Error, "revision without records",
        "Every revision above the compacted one was made by a write and has a record. Here revisions are missing: their writes are lost.",
        "Do not restore this file if there is another one. Use a snapshot of another member, and compare the members with \
         `etcdctl endpoint hashkv --cluster`.";
    SUB_REVISION_GAP: Error, "transaction with a missing part",
        "The writes of one transaction are numbered from 0 without gaps. Here a number is missing: a part of the transaction is lost.",
        "Do not restore this file if there is another one. Use a snapshot of another member.";

    REVISIONS_EXHAUSTED: Error, "no room for more revisions",
        "Revisions are numbers of 64 bits with a sign, and this store has used nearly all of them: fewer than 2^40 are left. No cluster \
         writes so much, so a compaction mark or the key of a record is damaged, or a restore raised the revision too far. The write \
         after the last revision makes etcd panic: \"'put' with an unexpected smaller revision\". Where only an unfinished compaction \
         is so far, etcd before 3.4.32 and 3.5.14 starts at the newest record instead and gives revisions out twice.",
        "Do not restore this file. Use another snapshot, preferably of another member, and bump its revision by less.";

    // Compaction.

    COMPACTION_MARK_INVALID: Error, "compaction mark cannot be read",
        "The entries meta/scheduledCompactRev and meta/finishedCompactRev are revisions in 17 bytes. This one is not, so the bytes of the \
         bucket are damaged. etcd 3.6 and later panic on it when they start; 3.4 and 3.5 read a wrong revision from it.",
        "Take a new snapshot, preferably from another member.";
    COMPACTION_MARK_TRUNCATED: Error, "compaction mark is too short",
        "The entries meta/scheduledCompactRev and meta/finishedCompactRev are revisions in 17 bytes. This one is shorter, so the bytes of \
         the bucket are damaged. Every version of etcd panics on it when it starts.",
        "Take a new snapshot, preferably from another member.";
    COMPACTION_MARK_UNUSUAL: Error, "compaction mark that etcd does not write",
        "The entries meta/scheduledCompactRev and meta/finishedCompactRev have sub revision 0 and no mark of a deletion. Servers read this \
         one all the same, but only damage explains it, so its revision may be wrong too.",
        "Take a new snapshot, preferably from another member.";
    COMPACTION_MARKS_REVERSED: Error, "compaction finished before it was scheduled",
        "A compaction is recorded as scheduled before any record is removed, and as finished afterwards. The finished revision is greater \
         than the scheduled one, so one of the two entries is damaged.",
        "Take a new snapshot, preferably from another member.";
    COMPACTION_UNFINISHED: Note, "compaction not finished",
        "A compaction was running when the snapshot was taken, or a restore marked its revision as compacted. It takes effect at once: \
         a server that starts with it refuses reads below that revision and removes the old records in the background.",
        "Nothing needs to be done.";
    COMPACTION_AHEAD_OF_RECORDS: Note, "newest records were deletions and are compacted",
        "The compacted revision is greater than the revision of the newest record, because the last writes were deletions that compaction \
         removed. The current revision is the compacted one. While the compaction is unfinished, etcd before 3.4.32 and 3.5.14 starts \
         with the lower revision instead, and gives revisions out twice (upstream issue 17780).",
        "Restore with 3.4.32, 3.5.14 or any later version, or bump the revision when restoring.";
    COMPACTED_TOMBSTONE_REMOVED: Note, "deletions at the compacted revision are gone",
        "No record is left at the compacted revision, so it held only deletions. etcd before 3.4.34 and 3.5.16 removed them: a watch that \
         starts there misses them (upstream pull request 18474).",
        "Nothing needs to be done. Clients that resume a watch exactly at the compacted revision should list again.";
    SHADOWED_RECORD: Warning, "record that compaction should have removed",
        "A newer record of the same key lies at or below the finished compaction, so compaction would have removed this one. Reads and \
         HashKV do not see it. Either the compaction stopped half way, or the revision of a record is damaged.",
        "Compare the HashKV of this snapshot with the other members. If they agree, nothing is lost: the next compaction removes the \
         record.";

    // Leases of keys.

    LEASE_DANGLING: Warning, "keys attached to leases that do not exist",
        "Live keys name a lease that the lease bucket does not hold. Servers only log \"failed to attach a lease\": the keys never \
         expire, although the one who wrote them meant them to.",
        "After restoring, delete the keys that should be gone, or put them again with a living lease.";
}

/// The rule of this catalogue that stands for a code of a record.
pub fn of(code: RecordCode) -> &'static Kind {
    match code {
        RecordCode::RevisionKeyInvalid => &REVISION_KEY_INVALID,
        RecordCode::RevisionKeyTruncated => &REVISION_KEY_TRUNCATED,
        RecordCode::TombstoneMarkInvalid => &TOMBSTONE_MARK_INVALID,
        RecordCode::RevisionRepeated => &REVISION_REPEATED,
        RecordCode::RecordUndecodable => &RECORD_UNDECODABLE,
        RecordCode::RecordEmpty => &RECORD_EMPTY,
        RecordCode::RecordIsBucket => &RECORD_IS_BUCKET,
        RecordCode::MainRevisionTooLow => &MAIN_REVISION_TOO_LOW,
        RecordCode::RevisionGap => &REVISION_GAP,
        RecordCode::SubRevisionGap => &SUB_REVISION_GAP,
        RecordCode::ModRevisionMismatch => &MOD_REVISION_MISMATCH,
        RecordCode::CreateRevisionInvalid => &CREATE_REVISION_INVALID,
        RecordCode::VersionInvalid => &VERSION_INVALID,
        RecordCode::UserKeyEmpty => &USER_KEY_EMPTY,
        RecordCode::TombstoneNotBare => &TOMBSTONE_NOT_BARE,
        RecordCode::VersionGap => &VERSION_GAP,
        RecordCode::CreateRevisionChanged => &CREATE_REVISION_CHANGED,
        RecordCode::RebirthNotNew => &REBIRTH_NOT_NEW,
        RecordCode::FirstRecordNotNew => &FIRST_RECORD_NOT_NEW,
        RecordCode::LeadingTombstone => &LEADING_TOMBSTONE,
        RecordCode::DoubleTombstone => &DOUBLE_TOMBSTONE,
        RecordCode::DuplicateWriteInTransaction => &DUPLICATE_WRITE_IN_TRANSACTION,
        RecordCode::ShadowedRecord => &SHADOWED_RECORD,
    }
}

/// Number of these violations that are errors; the others do not affect what was read.
pub fn errors(violations: &Collector<Violation>) -> u64 {
    violations.counts().filter(|(code, _)| code.severity() == Severity::Error).map(|(_, count)| count).sum()
}

/// A breach of a rule about records.
pub fn finding(violation: &Violation) -> Finding {
    let place = Place {
        bucket: Some("key".to_owned()),
        page: violation.page,
        element: Some(violation.element.into()),
        revision: violation.revision.map(|revision| revision.to_string()),
        key: (!violation.key.is_empty()).then(|| excerpt(&violation.key)),
        ..Place::default()
    };
    Finding::new(of(violation.code), place, violation.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_a_record_has_a_kind_of_its_name_and_severity() {
        for code in RecordCode::ALL {
            assert_eq!((of(*code).id, of(*code).severity), (code.as_str(), code.severity()));
        }
    }
}
