//! The store of an etcd member, and the operations that change it.

use std::collections::{BTreeMap, BTreeSet};

use etcdsnap_proto::leasepb::Lease;
use etcdsnap_proto::mvccpb::KeyValue;
use etcdsnap_proto::prost::Message;

use super::{Auth, ConfState, Downgrade, Member, RecordKey, Server, TombstoneRule};

/// The content of a member's database. The methods keep the fields consistent; a test may set the public ones to anything
/// that occurs in real files.
#[derive(Debug, Clone, PartialEq)]
pub struct EtcdStore {
    /// The version of the server that writes the database.
    pub server: Server,
    /// What a compaction does with a tombstone at the compaction revision itself.
    pub tombstones: TombstoneRule,
    /// The pairs of the bucket `key`. Operations write valid records; a test may store anything here afterwards.
    pub records: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Main revision of `meta/scheduledCompactRev`.
    pub scheduled_compaction: Option<i64>,
    /// Main revision of `meta/finishedCompactRev`.
    pub finished_compaction: Option<i64>,
    /// The bucket `lease`.
    pub leases: BTreeMap<i64, Lease>,
    /// The bucket `alarm`: member id and alarm type (1 NOSPACE, 2 CORRUPT).
    pub alarms: BTreeSet<(u64, i32)>,
    /// Users, roles and whether authentication is enabled.
    pub auth: Auth,
    /// The bucket `members`.
    pub members: BTreeMap<u64, Member>,
    /// The bucket `members_removed`.
    pub removed_members: BTreeSet<u64>,
    /// `cluster/clusterVersion`.
    pub cluster_version: Option<String>,
    /// `cluster/downgrade`.
    pub downgrade: Option<Downgrade>,
    /// `meta/consistent_index`; every applied operation adds one.
    pub consistent_index: Option<u64>,
    /// `meta/term`.
    pub term: Option<u64>,
    /// `meta/confState`.
    pub conf_state: Option<ConfState>,
    /// `meta/storageVersion`.
    pub storage_version: Option<String>,
    /// The keyspace after the last operation.
    pub(super) live: BTreeMap<Vec<u8>, KeyValue>,
    /// The current revision.
    pub(super) revision: i64,
}

/// One operation of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// Writes a key; lease 0 is none.
    Put {
        /// The user's key.
        key: Vec<u8>,
        /// Its value.
        value: Vec<u8>,
        /// Id of the lease the key is attached to.
        lease: i64,
    },
    /// Deletes a key, if it exists.
    Delete(Vec<u8>),
    /// Deletes all keys from the first to below the second.
    DeleteRange(Vec<u8>, Vec<u8>),
}

impl Op {
    /// A put without a lease.
    pub fn put(key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) -> Self {
        Op::Put { key: key.into(), value: value.into(), lease: 0 }
    }
}

/// Id of the member of a cluster made with all of etcd's defaults.
const DEFAULT_MEMBER: u64 = 0x8e9e_05c5_2164_694d;

impl EtcdStore {
    /// The store of a freshly started cluster of one member.
    pub fn new(server: Server) -> Self {
        let member = Member {
            id: DEFAULT_MEMBER,
            peer_urls: vec!["http://localhost:2380".into()],
            name: "default".into(),
            client_urls: vec!["http://localhost:2379".into()],
            ..Member::default()
        };
        let raft_in_meta = server >= Server::V3_5;
        EtcdStore {
            server,
            tombstones: TombstoneRule::Kept,
            records: BTreeMap::new(),
            scheduled_compaction: None,
            finished_compaction: None,
            leases: BTreeMap::new(),
            alarms: BTreeSet::new(),
            auth: Auth::default(),
            members: BTreeMap::from([(member.id, member)]),
            removed_members: BTreeSet::new(),
            cluster_version: Some(server.version().into()),
            downgrade: None,
            consistent_index: Some(4),
            term: raft_in_meta.then_some(2),
            conf_state: raft_in_meta.then(|| ConfState::of_voters([DEFAULT_MEMBER])),
            storage_version: (server >= Server::V3_6).then(|| server.version().into()),
            live: BTreeMap::new(),
            revision: 1,
        }
    }

    /// Writes a key; returns the revision.
    pub fn put(&mut self, key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) -> i64 {
        self.txn(&[Op::put(key, value)])
    }

