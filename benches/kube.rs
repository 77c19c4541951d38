//! How fast stored Kubernetes objects are read, in stored bytes a second: metadata alone, as lists need it; decoding; and
//! decoding with writing JSON or YAML.
//!
//! The objects are those of a real API server's etcd, protobuf and JSON, and of each kind a few random ones.

use std::fs::{File, read};
use std::hint::black_box;
use std::io::{self, Read};
use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use etcdsnap_bbolt::Db;
use etcdsnap_kube::StoredValue;
use etcdsnap_kube::decode::{DecodeOptions, decode};
use etcdsnap_kube::json::{self, JsonLayout};
use etcdsnap_kube::metadata::ObjectHeader;
use etcdsnap_kube::yaml;
use etcdsnap_proto::KeyValueRef;
use flate2::read::GzDecoder;

const TESTDATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/kube");

/// Bytes of the hash behind a snapshot.
const TRAILER: usize = 32;

/// All values in clear of a snapshot, old revisions too.
fn cluster() -> Vec<Vec<u8>> {
    let file = read(Path::new(TESTDATA).join("real-1.20/k8s-1.20.2-enc.snapshot.db")).expect("a snapshot");
    let db = Db::open(&file[..file.len() - TRAILER]).expect("a database");
    let records = db.root().bucket(b"key").expect("sound").expect("a bucket");
    let values = records
        .elements()
        .map(|element| KeyValueRef::parse(element.expect("sound").value).expect("a record").value.to_vec());
    values
        .filter(|value| matches!(StoredValue::recognise(value), StoredValue::Protobuf(_) | StoredValue::Json(_)))
        .collect()
}

/// Random objects of all kinds.
fn random() -> Vec<Vec<u8>> {
    let mut text = String::new();
    let file = File::open(Path::new(TESTDATA).join("sparse-pairs.tsv.gz")).expect("pairs");
    GzDecoder::new(file).read_to_string(&mut text).expect("a text");
    let stored = text.lines().map(|line| line.split('\t').next().unwrap_or_default().as_bytes());
    let digit = |digit: u8| u8::try_from(char::from(digit).to_digit(16).expect("hex")).expect("a digit");
    stored.map(|hex| hex.chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()).collect()
}

fn objects(criterion: &mut Criterion) {
    for (name, values) in [("a cluster", cluster()), ("all kinds", random())] {
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Bytes(values.iter().map(|value| value.len() as u64).sum()));
        let each = |action: &dyn Fn(&[u8])| values.iter().for_each(|value| action(black_box(value)));
        group.bench_function("metadata", |bencher| {
            bencher.iter(|| each(&|value| drop(black_box(ObjectHeader::read(value)))));
        });
        group.bench_function("decode", |bencher| {
            bencher.iter(|| each(&|value| drop(black_box(decode(value, DecodeOptions::default())))));
        });
        group.bench_function("JSON", |bencher| {
            bencher.iter(|| {
                each(&|value| {
                    let object = decode(value, DecodeOptions::default()).expect("an object");
                    json::write(&object.value, JsonLayout::Indented, &mut io::sink()).expect("no end");
                });
            });
        });
        group.bench_function("YAML", |bencher| {
            bencher.iter(|| {
                each(&|value| {
                    let object = decode(value, DecodeOptions::default()).expect("an object");
                    yaml::write(&object.value, &mut io::sink()).expect("no end");
                });
            });
        });
        group.finish();
    }
}

criterion_group!(benches, objects);
criterion_main!(benches);
