//! How fast the structure of a file is checked, in bytes of the file a second: every page, nothing looked at beside.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use etcdsnap_bbolt::Db;
use etcdsnap_bbolt::check::{DEFAULT_LIMIT, check};
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

criterion_group!(benches, structure);
criterion_main!(benches);
