//! [`StartVerdict`]: the prediction of a server's start.

use etcdsnap_wal::{WalMetadata, WalPlace};

use super::release::ServerRelease;

/// What a server does when it is started from a data directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartOutcome {
    /// It starts.
    Starts,
    /// It cuts off the unfinished end of the log, and starts.
    Repairs {
        /// Where it cuts the log off.
        cut: WalPlace,
    },
    /// It starts without entries that are there: it cuts the log off where it is damaged, erases what follows the end of
    /// the log, replaces its database by one that lacks entries, or decodes entries of the database as others.
    DiscardsData {
        /// Where it cuts the log off; `None` if it is the database that lacks entries.
        cut: Option<WalPlace>,
    },
    /// It starts as a new member, as its flags say, because there is no log.
    StartsAsNewMember,
    /// It starts, but is not ready for clients until its log has passed the index of the database, or never.
    NotReady,
    /// It exits with an error.
    Exits,
    /// It panics.
    Panics,
    /// It may start, or panic now or later, because pages of the database are damaged.
    Unpredictable,
}

/// The prediction for one release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartVerdict {
    /// The release.
    pub server: ServerRelease,
    /// What it does.
    pub outcome: StartOutcome,
    /// Why it does not start, or notes about its start. Whole sentences, the most important first.
    pub reasons: Vec<String>,
    /// Words of its last log message, when it ends.
    pub message: Option<String>,
    /// The ids of the member and its cluster.
    pub identity: Option<WalMetadata>,
    /// Index of the snapshot from which it starts; 0 for the beginning of the log.
    pub snapshot_index: u64,
    /// Ids of the voting members, ascending.
    pub voters: Vec<u64>,
    /// Ids of the learners, ascending.
    pub learners: Vec<u64>,
}

impl StartVerdict {
    /// Does it start with the data of the directory?
    pub fn starts(&self) -> bool {
        matches!(self.outcome, StartOutcome::Starts | StartOutcome::Repairs { .. })
    }

    /// Does it need other members to be started before there is a leader?
    pub fn needs_others(&self) -> bool {
        self.starts() && self.identity.is_some_and(|identity| self.voters != [identity.node_id])
    }
}
