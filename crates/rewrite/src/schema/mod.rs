//! The layout of a database as etcd's versions count it, and the entries that change between them
//! (`docs/format/tools.md#migrate`).
//!
//! Two questions are answered from the small [`Buckets`] alone:
//!
//! * [`Migration::plan`]: what etcd's own `migrate` does to move a member's database to another storage version, and no more;
//! * [`changes_for_release`]: everything that must change so that servers of a release start from a *restored* database, which begins a new
//!   cluster: stale versions, downgrades and raft configurations too.
//!
//! Both give [`EntryChange`]s, which go into an [`Editor`] or are shown to a user; nothing is written here.

mod migration;
mod release_changes;
mod required_version;
mod start_obstacle;

use std::borrow::Cow;
use std::fmt;

use etcdsnap_bbolt::edit::{EditError, Editor};

pub use migration::{Migration, MigrationError, detect};
pub use release_changes::{RaftMembers, UnknownStorageVersion, changes_for_release};
pub use required_version::{UndecodableEntry, required_version};
pub use start_obstacle::{StartObstacle, start_obstacles};

use etcdsnap_snapshot::buckets::Buckets;

/// One entry of a small bucket that gets another value, or goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryChange {
    /// Name of the bucket, which exists.
    pub bucket: &'static str,
    /// Key of the entry.
    pub key: &'static str,
    /// Its new value; `None` when it goes. Always text, and never secret.
    pub value: Option<String>,
    /// Why, as the end of a sentence.
    pub reason: String,
}

impl EntryChange {
    /// Adds this change to others.
    pub fn add_to(&self, editor: &mut Editor<'_>) -> Result<(), EditError> {
        let (bucket, key) = (self.bucket.as_bytes(), self.key.as_bytes());
        match &self.value {
            Some(value) => editor.put(bucket, key, Cow::Owned(value.clone().into_bytes())),
            None => editor.delete(bucket, key),
        }
    }
}

impl fmt::Display for EntryChange {
    /// `meta/storageVersion becomes 3.6.0: etcd 3.6 does not start from 3.7.0`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bucket, key, value, reason } = self;
        match value {
            Some(value) => write!(f, "{bucket}/{key} becomes {value}: {reason}"),
            None => write!(f, "{bucket}/{key} is removed: {reason}"),
        }
    }
}
