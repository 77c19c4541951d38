//! What objects take, and who writes them: by kind, namespace, owner and field manager.
//!
//! A record counts with the bytes of its key and value. Live ones are the newest puts of living objects; all others that are still
//! in the file, deletions among them, are history, which the next compaction gives back. Writes are the records above the compacted revision: the
//! window in which every write is still there to be counted.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use etcdsnap_kube::metadata::ObjectHeader;
use etcdsnap_mvcc::Position;
use rayon::prelude::*;

use crate::objects::ObjectWrite;
use crate::{ObjectRecord, ObjectSelection, Objects, Plaintext};

/// Objects whose writes are listed.
const MOST_WRITTEN: usize = 10_000;

/// What all objects of a backup take.
#[derive(Clone, Debug, Default)]
pub struct ObjectUsage {
    /// All of them.
    pub total: UsageTotals,
    /// By root and path of their resource, the most bytes first, as all lists here.
    pub kinds: Vec<((String, String), UsageTotals)>,
    /// By namespace; empty for what is in none.
    pub namespaces: Vec<(String, UsageTotals)>,
    /// By the object that controls them, as `namespace/Kind/name`; what nothing controls is not among them.
    pub owners: Vec<(String, UsageTotals)>,
    /// By those who wrote fields of them: most objects have several, so these accounts add up to more than all.
    pub managers: Vec<(String, ManagerUsage)>,
    /// The objects with the most writes, these first, and how many.
    pub most_written: Vec<(Position, u64)>,
    /// Records that are encrypted or damaged, so that their owners, managers and annotations are not known.
    pub unreadable: u64,
    /// The compacted revision: writes are those after it.
    pub after: i64,
}

/// What some objects take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UsageTotals {
    /// Living objects.
    pub objects: u64,
    /// Bytes of their newest puts.
    pub live: u64,
    /// Bytes of all other records.
    pub historic: u64,
    /// Puts and deletions above the compacted revision.
    pub writes: u64,
    /// Of the live bytes, those of `managedFields`.
    pub managed_fields: u64,
    /// Of the live bytes, those of annotations.
    pub annotations: u64,
}

/// What one who writes fields leaves in objects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ManagerUsage {
    /// Living objects with fields of it.
    pub objects: u64,
    /// Bytes of those living objects, whoever wrote them.
    pub live: u64,
    /// Bytes of `managedFields` that list its fields, in living objects.
    pub managed_fields: u64,
    /// The same in all other records.
    pub historic_managed_fields: u64,
}

impl UsageTotals {
    /// All bytes.
    pub fn bytes(&self) -> u64 {
        self.live + self.historic
    }

    fn add(&mut self, other: &Self) {
        self.objects += other.objects;
        self.live += other.live;
        self.historic += other.historic;
        self.writes += other.writes;
        self.managed_fields += other.managed_fields;
        self.annotations += other.annotations;
    }
}

impl ManagerUsage {
    fn add(&mut self, other: &Self) {
        self.objects += other.objects;
        self.live += other.live;
        self.managed_fields += other.managed_fields;
        self.historic_managed_fields += other.historic_managed_fields;
    }
}

impl<'a> Objects<'a> {
    /// Adds up the records of a selection's objects. Labels do not count: an object may have had others before.
    pub fn usage(&self, selection: &ObjectSelection, compacted: i64) -> ObjectUsage {
        let keys = ObjectSelection { labels: crate::LabelSelector::default(), ..selection.clone() };
        let changes = self.changes(&keys, -1);
        let mut live: Vec<Position> = self.live().to_vec();
        live.par_sort_unstable();
        let add = |mut ledger: UsageAccumulator<'a>, change: &ObjectWrite| {
            if let Some(entry) = self.entry(change.at) {
                let is_live = live.binary_search(&change.at).is_ok();
                let owner = change.before.filter(|_| entry.record.tombstone).and_then(|before| self.entry(before));
                ledger.add(&entry, is_live, compacted, owner.as_ref());
            }
            ledger
        };
        let ledger = changes
            .par_iter()
            .fold(UsageAccumulator::default, add)
            .reduce(UsageAccumulator::default, UsageAccumulator::merge);
        let mut usage = ledger.finish();
        usage.most_written = self.most_written(&changes, compacted);
        usage.after = compacted;
        usage
    }

    /// The newest record of each object that was written most.
    fn most_written(&self, changes: &[ObjectWrite], compacted: i64) -> Vec<(Position, u64)> {
        let mut writes: HashMap<&[u8], (Position, u64)> = HashMap::new();
        for entry in changes.iter().filter_map(|change| Some((change.at, self.entry(change.at)?))) {
            let (at, ObjectRecord { record, .. }) = entry;
            if record.revision.main > compacted {
                let (newest, count) = writes.entry(record.kv.key).or_insert((at, 0));
                (*newest, *count) = (at, *count + 1);
            }
        }
        let mut most: Vec<_> = writes.into_values().collect();
        most.sort_unstable_by_key(|(at, count)| (std::cmp::Reverse(*count), *at));
        most.truncate(MOST_WRITTEN);
        most
    }
}

