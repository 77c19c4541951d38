//! Random histories of operations for tests: one description always makes the same operations.

use std::ops::Range;

use etcdsnap_proto::authpb::Permission;

use super::{EtcdStore, Member, Op, RecordKey, Server, TombstoneRule};
use crate::random::Random;

/// The description of a random history of operations. The default is a busy 3.6 member with three compactions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RandomHistory {
    /// Seed of everything random.
    pub seed: u64,
    /// The version of the server.
    pub server: Server,
    /// What a compaction does with a tombstone at the compaction revision itself.
    pub tombstones: TombstoneRule,
    /// Number of operations; most consume one revision.
    pub operations: usize,
    /// Number of different user keys.
    pub keys: usize,
    /// Length of ordinary values in bytes.
    pub value_bytes: Range<usize>,
    /// Length of the rare large values in bytes: one put of fifty.
    pub large_value_bytes: Range<usize>,
    /// Number of compactions, and whether the last one is unfinished.
    pub compactions: Compactions,
    /// Are there users, roles, a learner and a removed member too?
    pub small_buckets: bool,
}

/// Compactions during a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compactions {
    /// None: the compacted revision stays -1.
    Never,
    /// That many, evenly spread, each at a random earlier revision; half of them where a key was deleted.
    Finished(usize),
    /// As [`Compactions::Finished`], and one more at the end that stops half-way.
    LastUnfinished(usize),
}

impl Default for RandomHistory {
    fn default() -> Self {
        RandomHistory {
            seed: 0,
            server: Server::V3_6,
            tombstones: TombstoneRule::Kept,
            operations: 1000,
            keys: 150,
            value_bytes: 0..200,
            large_value_bytes: 5_000..30_000,
            compactions: Compactions::Finished(3),
            small_buckets: true,
        }
    }
}

impl RandomHistory {
    /// The store after all operations, starting from an empty one.
    pub fn build_store(&self) -> EtcdStore {
        let mut run = HistoryRun { history: self, random: Random::new(self.seed), store: EtcdStore::new(self.server) };
        run.store.tombstones = self.tombstones;
        run.prepare();
        let (finished, unfinished) = match self.compactions {
            Compactions::Never => (0, false),
            Compactions::Finished(number) => (number, false),
            Compactions::LastUnfinished(number) => (number, true),
        };
        let interval = self.operations / (finished + 1);
        for operation in 1..=self.operations {
            run.step();
            if interval > 0 && operation % interval == 0 && operation / interval <= finished {
                run.compact(|store, at, _| store.compact(at));
            }
        }
        if unfinished {
            run.compact(|store, at, random| store.schedule_compaction(at, random.index(store.records.len())));
        }
        run.store
    }
}

/// A history that is being executed on a store.
struct HistoryRun<'h> {
    history: &'h RandomHistory,
    random: Random,
    store: EtcdStore,
}

impl HistoryRun<'_> {
    fn prepare(&mut self) {
        for _ in 0..3 {
            self.grant_lease();
        }
        if !self.history.small_buckets {
            return;
        }
        let auth = &mut self.store.auth;
        auth.add_role("root", Vec::new());
        auth.add_role(
            "reader",
            vec![Permission { permission_type: 0, key: b"key/".into(), range_end: b"key0".into() }],
        );
        auth.add_user("root", Some("$2a$10$abcdefghijklmnopqrstuuJ8pY0YJYxq4b4d1l5v8m3n2o1p0q9r8s7"), &["root"]);
        auth.add_user("reader", None, &["reader"]);
        let learner = Member {
            id: 0x0d5e_92ab,
            peer_urls: vec!["http://10.0.0.9:2380".into()],
            is_learner: true,
            ..Member::default()
        };
        if let Some(state) = &mut self.store.conf_state {
            state.learners.push(learner.id);
        }
        self.store.members.insert(learner.id, learner);
        self.store.removed_members.insert(0x51);
    }

    fn step(&mut self) {
        match self.random.below(100) {
            0..60 => {
                let put = self.put();
                self.store.txn(&[put]);
            }
            60..72 => {
                let key = self.key();
                self.store.delete(key);
            }
            72..76 => {
                let from = self.random.index(self.history.keys);
                let to = from + 1 + self.random.index(4);
                self.store.delete_range(key_of(from), key_of(to));
            }
            76..92 => self.transaction(),
            92..98 => {
                let lease = self.granted_lease();
                let (key, value) = (self.key(), self.value());
                self.store.put_with_lease(key, value, lease);
            }
            98 => self.grant_lease(),
            _ if self.store.leases.len() > 1 => {
                let lease = self.granted_lease();
                self.store.lease_revoke(lease);
            }
            _ => self.grant_lease(),
        }
    }

    /// Puts and deletes of up to six different keys.
    fn transaction(&mut self) {
        let mut numbers: Vec<usize> =
            (0..=self.random.index(6)).map(|_| self.random.index(self.history.keys)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        self.random.shuffle(&mut numbers);
        let mut ops = Vec::new();
        for number in numbers {
            let put = self.random.chance(2, 3);
            ops.push(if put { Op::put(key_of(number), self.value()) } else { Op::Delete(key_of(number)) });
        }
        self.store.txn(&ops);
    }

    fn put(&mut self) -> Op {
        let key = self.key();
        Op::put(key, self.value())
    }

    fn key(&mut self) -> Vec<u8> {
        key_of(self.random.index(self.history.keys))
    }

    fn value(&mut self) -> Vec<u8> {
        let large = self.random.chance(1, 50);
        let range = if large { &self.history.large_value_bytes } else { &self.history.value_bytes };
        let len = self.random.within(range.clone());
        text(&mut self.random, len)
    }

    fn grant_lease(&mut self) {
        let id = i64::try_from(self.random.bits() >> 1).expect("the top bit is clear");
        self.store.lease_grant(id, 600);
    }

    fn granted_lease(&mut self) -> i64 {
        let ids: Vec<i64> = self.store.leases.keys().copied().collect();
        ids[self.random.index(ids.len())]
    }

    /// Compacts at a random revision that is not compacted yet, if there is one.
    fn compact(&mut self, compaction: impl FnOnce(&mut EtcdStore, i64, &mut Random)) {
        let (from, to) = (self.store.compacted_revision().max(1), self.store.current_revision());
        let open = self.store.records.keys().filter_map(|raw| RecordKey::decode(raw));
        let mut open: Vec<RecordKey> = open.filter(|key| (from + 1..=to).contains(&key.revision.main)).collect();
        let deletions: Vec<RecordKey> = open.iter().filter(|key| key.tombstone).copied().collect();
        if !deletions.is_empty() && self.random.chance(1, 2) {
            open = deletions;
        }
        if open.is_empty() {
            return;
        }
        let at = open[self.random.index(open.len())].revision.main;
        compaction(&mut self.store, at, &mut self.random);
    }
}

fn key_of(number: usize) -> Vec<u8> {
    format!("key/{number:06}").into_bytes()
}

/// Letters, digits and spaces.
fn text(random: &mut Random, len: usize) -> Vec<u8> {
    const LETTERS: &[u8; 64] = b"abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.";
    random.bytes(len).into_iter().map(|byte| LETTERS[usize::from(byte % 64)]).collect()
}
