//! The objects of a backup as they were at one revision, with the history before it.

use std::collections::HashSet;

use etcdsnap_kube::cluster::Cluster;
use etcdsnap_kube::encryption::Keyring;
use etcdsnap_kube::key::{ClassifiedKey, ObjectKey, Roots};
use etcdsnap_kube::resource::Resource;
use etcdsnap_mvcc::{DeletedKey, Index, Position, Record};
use etcdsnap_snapshot::contents::Contents;
use etcdsnap_snapshot::known::Known;
use rayon::prelude::*;

use crate::cluster_discovery::DiscoveryRecords;
use crate::{KeyCounts, ObjectRecord, ObjectSelection, OpenObjectsError, Plaintext, SelectionItem, map_in_order};

/// The Kubernetes objects in one backup. Works on the rayon pool it is used in; takes 24 bytes a record and 8 a living key.
#[derive(Debug)]
pub struct Objects<'a> {
    pub(crate) keyring: Keyring,
    index: Index<'a>,
    revision: i64,
    shown_revision: Known<i64>,
    live: Vec<Position>,
    roots: Roots,
    cluster: Cluster,
    key_counts: KeyCounts,
    is_damaged: bool,
}

/// Objects that were asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SelectedObjects {
    /// Those there are: in the order in which they were named, and among them in the order of keys.
    pub positions: Vec<Position>,
    /// Those that were named and are not there.
    pub missing: Vec<SelectionItem>,
}

/// A put or deletion of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObjectWrite {
    /// The record.
    pub at: Position,
    /// The record before it in the history of its key, as far as the file has one.
    pub before: Option<Position>,
}

impl<'a> Objects<'a> {
    /// Reads all keys up to the revision that is `asked` for, or the newest, and learns from the objects that lived then. The
    /// `keyring` opens what is encrypted. Objects lie below the given `prefixes` (what an API server is given as
    /// `--etcd-prefix`); without any, prefixes are found.
    ///
    /// # Errors
    /// The revision or the file cannot be read, or there are no objects in it.
    pub fn open<S: AsRef<str>>(
        contents: &Contents<'a>,
        asked: Option<i64>,
        mut keyring: Keyring,
        prefixes: &[S],
    ) -> Result<Self, OpenObjectsError> {
        let revision = contents.readable(asked)?;
        let index = contents.index(revision, None)?;
        let live = index.live_at(revision);
        let records = DiscoveryRecords::find(&index, &live);
        let roots = if prefixes.is_empty() { records.roots() } else { prefixes.iter().collect() };
        let key_counts = KeyCounts::take(&index, &live, &roots);
        if !key_counts.is_kubernetes {
            return Err(OpenObjectsError::NotKubernetes(Box::new(key_counts)));
        }
        records.add_keys(&mut keyring);
        let mut cluster = Cluster::default();
        records.discover(&mut cluster, &keyring);
        let is_damaged = contents.damage().is_some();
        let shown_revision = contents.shown_revision(asked);
        Ok(Self { keyring, index, revision, shown_revision, live, roots, cluster, key_counts, is_damaged })
    }

    /// Could not all records be read, so that objects may be missing or old?
    pub fn is_damaged(&self) -> bool {
        self.is_damaged
    }

    /// Learns custom resources from definitions that were deleted too: their objects, deleted with them, have names then.
    pub fn discover_deleted(&mut self) {
        let deleted = self.index.deleted_at(self.revision);
        let puts: Vec<Position> = deleted.iter().filter_map(|deleted| deleted.last_put).collect();
        let mut cluster = Cluster::default();
        DiscoveryRecords::find(&self.index, &puts).discover_definitions(&mut cluster, &self.keyring);
        // What lives is learnt last, and so prevails.
        DiscoveryRecords::find(&self.index, &self.live).discover(&mut cluster, &self.keyring);
        self.cluster = cluster;
    }

    /// The revision that was read at: the highest that could be read, when none was asked for.
    pub fn revision(&self) -> i64 {
        self.revision
    }

    /// The same, to be shown: not known when a newer one may have been lost.
    pub fn shown_revision(&self) -> Known<i64> {
        self.shown_revision
    }

    /// What is known of the cluster: its release, and its resources.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// The prefixes objects lie below.
    pub fn roots(&self) -> &Roots {
        &self.roots
    }

    /// What lives, in numbers.
    pub fn key_counts(&self) -> &KeyCounts {
        &self.key_counts
    }

