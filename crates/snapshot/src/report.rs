//! The outcome of a verification, as one value that every output form is made from.

use std::path::PathBuf;
use std::time::SystemTime;

use serde::Serialize;

use crate::boot::BootVerdict;
use crate::cause::Cause;
use crate::container::Spooled;
use crate::finding::{Finding, Severity};
use crate::known::Known;

/// Everything [`verify`](crate::verify) learned about one backup.
#[derive(Clone, Debug)]
pub struct Report {
    /// What happened to it, when it is damaged or looks like it.
    pub cause: Option<Cause>,
    /// The file.
    pub source: SourceFacts,
    /// The SHA-256 of the image, and whether the trailer agrees.
    pub sha256: Sha256Facts,
    /// The bbolt database; absent when no meta page could be used.
    pub database: Option<DatabaseFacts>,
    /// The store inside; absent when the tree could not be walked at all.
    pub store: Option<StoreFacts>,
    /// What was found, worst first, then in file order; bounded.
    pub findings: Vec<Finding>,
    /// Findings counted but not kept, by rule id.
    pub omitted: Vec<Omitted>,
    /// Would each minor version of etcd start from a restore of this backup?
    pub boot: Vec<BootVerdict>,
    /// What this verification did not check, and what no offline check can know.
    pub unchecked: Vec<Unchecked>,
}

impl Report {
    /// The worst severity among the findings.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }

    /// The findings that say so, when it is not whole and restorable.
    pub fn errors(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.severity == Severity::Error)
    }

    /// Is the backup whole and restorable?
    pub fn is_sound(&self) -> bool {
        self.worst() < Some(Severity::Error)
    }
}

/// The file that was read.
#[derive(Clone, Debug)]
pub struct SourceFacts {
    /// Path of the file that was read: the one that was given, or the database in a data directory that was given; `-` for
    /// standard input.
    pub path: PathBuf,
    /// `snapshot` (with trailer) or `database` (a raw `member/snap/db`).
    pub kind: &'static str,
    /// `none`, `gzip`, `zstd` or `zip`.
    pub compression: &'static str,
    /// Bytes of the (decompressed) file, trailer included.
    pub size: u64,
    /// Whether every LF had become CR LF, which was undone.
    pub line_ends_undone: bool,
    /// Where the content was written to, when it was too long for memory.
    pub spooled: Option<Spooled>,
    /// Last modification of the file; absent for standard input.
    pub modified: Option<SystemTime>,
}

/// The SHA-256 of the image.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sha256Facts {
    /// Hex digest of the image (the file without its trailer); empty when it was not wanted.
    pub digest: String,
    /// `match`, `mismatch`, `absent`, or `unread` when it was left to others.
    pub trailer: &'static str,
}

/// The bbolt database.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DatabaseFacts {
    /// Bytes of a page.
    pub page_size: u64,
    /// `little` or `big`.
    pub byte_order: &'static str,
    /// Transaction of the chosen meta.
    pub txid: u64,
    /// Pages up to the high-water mark.
    pub high_water_mark: u64,
    /// Reachable branch pages, overflow pages not counted.
    pub branch_pages: Known<u64>,
    /// Reachable leaf pages, overflow pages not counted.
    pub leaf_pages: Known<u64>,
    /// Reachable overflow pages.
    pub overflow_pages: Known<u64>,
    /// Pages that nothing reaches.
    pub free_pages: Known<u64>,
    /// Was the freelist written to the file?
    pub freelist_persisted: bool,
    /// Bytes up to the high-water mark: etcd's "total size" / db size.
    pub size: u64,
    /// Bytes of reachable pages: etcd's "size in use".
    pub size_in_use: Known<u64>,
}

/// The etcd store inside the database.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StoreFacts {
    /// CRC-32C over all buckets, keys and values: what `etcdutl snapshot status` prints.
    pub status_hash: Known<u32>,
    /// Main revision of the last record: what `etcdutl snapshot status` prints.
    pub revision: Known<i64>,
    /// Current revision after a start.
    pub current_revision: Known<i64>,
    /// Compacted revision after a start; -1 when never compacted.
    pub compacted_revision: Known<i64>,
    /// Is a compaction scheduled but not finished?
    pub compaction_unfinished: Known<bool>,
    /// Pairs in all buckets: the key count of etcd 3.4 and 3.5.
    pub total_pairs: Known<u64>,
    /// Live user keys: the key count of etcd 3.6 and later.
    pub live_keys: Known<u64>,
    /// Records in the `key` bucket.
    pub records: Known<u64>,
    /// Tombstones among them.
    pub tombstones: Known<u64>,
    /// `meta/storageVersion`, empty when absent.
    pub storage_version: Known<String>,
    /// `cluster/clusterVersion`, empty when absent.
    pub cluster_version: Known<String>,
    /// Raft index of the last applied entry.
    pub consistent_index: Known<Option<u64>>,
    /// Raft term of that entry.
    pub term: Known<Option<u64>>,
    /// Members.
    pub members: Known<Vec<MemberFacts>>,
    /// Ids of removed members, 16 hex digits.
    pub members_removed: Known<Vec<String>>,
    /// Alarms, as `memberid NAME`.
    pub alarms: Known<Vec<AlarmFacts>>,
    /// Leases in the `lease` bucket.
    pub leases: Known<u64>,
    /// Users.
    pub users: Known<u64>,
    /// Roles.
    pub roles: Known<u64>,
    /// Is authentication on?
    pub auth_enabled: Known<bool>,
    /// Pairs per root bucket, in file order.
    pub buckets: Known<Vec<BucketFacts>>,
    /// Names of the buckets of which a part, or all, could not be read; the values that come from them are not known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<&'static str>,
    /// Counts that are not known: as many as could be read, so there are at least so many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_least: Option<AtLeast>,
}

/// Lower bounds of counts that are not known, because a bucket could not be read to its end.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AtLeast {
    /// Pairs in all buckets.
    pub total_pairs: u64,
    /// Records in the `key` bucket.
    pub records: u64,
    /// Tombstones among them.
    pub tombstones: u64,
    /// Leases.
    pub leases: u64,
    /// Users.
    pub users: u64,
    /// Roles.
    pub roles: u64,
}

/// One bucket of the root.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BucketFacts {
    /// Name, quoted where it is not printable.
    pub name: String,
    /// Pairs in it.
    pub pairs: Known<u64>,
    /// Bytes of its keys and values.
    pub bytes: Known<u64>,
}

/// One member of the cluster the backup was taken from.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MemberFacts {
    /// Id, 16 hex digits.
    pub id: String,
    /// Name; empty until it was published.
    pub name: String,
    /// Peer URLs.
    pub peer_urls: Vec<String>,
    /// Client URLs.
    pub client_urls: Vec<String>,
    /// Is it a learner?
    pub learner: bool,
}

/// One alarm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AlarmFacts {
    /// Member id, 16 hex digits.
    pub member: String,
    /// `NOSPACE`, `CORRUPT`, or the number of an unknown alarm.
    pub alarm: String,
}

/// Findings of one rule that were counted but not kept.
#[derive(Clone, Debug, Serialize)]
pub struct Omitted {
    /// The rule's id.
    pub id: &'static str,
    /// How many more there are.
    pub count: u64,
}

impl From<(&'static str, u64)> for Omitted {
    /// Takes an id with the number of findings, as [`Findings`](crate::finding::Findings) has them.
    fn from((id, count): (&'static str, u64)) -> Self {
        Self { id, count }
    }
}

/// Something that was not checked.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Unchecked {
    /// A few words.
    pub what: &'static str,
    /// Why it was not, and what would.
    pub why: String,
}
