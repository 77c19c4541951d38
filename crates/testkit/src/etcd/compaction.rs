//! Compaction of the store: which records stay (docs/format/mvcc.md#compaction).

use std::collections::{BTreeMap, BTreeSet};

use etcdsnap_proto::mvccpb::KeyValue;
use etcdsnap_proto::prost::Message;

use super::{EtcdStore, RecordKey};

/// What a compaction does with a tombstone at the compaction revision itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TombstoneRule {
    /// It keeps it, as servers from 3.4.34, 3.5.16 and 3.6 on.
    Kept,
    /// It deletes it, as older servers.
    Dropped,
}

impl EtcdStore {
    /// Compacts at revision `at`.
    ///
    /// # Panics
    /// When `at` is compacted already or in the future, which etcd refuses.
    pub fn compact(&mut self, at: i64) {
        self.schedule_compaction(at, usize::MAX);
        self.finished_compaction = Some(at);
    }

    /// Begins a compaction at revision `at` and stops, as in a crash, after `deletions` records are deleted.
    ///
    /// # Panics
    /// When `at` is compacted already or in the future.
    pub fn schedule_compaction(&mut self, at: i64, deletions: usize) {
        assert!(at > self.compacted_revision(), "required revision has been compacted");
        assert!(at <= self.revision, "required revision is a future revision");
        self.apply_entry();
        self.scheduled_compaction = Some(at);
        let deleted = self.deleted_by_compaction(at);
        for key in deleted.iter().take(deletions) {
            self.records.remove(key);
        }
    }

    /// Keys of the records that a compaction at `at` deletes, in the order of deletion.
    fn deleted_by_compaction(&self, at: i64) -> Vec<Vec<u8>> {
        let kept: BTreeSet<RecordKey> =
            self.histories().values().filter_map(|history| history.kept(at, self.tombstones)).collect();
        self.records
            .keys()
            .filter(|raw| RecordKey::decode(raw).is_some_and(|key| key.revision.main <= at && !kept.contains(&key)))
            .cloned()
            .collect()
    }

    /// All records of every user key, oldest first.
    pub(super) fn histories(&self) -> BTreeMap<Vec<u8>, KeyHistory> {
        let mut histories: BTreeMap<Vec<u8>, KeyHistory> = BTreeMap::new();
        for (raw, value) in &self.records {
            let (Some(key), Ok(kv)) = (RecordKey::decode(raw), KeyValue::decode(value.as_slice())) else { continue };
            histories.entry(kv.key).or_default().records.push(key);
        }
        histories
    }
}

/// The records of one user key, oldest first.
#[derive(Debug, Default)]
pub(super) struct KeyHistory {
    records: Vec<RecordKey>,
}

impl KeyHistory {
    /// The one record with a main revision up to `at` that a compaction at `at` keeps.
    pub fn kept(&self, at: i64, rule: TombstoneRule) -> Option<RecordKey> {
        self.generation_at(at, rule).iter().rfind(|record| record.revision.main <= at).copied()
    }

    /// The record that HashKV at `at` counts among the compacted ones: as [`KeyHistory::kept`], but never a tombstone.
    pub fn hashed(&self, at: i64) -> Option<RecordKey> {
        self.kept(at, TombstoneRule::Kept).filter(|record| !record.tombstone)
    }

    /// The first generation that ends at `at` or later (older servers: later), else the last one, which may be empty.
    fn generation_at(&self, at: i64, rule: TombstoneRule) -> &[RecordKey] {
        let mut rest = self.records.as_slice();
        while let Some(end) = rest.iter().position(|record| record.tombstone) {
            let closed = rest[end].revision.main;
            let reaches = if rule == TombstoneRule::Kept { closed >= at } else { closed > at };
            if reaches {
                return &rest[..=end];
            }
            rest = &rest[end + 1..];
        }
        rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// put 2, put 3, delete 4, put 6, delete 7
    fn history() -> KeyHistory {
        let records = vec![
            RecordKey::put(2, 0),
            RecordKey::put(3, 0),
            RecordKey::tombstone(4, 0),
            RecordKey::put(6, 0),
            RecordKey::tombstone(7, 0),
        ];
        KeyHistory { records }
    }

    #[test]
    fn a_tombstone_at_the_compaction_revision() {
        assert_eq!(history().kept(4, TombstoneRule::Kept), Some(RecordKey::tombstone(4, 0)));
        assert_eq!(history().kept(4, TombstoneRule::Dropped), None);
        assert_eq!(history().hashed(4), None);
    }

    #[test]
    fn other_revisions() {
        for rule in [TombstoneRule::Kept, TombstoneRule::Dropped] {
            assert_eq!(history().kept(1, rule), None);
            assert_eq!(history().kept(3, rule), Some(RecordKey::put(3, 0)));
            assert_eq!(history().kept(5, rule), None);
            assert_eq!(history().kept(6, rule), Some(RecordKey::put(6, 0)));
            assert_eq!(history().kept(8, rule), None);
        }
    }
}
