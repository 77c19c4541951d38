//! What is read off an [`Inspection`]: the numbers of database and store that `status` and `verify` show.

use etcdsnap_bbolt::Db;

use crate::inspection::Inspection;
use crate::place::quote;
use crate::report::{AlarmFacts, BucketFacts, DatabaseFacts, MemberFacts, StoreFacts};

impl Inspection<'_> {
    /// The bbolt side of it.
    pub fn database_facts(&self) -> DatabaseFacts {
        let (db, census) = (&self.db, &self.walk.census);
        DatabaseFacts {
            page_size: db.page_size().into(),
            byte_order: db.order().as_str(),
            txid: db.meta().txid,
            high_water_mark: db.meta().high_water_mark,
            branch_pages: census.branch,
            leaf_pages: census.leaf,
            overflow_pages: census.overflow,
            free_pages: census.free,
            freelist_persisted: db.has_freelist(),
            size: db.size(),
            size_in_use: census.in_use.saturating_mul(db.page_size().into()),
        }
    }

    /// The etcd side of it.
    pub fn store_facts(&self) -> StoreFacts {
        let (keyspace, buckets) = (&self.keyspace, &self.buckets);
        let compaction = keyspace.compaction();
        StoreFacts {
            status_hash: keyspace.status_hash(),
            revision: keyspace.summary.last.map_or(0, |last| last.main),
            current_revision: keyspace.current_revision(),
            compacted_revision: compaction.compacted(),
            compaction_unfinished: compaction.is_unfinished(),
            total_pairs: keyspace.total_pairs(),
            live_keys: keyspace.summary.live_keys,
            records: keyspace.summary.records,
            tombstones: keyspace.summary.tombstones,
            storage_version: self.storage_version(),
            cluster_version: buckets.cluster.version.as_ref().map(ToString::to_string).unwrap_or_default(),
            consistent_index: buckets.meta.consistent_index,
            term: buckets.meta.term,
            members: self.members(),
            members_removed: buckets.members.removed.iter().map(|id| format!("{id:016x}")).collect(),
            alarms: self.alarms(),
            leases: buckets.leases.len() as u64,
            users: buckets.auth.users.len() as u64,
            roles: buckets.auth.roles.len() as u64,
            auth_enabled: buckets.auth.enabled,
            buckets: self.bucket_facts(),
        }
    }

    /// `meta/storageVersion` as etcd normalises it; empty when there is none.
    pub fn storage_version(&self) -> String {
        self.buckets.meta.storage_version.as_ref().map(ToString::to_string).unwrap_or_default()
    }

    fn members(&self) -> Vec<MemberFacts> {
        let member = |member: &crate::buckets::Member| MemberFacts {
            id: format!("{:016x}", member.id),
            name: member.name.clone(),
            peer_urls: member.peer_urls.clone(),
            client_urls: member.client_urls.clone(),
            learner: member.learner,
        };
        self.buckets.members.listed.iter().map(member).collect()
    }

    fn alarms(&self) -> Vec<AlarmFacts> {
        let alarm = |alarm: &crate::buckets::Alarm| AlarmFacts {
            member: format!("{:016x}", alarm.member),
            alarm: alarm.kind.to_string(),
        };
        self.buckets.alarms.iter().map(alarm).collect()
    }

    fn bucket_facts(&self) -> Vec<BucketFacts> {
        let bucket = |bucket: &etcdsnap_mvcc::digest::BucketDigest<'_>| BucketFacts {
            name: quote(bucket.name),
            pairs: bucket.pairs,
            bytes: bucket.digest.len,
        };
        self.keyspace.buckets.iter().map(bucket).collect()
    }

    /// Is there a live key that begins with `prefix`? Reads records from the newest on, so the common case is quick.
    pub fn has_live_prefix(&self, prefix: &[u8]) -> bool {
        self.keyspace.any_live_key(|key| key.starts_with(prefix))
    }
}

/// Have the metas of a file that is still being looked at changed since it was opened? Then a server writes to it.
pub(crate) fn metas_moved(before: &Db<'_>) -> bool {
    Db::open(before.bytes()).map_or(true, |now| now.meta() != before.meta())
}
