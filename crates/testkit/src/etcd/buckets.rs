//! Writes the store as the ten buckets of an etcd database (docs/format/snapshot.md#buckets).

use etcdsnap_proto::etcdserverpb::AlarmMember;
use etcdsnap_proto::prost::Message;

use super::{EtcdStore, RecordKey};
use crate::bbolt::Bucket;

/// Names of the buckets of every etcd database.
const NAMES: [&str; 10] =
    ["alarm", "auth", "authRoles", "authUsers", "cluster", "key", "lease", "members", "members_removed", "meta"];

impl EtcdStore {
    /// The root bucket with the ten buckets, for [`crate::bbolt::Layout::build`].
    pub fn to_tree(&self) -> Bucket {
        let mut root = Bucket::new();
        for name in NAMES {
            root.bucket(name);
        }
        self.write_auth(&mut root);
        self.write_cluster(&mut root);
        self.write_meta(root.bucket("meta"));
        let key = root.bucket("key");
        for (record, value) in &self.records {
            key.put(record.as_slice(), value.as_slice());
        }
        let leases = root.bucket("lease");
        for (id, lease) in &self.leases {
            leases.put(id.to_be_bytes(), lease.encode_to_vec());
        }
        let alarms = root.bucket("alarm");
        for (member_id, alarm) in &self.alarms {
            alarms.put(AlarmMember { member_id: *member_id, alarm: *alarm }.encode_to_vec(), "");
        }
        root
    }

    fn write_auth(&self, root: &mut Bucket) {
        let auth = root.bucket("auth");
        if let Some(enabled) = self.auth.enabled {
            auth.put("authEnabled", [u8::from(enabled)]);
        }
        auth.put("authRevision", self.auth.revision.to_be_bytes());
        for (name, role) in &self.auth.roles {
            root.bucket("authRoles").put(name.as_slice(), role.encode_to_vec());
        }
        for (name, user) in &self.auth.users {
            root.bucket("authUsers").put(name.as_slice(), user.encode_to_vec());
        }
    }

    fn write_cluster(&self, root: &mut Bucket) {
        let cluster = root.bucket("cluster");
        if let Some(version) = &self.cluster_version {
            cluster.put("clusterVersion", version.as_str());
        }
        if let Some(downgrade) = &self.downgrade {
            cluster.put("downgrade", downgrade.to_json());
        }
        for (id, member) in &self.members {
            root.bucket("members").put(format!("{id:x}"), member.to_json());
        }
        for id in &self.removed_members {
            root.bucket("members_removed").put(format!("{id:x}"), "removed");
        }
    }

    fn write_meta(&self, meta: &mut Bucket) {
        if let Some(index) = self.consistent_index {
            meta.put("consistent_index", index.to_be_bytes());
        }
        if let Some(term) = self.term {
            meta.put("term", term.to_be_bytes());
        }
        if let Some(state) = &self.conf_state {
            meta.put("confState", state.to_json());
        }
        if let Some(version) = &self.storage_version {
            meta.put("storageVersion", version.as_str());
        }
        if let Some(main) = self.scheduled_compaction {
            meta.put("scheduledCompactRev", RecordKey::put(main, 0).encode());
        }
        if let Some(main) = self.finished_compaction {
            meta.put("finishedCompactRev", RecordKey::put(main, 0).encode());
        }
    }
}
