//! The outcome of a check, as one value that every output form is made from.

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

/// Everything a check learned about one directory.
#[derive(Clone, Debug)]
pub struct DirectoryReport {
    /// The data directory, as it was named.
    pub directory: PathBuf,
    /// Where its log is, or would be.
    pub wal_directory: PathBuf,
    /// Who has it open.
    pub lock: LockState,
    /// Nothing of a member is there.
    pub is_empty: bool,
    /// Whose log it is.
    pub identity: Option<WalMetadata>,
    /// The log by itself; `None` if there is none. Its findings are among the findings below.
    pub log: Option<LogReport>,
    /// The bbolt side of the database; `None` if there is none that can be walked, or nothing was ever written to it.
    pub database: Option<DatabaseFacts>,
    /// The etcd side of it.
    pub store: Option<StoreFacts>,
    /// Where log, snapshots and database stand.
    pub indexes: Indexes,
    /// What the log has that the database does not, which is all of it without one; `None` if there is no log, or where the database
    /// stands is not known.
    pub unapplied: Option<UnappliedEntries>,
    /// The members, as far as anything knows them, ascending by id.
    pub members: Vec<MemberView>,
    /// What was found, worst first, then the directory, the log and the database.
    pub findings: Vec<Finding>,
    /// Findings counted but not kept.
    pub omitted: Vec<Omitted>,
    /// Would it start, by release?
    pub starts: Vec<StartVerdict>,
}

/// Places in the raft log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Indexes {
    /// Last entry that the database has applied; null if it does not say, or if that could not be read.
    pub consistent_index: Known<Option<u64>>,
    /// Term of that entry; null in a database of 3.4, or if it could not be read.
    pub term: Known<Option<u64>>,
    /// Last entry that is known to be committed.
    pub commit: u64,
    /// Term of the last hard state.
    pub hard_state_term: u64,
    /// First entry in the log; null if there is none.
    pub first_index: Option<u64>,
    /// Last entry in the log, or the newest snapshot it tells of if that is higher.
    pub last_index: u64,
    /// Newest snapshot the log tells of whose entries are committed.
    pub snapshot_index: u64,
}

/// A member as log and database know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MemberView {
    /// Id, 16 hex digits.
    pub id: String,
    /// Name; empty until it has started.
    pub name: String,
    /// Peer URLs.
    pub peer_urls: Vec<String>,
    /// Is it this member?
    pub is_self: bool,
    /// What it is by the newest `.snap` file and the log behind it: `voter`, `learner`, `removed`, `absent`; `unknown` if the log does
    /// not reach back far enough.
    pub in_log: &'static str,
    /// What it is by the database: `voter`, `learner`, `removed`, `absent`; `unknown` without one, or if its buckets
    /// could not be read.
    pub in_database: &'static str,
}

impl DirectoryReport {
    /// The worst severity among the findings.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }

    /// Is nothing damaged, lost or at odds?
    pub fn is_sound(&self) -> bool {
        self.worst() < Some(Severity::Error)
    }

    /// Does any release start from it?
    pub fn boots(&self) -> bool {
        self.is_empty || self.starts.iter().any(StartVerdict::starts)
    }
}
