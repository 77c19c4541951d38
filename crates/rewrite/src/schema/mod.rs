//! The layout of a database as etcd's versions count it, and the entries that change between them
//! (`docs/format/tools.md#migrate`).
//!
//! Two questions are answered from the small [`Buckets`] alone:
//!
//! * [`Migration::plan`]: what etcd's own `migrate` does to move a member's database to another storage version, and no more;
//! * [`fit`]: everything that must change so that servers of a release start from a *restored* database, which begins a new
//!   cluster: stale versions, downgrades and raft configurations too.
//!
//! Both give [`Change`]s, which go into an [`Editor`] or are shown to a user; nothing is written here.

mod caution;
mod entries;
mod fit;
mod migration;

use std::borrow::Cow;
use std::fmt;

use etcdsnap_bbolt::edit::{EditError, Editor};

pub use caution::{Caution, cautions};
pub use entries::{Undecodable, needed};
pub use fit::{NewVoters, Unfit, fit};
pub use migration::{Migration, MigrationError, detect};

use etcdsnap_snapshot::buckets::Buckets;

/// One entry of a small bucket that gets another value, or goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Name of the bucket, which exists.
    pub bucket: &'static str,
    /// Key of the entry.
    pub key: &'static str,
    /// Its new value; `None` when it goes. Always text, and never secret.
    pub value: Option<String>,
    /// Why, as the end of a sentence.
    pub reason: String,
}

impl Change {
    /// Adds this change to others.
    pub fn add_to(&self, editor: &mut Editor<'_>) -> Result<(), EditError> {
        let (bucket, key) = (self.bucket.as_bytes(), self.key.as_bytes());
        match &self.value {
            Some(value) => editor.put(bucket, key, Cow::Owned(value.clone().into_bytes())),
            None => editor.delete(bucket, key),
        }
    }
}

impl fmt::Display for Change {
    /// `meta/storageVersion becomes 3.6.0: etcd 3.6 does not start from 3.7.0`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bucket, key, value, reason } = self;
        match value {
            Some(value) => write!(f, "{bucket}/{key} becomes {value}: {reason}"),
            None => write!(f, "{bucket}/{key} is removed: {reason}"),
        }
    }
}
