//! What is read off an [`Inspection`]: the numbers of database and store that `status` and `verify` show.

use etcdsnap_bbolt::Db;
use etcdsnap_bbolt::check::BucketInfo;
use etcdsnap_mvcc::Compaction;
use etcdsnap_mvcc::digest::BucketDigest;

use crate::buckets::{Alarm, Member};
use crate::inspection::Inspection;
use crate::known::Known;
use crate::report::{AlarmFacts, AtLeast, BucketFacts, DatabaseFacts, MemberFacts, StoreFacts};
use etcdsnap_quote::quote;

impl Inspection<'_> {
    /// The bbolt side of it.
    pub fn database_facts(&self) -> DatabaseFacts {
        let (db, census) = (&self.db, &self.walk.page_counts);
        let pages = |count| Known::new(count, self.walk.is_whole());
        DatabaseFacts {
            page_size: db.page_size().into(),
            byte_order: db.order().as_str(),
            txid: db.meta().txid,
            high_water_mark: db.meta().high_water_mark,
            branch_pages: pages(census.branch),
            leaf_pages: pages(census.leaf),
            overflow_pages: pages(census.overflow),
            free_pages: pages(census.free),
            freelist_persisted: db.has_freelist(),
            size: db.size(),
            size_in_use: pages(self.bytes_in_use()),
        }
    }

    /// The etcd side of it.
    pub fn store_facts(&self) -> StoreFacts {
        let (keyspace, buckets, summary) = (&self.keyspace, &self.buckets, self.summary());
        let compaction = buckets.meta.map(|_| keyspace.compaction());
        let version = |version: &Option<semver::Version>| version.as_ref().map(ToString::to_string).unwrap_or_default();
        let mut facts = StoreFacts {
            status_hash: Known::new(keyspace.status_hash(), self.walk.is_whole()),
            revision: summary.map(|summary| summary.last.map_or(0, |last| last.main)),
            current_revision: summary.zip(compaction).map(|_| keyspace.current_revision()),
            compacted_revision: compaction.map(Compaction::compacted),
            compaction_unfinished: compaction.map(Compaction::is_unfinished),
            total_pairs: Known::new(keyspace.total_pairs(), self.walk.is_whole()),
            live_keys: summary.map(|summary| summary.live_keys),
            records: summary.map(|summary| summary.records),
            tombstones: summary.map(|summary| summary.tombstones),
            storage_version: self.storage_version(),
            cluster_version: buckets.cluster.entry(|cluster| cluster.version.clone()).map(version),
            consistent_index: buckets.meta.entry(|meta| meta.consistent_index),
            term: buckets.meta.entry(|meta| meta.term),
            members: buckets.members.listed.map(|listed| listed.iter().map(member).collect()),
            members_removed: buckets.members.removed.map(|ids| ids.iter().map(|id| format!("{id:016x}")).collect()),
            alarms: buckets.alarms.map(|alarms| alarms.iter().map(alarm).collect()),
            leases: buckets.leases.map(|leases| leases.len() as u64),
            users: buckets.auth.users.map(|users| users.len() as u64),
            roles: buckets.auth.roles.map(|roles| roles.len() as u64),
            auth_enabled: buckets.auth.enabled,
            buckets: Known::new(self.bucket_facts(), self.walk.lists_all_buckets()),
            unread: buckets.unread().collect(),
            at_least: None,
        };
        if !self.walk.is_whole() {
            facts.at_least = Some(AtLeast::of(&facts));
        }
        facts
    }

    /// `meta/storageVersion` as etcd normalises it; empty when there is none.
    pub fn storage_version(&self) -> Known<String> {
        let version = self.buckets.meta.entry(|meta| meta.storage_version.as_ref());
        version.map(|version| version.map(ToString::to_string).unwrap_or_default())
    }

    fn bucket_facts(&self) -> Vec<BucketFacts> {
        let unread = self.walk.unread_buckets();
        let listed = self.walk.buckets.iter().filter(|bucket| bucket.parent == Some(0));
        // Digests are of the buckets directly below the root, in the order of the walk.
        let bucket = |(digest, info): (&BucketDigest<'_>, &BucketInfo<'_>)| {
            let known = |count| Known::new(count, !unread.contains(&info.index));
            BucketFacts { name: quote(digest.name), pairs: known(digest.pairs), bytes: known(digest.digest.len) }
        };
        self.keyspace.buckets.iter().zip(listed).map(bucket).collect()
    }

    /// Is there a live key that begins with `prefix`? `None` when not all records could be read. Reads them from the
    /// newest on, so the common case is quick.
    pub fn has_live_prefix(&self, prefix: &[u8]) -> Option<bool> {
        self.summary().all().map(|_| self.keyspace.any_live_key(|key| key.starts_with(prefix)))
    }
}

impl AtLeast {
    fn of(facts: &StoreFacts) -> Self {
        Self {
            total_pairs: *facts.total_pairs.part(),
            records: *facts.records.part(),
            tombstones: *facts.tombstones.part(),
            leases: *facts.leases.part(),
            users: *facts.users.part(),
            roles: *facts.roles.part(),
        }
    }
}

fn member(member: &Member) -> MemberFacts {
    MemberFacts {
        id: format!("{:016x}", member.id),
        name: member.name.clone(),
        peer_urls: member.peer_urls.clone(),
        client_urls: member.client_urls.clone(),
        learner: member.learner,
    }
}

fn alarm(alarm: &Alarm) -> AlarmFacts {
    AlarmFacts { member: format!("{:016x}", alarm.member), alarm: alarm.kind.to_string() }
}

/// Have the metas of a file that is still being looked at changed since it was opened? Then a server writes to it.
pub(crate) fn metas_moved(before: &Db<'_>) -> bool {
    Db::open(before.bytes()).map_or(true, |now| now.meta() != before.meta())
}
