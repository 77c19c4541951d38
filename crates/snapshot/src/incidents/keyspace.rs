//! The keyspace as a whole: how compaction stands, whether there are keys at all, and how large the database is.

use etcdsnap_mvcc::{ENOUGH_REVISIONS, revisions_after};
use etcdsnap_quantity::quantity;

use super::{DEFAULT_QUOTA, Facts, reaches_default_quota};
use crate::buckets::is_reachable;
use crate::catalogue::cluster::{DATABASE_OVER_DEFAULT_QUOTA, RESTORED_BEFORE};
use crate::catalogue::mvcc::{
    BUMP_MARKER, COMPACTED_TOMBSTONE_REMOVED, COMPACTION_AHEAD_OF_RECORDS, COMPACTION_MARK_INVALID,
    COMPACTION_MARK_TRUNCATED, COMPACTION_MARKS_REVERSED, COMPACTION_UNFINISHED, KEYSPACE_EMPTY, REVISIONS_EXHAUSTED,
    V2_KEYS_POSSIBLE,
};
use crate::finding::Finding;
use crate::place::Place;

/// The first revision that has records.
const FIRST_WRITE: i64 = 2;

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    compaction(facts, findings);
    let keyspace = *facts.keyspace.part();
    if let Some(current) = facts.current_revision().all() {
        let left = revisions_after(*current);
        if left < ENOUGH_REVISIONS {
            let message = format!(
                "the store is at revision {current}, and has {} left",
                quantity(left.unsigned_abs(), "revision")
            );
            findings.push(Finding::new(&REVISIONS_EXHAUSTED, Place::bucket("key"), message));
        }
    }
    if facts.buckets.has("key").all() == Some(&true) && facts.user_keys().all() == Some(&0) {
        let message = format!("no live key among {}", quantity(keyspace.records, "record"));
        findings.push(Finding::new(&KEYSPACE_EMPTY, Place::bucket("key"), message));
    }
    if let Some(message) = written_through_v2(facts) {
        findings.push(Finding::new(&V2_KEYS_POSSIBLE, Place::entry("meta", b"consistent_index"), message));
    }
    if keyspace.bump_markers > 0 {
        let message = format!("records that mark a bumped revision: {}", keyspace.bump_markers);
        findings.push(Finding::new(&BUMP_MARKER, Place::bucket("key"), message));
    }
    if let (true, Some(index)) = (facts.was_restored(), facts.buckets.meta.part().consistent_index) {
        let message = format!("the raft index is {index}, the revision {}", facts.current_revision().part());
        findings.push(Finding::new(&RESTORED_BEFORE, Place::entry("meta", b"consistent_index"), message));
    }
    if reaches_default_quota(facts.database_size) {
        let message = format!("the database has {} bytes, the default quota {DEFAULT_QUOTA}", facts.database_size);
        findings.push(Finding::new(&DATABASE_OVER_DEFAULT_QUOTA, Place::file(), message));
    }
}

/// Why keys may have been written through the v2 API, which no snapshot holds, if a store that was never written to gives a reason:
/// its raft index is higher than the start of its cluster and a few restarts explain, or it has none.
///
/// A new cluster has an entry for each member, one for its first leader, one that each member introduces itself with, and the
/// cluster version. etcd 3.4 records the index with the first write to the v3 store, and so not at all when there was none. etcd
/// 3.6 and later, which write a storage version, have no v2 API.
fn written_through_v2(facts: &Facts<'_>) -> Option<String> {
    const RESTARTS: u64 = 10;
    let meta = facts.buckets.meta.all()?;
    let keyspace = facts.keyspace.all()?;
    let never_written = facts.buckets.has("key").all() == Some(&true) && keyspace.records == 0;
    let is_old = meta.storage_version.is_none() && facts.current_revision().all() == Some(&1);
    if !never_written || !is_old {
        return None;
    }
    let members = (facts.buckets.members.listed.all()?.len() as u64).max(1);
    let expected = members.saturating_mul(2).saturating_add(2).saturating_mul(1 + RESTARTS);
    match meta.consistent_index {
        None => Some("no raft index is recorded at revision 1".to_owned()),
        // One that no cluster reaches says nothing about what was written.
        Some(index) => {
            (index > expected && is_reachable(index)).then(|| format!("the raft index is {index} at revision 1"))
        }
    }
}

