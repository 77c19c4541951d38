//! A database with valid metas and anything behind them.
//!
//! Nothing may panic or run in circles. The check must say the same on any number of threads. And where it calls the structure
//! sound, a cursor, which shares no code with the walk, must read it all; where the records keep all rules too, a model of
//! etcd must agree on every number.

#![no_main]

use etcdsnap_bbolt::{Bucket, Db};
use etcdsnap_fuzz::answers::Answers;
use etcdsnap_fuzz::metas;
use etcdsnap_mvcc::{Compaction, Keyspace, RevisionError, Scanner};
use etcdsnap_testkit::etcd::{self, EtcdStore, Server};
use libfuzzer_sys::fuzz_target;

/// How deep buckets are followed, and how many keys are read at most: buckets of a damaged file may hold each other.
const DEPTH: u32 = 4;
const KEYS: usize = 20_000;
const LIMIT: u64 = 3;

fuzz_target!(|bytes: &[u8]| {
    let mut file = bytes.to_vec();
    metas::make_true(&mut file);
    let Ok(db) = Db::open(&file) else { return };
    let compaction = Compaction::read(&db).unwrap_or_default();
    let answers = Answers::of(&db, compaction, None, LIMIT);
    assert_eq!(answers, Answers::of_two_threads(&db, compaction, None, LIMIT));
    for problem in &answers.problems {
        assert!(!problem.to_string().is_empty());
    }
    for violation in &answers.violations {
        assert!(!violation.to_string().is_empty());
    }
    let mut reading = Reading::default();
    reading.bucket(&db.root(), DEPTH);
    if answers.is_sound() && reading.keys < KEYS {
        assert!(!reading.failed, "the check found nothing and a cursor did");
        if !reading.cut {
            assert_eq!(reading.keys as u64, answers.page_counts.keys);
        }
    }
    let healthy = answers.is_sound() && answers.keeps_all_rules();
    let revisions = revisions(&answers, compaction);
    // Every walk takes its time; where there is no model to compare with, one tells as much as all.
    let chosen = if healthy { &revisions[..] } else { &revisions[bytes.len() % revisions.len()..][..1] };
    for revision in chosen {
        let at = Answers::of(&db, compaction, Some(*revision), LIMIT);
        assert_eq!((&at.problem_counts, &at.summary), (&answers.problem_counts, &answers.summary));
        if healthy {
            agrees_with_model(&db, compaction, *revision, &at);
        }
    }
});

/// Revisions around everything that makes a difference.
fn revisions(answers: &Answers<'_>, compaction: Compaction) -> Vec<i64> {
    let last = answers.summary.last.map_or(1, |last| last.main);
    let compacted = compaction.compacted();
    let mut all = vec![i64::MIN, -1, 1, last / 2, last.saturating_sub(1), last, i64::MAX];
    all.extend([compacted, compacted.saturating_add(1)]);
    all.sort_unstable();
    all.dedup();
    all
}

/// What cursors see.
#[derive(Default)]
struct Reading {
    keys: usize,
    failed: bool,
    cut: bool,
}

impl Reading {
    fn bucket(&mut self, bucket: &Bucket<'_>, depth: u32) {
        let mut forward = Vec::new();
        for element in bucket.elements() {
            let Ok(element) = element else {
                self.failed = true;
                break;
            };
            forward.push(element);
            if element.is_bucket() {
                self.nested(bucket, element.key, depth);
            } else {
                self.keys += 1;
            }
            if self.keys >= KEYS {
                return;
            }
        }
        assert!(forward.is_sorted_by(|one, next| one.key < next.key), "a cursor only moves forward");
        let failed = self.failed;
        let mut backward = Vec::new();
        let mut cursor = bucket.cursor();
        loop {
            match cursor.prev() {
                Ok(Some(element)) => backward.push(element),
                Ok(None) => break,
                Err(_) => return self.failed = true,
            }
        }
        if !failed {
            assert!(forward.iter().eq(backward.iter().rev()), "both ways lead through the same elements");
        }
        for element in forward.iter().step_by(1 + forward.len() / 50) {
            match bucket.element(element.key) {
                Ok(found) => self.failed |= found != Some(*element),
                Err(_) => self.failed = true,
            }
        }
    }

    fn nested(&mut self, bucket: &Bucket<'_>, name: &[u8], depth: u32) {
        if depth == 0 {
            self.cut = true;
            return;
        }
        match bucket.bucket(name) {
            Ok(Some(inner)) => self.bucket(&inner, depth - 1),
            _ => self.failed = true,
        }
    }
}

/// Compares a healthy keyspace with the model, which reads the same records in the plainest way.
fn agrees_with_model(db: &Db<'_>, compaction: Compaction, revision: i64, answers: &Answers<'_>) {
    let Ok(Some(bucket)) = db.root().bucket(b"key") else { return };
    let mut model = EtcdStore::new(Server::V3_6);
    for element in bucket.elements() {
        let element = element.expect("the structure is sound");
        if element.is_bucket() {
            return;
        }
        model.records.insert(element.key.to_vec(), element.value.to_vec());
    }
    // Marks as etcd sets them; the model takes others as they are.
    let (scheduled, finished) = (compaction.scheduled, compaction.finished);
    if [scheduled, finished].into_iter().flatten().any(|mark| mark < 1) || finished > scheduled {
        return;
    }
    (model.scheduled_compaction, model.finished_compaction) = (scheduled, finished);
    let hash = answers.hash_kv.map(|answer| answer.hash).map_err(|error| match error {
        RevisionError::Compacted => etcd::HashKvError::Compacted,
        _ => etcd::HashKvError::Future,
    });
    assert_eq!(hash, model.hash_kv(revision), "HashKV at {revision}, {compaction:?}");
    let keyspace = {
        let mut walk = etcdsnap_bbolt::check::check(db, &Scanner::new(compaction, LIMIT), LIMIT);
        Keyspace::from_walk(db, &mut walk, compaction, None)
    };
    assert_eq!(keyspace.current_revision(), model.current_revision());
    assert_eq!(compaction.compacted(), model.compacted_revision());
    assert_eq!(keyspace.summary.live_keys, model.total_live_keys() as u64);
    assert_eq!(keyspace.summary.records, model.records.len() as u64);
    let live = model.live_at(i64::MAX);
    assert_eq!(keyspace.any_live_key(|_| true), !live.is_empty());
    for wanted in live.keys() {
        assert!(keyspace.any_live_key(|key| key == wanted));
    }
    let leased: u64 = keyspace.leases().values().sum();
    assert_eq!(leased, live.values().filter(|record| record.lease != 0).count() as u64);
}