    /// All records, by key.
    pub fn index(&self) -> &Index<'a> {
        &self.index
    }

    /// All keys that live, in no order; those of no object are among them.
    pub fn live(&self) -> &[Position] {
        &self.live
    }

    /// The same in the order of keys.
    pub(crate) fn live_by_key(&self) -> Vec<Position> {
        self.index.sorted_by_key(self.live.clone(), |at| *at)
    }

    /// What a key holds.
    pub fn classify<'k>(&self, key: &'k [u8]) -> ClassifiedKey<'k> {
        self.roots.classify(key)
    }

    /// The resource a key is of, as far as it is known.
    pub fn resource(&self, key: &ObjectKey<'_>) -> Option<&Resource> {
        self.cluster.resources().at_path(key.path)
    }

    /// Plural and group of the resource a key is of; where it is not known, as the key has them.
    pub fn resource_name(&self, key: &ObjectKey<'_>) -> String {
        self.path_name(key.path)
    }

    /// The same for what says in keys which resource they are of.
    pub fn path_name(&self, path: &str) -> String {
        self.cluster.resources().at_path(path).map_or_else(|| undefined_name(path), Resource::full_name)
    }

    /// The value of a record in clear.
    ///
    /// # Errors
    /// It is encrypted, and no key at hand opens it.
    pub fn clear(&self, record: &Record<'a>) -> Result<Plaintext<'a>, crate::UnreadableObject> {
        Plaintext::open(record, &self.keyring)
    }

    /// The object's record at a position; nothing where the key is of no object.
    pub fn entry(&self, position: Position) -> Option<ObjectRecord<'_, 'a>> {
        self.entry_of(self.index.record(position)?)
    }

    /// The same for a record that is at hand.
    pub fn entry_of(&self, record: Record<'a>) -> Option<ObjectRecord<'_, 'a>> {
        match self.roots.classify(record.kv.key) {
            ClassifiedKey::Object(key) => Some(ObjectRecord { objects: self, key, record }),
            _ => None,
        }
    }

    /// The objects of a selection that live. With a selection by labels, those whose labels cannot be read are among
    /// them.
    pub fn select(&self, selection: &ObjectSelection) -> SelectedObjects {
        let is_selected = |at: &Position| self.entry(*at).is_some_and(|entry| entry.is_selected(selection));
        let found: Vec<Position> = self.live.par_iter().copied().filter(is_selected).collect();
        let mut positions = self.index.sorted_by_key(found, |at| *at);
        let rank = |at: &Position| self.entry(*at).and_then(|entry| selection.rank(&entry.key)).unwrap_or(usize::MAX);
        if selection.wanted.len() > 1 {
            positions.sort_by_cached_key(rank);
        }
        let missing = self.missing(selection, &positions);
        SelectedObjects { positions, missing }
    }

    /// What a selection names and is not at any of these positions.
    pub(crate) fn missing(&self, selection: &ObjectSelection, positions: &[Position]) -> Vec<SelectionItem> {
        if selection.wanted.iter().all(|wanted| wanted.name.is_none()) {
            return Vec::new();
        }
        let there: HashSet<(&str, &str)> =
            positions.iter().filter_map(|at| self.entry(*at)).map(|entry| (entry.key.path, entry.key.name)).collect();
        let is_missing = |wanted: &&SelectionItem| {
            wanted.name.as_deref().is_some_and(|name| !there.contains(&(wanted.path.as_str(), name)))
        };
        selection.wanted.iter().filter(is_missing).cloned().collect()
    }

    /// The puts and deletions of the objects of a selection with revisions above `after`, in the order of revisions. A deletion
    /// has the labels of what it deletes.
    pub fn changes(&self, selection: &ObjectSelection, after: i64) -> Vec<ObjectWrite> {
        let change = |(at, before)| ObjectWrite { at, before };
        let is_selected = |change: &ObjectWrite| {
            self.is_labelled(selection, change.at) || change.before.is_some_and(|at| self.is_labelled(selection, at))
        };
        let changes = self.index.changes(after, self.revision).into_par_iter().map(change);
        changes.filter(is_selected).collect()
    }

    /// All records of a key, whatever it holds, the oldest first.
    pub fn history_of(&self, key: &[u8]) -> Vec<Record<'a>> {
        let records = self.index.changes(-1, self.revision).into_par_iter();
        let records = records.filter_map(|(at, _)| self.index.record(at));
        records.filter(|record| record.kv.key == key).collect()
    }

    /// The objects of a selection that are deleted while their deletion is still in the file, in the order of keys.
    pub fn deleted(&self, selection: &ObjectSelection) -> Vec<DeletedKey> {
        let is_selected =
            |deleted: &DeletedKey| self.is_labelled(selection, deleted.last_put.unwrap_or(deleted.tombstone));
        let deleted = self.index.deleted_at(self.revision).into_par_iter().filter(is_selected).collect();
        self.index.sorted_by_key(deleted, |deleted: &DeletedKey| deleted.tombstone)
    }

    /// Makes something of the objects at these positions, on all threads, and hands the results to `take` in order; see
    /// [`map_in_order`].
    ///
    /// # Errors
    /// As soon as `take` fails.
    pub fn stream<T: Send, E>(
        &self,
        positions: &[Position],
        make: impl Fn(ObjectRecord<'_, 'a>) -> T + Sync,
        mut take: impl FnMut(T) -> Result<(), E>,
    ) -> Result<(), E> {
        let weight = |at: &Position| self.stored_len(*at);
        map_in_order(positions, weight, |at| self.entry(*at).map(&make), |made| made.map_or(Ok(()), &mut take))
    }

    /// Bytes of the value at a position, as stored.
    pub(crate) fn stored_len(&self, at: Position) -> usize {
        self.index.record(at).map_or(0, |record| record.kv.value.len())
    }

    fn is_labelled(&self, selection: &ObjectSelection, at: Position) -> bool {
        self.entry(at).is_some_and(|entry| entry.is_selected(selection))
    }
}

/// Plural and group as a path has them: `foos.ex.io` of `ex.io/foos`.
pub(crate) fn undefined_name(path: &str) -> String {
    match path.split_once('/') {
        Some((group, plural)) if group.contains('.') => format!("{plural}.{group}"),
        _ => path.to_owned(),
    }
}
