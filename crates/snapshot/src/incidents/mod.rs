//! Rules that need more than one entry or bucket, and the known incidents a snapshot can show (`etcd-format.md` 9).
//!
//! The facts of one database go in, findings come out; one file for each subject. A rule that a healthy cluster can break,
//! for instance after a restore, gives a note there and a warning elsewhere.

mod auth;
mod keyspace;
mod leases;
mod membership;
#[cfg(test)]
pub(crate) mod testing;
mod versions;

use etcdsnap_mvcc::Summary;
use semver::Version;

use crate::buckets::Buckets;
use crate::finding::{Finding, Kind, Layer, Severity};

/// The database quota of a server that is started without `--quota-backend-bytes`, in bytes.
pub const DEFAULT_QUOTA: u64 = 2 * 1024 * 1024 * 1024;

/// Has a database of so many bytes reached that quota? Servers refuse a write unless the size and what is written stay below
/// the quota together, so at the quota they refuse every one.
pub fn reaches_default_quota(database_size: u64) -> bool {
    database_size >= DEFAULT_QUOTA
}

/// Everything known about one database after the walk over it.
#[derive(Clone, Debug)]
pub struct Facts<'f> {
    /// The small buckets.
    pub buckets: &'f Buckets,
    /// The records of the `key` bucket.
    pub keyspace: &'f Summary,
    /// Bytes up to the high-water mark: what a server compares with its quota.
    pub database_size: u64,
    /// The version of the server that took the snapshot, when the user says which it was; the file does not.
    pub server_version: Option<Version>,
    /// What the other checks found: the file, its structure, its records and the entries of its small buckets; at least one
    /// finding of every kind that was found.
    pub findings: &'f [Finding],
}

impl Facts<'_> {
    /// The store's revision after a start.
    pub fn current_revision(&self) -> i64 {
        self.buckets.meta.compaction.current(self.keyspace.last)
    }

    /// Live keys that reads return, that is without the marker of a bumped revision.
    pub fn user_keys(&self) -> u64 {
        self.keyspace.live_keys.saturating_sub(u64::from(self.keyspace.bump_markers > 0))
    }

    /// Is it certain that the cluster was restored from a backup at some time? Every revision but the first takes a raft
    /// entry, so a raft index below that means that a restore began a new log and kept the revisions.
    pub fn was_restored(&self) -> bool {
        let revisions = u64::try_from(self.current_revision()).unwrap_or(0).saturating_sub(1);
        self.buckets.meta.consistent_index.is_some_and(|index| (1..revisions).contains(&index))
    }

    /// Leases that live keys are attached to and that do not exist, each with the number of its keys. Both lists are in the
    /// order of ids, so one pass tells.
    pub fn dangling_leases(&self) -> impl Iterator<Item = (i64, u64)> {
        let mut existing = self.buckets.leases.iter().peekable();
        let attached = self.keyspace.leases.iter().map(|(id, keys)| (*id, *keys));
        attached.filter(move |(id, _)| {
            while existing.next_if(|lease| lease.id < *id).is_some() {}
            existing.peek().is_none_or(|lease| lease.id != *id)
        })
    }

    /// Is all of the tree there? What seems to be missing from the keyspace of a damaged one is no fact of its own.
    pub fn is_whole(&self) -> bool {
        !self.findings.iter().any(|finding| {
            finding.kind.layer == Layer::Structure
                && finding.severity == Severity::Error
                && finding.place.bucket.is_some()
        })
    }

    /// Was anything of this kind found?
    pub fn found(&self, kind: &Kind) -> bool {
        self.findings.iter().any(|finding| finding.kind.id == kind.id)
    }
}

/// Applies all rules that need more than one entry or bucket.
pub fn incidents(facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    keyspace::check(facts, &mut findings);
    leases::check(facts, &mut findings);
    membership::check(facts, &mut findings);
    versions::check(facts, &mut findings);
    auth::check(facts, &mut findings);
    findings
}

/// Some of many ids, for a message: at most five, then how many more.
fn some_of<T: std::fmt::LowerHex>(ids: &[T]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<_> = ids.iter().take(SHOWN).map(|id| format!("{id:016x}")).collect();
    match ids.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
