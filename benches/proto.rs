//! How fast the records of the bucket `key` are decoded, in records a second: our reader of borrowed bytes beside prost.
//!
//! The records are few enough to stay in the cache. In a walk they are in it too, because their page was just hashed.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use etcdsnap_bbolt::Db;
use etcdsnap_benches::{SEQUENTIAL, database};
use etcdsnap_proto::KeyValueRef;
use etcdsnap_proto::mvccpb::KeyValue;
use etcdsnap_proto::prost::Message as _;

/// Some hundred kilobytes.
const IN_CACHE: usize = 200;

fn records(criterion: &mut Criterion) {
    let database = database(SEQUENTIAL);
    let db = Db::open(&database).expect("a database");
    let bucket = db.root().bucket(b"key").expect("sound").expect("there");
    let records = bucket.elements().map(|element| element.expect("sound").value);
    let canonical: Vec<&[u8]> = records.take(IN_CACHE).collect();
    // An empty lease field in front: the same record, in an order that etcd never writes.
    let reordered: Vec<Vec<u8>> = canonical.iter().map(|record| [&[0x30, 0], *record].concat()).collect();

    let mut group = criterion.benchmark_group("KeyValue");
    group.throughput(Throughput::Elements(canonical.len() as u64));
    group.bench_function("KeyValueRef, as etcd writes it", |bencher| {
        bencher.iter(|| canonical.iter().map(|record| borrowed(record)).sum::<i64>());
    });
    group.bench_function("KeyValueRef, fields in another order", |bencher| {
        bencher.iter(|| reordered.iter().map(|record| borrowed(record)).sum::<i64>());
    });
    group.bench_function("prost", |bencher| {
        bencher.iter(|| canonical.iter().map(|record| owned(record)).sum::<i64>());
    });
    group.finish();
}

fn borrowed(record: &[u8]) -> i64 {
    black_box(KeyValueRef::parse(black_box(record)).expect("a record")).version
}

fn owned(record: &[u8]) -> i64 {
    black_box(KeyValue::decode(black_box(record)).expect("a record")).version
}

criterion_group!(benches, records);
criterion_main!(benches);
