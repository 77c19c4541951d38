//! Finds the `.snap` files that keep a server from starting, and that can be moved aside without a loss.
//!
//! A server up to 3.6 starts from the newest `.snap` file. If the database is older than that, it stops, although the
//! log may have everything that the database lacks. Without the newer files it starts from an older one and applies the
//! log.

use etcdsnap_snapshot::place::quote;
use etcdsnap_wal::snap::SnapFile;

use crate::evidence::Evidence;
use crate::start::{Server, StartVerdict, verdict};

/// The `.snap` files to move aside, and the releases that start without them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Aside {
    /// Names of the files, quoted for a message.
    pub files: Vec<String>,
    /// The releases that then start, and did not before.
    pub servers: Vec<Server>,
    /// Index of the snapshot they start from; 0 for the beginning of the log.
    pub start: u64,
}

impl Aside {
    /// Judges the start of `servers` without the files that are newer than the database; `None` if that lets none of
    /// them start.
    pub fn find(evidence: &mut Evidence<'_>, servers: &[Server]) -> Option<Self> {
        let index = evidence.database.content()?.buckets.meta.part().consistent_index.filter(|index| *index > 0)?;
        let is_newer = |bytes| SnapFile::parse(bytes).is_ok_and(|file| file.start.index > index);
        let newer = evidence.snaps.snaps().filter(|(_, _, bytes)| is_newer(bytes));
        let files: Vec<_> = newer.map(|(name, ..)| quote(name.as_bytes())).collect();
        // With the database that was received there is another way, and the server takes it.
        if files.is_empty() || evidence.received.is_some() {
            return None;
        }
        let stopped: Vec<Server> =
            servers.iter().copied().filter(|server| !verdict(evidence, *server).starts()).collect();
        evidence.newest_snap_index = index;
        let starts: Vec<_> = stopped.into_iter().map(|server| verdict(evidence, server)).collect();
        evidence.newest_snap_index = u64::MAX;
        let starts: Vec<_> = starts.into_iter().filter(StartVerdict::starts).collect();
        let start = starts.first()?.snapshot_index;
        Some(Self { files, servers: starts.iter().map(|start| start.server).collect(), start })
    }

    /// Adds to the verdict about a release that it starts once the files are moved.
    pub fn note(&self, start: &mut StartVerdict) {
        if self.servers.contains(&start.server) {
            start.reasons.push(format!("It starts once {} moved out of member/snap.", self.moved()));
        }
    }

    fn moved(&self) -> String {
        match self.files.as_slice() {
            [one] => format!("{one} is"),
            files => format!("{} are", files.join(" and ")),
        }
    }

    /// A sentence that says which files to move, and from where the log is then applied.
    pub fn advice(&self, last: u64, index: u64) -> String {
        let from = match self.start {
            0 => "the beginning of the log".to_owned(),
            start => format!("the snapshot at {start}"),
        };
        let servers: Vec<_> = self.servers.iter().map(Server::to_string).collect();
        format!(
            "Move {} out of member/snap and keep {}: etcd {} then {} from {from} and {} entries {} to {last} to this database",
            self.files.join(" and "),
            if self.files.len() == 1 { "it" } else { "them" },
            servers.join(" and "),
            if servers.len() == 1 { "starts" } else { "start" },
            if servers.len() == 1 { "applies" } else { "apply" },
            index.saturating_add(1)
        )
    }
}
