//! Everything that one walk over a database says, as values that can be compared.

use std::sync::LazyLock;

use etcdsnap_bbolt::check::{self, PageCounts};
use etcdsnap_bbolt::{StructureCode, Db, StructureProblem};
use etcdsnap_mvcc::digest::BucketDigest;
use etcdsnap_mvcc::{Compaction, HashKv, Keyspace, RevisionError, RecordCode, Scanner, Summary, Violation};
use rayon::{ThreadPool, ThreadPoolBuilder};

/// What a walk found, and what the keyspace made of it.
#[derive(Debug, PartialEq)]
pub struct Answers<'a> {
    pub problems: Vec<StructureProblem>,
    pub problem_counts: Vec<(StructureCode, u64)>,
    pub page_counts: PageCounts,
    pub buckets: Vec<BucketDigest<'a>>,
    pub violations: Vec<Violation>,
    pub violation_counts: Vec<u64>,
    pub summary: Summary,
    pub hash_kv: Result<HashKv, RevisionError>,
}

static ONE: LazyLock<ThreadPool> = LazyLock::new(|| pool(1));
static TWO: LazyLock<ThreadPool> = LazyLock::new(|| pool(2));

fn pool(threads: usize) -> ThreadPool {
    ThreadPoolBuilder::new().num_threads(threads).build().expect("threads")
}

impl<'a> Answers<'a> {
    /// The answers of one thread, for HashKV at `hash_at`, with at most `limit` findings of each rule.
    pub fn of(db: &Db<'a>, compaction: Compaction, hash_at: Option<i64>, limit: u64) -> Self {
        ONE.install(|| Self::gather(db, compaction, hash_at, limit))
    }

    /// The same of two threads.
    pub fn of_two_threads(db: &Db<'a>, compaction: Compaction, hash_at: Option<i64>, limit: u64) -> Self {
        TWO.install(|| Self::gather(db, compaction, hash_at, limit))
    }

    fn gather(db: &Db<'a>, compaction: Compaction, hash_at: Option<i64>, limit: u64) -> Self {
        let mut walk = check::check(db, &Scanner::new(compaction, limit), limit);
        let keyspace = Keyspace::from_walk(db, &mut walk, compaction, hash_at);
        Self {
            problems: walk.problems.kept().to_vec(),
            problem_counts: walk.problems.counts().collect(),
            page_counts: walk.page_counts,
            hash_kv: keyspace.hash_kv(),
            violations: keyspace.violations.kept().to_vec(),
            violation_counts: RecordCode::ALL.iter().map(|code| keyspace.violations.count(*code)).collect(),
            summary: keyspace.summary,
            buckets: keyspace.buckets,
        }
    }

    /// Is the structure without an error?
    pub fn is_sound(&self) -> bool {
        self.problem_counts.iter().all(|(code, _)| code.severity() < etcdsnap_fault::Severity::Error)
    }

    /// Does every record keep every rule?
    pub fn keeps_all_rules(&self) -> bool {
        self.violation_counts.iter().all(|count| *count == 0)
    }
}
