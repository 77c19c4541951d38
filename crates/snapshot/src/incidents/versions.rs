//! Versions against each other, and what every server of such a version records (`docs/format/snapshot.md#meta`).

use semver::Version;

use super::Facts;
use crate::catalogue::cluster::{
    CLUSTER_VERSION_INVALID, CLUSTER_VERSION_MISSING, CONSISTENT_INDEX_INVALID, CONSISTENT_INDEX_MISSING,
    DOWNGRADE_ENABLED, ENTRIES_POSSIBLY_SKIPPED, STORAGE_VERSION_BEHIND, STORAGE_VERSION_INVALID,
    STORAGE_VERSION_STALE, TERM_INVALID, TERM_MISSING,
};
use crate::finding::Finding;
use crate::place::Place;

/// The first versions that record the raft term, and a storage version.
const RECORDS_TERM: Version = Version::new(3, 5, 0);
const RECORDS_STORAGE_VERSION: Version = Version::new(3, 6, 0);

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    if facts.buckets.has("meta").all() == Some(&true) {
        raft_position(facts, findings);
        storage_version(facts, findings);
    }
    let cluster = facts.buckets.cluster.part();
    let version = facts.buckets.cluster.entry(|cluster| cluster.version.as_ref());
    if facts.buckets.has("cluster").all() == Some(&true)
        && version.all() == Some(&None)
        && !facts.found(&CLUSTER_VERSION_INVALID)
    {
        let place = Place::bucket("cluster");
        findings.push(Finding::new(&CLUSTER_VERSION_MISSING, place, "no cluster version was agreed on yet"));
    }
    if let Some(target) = cluster.downgrade.target() {
        let message = format!("a downgrade to {target} is in progress");
        findings.push(Finding::new(&DOWNGRADE_ENABLED, Place::entry("cluster", b"downgrade"), message));
    }
    if let Some(server) = facts.server_version.as_ref().filter(|version| skips_entries(version)) {
        let message = format!("the snapshot was taken from etcd {server}");
        findings.push(Finding::new(&ENTRIES_POSSIBLY_SKIPPED, Place::file(), message));
    }
}

fn raft_position(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let meta = facts.buckets.meta.part();
    let index = facts.buckets.meta.entry(|meta| meta.consistent_index);
    if index.all().is_some_and(|index| index.unwrap_or(0) == 0) && !facts.found(&CONSISTENT_INDEX_INVALID) {
        let message = if meta.consistent_index.is_some() { "the raft index is 0" } else { "there is no raft index" };
        findings.push(Finding::new(&CONSISTENT_INDEX_MISSING, Place::entry("meta", b"consistent_index"), message));
    }
    let newest = [facts.cluster_version(), facts.storage_version()].into_iter().flatten().max();
    let term = facts.buckets.meta.entry(|meta| meta.term);
    if let Some(version) = newest.filter(|version| **version >= RECORDS_TERM)
        && term.all().is_some_and(|term| term.unwrap_or(0) == 0)
        && !facts.found(&TERM_INVALID)
    {
        let message = format!("no raft term, although the database is of etcd {version}");
        findings.push(Finding::new(&TERM_MISSING, Place::entry("meta", b"term"), message));
    }
}

fn storage_version(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let Some(cluster) = facts.cluster_version() else { return };
    let place = Place::entry("meta", b"storageVersion");
    let minor = |version: &Version| (version.major, version.minor);
    // While a downgrade is in progress the cluster version goes first; the downgrade is reported by itself.
    let going_down = facts.buckets.cluster.part().downgrade.target().is_some();
    match facts.storage_version() {
        Some(storage) if minor(storage) > minor(cluster) && !going_down => {
            let message = format!("the storage version is {storage}, the cluster version {cluster}");
            findings.push(Finding::new(&STORAGE_VERSION_STALE, place, message));
        }
        Some(storage) if minor(storage) < minor(cluster) => {
            let message = format!("the storage version is {storage}, the cluster version {cluster}");
            findings.push(Finding::new(&STORAGE_VERSION_BEHIND, place, message));
        }
        None if *cluster >= RECORDS_STORAGE_VERSION
            && facts.buckets.meta.is_whole()
            && !facts.found(&STORAGE_VERSION_INVALID) =>
        {
            let message = format!("there is no storage version, the cluster version is {cluster}");
            findings.push(Finding::new(&STORAGE_VERSION_BEHIND, place, message));
        }
        _ => {}
    }
}

/// Upstream issue 13766.
fn skips_entries(version: &Version) -> bool {
    (version.major, version.minor) == (3, 5) && version.patch <= 2
}

#[cfg(test)]
mod tests {
    use semver::Version;

    use super::super::testing::{buckets, facts, ids, keyspace};
    use crate::buckets::testing::Entry;

    /// What is found in `docs/format/mvcc.md#store-of-351` without `without` and with `more`, besides its members' missing
    /// client URLs.
    fn found(without: &[&str], more: &[Entry<'_>]) -> Vec<String> {
        let (buckets, keyspace) = (buckets(without, more), keyspace());
        let mut found = ids(&facts(&buckets, &keyspace));
        found.retain(|id| id != "MEMBER_ATTRIBUTES_MISSING/note");
        found
    }

    const STORAGE_3_6: Entry<'_> = ("meta", b"storageVersion", b"3.6.0");

    #[test]
    fn a_real_3_5_1_snapshot_is_clean() {
        assert!(found(&[], &[]).is_empty());
    }

    #[test]
    fn storage_and_cluster_version_move_together() {
        assert_eq!(found(&[], &[STORAGE_3_6]), ["STORAGE_VERSION_STALE"]);
        let down = ("cluster", &b"downgrade"[..], &br#"{"target-version":"3.5.0","enabled":true}"#[..]);
        assert_eq!(found(&[], &[STORAGE_3_6, down]), ["DOWNGRADE_ENABLED"]);
        let cluster_3_7 = ("cluster", &b"clusterVersion"[..], &b"3.7.0"[..]);
        assert_eq!(found(&[], &[STORAGE_3_6, cluster_3_7]), ["STORAGE_VERSION_BEHIND/note"]);
        assert_eq!(found(&[], &[cluster_3_7]), ["STORAGE_VERSION_BEHIND/note"]);
    }

    #[test]
    fn servers_record_where_they_are() {
        assert_eq!(found(&["consistent_index", "term"], &[]), ["CONSISTENT_INDEX_MISSING", "TERM_MISSING"]);
        let cluster_3_4 = ("cluster", &b"clusterVersion"[..], &b"3.4.0"[..]);
        assert!(found(&["term", "confState"], &[cluster_3_4]).is_empty());
        let zero = ("meta", &b"consistent_index"[..], &[0; 8][..]);
        assert_eq!(found(&[], &[zero]), ["CONSISTENT_INDEX_MISSING"]);
        assert_eq!(found(&["clusterVersion"], &[]), ["CLUSTER_VERSION_MISSING/note"]);
    }

    #[test]
    fn only_the_user_knows_the_patch_release() {
        let (buckets, keyspace) = (buckets(&[], &[]), keyspace());
        let mut facts = facts(&buckets, &keyspace);
        for (version, expected) in
            [(Version::new(3, 5, 2), true), (Version::new(3, 5, 3), false), (Version::new(3, 4, 2), false)]
        {
            facts.server_version = Some(version);
            assert_eq!(ids(&facts).contains(&"ENTRIES_POSSIBLY_SKIPPED/note".to_owned()), expected);
        }
    }
}
