//! How fast the structure of a file is checked, and its elements are read and written anew, in bytes of the file a second.

use std::hint::black_box;
use std::io::Cursor;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use etcdsnap_bbolt::build::{BuildError, BuildOptions, Builder};
use etcdsnap_bbolt::check::{DEFAULT_LIMIT, check};
use etcdsnap_bbolt::{Bucket, Db};
use etcdsnap_benches::{SCATTERED, SEQUENTIAL, database};
use rayon::ThreadPoolBuilder;

fn structure(criterion: &mut Criterion) {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut group = criterion.benchmark_group("check");
    for (order, page_order) in [("sequential", SEQUENTIAL), ("scattered", SCATTERED)] {
        let database = database(page_order);
        let db = Db::open(&database).expect("a database");
        group.throughput(Throughput::Bytes(database.len() as u64));
        for threads in if cores > 1 { vec![1, cores] } else { vec![1] } {
            let pool = ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
            group.bench_function(BenchmarkId::new(order, format!("{threads} threads")), |bencher| {
                pool.install(|| bencher.iter(|| check(black_box(&db), &(), DEFAULT_LIMIT)));
            });
        }
    }
    group.finish();
}

fn elements(criterion: &mut Criterion) {
    for (order, page_order) in [("sequential", SEQUENTIAL), ("scattered", SCATTERED)] {
        let database = database(page_order);
        let db = Db::open(&database).expect("a database");
        let key = db.root().bucket(b"key").expect("a sound root").expect("the bucket of the records");
        let mut group = criterion.benchmark_group("elements");
        group.throughput(Throughput::Bytes(database.len() as u64));
        group.bench_function(BenchmarkId::new("read", order), |bencher| {
            bencher.iter(|| {
                black_box(key).elements().filter_map(Result::ok).map(|element| element.value.len()).sum::<usize>()
            });
        });
        let mut file = Cursor::new(Vec::with_capacity(database.len() * 2));
        group.bench_function(BenchmarkId::new("build", order), |bencher| {
            bencher.iter(|| build(&key, &mut file).expect("ascending keys"));
        });
        group.finish();
    }
}

/// Writes one bucket into a new file in memory.
fn build(bucket: &Bucket<'_>, file: &mut Cursor<Vec<u8>>) -> Result<u64, BuildError> {
    let mut builder = Builder::new(file, &BuildOptions::default())?;
    builder.bucket::<BuildError>(b"key", 0, |builder| {
        bucket.elements().filter_map(Result::ok).try_for_each(|element| builder.put(element.key, element.value))
    })?;
    Ok(builder.finish()?.size)
}

criterion_group!(benches, structure, elements);
criterion_main!(benches);
