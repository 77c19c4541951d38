//! Finds the `.snap` files that keep a server from starting, and that can be moved aside without a loss.
//!
//! A server up to 3.6 starts from the newest `.snap` file. If the database is older than that, it stops, although the
//! log may have everything that the database lacks. Without the newer files it starts from an older one and applies the
//! log.

use etcdsnap_snapshot::place::quote;
use etcdsnap_wal::snap::SnapFile;

use crate::contents::{DatabaseState, DirectoryContents};
use crate::start::{ServerRelease, StartVerdict, verdict};

/// The `.snap` files to move aside, and the releases that start without them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BlockingSnaps {
    /// Names of the files, quoted for a message.
    pub files: Vec<String>,
    /// The releases that then start, and did not before.
    pub servers: Vec<ServerRelease>,
    /// Index of the snapshot they start from; 0 for the beginning of the log.
    pub start: u64,
}

impl BlockingSnaps {
    /// Judges the start of `servers` without the files that are newer than the database; `None` if that lets none of
    /// them start.
    pub fn find(evidence: &mut DirectoryContents<'_>, servers: &[ServerRelease]) -> Option<Self> {
        let index = match &evidence.database {
            DatabaseState::Missing | DatabaseState::New(_) => 0,
            DatabaseState::Read(content) => content.buckets.meta.part().consistent_index.filter(|index| *index > 0)?,
            DatabaseState::Unusable => return None,
        };
        // With a received database that is whole there is another way, and the server takes it.
        if evidence.is_received() {
            return None;
        }
        let is_newer = |bytes| SnapFile::parse(bytes).is_ok_and(|file| file.start.index > index);
        let newer = evidence.snaps.snaps().filter(|(_, _, bytes)| is_newer(bytes));
        let mut files: Vec<_> = newer.map(|(name, ..)| quote(name.as_bytes())).collect();
        if files.is_empty() {
            return None;
        }
        files.extend(evidence.received.as_ref().map(|(index, _)| format!("{index:016x}.snap.db")));
        let stopped: Vec<ServerRelease> =
            servers.iter().copied().filter(|server| !verdict(evidence, *server).starts()).collect();
        let received = evidence.received.take();
        evidence.newest_snap_index = index;
        let starts: Vec<_> = stopped.into_iter().map(|server| verdict(evidence, server)).collect();
        evidence.newest_snap_index = u64::MAX;
        evidence.received = received;
        let starts: Vec<_> = starts.into_iter().filter(StartVerdict::starts).collect();
        let start = starts.first()?.snapshot_index;
        Some(Self { files, servers: starts.iter().map(|start| start.server).collect(), start })
    }

    /// Adds to the verdict about a release that it starts once the files are moved.
    pub fn add_to(&self, start: &mut StartVerdict) {
        if self.servers.contains(&start.server) {
            start.reasons.push(format!("It starts once {} moved out of member/snap.", self.moved()));
        }
    }

    fn moved(&self) -> String {
        match self.files.as_slice() {
            [one] => format!("{one} is"),
            files => format!("{} are", listed(files)),
        }
    }

    /// A sentence that says which files to move, and from where the log is then applied.
    pub fn advice(&self, last: u64, index: u64) -> String {
        let from = match self.start {
            0 => "the beginning of the log".to_owned(),
            start => format!("the snapshot at {start}"),
        };
        let servers: Vec<_> = self.servers.iter().map(ServerRelease::to_string).collect();
        format!(
            "Move {} out of member/snap and keep {}: etcd {} then {} from {from} and {} entries {} to {last} to {} database",
            listed(&self.files),
            if self.files.len() == 1 { "it" } else { "them" },
            listed(&servers),
            if servers.len() == 1 { "starts" } else { "start" },
            if servers.len() == 1 { "applies" } else { "apply" },
            index.saturating_add(1),
            if index == 0 { "a new" } else { "this" }
        )
    }
}

/// Names in a sentence.
fn listed(names: &[String]) -> String {
    match names {
        [names @ .., last] if names.len() > 1 => format!("{} and {last}", names.join(", ")),
        names => names.join(" and "),
    }
}
