//! [`BlockingSnaps`]: finds the `.snap` files that prevent a server from starting and can be moved away without loss.
//!
//! A server up to 3.6 starts from the newest `.snap` file. If the database is older than that, it stops, although the
//! log may have all entries that the database lacks. Without the newer files it starts from an older one and applies the
//! log.

use etcdsnap_quote::quote;
use etcdsnap_wal::snap::SnapFile;

use crate::contents::{DatabaseState, DirectoryContents};
use crate::start::{ServerRelease, StartVerdict, verdict};

/// The `.snap` files to move away, and the releases that start without them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BlockingSnaps {
    /// Names of the files, quoted for a message.
    pub files: Vec<String>,
    /// The releases that start without the files but not with them.
    pub servers: Vec<ServerRelease>,
    /// Index of the snapshot from which they start; 0 for the beginning of the log.
    pub start: u64,
}

impl BlockingSnaps {
    /// Predicts the start of `servers` without the files that are newer than the database; `None` if none of them starts.
    pub fn find(contents: &mut DirectoryContents<'_>, servers: &[ServerRelease]) -> Option<Self> {
        let index = match &contents.database {
            DatabaseState::Missing | DatabaseState::New(_) => 0,
            DatabaseState::Read(content) => content.buckets.meta.part().consistent_index.filter(|index| *index > 0)?,
            DatabaseState::Unusable => return None,
        };
        // With a complete received database the server starts anyway.
        if contents.has_usable_replacement() {
            return None;
        }
        let is_newer = |bytes| SnapFile::parse(bytes).is_ok_and(|file| file.start.index > index);
        let newer = contents.snaps.snaps().filter(|(_, _, bytes)| is_newer(bytes));
        let mut files: Vec<_> = newer.map(|(name, ..)| quote(name.as_bytes())).collect();
        if files.is_empty() {
            return None;
        }
        files.extend(contents.received.as_ref().map(|(index, _)| format!("{index:016x}.snap.db")));
        let stopped: Vec<ServerRelease> =
            servers.iter().copied().filter(|server| !verdict(contents, *server).starts()).collect();
        let received = contents.received.take();
        contents.newest_snap_index = index;
        let starts: Vec<_> = stopped.into_iter().map(|server| verdict(contents, server)).collect();
        contents.newest_snap_index = u64::MAX;
        contents.received = received;
        let starts: Vec<_> = starts.into_iter().filter(StartVerdict::starts).collect();
        let start = starts.first()?.snapshot_index;
        Some(Self { files, servers: starts.iter().map(|start| start.server).collect(), start })
    }

    /// Adds a reason to the verdict about a release that starts when the files are moved.
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

    /// A sentence that says which files to move, and from which entry the log is then applied.
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

/// Lists names in a sentence.
fn listed(names: &[String]) -> String {
    match names {
        [names @ .., last] if names.len() > 1 => format!("{} and {last}", names.join(", ")),
        names => names.join(" and "),
    }
}
