//! Rules that need more than one entry or bucket, and the known incidents a snapshot can show
//! (`docs/format/snapshot.md#incidents`).
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

use etcdsnap_mvcc::{Compaction, Summary};
use etcdsnap_proto::go_decoders::{DecodeOutcome, GoLibrary};
use semver::Version;

use crate::buckets::Buckets;
use crate::catalogue::mvcc::RECORD_UNDECODABLE;
use crate::finding::{Finding, Kind};
use crate::first_of::first_of;
use crate::known::Known;

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
    /// The records of the `key` bucket; known when all of them could be read.
    pub keyspace: Known<&'f Summary>,
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
    pub fn current_revision(&self) -> Known<i64> {
        let last = self.keyspace.map(|keyspace| keyspace.last);
        self.compaction().zip(last).map(|(compaction, last)| compaction.current(*last))
    }

    /// How far the keyspace is compacted.
    pub fn compaction(&self) -> Known<Compaction> {
        self.buckets.meta.map(|meta| meta.compaction)
    }

    /// Live keys that reads return, that is without the marker of a bumped revision.
    pub fn user_keys(&self) -> Known<u64> {
        self.keyspace.map(|keyspace| keyspace.live_keys.saturating_sub(u64::from(keyspace.bump_markers > 0)))
    }

    /// The version that the cluster agreed on, when it could be read.
    pub fn cluster_version(&self) -> Option<&Version> {
        self.buckets.cluster.part().version.as_ref()
    }

    /// The version of the layout of the database, when it could be read.
    pub fn storage_version(&self) -> Option<&Version> {
        self.buckets.meta.part().storage_version.as_ref()
    }

    /// Is it certain that the cluster was restored from a backup at some time? Every revision but the first takes a raft
    /// entry, so a raft index below that means that a restore began a new log and kept the revisions.
    ///
    /// A revision that was read is a lower bound of the current one, so part of the keyspace is enough.
    pub fn was_restored(&self) -> bool {
        let current = *self.current_revision().part();
        let revisions = u64::try_from(current).unwrap_or(0).saturating_sub(1);
        self.buckets.meta.part().consistent_index.is_some_and(|index| (1..revisions).contains(&index))
    }

    /// Leases that live keys are attached to and that do not exist, each with the number of its keys; none when it is
    /// not known which leases or keys there are. Both lists are in the order of ids, so one pass tells.
    pub fn dangling_leases(&self) -> impl Iterator<Item = (i64, u64)> {
        let known = self.buckets.leases.all().zip(self.keyspace.all());
        known.into_iter().flat_map(|(leases, keyspace)| {
            let mut existing = leases.iter().peekable();
            let attached = keyspace.leases.iter().map(|(id, keys)| (*id, *keys));
            attached.filter(move |(id, _)| {
                while existing.next_if(|lease| lease.id < *id).is_some() {}
                existing.peek().is_none_or(|lease| lease.id != *id)
            })
        })
    }

    /// The worst that becomes of the entries that findings of this kind say cannot be decoded, on servers with this library; `None`
    /// when there are none.
    pub(crate) fn undecodable(&self, kind: &Kind, library: GoLibrary) -> Option<DecodeOutcome> {
        let outcome = if *kind == RECORD_UNDECODABLE {
            self.keyspace.part().undecodable.with(library)
        } else {
            self.buckets.undecodable.outcome(kind, library)
        };
        self.found(kind).then_some(outcome)
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
    first_of(ids.iter().take(SHOWN).map(|id| format!("{id:016x}")), ids.len() as u64)
}
