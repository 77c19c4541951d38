//! The answers that a correct reader must give about the store: revisions, keys, hashes.

use std::collections::{BTreeMap, BTreeSet};

use etcdsnap_checksum::crc32c;
use etcdsnap_proto::mvccpb::KeyValue;
use etcdsnap_proto::prost::Message;

use super::{EtcdStore, RecordKey, Server};
use crate::bbolt::{Bucket, Entry};

/// The reason why [`EtcdStore::hash_kv`] fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HashKvError {
    /// `mvcc: required revision has been compacted`.
    Compacted,
    /// `mvcc: required revision is a future revision`.
    Future,
}

impl EtcdStore {
    /// The current revision of a server of today that starts from this store (docs/format/mvcc.md#state-at-the-start).
    pub fn current_revision(&self) -> i64 {
        let marks = [self.scheduled_compaction, self.finished_compaction, Some(self.last_record_revision()), Some(1)];
        marks.into_iter().flatten().max().unwrap_or(1)
    }

    /// The compacted revision of a server that starts from this store; -1 when it was never compacted. A scheduled compaction
    /// counts like a finished one.
    pub fn compacted_revision(&self) -> i64 {
        self.scheduled_compaction.max(self.finished_compaction).unwrap_or(-1)
    }

    /// `Revision` of `snapshot status`: the main revision of the last record, 0 when there is none.
    pub fn last_record_revision(&self) -> i64 {
        self.decoded().last().map_or(0, |(key, _)| key.revision.main)
    }

    /// The keyspace at a revision from [`EtcdStore::compacted_revision`] to [`EtcdStore::current_revision`]. The bump
    /// marker, a record without a key, is not part of it.
    pub fn live_at(&self, revision: i64) -> BTreeMap<Vec<u8>, KeyValue> {
        let mut live = self.replay(revision);
        live.remove(b"".as_slice());
        live
    }

    /// `TotalKey` of `snapshot status` before 3.6: the number of pairs in all buckets.
    pub fn total_pairs(&self) -> usize {
        let tree = self.to_tree();
        buckets(&tree).map(|(_, bucket)| bucket.entries.len()).sum()
    }

    /// `TotalKey` of `snapshot status` from 3.6 on: the number of live user keys, where the bump marker counts as one.
    pub fn total_live_keys(&self) -> usize {
        self.replay(i64::MAX).len()
    }

    /// `Hash` of `snapshot status`: CRC-32C of all bucket names, keys and values (docs/format/mvcc.md#status-hash).
    pub fn status_hash(&self) -> u32 {
        self.hash_of_buckets(&[])
    }

    /// `Hash` of the maintenance service of a server of version `of`, which may be another than the one that wrote the store
    /// (docs/format/mvcc.md#backend-hash).
    pub fn backend_hash(&self, of: Server) -> u32 {
        self.hash_of_buckets(of.hash_ignores())
    }

    /// HashKV at a revision, where 0 means the current one, with the tombstone rule of today's servers.
    pub fn hash_kv(&self, revision: i64) -> Result<u32, HashKvError> {
        let (compacted, current) = (self.compacted_revision(), self.current_revision());
        let at = if revision == 0 { current } else { revision };
        if at > current {
            return Err(HashKvError::Future);
        }
        if revision > 0 && at < compacted {
            return Err(HashKvError::Compacted);
        }
        let kept: BTreeSet<RecordKey> = self.histories().values().filter_map(|history| history.hashed(at)).collect();
        let mut hash = crc32c::crc32c(b"key");
        for (raw, value) in &self.records {
            let Some(key) = RecordKey::decode(raw) else { continue };
            let main = key.revision.main;
            let garbage = main <= compacted && !kept.is_empty() && !kept.contains(&key);
            let compacted_deletion = main == compacted && key.tombstone;
            if main > at || garbage || compacted_deletion {
                continue;
            }
            hash = crc32c::append(crc32c::append(hash, raw), value);
        }
        Ok(hash)
    }

    fn hash_of_buckets(&self, ignored_in_meta: &[&str]) -> u32 {
        let tree = self.to_tree();
        let mut hash = 0;
        for (name, bucket) in buckets(&tree) {
            hash = crc32c::append(hash, name);
            for (key, entry) in &bucket.entries {
                let ignored = name == b"meta" && ignored_in_meta.iter().any(|ignored| ignored.as_bytes() == key);
                if let (Entry::Value(value), false) = (entry, ignored) {
                    hash = crc32c::append(crc32c::append(hash, key), value);
                }
            }
        }
        hash
    }

    fn replay(&self, revision: i64) -> BTreeMap<Vec<u8>, KeyValue> {
        let mut live = BTreeMap::new();
        for (key, kv) in self.decoded().take_while(|(key, _)| key.revision.main <= revision) {
            if key.tombstone {
                live.remove(&kv.key);
            } else {
                live.insert(kv.key.clone(), kv);
            }
        }
        live
    }

    fn decoded(&self) -> impl DoubleEndedIterator<Item = (RecordKey, KeyValue)> {
        self.records
            .iter()
            .filter_map(|(raw, value)| Some((RecordKey::decode(raw)?, KeyValue::decode(value.as_slice()).ok()?)))
    }
}

fn buckets(root: &Bucket) -> impl Iterator<Item = (&[u8], &Bucket)> {
    root.entries.iter().filter_map(|(name, entry)| match entry {
        Entry::Bucket(bucket) => Some((name.as_slice(), bucket)),
        Entry::Value(_) => None,
    })
}
