//! Keys and Kubernetes objects of an open backup.

use std::sync::{Mutex, PoisonError};

use etcdsnap_kube::encryption::Keyring;
use etcdsnap_mvcc::{Direction, Record};
use etcdsnap_objects::Objects;
use etcdsnap_snapshot::contents::{Contents, Obstacles};

use crate::ReadError;

/// Reads the records of a backup, inside of [`Snapshot::read`](crate::Snapshot::read). Keys and values are those of the mapped
/// file; nothing is copied.
#[derive(Debug)]
pub struct Reader<'a> {
    contents: Contents<'a>,
    /// What was in the way of a pass that is over.
    damage: Mutex<Option<Obstacles>>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(contents: Contents<'a>) -> Self {
        Self { contents, damage: Mutex::default() }
    }

    /// What was in the way of the passes over the records so far.
    pub(crate) fn into_damage(self) -> Option<Obstacles> {
        self.damage.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Goes over the records once, and keeps what was in the way.
    fn pass<T>(&self, read: impl FnOnce(&Contents<'a>) -> Result<T, ReadError>) -> Result<T, ReadError> {
        let contents = self.contents.again()?;
        let answer = read(&contents);
        if let Some(damage) = contents.damage() {
            self.damage.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(damage);
        }
        answer
    }

    /// The current revision, as a server that starts from the backup has it.
    pub fn current_revision(&self) -> i64 {
        self.contents.current_revision()
    }

    /// The compacted revision; -1 when never compacted. What is older cannot be read.
    pub fn compacted_revision(&self) -> i64 {
        self.contents.compacted_revision()
    }

    /// The live keys that begin with `prefix`, in order, with values, at `revision` or at the current one.
    ///
    /// # Errors
    /// The revision cannot be read, or the system could not read the file.
    pub fn keys(&self, prefix: &[u8], revision: Option<i64>) -> Result<Vec<Record<'a>>, ReadError> {
        self.live(revision, &|key| key.starts_with(prefix))
    }

    /// One key at `revision` or at the current one; `None` when it is not there. Each call reads all records once, as the other
    /// methods do: for many keys ask [`keys`](Self::keys).
    ///
    /// # Errors
    /// The revision cannot be read, or the system could not read the file.
    pub fn get(&self, key: &[u8], revision: Option<i64>) -> Result<Option<Record<'a>>, ReadError> {
        Ok(self.live(revision, &|candidate| candidate == key)?.pop())
    }

    /// All records of a key that the backup still has, puts and tombstones, oldest first.
    ///
    /// # Errors
    /// The system could not read the file.
    pub fn history(&self, key: &[u8]) -> Result<Vec<Record<'a>>, ReadError> {
        self.pass(|contents| {
            let mut history = Vec::new();
            for batch in contents.batches(-1, i64::MAX, Direction::OldestFirst) {
                history.extend(batch?.into_iter().filter(|record| record.kv.key == key));
            }
            Ok(history)
        })
    }

    /// The Kubernetes objects at `revision` or at the current one; `keyring` decrypts what is encrypted at rest.
    ///
    /// # Errors
    /// The revision or the file cannot be read, or there are no objects.
    pub fn kubernetes(&self, keyring: Keyring, revision: Option<i64>) -> Result<Objects<'a>, ReadError> {
        self.pass(|contents| Ok(Objects::open::<&str>(contents, revision, keyring, &[])?))
    }

    fn live(
        &self,
        revision: Option<i64>,
        wanted: &(dyn Fn(&[u8]) -> bool + Sync),
    ) -> Result<Vec<Record<'a>>, ReadError> {
        self.pass(|contents| {
            let revision = contents.readable(revision)?;
            let index = contents.index(revision, Some(&wanted))?;
            let live = index.sorted_by_key(index.live_at(revision), |at| *at);
            Ok(live.into_iter().filter_map(|at| index.record(at)).collect())
        })
    }
}
