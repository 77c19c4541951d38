//! Finds the keys that clients wrote through the v2 API, for the findings about what no snapshot holds.
//!
//! etcd 2 to 3.5 keep them in the v2 store: in memory, in the `.snap` files, and in the log since the newest of them.
//! The database does not have them, and so no snapshot of it does.

use std::collections::BTreeSet;

use etcdsnap_snapshot::place::excerpt;
use etcdsnap_wal::EntryPayload;
use etcdsnap_wal::snap::V2Store;

use crate::contents::{DirectoryContents, LogContent};

/// The most keys that a message names; all are counted.
const NAMED: usize = 5;

/// The directory of the v2 store that has the keys of clients.
const CLIENTS: &str = "/1";

/// The keys of v2 clients in a directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct V2Keys {
    /// File name of the newest `.snap` file that can be used, if it has any.
    pub file: Option<String>,
    /// Keys in it.
    pub stored: u64,
    /// Path of what else is in it that is not about the cluster, such as the users of v2.
    pub other: Option<String>,
    /// Requests of v2 clients in the log after it.
    pub logged: u64,
    /// The last version of etcd that the cluster agreed on through the v2 store.
    pub cluster_version: Option<String>,
    /// Paths by which clients know the keys, some of them.
    paths: BTreeSet<String>,
}

impl V2Keys {
    /// Looks into the newest `.snap` file and the log after it.
    pub fn of(evidence: &DirectoryContents<'_>) -> Self {
        let mut found = Self::default();
        let newest = evidence.snaps.newest(|_| true);
        let mut from = 0;
        if let Some((name, file)) = newest
            && let Ok(store) = file.store()
        {
            from = file.start.index;
            found.cluster_version = store.cluster_version().map(str::to_owned);
            found.store(name, &store);
        }
        if let Some(log) = &evidence.log {
            found.log(log, from);
        }
        found
    }

    /// Are there no keys?
    pub fn is_empty(&self) -> bool {
        self.stored == 0 && self.logged == 0
    }

    /// A sentence that counts the keys and requests, and names some of them.
    pub fn sentence(&self) -> String {
        let names: Vec<_> = self.paths.iter().map(|path| excerpt(path.as_bytes())).collect();
        let more = if self.stored + self.logged > names.len() as u64 { " and others" } else { "" };
        let stored = match self.stored {
            0 => "no .snap file holds keys of the v2 API".to_owned(),
            stored => format!("{} of the v2 API", counted(stored, "key")),
        };
        let logged = if self.logged > 0 {
            format!("; the log has {} after it", counted(self.logged, "request of v2 clients"))
        } else {
            String::new()
        };
        format!("{stored}{logged}: {}{more}", names.join(", "))
    }

    fn store(&mut self, name: &str, store: &V2Store) {
        if let Some(clients) = store.node(CLIENTS) {
            for path in clients.keys() {
                self.stored += 1;
                self.name(path);
            }
        }
        self.other = store.custom_content().filter(|path| *path != CLIENTS).map(str::to_owned);
        if self.stored > 0 || self.other.is_some() {
            self.file = Some(name.to_owned());
        }
    }

    fn log(&mut self, log: &LogContent<'_>, from: u64) {
        for logged in log.entries.iter().filter(|logged| logged.entry.index > from) {
            let request = match logged.entry.payload() {
                EntryPayload::LegacyRequest(request) => *request,
                EntryPayload::Request(request) => match request.v2 {
                    Some(request) => request,
                    None => continue,
                },
                _ => continue,
            };
            if request.path() == "/0/version" && request.method() == "PUT" {
                self.cluster_version = Some(request.val().to_owned());
            }
            if request.path().starts_with(CLIENTS) && matches!(request.method(), "PUT" | "POST" | "DELETE") {
                self.logged += 1;
                self.name(request.path());
            }
        }
    }

    fn name(&mut self, path: &str) {
        let path = path.strip_prefix(CLIENTS).unwrap_or(path);
        if self.paths.len() < NAMED && !path.is_empty() {
            self.paths.insert(path.to_owned());
        }
    }
}

fn counted(count: u64, thing: &str) -> String {
    let (word, rest) = thing.split_once(' ').unwrap_or((thing, ""));
    let plural = if count == 1 { "" } else { "s" };
    let space = if rest.is_empty() { "" } else { " " };
    format!("{count} {word}{plural}{space}{rest}")
}
