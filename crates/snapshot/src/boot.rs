//! Would a server of each minor version start from a restore of this backup, and as what?
//!
//! Meant is the restore tool of the same minor version and its newest patch release, with the file as it is. The rules are
//! those of `docs/format/boot.md` and `docs/format/snapshot.md#incidents`; where older patch releases differ, the reasons
//! say so. What makes a server refuse is in `boot/refusals.rs`, what one should know when it starts in `boot/caveats.rs`.

mod caveats;
mod refusals;

use etcdsnap_proto::go_decoders::GoLibrary;
use serde::Serialize;

use crate::finding::Kind;
use crate::incidents::Facts;

/// The answer for one minor version of etcd.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BootVerdict {
    /// `3.4` to `3.8`.
    pub version: &'static str,
    /// Would it start, and answer reads and writes? Alarms, which can be disarmed, do not count.
    pub starts: bool,
    /// Why not; or, when it starts, what to know about how it will run. Whole sentences, most important first.
    pub reasons: Vec<String>,
}

/// A minor version of etcd 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Minor {
    V3_4 = 4,
    V3_5 = 5,
    V3_6 = 6,
    V3_7 = 7,
    V3_8 = 8,
}

impl Minor {
    const ALL: [Self; 5] = [Self::V3_4, Self::V3_5, Self::V3_6, Self::V3_7, Self::V3_8];

    fn as_str(self) -> &'static str {
        match self {
            Self::V3_4 => "3.4",
            Self::V3_5 => "3.5",
            Self::V3_6 => "3.6",
            Self::V3_7 => "3.7",
            Self::V3_8 => "3.8",
        }
    }

    /// What it decodes entries with.
    fn library(self) -> GoLibrary {
        if self <= Self::V3_6 { GoLibrary::Gogo } else { GoLibrary::Golang }
    }

    /// As major, minor, for comparison.
    fn pair(self) -> (u64, u64) {
        (3, self as u64)
    }
}

/// One verdict for each minor version, oldest first.
///
/// What makes the difference is in the buckets, and, where bytes could not be read, in `facts.findings`.
pub fn verdicts(facts: &Facts<'_>) -> Vec<BootVerdict> {
    all(facts, refusals::refusals, caveats::caveats)
}

/// As [`verdicts`], of a database as a restore has left it: what is said of the restore itself is left out.
pub fn verdicts_after_restore(facts: &Facts<'_>) -> Vec<BootVerdict> {
    all(facts, refusals::of_a_server, caveats::of_a_server)
}

/// How a server of a minor version serves a database from which it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Serving {
    /// The second number of the version.
    pub minor: u64,
    /// What ends it or keeps it from answering.
    pub hindrance: Option<Hindrance>,
    /// Findings about entries that it cannot decode: its protobuf library refuses them, that of other versions may not.
    pub refused: Vec<&'static Kind>,
    /// What it does to the data. Whole sentences.
    pub notes: Vec<String>,
}

/// What keeps a server from serving after its start, as a whole sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hindrance {
    /// It refuses every request.
    Refuses(String),
    /// It exits when it first writes, or reads an entry.
    Exits(String),
    /// It panics when it first writes.
    Panics(String),
    /// It reads entries as others than were written, and loses what they are about.
    Loses(String),
}

/// How servers serve this database, for the verdicts about a member's directory, whose start is foretold there. The rules are
/// those of [`verdicts`].
pub fn serving(facts: &Facts<'_>) -> Vec<Serving> {
    let of = |minor: Minor| {
        let mut buckets = Vec::new();
        refusals::buckets_for_entries(facts.buckets, minor, &mut buckets);
        let exits = buckets.into_iter().next().map(Hindrance::Exits);
        let refuses = || refusals::not_capable(facts.buckets, minor).map(Hindrance::Refuses);
        let panics = || refusals::last_revision(facts, minor).map(Hindrance::Panics);
        let lost = || refusals::lost_records(facts, minor).map(|reason| Hindrance::Exits(reason.to_owned()));
        let loses = || refusals::lost_entries(facts, minor).next().map(|reason| Hindrance::Loses(reason.to_owned()));
        let hindrance = exits.or_else(refuses).or_else(panics).or_else(lost).or_else(loses);
        let mut notes: Vec<_> = caveats::impossible_leases(facts).into_iter().collect();
        caveats::misread(facts, minor, &mut notes);
        Serving { minor: minor as u64, hindrance, refused: refusals::refused_entries(facts, minor).collect(), notes }
    };
    Minor::ALL.into_iter().map(of).collect()
}

