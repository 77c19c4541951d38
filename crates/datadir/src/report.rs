//! [`DirectoryReport`]: the result of a check, from which every output format is made.

use std::path::PathBuf;

use etcdsnap_snapshot::finding::{Finding, Severity};
use etcdsnap_snapshot::known::Known;
use etcdsnap_snapshot::report::{DatabaseFacts, Omitted, StoreFacts};
use etcdsnap_wal::WalMetadata;
use serde::Serialize;

use crate::lock_owner::LockState;
use crate::log_report::LogReport;
use crate::start::StartVerdict;
use crate::unapplied_entries::UnappliedEntries;

/// The result of checking one data directory.
#[derive(Clone, Debug)]
pub struct DirectoryReport {
    /// The data directory, as it was given.
    pub directory: PathBuf,
    /// The directory of its log, which need not exist.
    pub wal_directory: PathBuf,
    /// Whether a server is running on it.
    pub lock: LockState,
    /// Is there no data of a member?
    pub is_empty: bool,
    /// The ids of the member and its cluster, according to the log.
    pub identity: Option<WalMetadata>,
    /// The check of the log alone; `None` if there is none. Its findings are among the findings below.
    pub log: Option<LogReport>,
    /// The facts about the database file; `None` if it cannot be walked or has no content.
    pub database: Option<DatabaseFacts>,
    /// The facts about the store in it.
    pub store: Option<StoreFacts>,
    /// The raft indexes of log, snapshots and database.
    pub indexes: Indexes,
    /// The entries that are not applied to the database, which are all without a database; `None` if there is no log, or
    /// the index of the database is unknown.
    pub unapplied: Option<UnappliedEntries>,
    /// The members according to log and database, ascending by id.
    pub members: Vec<MemberView>,
    /// The findings, worst first; of the same severity those about the directory, then the log, then the database.
    pub findings: Vec<Finding>,
    /// Findings that were counted but not kept.
    pub omitted: Vec<Omitted>,
    /// What servers do when they are started, by release.
    pub starts: Vec<StartVerdict>,
}

/// The raft indexes of log, snapshots and database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Indexes {
    /// Index of the last entry that the database has applied; null if there is none, or it could not be read.
    pub consistent_index: Known<Option<u64>>,
    /// Term of that entry; null in a database of 3.4, or if it could not be read.
    pub term: Known<Option<u64>>,
    /// Index of the last entry that is known to be committed.
    pub commit: u64,
    /// Term of the last hard state.
    pub hard_state_term: u64,
    /// Index of the first entry in the log; null if there is none.
    pub first_index: Option<u64>,
    /// Index of the last entry in the log, or of the newest snapshot record if that is higher.
    pub last_index: u64,
    /// Index of the newest snapshot record whose entries are committed.
    pub snapshot_index: u64,
}

/// A member according to log and database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MemberView {
    /// Id, 16 hex digits.
    pub id: String,
    /// Name; empty until it has started.
    pub name: String,
    /// Peer URLs.
    pub peer_urls: Vec<String>,
    /// Is it the member whose directory this is?
    pub is_self: bool,
    /// Its role according to the newest `.snap` file and the log after it: `voter`, `learner`, `removed`, `absent`;
    /// `unknown` if the log does not have all entries since then.
    pub in_log: &'static str,
    /// Its role according to the database: `voter`, `learner`, `removed`, `absent`; `unknown` without a database, or if
    /// its buckets could not be read.
    pub in_database: &'static str,
}

impl DirectoryReport {
    /// The worst severity among the findings.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }

    /// Is nothing damaged, lost or inconsistent?
    pub fn is_sound(&self) -> bool {
        self.worst() < Some(Severity::Error)
    }

    /// Does any of the releases start from it?
    pub fn boots(&self) -> bool {
        self.is_empty || self.starts.iter().any(StartVerdict::starts)
    }
}
