//! How fast the keyspace is read, in records a second: the walk that looks at every record, putting together what it
//! found, HashKV, and the index by key.
//!
//! HashKV is asked for at the current revision, and at one between the compacted and the current one; in both cases the
//! compacted past is hashed record by record, because only the newest put of each key counts there.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use etcdsnap_bbolt::Db;
use etcdsnap_bbolt::check::{DEFAULT_LIMIT, Walk, check};
use etcdsnap_benches::{SCATTERED, database};
use etcdsnap_mvcc::{Compaction, Index, Keyspace, ScanChunk, Scanner};

fn keyspace(criterion: &mut Criterion) {
    let database = database(SCATTERED);
    let db = Db::open(&database).expect("a database");
    let compaction = Compaction::read(&db).expect("marks");
    let scanner = Scanner::new(compaction, DEFAULT_LIMIT);
    let walk = || -> Walk<'_, ScanChunk<'_>> { check(black_box(&db), &scanner, DEFAULT_LIMIT) };
    let at = |revision| Keyspace::from_walk(&db, &mut walk(), compaction, revision);

    let current = at(None);
    let middle = i64::midpoint(compaction.compacted(), current.current_revision());
    let mut group = criterion.benchmark_group("keyspace");
    group.throughput(Throughput::Elements(current.summary.records));
    group.bench_function("walk", |bencher| bencher.iter(walk));
    for (name, revision) in [("put together", None), ("put together, for a hash in the middle", Some(middle))] {
        group.bench_function(name, |bencher| {
            let assemble = |walk: &mut _| Keyspace::from_walk(&db, walk, compaction, revision);
            bencher.iter_batched_ref(walk, assemble, BatchSize::PerIteration);
        });
    }
    for (name, keyspace) in [("HashKV, current", current), ("HashKV, in the middle", at(Some(middle)))] {
        group.bench_function(name, |bencher| bencher.iter(|| black_box(&keyspace).hash_kv().expect("a revision")));
    }
    group.bench_function("index, put together", |bencher| {
        bencher.iter_batched(
            || walk().chunks,
            |chunks| Index::from_chunks(&db, chunks, compaction, DEFAULT_LIMIT),
            BatchSize::PerIteration,
        );
    });
    let index = Index::from_chunks(&db, walk().chunks, compaction, DEFAULT_LIMIT);
    let revision = i64::MAX;
    group.bench_function("index, live keys", |bencher| bencher.iter(|| black_box(&index).live_at(revision)));
    group.bench_function("index, live keys in order", |bencher| {
        bencher.iter(|| black_box(&index).sorted_by_key(index.live_at(revision), |position| *position));
    });
    group.finish();
}

criterion_group!(benches, keyspace);
criterion_main!(benches);
