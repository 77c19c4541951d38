//! [`V2Keys`]: finds the keys that clients wrote through the v2 API, which are in no snapshot of the database.
//!
//! etcd 2 to 3.5 keep them in the v2 store: in memory, in the `.snap` files, and in the log since the newest of them.
//! The database does not have them.

use std::collections::BTreeSet;

use etcdsnap_quantity::quantity;
use etcdsnap_quote::excerpt;
use etcdsnap_wal::EntryPayload;
use etcdsnap_wal::snap::V2Store;

use crate::contents::{DirectoryContents, LogContent};

/// The most keys that a message lists; all are counted.
const NAMED: usize = 5;

/// The directory of the v2 store with the keys of clients.
const CLIENTS: &str = "/1";

/// The keys of v2 clients in the files of a member.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct V2Keys {
    /// File name of the newest readable `.snap` file, if it has content of v2 clients.
    pub file: Option<String>,
    /// Number of keys in it.
    pub stored: u64,
    /// Path of other content in it that does not describe the cluster, such as the users of v2.
    pub other: Option<String>,
    /// Number of requests of v2 clients in the log after it.
    pub logged: u64,
    /// The newest cluster version in the v2 store and the log.
    pub cluster_version: Option<String>,
    /// Some of the keys, as clients name them.
    paths: BTreeSet<String>,
}

impl V2Keys {
    /// Searches the newest `.snap` file and the log after it.
    pub fn of(contents: &DirectoryContents<'_>) -> Self {
        let mut found = Self::default();
        let newest = contents.snaps.newest(|_| true);
        let mut from = 0;
        if let Some((name, file)) = newest
            && let Ok(store) = file.store()
        {
            from = file.start.index;
            found.cluster_version = store.cluster_version().map(str::to_owned);
            found.store(name, &store);
        }
        if let Some(log) = &contents.log {
            found.log(log, from);
        }
        found
    }

    /// Are there no keys and no requests?
    pub fn is_empty(&self) -> bool {
        self.stored == 0 && self.logged == 0
    }

    /// A sentence with the number of keys and requests, and some of their names.
    pub fn sentence(&self) -> String {
        let names: Vec<_> = self.paths.iter().map(|path| excerpt(path.as_bytes())).collect();
        let more = if self.stored + self.logged > names.len() as u64 { " and others" } else { "" };
        let stored = match self.stored {
            0 => "no .snap file holds keys of the v2 API".to_owned(),
            stored => format!("{} of the v2 API", quantity(stored, "key")),
        };
        let logged = if self.logged > 0 {
            format!("; the log has {} of v2 clients after it", quantity(self.logged, "request"))
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