/// The accounts while they are being made.
#[derive(Default)]
struct UsageAccumulator<'a> {
    total: UsageTotals,
    kinds: HashMap<(&'a str, &'a str), UsageTotals>,
    namespaces: HashMap<&'a str, UsageTotals>,
    owners: HashMap<String, UsageTotals>,
    managers: HashMap<String, ManagerUsage>,
    unreadable: u64,
}

impl<'a> UsageAccumulator<'a> {
    /// Adds a record; a deletion is its object's, so its owner is that of the put `before` it.
    fn add(
        &mut self,
        entry: &ObjectRecord<'_, 'a>,
        is_live: bool,
        compacted: i64,
        before: Option<&ObjectRecord<'_, 'a>>,
    ) {
        let (key, kv) = (entry.key, &entry.record.kv);
        let bytes = (kv.key.len() + kv.value.len()) as u64;
        let mut account =
            UsageTotals { writes: u64::from(entry.record.revision.main > compacted), ..UsageTotals::default() };
        if is_live {
            (account.objects, account.live) = (1, bytes);
        } else {
            account.historic = bytes;
        }
        let source = before.unwrap_or(entry);
        if !source.record.tombstone {
            let clear = source.open();
            match clear.as_ref().map(Plaintext::header) {
                Ok(Ok(header)) => self.add_metadata(entry, &header, is_live, bytes, &mut account),
                _ => self.unreadable += u64::from(!entry.record.tombstone),
            }
        }
        self.total.add(&account);
        self.kinds.entry((key.root, key.path)).or_default().add(&account);
        self.namespaces.entry(key.namespace.unwrap_or_default()).or_default().add(&account);
    }

    fn add_metadata(
        &mut self,
        entry: &ObjectRecord<'_, '_>,
        header: &ObjectHeader<'_>,
        is_live: bool,
        bytes: u64,
        account: &mut UsageTotals,
    ) {
        let metadata = &header.metadata;
        if is_live {
            account.managed_fields = metadata.managers.iter().map(|manager| manager.fields_len as u64).sum();
            account.annotations =
                metadata.annotations.iter().map(|(key, value)| (key.len() + value.len()) as u64).sum();
        }
        if let Some(owner) = metadata.controller() {
            let namespace = entry.key.namespace.map(|namespace| format!("{namespace}/")).unwrap_or_default();
            let owner = format!("{namespace}{}/{}", owner.kind, owner.name);
            self.owners.entry(owner).or_default().add(account);
        }
        if entry.record.tombstone {
            return;
        }
        let mut names = HashSet::new();
        for manager in &metadata.managers {
            let fields = manager.fields_len as u64;
            // A manager may stand there several times, once for each operation and version; the object counts once.
            let counted = is_live && names.insert(&*manager.name);
            let account = ManagerUsage {
                objects: u64::from(counted),
                live: if counted { bytes } else { 0 },
                managed_fields: if is_live { fields } else { 0 },
                historic_managed_fields: if is_live { 0 } else { fields },
            };
            match self.managers.get_mut(&*manager.name) {
                Some(known) => known.add(&account),
                None => _ = self.managers.insert(manager.name.to_string(), account),
            }
        }
    }

    fn merge(mut self, other: Self) -> Self {
        self.total.add(&other.total);
        merge(&mut self.kinds, other.kinds, UsageTotals::add);
        merge(&mut self.namespaces, other.namespaces, UsageTotals::add);
        merge(&mut self.owners, other.owners, UsageTotals::add);
        merge(&mut self.managers, other.managers, ManagerUsage::add);
        self.unreadable += other.unreadable;
        self
    }

    fn finish(self) -> ObjectUsage {
        let kinds = self.kinds.into_iter().map(|((root, path), account)| ((root.to_owned(), path.to_owned()), account));
        let namespaces = self.namespaces.into_iter().map(|(name, account)| (name.to_owned(), account));
        ObjectUsage {
            total: self.total,
            kinds: sorted(kinds, UsageTotals::bytes),
            namespaces: sorted(namespaces, UsageTotals::bytes),
            owners: sorted(self.owners, UsageTotals::bytes),
            managers: sorted(self.managers, |account| account.managed_fields + account.historic_managed_fields),
            unreadable: self.unreadable,
            ..ObjectUsage::default()
        }
    }
}

fn merge<K: Eq + Hash, A: Default>(one: &mut HashMap<K, A>, other: HashMap<K, A>, add: fn(&mut A, &A)) {
    for (name, account) in other {
        add(one.entry(name).or_default(), &account);
    }
}

/// The most first; equal ones by name.
fn sorted<K: Ord, A>(accounts: impl IntoIterator<Item = (K, A)>, bytes: impl Fn(&A) -> u64) -> Vec<(K, A)> {
    let mut accounts: Vec<_> = accounts.into_iter().collect();
    accounts.sort_unstable_by(|one, other| bytes(&other.1).cmp(&bytes(&one.1)).then_with(|| one.0.cmp(&other.0)));
    accounts
}