fn compaction(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let known = facts.compaction();
    let Some(compaction) = known.all() else { return };
    let unreadable = facts.found(&COMPACTION_MARK_INVALID) || facts.found(&COMPACTION_MARK_TRUNCATED);
    let finished = compaction.finished.unwrap_or(-1);
    let place = || Place::entry("meta", b"scheduledCompactRev");
    if compaction.is_unfinished() {
        let since = if finished < 0 { "none".to_owned() } else { finished.to_string() };
        let message =
            format!("compaction at {} is scheduled, the last finished one is {since}", compaction.compacted());
        findings.push(Finding::new(&COMPACTION_UNFINISHED, place(), message));
    } else if finished > compaction.scheduled.unwrap_or(0) && !unreadable {
        let scheduled = compaction.scheduled.map_or_else(|| "none".to_owned(), |main| main.to_string());
        let message = format!("finished is {finished}, scheduled is {scheduled}");
        findings.push(Finding::new(&COMPACTION_MARKS_REVERSED, place(), message));
    }
    if revisions_after(compaction.compacted()) < ENOUGH_REVISIONS {
        return; // Reported already, and deletions did not cause it.
    }
    let Some(keyspace) = facts.keyspace.all() else { return };
    let last = keyspace.last.map_or(0, |revision| revision.main);
    if compaction.compacted() > last {
        let message = format!("compacted at {}, the newest record is at {last}", compaction.compacted());
        findings.push(Finding::new(&COMPACTION_AHEAD_OF_RECORDS, place(), message));
    } else if compaction.compacted() >= FIRST_WRITE && keyspace.at_compaction == 0 {
        let message = format!("no record of revision {}, the compacted one", compaction.compacted());
        findings.push(Finding::new(&COMPACTED_TOMBSTONE_REMOVED, place(), message));
    }
}

#[cfg(test)]
mod tests {
    use etcdsnap_mvcc::{Revision, Summary};

    use super::super::testing::{buckets, facts, ids, keyspace};
    use super::*;

    const AT_7: &[u8] = b"\0\0\0\0\0\0\0\x07_\0\0\0\0\0\0\0\0";
    const AT_1011: &[u8] = b"\0\0\0\0\0\0\x03\xf3_\0\0\0\0\0\0\0\0";

    #[test]
    fn a_restore_with_a_bumped_revision_is_healthy() {
        // `docs/format/mvcc.md#store-compacted-by-351`, restored with --bump-revision 1000 --mark-compacted.
        let marks = [("meta", &b"finishedCompactRev"[..], AT_7), ("meta", b"scheduledCompactRev", AT_1011)];
        let restored = buckets(
            &["consistent_index", "lease"],
            &[marks[0], marks[1], ("meta", b"consistent_index", b"\0\0\0\0\0\0\0\x01")],
        );
        let keyspace = Summary {
            last: Some(Revision::of_main(1011)),
            live_keys: 6,
            bump_markers: 1,
            at_compaction: 1,
            leases: [].into(),
            ..keyspace()
        };
        let mut found = ids(&facts(&restored, &keyspace));
        found.retain(|id| !id.starts_with("MEMBER_ATTRIBUTES"));
        assert_eq!(found, ["COMPACTION_UNFINISHED/note", "BUMP_MARKER/note", "RESTORED_BEFORE/note"]);
    }

    #[test]
    fn marks_have_an_order() {
        let reversed =
            buckets(&[], &[("meta", b"scheduledCompactRev", AT_7), ("meta", b"finishedCompactRev", AT_1011)]);
        let found = ids(&facts(&reversed, &keyspace()));
        assert!(found.contains(&"COMPACTION_MARKS_REVERSED/error".to_owned()), "{found:?}");
        assert!(found.contains(&"COMPACTION_AHEAD_OF_RECORDS/note".to_owned()), "{found:?}");
        let unscheduled = buckets(&[], &[("meta", b"finishedCompactRev", AT_7)]);
        assert_eq!(ids(&facts(&unscheduled, &keyspace()))[0], "COMPACTION_MARKS_REVERSED/error");
    }

