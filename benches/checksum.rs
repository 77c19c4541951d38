//! How fast checksums are computed, in bytes of input a second; combination in checksums a second.
//!
//! A leaf run is what etcd's hashes see of one leaf page: its keys and values, mostly some 4 KB in one piece.

use std::hint::black_box;
use std::ops::ControlFlow;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use etcdsnap_bbolt::check::{self, BucketInfo, Leaf, Observer};
use etcdsnap_bbolt::{Db, check::DEFAULT_LIMIT};
use etcdsnap_benches::{SCATTERED, database};
use etcdsnap_checksum::{crc32c, sha256};
use sha2::{Digest, Sha256};

/// Collects the runs of all leaves, in file order.
struct Runs;

impl<'a> Observer<'a> for Runs {
    type Chunk = Vec<&'a [u8]>;

    fn chunk(&self) -> Self::Chunk {
        Vec::new()
    }

    fn leaf(&self, chunk: &mut Self::Chunk, _: &BucketInfo<'a>, leaf: &Leaf<'a>) {
        chunk.extend(leaf.packed);
    }
}

fn crc(criterion: &mut Criterion) {
    let database = database(SCATTERED);
    let db = Db::open(&database).expect("a database");
    let runs = check::check(&db, &Runs, DEFAULT_LIMIT).chunks.concat();
    let mut group = criterion.benchmark_group("crc32c");

    group.throughput(Throughput::Bytes(runs.iter().map(|run| run.len() as u64).sum()));
    group.bench_function("leaf runs", |bencher| {
        bencher.iter(|| runs.iter().fold(0, |all, run| all ^ crc32c::crc32c(black_box(run))));
    });
    for (name, len) in [("4 KiB in cache", 4 << 10), ("1 MiB", 1 << 20)] {
        let piece = &database[..len];
        group.throughput(Throughput::Bytes(len as u64));
        group.bench_function(name, |bencher| bencher.iter(|| crc32c::crc32c(black_box(piece))));
    }

    let parts: Vec<(u32, u64)> = runs.iter().map(|run| (crc32c::crc32c(run), run.len() as u64)).collect();
    group.throughput(Throughput::Elements(parts.len() as u64));
    group.bench_function("combine leaf runs", |bencher| {
        bencher.iter(|| black_box(&parts).iter().fold(0, |all, (crc, len)| crc32c::combine(all, *crc, *len)));
    });
    group.finish();
}

fn sha(criterion: &mut Criterion) {
    let database = database(SCATTERED);
    let mut group = criterion.benchmark_group("sha256");
    group.sample_size(20);
    group.throughput(Throughput::Bytes(database.len() as u64));
    group.bench_function("with touch-ahead", |bencher| {
        bencher.iter(|| sha256::digest(black_box(&database), &mut |_| ControlFlow::Continue(())));
    });
    group.bench_function("plain sha2", |bencher| bencher.iter(|| Sha256::digest(black_box(&database))));
    group.finish();
}

criterion_group!(benches, crc, sha);
criterion_main!(benches);