/// Rules that give sentences about one version.
type Rules = fn(&Facts<'_>, Minor) -> Vec<String>;

fn all(facts: &Facts<'_>, refusals: Rules, caveats: Rules) -> Vec<BootVerdict> {
    let verdict = |minor: Minor| {
        let refusals = refusals(facts, minor);
        let starts = refusals.is_empty();
        let reasons = if starts { caveats(facts, minor) } else { refusals };
        BootVerdict { version: minor.as_str(), starts, reasons }
    };
    Minor::ALL.into_iter().map(verdict).collect()
}

/// Ids of the kinds of findings that `wanted` picks, each once, in the order found.
fn kinds(facts: &Facts<'_>, wanted: impl Fn(&crate::finding::Finding) -> bool) -> Vec<&'static str> {
    let mut ids = Vec::new();
    for finding in facts.findings.iter().filter(|finding| wanted(finding)) {
        if !ids.contains(&finding.kind.id) {
            ids.push(finding.kind.id);
        }
    }
    ids
}

/// Where old patch releases of a minor version start when an unfinished compaction lies beyond the newest record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct StartBeforeFix {
    /// The revision they start at, which is below that of the compaction.
    revision: i64,
    /// The first patch release that starts at the revision of the compaction.
    fixed_in: &'static str,
}

/// `None` when every release of this minor version starts at the same revision, or when it is not known.
fn start_before_fix(facts: &Facts<'_>, minor: Minor) -> Option<StartBeforeFix> {
    let fixed_in = match minor {
        Minor::V3_4 => "3.4.32",
        Minor::V3_5 => "3.5.14",
        _ => return None,
    };
    let known = facts.compaction().zip(facts.keyspace);
    let (compaction, keyspace) = known.all()?;
    let revision = keyspace.last.map_or(1, |revision| revision.main).max(compaction.finished.unwrap_or(1));
    let is_beyond = compaction.is_unfinished() && compaction.compacted() > revision;
    is_beyond.then_some(StartBeforeFix { revision, fixed_in })
}

#[cfg(test)]
mod tests {
    use etcdsnap_mvcc::{Revision, Summary};
    use etcdsnap_proto::go_decoders::KEY_VALUE;

    use super::*;
    use crate::buckets::testing::Entry;
    use crate::catalogue::{cluster, container, mvcc};
    use crate::finding::Finding;
    use crate::incidents::DEFAULT_QUOTA;
    use crate::incidents::testing::{buckets, keyspace};
    use crate::place::Place;

    /// Verdicts over `docs/format/mvcc.md#store-of-351` changed by these entries.
    fn verdicts_with(more: &[Entry<'_>], damage: &[&'static Kind]) -> Vec<BootVerdict> {
        let (buckets, keyspace) = (buckets(&[], more), keyspace());
        let mut facts = crate::incidents::testing::facts(&buckets, &keyspace);
        let findings: Vec<_> = damage.iter().map(|kind| Finding::new(kind, Place::file(), "")).collect();
        facts.findings = &findings;
        verdicts(&facts)
    }

    fn starting(verdicts: &[BootVerdict]) -> Vec<&'static str> {
        verdicts.iter().filter(|verdict| verdict.starts).map(|verdict| verdict.version).collect()
    }

    fn says(verdicts: &[BootVerdict], version: &str, words: &str) -> bool {
        verdicts
            .iter()
            .any(|verdict| verdict.version == version && verdict.reasons.iter().any(|reason| reason.contains(words)))
    }

    const EVERY: [&str; 5] = ["3.4", "3.5", "3.6", "3.7", "3.8"];

    #[test]
    fn a_3_5_snapshot_starts_everywhere() {
        let verdicts = verdicts_with(&[], &[]);
        assert_eq!(starting(&verdicts), EVERY);
        let all = [
            "It has 3 leases with 1 key attached; their time begins to run when a leader is elected, and keys of leases that no \
             client renews are deleted.",
            "The members named in the restore, all of them voters, take the place of the 1 member of the backup.",
            "It starts with 5 keys at revision 13, never compacted.",
        ];
        assert_eq!(verdicts[1].reasons, all);
        let (buckets, keyspace) = (buckets(&[], &[]), keyspace());
        let restored = verdicts_after_restore(&crate::incidents::testing::facts(&buckets, &keyspace));
        assert_eq!(restored[1].reasons, [all[0], all[2]]);
        assert!(says(&verdicts, "3.7", "raises the storage version and the cluster version to 3.7.0"));
        assert!(!says(&verdicts, "3.5", "raises"));
    }

    #[test]
    fn a_newer_layout_starts_on_3_5_and_its_own_minor() {
        let of_3_7 = [("cluster", &b"clusterVersion"[..], &b"3.7.0"[..]), ("meta", b"storageVersion", b"3.7.0")];
        let verdicts = verdicts_with(&of_3_7, &[]);
        assert_eq!(starting(&verdicts), ["3.5", "3.7", "3.8"]);
        assert!(says(&verdicts, "3.4", "\"unsupported storage version\""));
        assert!(says(&verdicts, "3.5", "ignores the storage version 3.7.0"));
        assert!(verdicts[2].reasons[0].contains(r#"`version "3.7.0" is not supported`"#), "{:?}", verdicts[2]);
        assert!(says(&verdicts, "3.6", "The cluster version is 3.7.0"));
    }

    #[test]
    fn the_cluster_version_alone_stops_3_6_and_later() {
        let verdicts = verdicts_with(&[("cluster", b"clusterVersion", b"3.7.0")], &[]);
        assert_eq!(starting(&verdicts), ["3.4", "3.5", "3.7", "3.8"]);
        let verdicts = verdicts_with(&[("meta", b"storageVersion", b"3.4.0")], &[]);
        assert_eq!(starting(&verdicts), ["3.4", "3.5"]);
        assert!(says(&verdicts, "3.6", r#"`version "3.5.0" is not supported`"#));
    }

    #[test]
    fn a_downgrade_in_progress_stops_3_5_unless_it_is_the_target() {
        let to_3_4 = verdicts_with(&[("cluster", b"downgrade", br#"{"target-version":"3.4.0","enabled":true}"#)], &[]);
        assert_eq!(starting(&to_3_4), ["3.4", "3.6", "3.7", "3.8"]);
        let to_3_5 = verdicts_with(&[("cluster", b"downgrade", br#"{"target-version":"3.5.0","enabled":true}"#)], &[]);
        assert_eq!(starting(&to_3_5), EVERY);
        assert!(says(&to_3_5, "3.6", "goes on with the downgrade to 3.5.0"));
        assert!(says(&to_3_5, "3.4", "ignored"));
    }

    #[test]
    fn limits_of_a_server_that_starts() {
        let (nospace, corrupt) = (("alarm", &b"\x10\x01"[..], &b""[..]), ("alarm", &b"\x10\x02"[..], &b""[..]));
        let alarmed = verdicts_with(&[nospace, corrupt, ("auth", b"authEnabled", &[1])], &[]);
        assert!(starting(&alarmed) == EVERY && alarmed[0].reasons[0].contains("corrupt cluster"));
        assert!(alarmed[3].reasons[1].contains("database space exceeded"));
        assert!(alarmed[4].reasons[2].contains("nobody can administer"));

        let root = b"\x0a\x04root\x12\x06secret\x1a\x04root"; // the password is no hash
        let locked = verdicts_with(&[("auth", b"authEnabled", &[1]), ("authUsers", b"root", root)], &[]);
        assert!(starting(&locked) == EVERY && says(&locked, "3.7", "root has no usable password"));

        let (buckets, keyspace) = (buckets(&[], &[]), keyspace());
        let mut facts = crate::incidents::testing::facts(&buckets, &keyspace);
        facts.database_size = DEFAULT_QUOTA;
        assert!(says(&verdicts(&facts), "3.8", "--quota-backend-bytes"));
    }

    #[test]
    fn a_compaction_ahead_of_the_records_is_a_matter_of_patch_releases() {
        let scheduled = ("meta", &b"scheduledCompactRev"[..], &b"\0\0\0\0\0\0\0\x14_\0\0\0\0\0\0\0\0"[..]);
        let (buckets, keyspace) =
            (buckets(&[], &[scheduled]), Summary { last: Some(Revision::of_main(13)), ..keyspace() });
        let verdicts = verdicts(&crate::incidents::testing::facts(&buckets, &keyspace));
        assert_eq!(starting(&verdicts), EVERY);
        assert!(says(&verdicts, "3.4", "etcd 3.4 before 3.4.32 starts at revision 13 instead of 20"));
        assert!(says(&verdicts, "3.5", "etcd 3.5 before 3.5.14 starts at revision 13 instead of 20"));
        assert!(says(&verdicts, "3.6", "at revision 20, compacted at 20") && !says(&verdicts, "3.6", "instead of"));
    }

    /// As real 3.4.23, 3.5.1, 3.5.35 and 3.6.14 did.
    #[test]
    fn an_unfinished_compaction_at_the_last_revision_is_a_matter_of_patch_releases_too() {
        let scheduled =
            ("meta", &b"scheduledCompactRev"[..], &b"\x7f\xff\xff\xff\xff\xff\xff\xff_\0\0\0\0\0\0\0\0"[..]);
        let (buckets, keyspace) =
            (buckets(&[], &[scheduled]), Summary { last: Some(Revision::of_main(13)), ..keyspace() });
        let verdicts = verdicts(&crate::incidents::testing::facts(&buckets, &keyspace));
        assert!(starting(&verdicts).is_empty());
        for (minor, later) in [("3.4", "etcd 3.4.32 and later 3.4"), ("3.5", "etcd 3.5.14 and later 3.5")] {
            assert!(says(&verdicts, minor, later), "{verdicts:?}");
            assert!(says(&verdicts, minor, "Earlier ones start at revision 13 and give revisions out twice"));
        }
        assert!(
            says(&verdicts, "3.6", "It starts at revision 9223372036854775807") && !says(&verdicts, "3.6", "Earlier")
        );
    }

    #[test]
    fn a_database_of_another_byte_order_names_the_machines() {
        let big = verdicts_with(&[], &[&container::BIG_ENDIAN]);
        assert!(starting(&big).is_empty() && says(&big, "3.6", "on a little-endian machine its restore"), "{big:?}");
        let little = verdicts_with(&[], &[&container::LITTLE_ENDIAN]);
        assert!(says(&little, "3.6", "on a big-endian machine its restore"), "{little:?}");
        assert!(says(&little, "3.6", "`etcdsnap restore --byte-order big`"));
    }

    /// As real 3.4.23, 3.5.1, 3.6.14, 3.7.1 and 3.8.0-alpha.0 answered.
    #[test]
    fn buckets_in_place_of_entries_stop_those_who_write_them() {
        let stops = |bucket: &str, key: &[u8]| {
            let (mut buckets, keyspace) = (buckets(&[], &[]), keyspace());
            let mut findings = Vec::new();
            let value = buckets.nested.read(bucket.as_bytes(), key, &mut |finding| findings.push(finding));
            buckets.read_entry(bucket.as_bytes(), key, value, &mut |finding| findings.push(finding));
            assert!(findings.iter().any(|finding| finding.kind.id == "ENTRY_IS_BUCKET"));
            let mut facts = crate::incidents::testing::facts(&buckets, &keyspace);
            facts.findings = &findings;
            starting(&verdicts(&facts))
        };
        let none: [&str; 0] = [];
        assert_eq!(stops("meta", b"consistent_index"), none);
        assert_eq!(stops("meta", b"term"), ["3.4"]);
        assert_eq!(stops("meta", b"storageVersion"), ["3.4", "3.5"]);
        assert_eq!(stops("meta", b"scheduledCompactRev"), none);
        assert_eq!(stops("meta", b"finishedCompactRev"), none);
        assert_eq!(stops("meta", b"zz"), EVERY);
        assert_eq!(stops("cluster", b"clusterVersion"), none);
        assert_eq!(stops("cluster", b"downgrade"), ["3.4"]);
        assert_eq!(stops("members", b"1"), ["3.4"]);
        assert_eq!(stops("members_removed", b"1"), ["3.4"]);
        assert_eq!(stops("auth", b"authRevision"), none);
        assert_eq!(stops("auth", b"authEnabled"), EVERY);
        assert_eq!(stops("authUsers", b"alice"), EVERY);
        assert_eq!(stops("authRoles", b"r1"), EVERY);
        assert_eq!(stops("lease", b"x"), EVERY);
        assert_eq!(stops("alarm", b"x"), none);
        assert_eq!(stops("alarm", b"\x08\x01\x10\x01"), EVERY);
    }

    #[test]
    fn a_server_that_cannot_answer_or_write_does_not_count() {
        let old = verdicts_with(&[("cluster", b"clusterVersion", b"2.9.0")], &[]);
        assert_eq!(starting(&old), ["3.4", "3.5"]);
        assert!(says(&old, "3.6", "not capable"));
        let suffix = verdicts_with(&[("cluster", b"clusterVersion", b"3.6.0-alpha")], &[]);
        assert_eq!(starting(&suffix), ["3.4", "3.5", "3.7", "3.8"]);
        let last = verdicts_with(
            &[("meta", b"finishedCompactRev", b"\x7f\xff\xff\xff\xff\xff\xff\xff_\0\0\0\0\0\0\0\0")],
            &[],
        );
        assert!(starting(&last).is_empty() && says(&last, "3.8", "panics at the first write"));
        assert!(!says(&last, "3.5", "3.5.14"), "the compaction is finished");
        let leases = verdicts_with(&[], &[&cluster::LEASE_TTL_INVALID]);
        assert!(starting(&leases) == EVERY && says(&leases, "3.4", "deleted within seconds"));
    }

    #[test]
    fn a_started_server_that_cannot_serve_is_known_apart_from_its_start() {
        let serving_with = |more: &[Entry<'_>], damage: &'static Kind| {
            let (buckets, keyspace) = (buckets(&[], more), keyspace());
            let mut facts = crate::incidents::testing::facts(&buckets, &keyspace);
            let findings = [Finding::new(damage, Place::file(), "")];
            facts.findings = &findings;
            serving(&facts)
        };
        let old = serving_with(&[("cluster", b"clusterVersion", b"2.9.0")], &cluster::LEASE_TTL_INVALID);
        assert!(old[1].hindrance.is_none() && matches!(old[2].hindrance, Some(Hindrance::Refuses(_))), "{old:?}");
        assert!(old.iter().all(|serving| serving.notes[0].contains("deleted within seconds")));
        let mark = b"\x7f\xff\xff\xff\xff\xff\xff\xff_\0\0\0\0\0\0\0\0";
        let last = serving_with(&[("meta", b"finishedCompactRev", mark)], &mvcc::VERSION_GAP);
        assert!(last.iter().all(|serving| matches!(serving.hindrance, Some(Hindrance::Panics(_)))), "{last:?}");
        assert!(last.iter().all(|serving| serving.notes.is_empty()));
    }

    #[test]
    fn what_stops_the_tool_of_etcd_stops_no_restored_server() {
        let (buckets, keyspace) = (buckets(&[], &[]), keyspace());
        let findings = [Finding::new(&cluster::MEMBER_KEY_INVALID, Place::file(), "")];
        let mut facts = crate::incidents::testing::facts(&buckets, &keyspace);
        facts.findings = &findings;
        assert_eq!(starting(&verdicts(&facts)), ["3.4"]);
        assert_eq!(starting(&verdicts_after_restore(&facts)), EVERY);
    }

    /// As real servers of each version answered.
    #[test]
    fn entries_that_one_library_refuses_stop_its_versions() {
        const OLD: [&str; 3] = ["3.4", "3.5", "3.6"];
        const NEW: [&str; 2] = ["3.7", "3.8"];
        let verdicts = |bucket: &str, key: &[u8], value: &[u8], kind| verdicts_with(&[(bucket, key, value)], &[kind]);
        let lease = |value: &[u8]| verdicts("lease", b"\0\0\0\0\0\0\0\x07", value, &cluster::LEASE_UNDECODABLE);
        let above_2_29 = lease(b"\x08\x07\x10\x3c\x80\x80\x80\x80\x10\x01");
        assert_eq!(starting(&above_2_29), OLD);
        assert!(
            says(&above_2_29, "3.4", "a lease that other versions refuse") && says(&above_2_29, "3.7", "it panics")
        );
        assert!(says(&above_2_29, "3.4", "How many leases it has") && !says(&above_2_29, "3.4", "never expire"));
        let of_bytes = lease(b"\x08\x07\x12\x01x");
        assert!(starting(&of_bytes).is_empty() && says(&of_bytes, "3.6", "it panics"));
        assert!(says(&of_bytes, "3.7", "deleted within seconds") && !says(&of_bytes, "3.7", "it panics"));
        let of_70_bits = lease(b"\x08\x07\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f");
        assert!(starting(&of_70_bits).is_empty() && says(&of_70_bits, "3.4", "deleted within seconds"));

        let alarm = verdicts("alarm", b"\x0a\x01x\x10\x01", b"", &cluster::ALARM_UNDECODABLE);
        assert!(starting(&alarm) == NEW && says(&alarm, "3.8", "an alarm that other versions refuse"));
        let user = |name: &[u8], value: &[u8]| verdicts("authUsers", name, value, &cluster::USER_UNDECODABLE);
        assert_eq!(starting(&user(b"alice", b"\x0a\x05alice\x10\x01")), NEW);
        let root = user(b"root", b"\x0a\x04root\x10\x01\x1a\x04root");
        assert!(starting(&root).is_empty() && says(&root, "3.7", "nobody can administer it"));
    }

    #[test]
    fn records_that_one_library_refuses_stop_its_versions() {
        let starting_with = |record: &[u8]| {
            let (buckets, mut keyspace) = (buckets(&[], &[]), keyspace());
            keyspace.undecodable.add(record, &KEY_VALUE, <[u8]>::is_empty);
            let findings = [Finding::new(&mvcc::RECORD_UNDECODABLE, Place::file(), "")];
            let mut facts = crate::incidents::testing::facts(&buckets, &keyspace);
            facts.findings = &findings;
            let verdicts = verdicts(&facts);
            assert!(
                verdicts.iter().all(|verdict| verdict.reasons.iter().all(|reason| !reason.contains("with 5 keys")))
            );
            starting(&verdicts)
        };
        assert_eq!(starting_with(b"\x0a\x01k\x1a\x01x"), ["3.7", "3.8"]);
        assert_eq!(starting_with(b"\x0a\x01k\x80\x80\x80\x80\x10\x01"), ["3.4", "3.5", "3.6"]);
        assert!(starting_with(b"\x08\x01").is_empty(), "the key is lost");
        assert!(starting_with(b"\x0a\x01k\x7b").is_empty());
    }

    #[test]
    fn unreadable_entries_stop_the_servers_that_read_them() {
        let stops = |kind| {
            let verdicts = verdicts_with(&[], &[kind]);
            starting(&verdicts)
        };
        assert!(stops(&mvcc::RECORD_UNDECODABLE).is_empty());
        assert!(stops(&cluster::LEASE_UNDECODABLE).is_empty());
        assert!(stops(&mvcc::REVISION_KEY_TRUNCATED).is_empty());
        assert!(stops(&mvcc::REVISION_KEY_INVALID).is_empty());
        assert_eq!(stops(&mvcc::TOMBSTONE_MARK_INVALID), ["3.7", "3.8"]);
        assert_eq!(stops(&cluster::META_BUCKET_MISSING), ["3.4"]);
        assert_eq!(stops(&cluster::CLUSTER_VERSION_INVALID), ["3.4", "3.5"]);
        assert_eq!(stops(&cluster::MEMBER_KEY_INVALID), ["3.4"]);
        assert_eq!(stops(&cluster::CONF_STATE_INVALID), ["3.5", "3.6", "3.7", "3.8"]);
        assert_eq!(stops(&cluster::ROLE_UNDECODABLE), EVERY); // no user has a role
        let user = verdicts_with(&[], &[&cluster::USER_UNDECODABLE]);
        assert!(starting(&user).is_empty() && says(&user, "3.5", "etcd 3.5.0 to 3.5.4 read users"));
        assert_eq!(stops(&mvcc::VERSION_GAP), EVERY);
        assert!(says(&verdicts_with(&[], &[&mvcc::VERSION_GAP]), "3.6", "The keyspace is damaged (VERSION_GAP)"));
    }
}