    /// Writes a key attached to a lease; returns the revision.
    pub fn put_with_lease(&mut self, key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>, lease: i64) -> i64 {
        self.txn(&[Op::Put { key: key.into(), value: value.into(), lease }])
    }

    /// Deletes a key; returns the revision, which is the old one when the key does not exist.
    pub fn delete(&mut self, key: impl Into<Vec<u8>>) -> i64 {
        self.txn(&[Op::Delete(key.into())])
    }

    /// Deletes all keys from `from` to below `to`, one change each; returns the revision.
    pub fn delete_range(&mut self, from: impl Into<Vec<u8>>, to: impl Into<Vec<u8>>) -> i64 {
        self.txn(&[Op::DeleteRange(from.into(), to.into())])
    }

    /// Applies operations in one transaction; returns the revision, a new one only if something changed.
    ///
    /// # Panics
    /// When a key is changed twice, which etcd refuses.
    pub fn txn(&mut self, ops: &[Op]) -> i64 {
        self.apply_entry();
        let main = self.revision + 1;
        let mut changed = BTreeSet::new();
        let mut change = |store: &mut Self, key: &[u8], put: Option<KeyValue>| {
            let sub = i64::try_from(changed.len()).expect("few changes");
            assert!(changed.insert(key.to_vec()), "key changed twice in one transaction");
            store.record(main, sub, key, put);
        };
        for op in ops {
            match op {
                Op::Put { key, value, lease } => {
                    let next = self.next_version(main, key, value, *lease);
                    change(self, key, Some(next));
                }
                Op::Delete(key) if self.live.contains_key(key) => change(self, key, None),
                Op::Delete(_) => {}
                Op::DeleteRange(from, to) => {
                    let keys: Vec<Vec<u8>> =
                        self.live.keys().filter(|key| *key >= from && *key < to).cloned().collect();
                    for key in keys {
                        change(self, &key, None);
                    }
                }
            }
        }
        if !changed.is_empty() {
            self.revision = main;
        }
        self.revision
    }

    /// Grants a lease of `ttl` seconds.
    pub fn lease_grant(&mut self, id: i64, ttl: i64) {
        self.apply_entry();
        self.leases.insert(id, Lease { id, ttl, ..Lease::default() });
    }

    /// Revokes a lease and deletes its keys, all in one revision; returns the revision.
    pub fn lease_revoke(&mut self, id: i64) -> i64 {
        self.leases.remove(&id);
        let attached = self.live.values().filter(|kv| kv.lease == id).map(|kv| Op::Delete(kv.key.clone()));
        let ops: Vec<Op> = attached.collect();
        self.txn(&ops)
    }

    /// Applies `restore --bump-revision by --mark-compacted`: writes an empty record `by` revisions ahead, and schedules a
    /// compaction there (docs/format/mvcc.md#bump-marker). Returns the new revision.
    pub fn bump_revision(&mut self, by: i64) -> i64 {
        self.revision += by;
        self.records.insert(RecordKey::put(self.revision, 0).encode(), Vec::new());
        self.scheduled_compaction = Some(self.revision);
        self.revision
    }

    /// The keyspace after the operations. Records that a test changed directly do not count.
    pub fn live(&self) -> &BTreeMap<Vec<u8>, KeyValue> {
        &self.live
    }

    /// Counts one more applied raft entry.
    pub(super) fn apply_entry(&mut self) {
        if let Some(index) = &mut self.consistent_index {
            *index += 1;
        }
    }

    fn next_version(&self, main: i64, key: &[u8], value: &[u8], lease: i64) -> KeyValue {
        let (create_revision, version) = match self.live.get(key) {
            Some(old) => (old.create_revision, old.version + 1),
            None => (main, 1),
        };
        KeyValue { key: key.to_vec(), create_revision, mod_revision: main, version, value: value.to_vec(), lease }
    }

    /// Stores the put, or a tombstone of `key` when there is none.
    fn record(&mut self, main: i64, sub: i64, key: &[u8], put: Option<KeyValue>) {
        if let Some(kv) = put {
            self.records.insert(RecordKey::put(main, sub).encode(), kv.encode_to_vec());
            self.live.insert(key.to_vec(), kv);
        } else {
            let deleted = KeyValue { key: key.to_vec(), ..KeyValue::default() };
            self.records.insert(RecordKey::tombstone(main, sub).encode(), deleted.encode_to_vec());
            self.live.remove(key);
        }
    }
}