    #[test]
    fn deletions_at_the_compacted_revision_leave_a_record_or_a_note() {
        let compacted = buckets(&[], &[("meta", b"scheduledCompactRev", AT_7), ("meta", b"finishedCompactRev", AT_7)]);
        assert_eq!(ids(&facts(&compacted, &keyspace()))[0], "COMPACTED_TOMBSTONE_REMOVED/note");
        let kept = Summary { at_compaction: 1, ..keyspace() };
        assert_eq!(ids(&facts(&compacted, &kept)), ["MEMBER_ATTRIBUTES_MISSING/note"]);
    }

    #[test]
    fn revisions_come_to_an_end() {
        for (main, exhausted) in [(i64::MAX, true), (i64::MAX - (1 << 40) + 1, true), (i64::MAX - (1 << 40), false)] {
            let mark = etcdsnap_mvcc::RevisionKey::encode_put(Revision::of_main(main));
            for name in [&b"scheduledCompactRev"[..], b"finishedCompactRev"] {
                let marked = buckets(&[], &[("meta", name, &mark)]);
                let found = ids(&facts(&marked, &keyspace()));
                assert_eq!(found.contains(&"REVISIONS_EXHAUSTED/error".to_owned()), exhausted, "{main} {found:?}");
            }
            let written = Summary { last: Some(Revision::of_main(main)), ..keyspace() };
            let found = ids(&facts(&buckets(&[], &[]), &written));
            assert_eq!(found.contains(&"REVISIONS_EXHAUSTED/error".to_owned()), exhausted, "{main} {found:?}");
        }
    }

    #[test]
    fn unreadable_marks_are_not_judged_further() {
        let cut = buckets(&[], &[("meta", b"scheduledCompactRev", b"\x01"), ("meta", b"finishedCompactRev", AT_7)]);
        let keyspace = Summary { at_compaction: 1, ..keyspace() };
        let findings = [Finding::new(&COMPACTION_MARK_TRUNCATED, Place::file(), "")];
        let facts = Facts { findings: &findings, ..facts(&cut, &keyspace) };
        assert_eq!(ids(&facts), ["MEMBER_ATTRIBUTES_MISSING/note"]);
    }

    #[test]
    fn a_raft_index_far_beyond_an_unwritten_store_hints_at_v2() {
        let at = |index: &'static [u8; 8], records| {
            let buckets = buckets(&["consistent_index", "storageVersion"], &[("meta", b"consistent_index", index)]);
            let keyspace = Summary { last: None, live_keys: 0, records, leases: [].into(), ..keyspace() };
            ids(&facts(&buckets, &keyspace)).iter().any(|id| id.starts_with("V2_KEYS_POSSIBLE"))
        };
        assert!(at(&[0, 0, 0, 0, 0, 0, 0, 201], 0));
        assert!(!at(&[0, 0, 0, 0, 0, 0, 0, 4], 0), "a new cluster");
        assert!(!at(&[0, 0, 0, 0, 0, 0, 0, 201], 1), "something was written");
    }

    #[test]
    fn empty_and_large_databases_are_told() {
        let buckets = buckets(&[], &[]);
        let empty = Summary { live_keys: 1, bump_markers: 2, leases: [].into(), ..keyspace() };
        assert_eq!(ids(&facts(&buckets, &empty))[0], "KEYSPACE_EMPTY");
        let keyspace = keyspace();
        let mut facts = facts(&buckets, &keyspace);
        facts.database_size = DEFAULT_QUOTA;
        assert_eq!(ids(&facts)[0], "DATABASE_OVER_DEFAULT_QUOTA/note");
        facts.database_size -= 1;
        assert!(!ids(&facts).contains(&"DATABASE_OVER_DEFAULT_QUOTA/note".to_owned()));
    }
}
