//! How fast the objects of a backup are found, listed and shown on all cores, in stored bytes a second.
//!
//! The objects are those of a real API server's etcd, each under many names.

use std::convert::Infallible;
use std::fs::read;
use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use etcdsnap_bbolt::Db;
use etcdsnap_kube::StoredValue;
use etcdsnap_kube::encryption::Keyring;
use etcdsnap_kube::json::{self, JsonLayout as Text};
use etcdsnap_objects::{ObjectSelection, Objects};
use etcdsnap_proto::KeyValueRef;
use etcdsnap_snapshot::container::{Container, OpenOptions};
use etcdsnap_snapshot::contents::{Contents, Source};
use etcdsnap_snapshot::progress::Silent;
use etcdsnap_testkit::bbolt::Layout;
use etcdsnap_testkit::etcd::{EtcdStore, Server};

const BACKUP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/kube/real-1.20/k8s-1.20.2-enc.snapshot.db");

/// Bytes of the hash behind a snapshot.
const TRAILER: usize = 32;

/// Names each object has.
const NAMES: usize = 40;

/// A database with the objects of a cluster under many names.
fn database() -> Vec<u8> {
    let file = read(Path::new(BACKUP)).expect("a snapshot");
    let db = Db::open(&file[..file.len() - TRAILER]).expect("a database");
    let records = db.root().bucket(b"key").expect("sound").expect("a bucket");
    let mut store = EtcdStore::new(Server::V3_6);
    for element in records.elements() {
        let record = KeyValueRef::parse(element.expect("sound").value).expect("a record");
        if matches!(StoredValue::recognise(record.value), StoredValue::Protobuf(_) | StoredValue::Json(_)) {
            for number in 0..NAMES {
                store.put([record.key, format!("-{number}").as_bytes()].concat(), record.value.to_vec());
            }
        }
    }
    Layout::default().build(&store.to_tree())
}

fn objects(criterion: &mut Criterion) {
    let bytes = database();
    let container = Container::from_stdin(&bytes[..], &OpenOptions::default()).expect("a backup");
    let source = Source::new(&container, &Silent);
    let contents = Contents::open(&source).expect("a database");
    let none: [&str; 0] = [];
    let open = || Objects::open(&contents, None, Keyring::default(), &none).expect("objects");
    let objects = open();
    let positions = objects.select(&ObjectSelection::default()).positions;
    let stored =
        positions.iter().filter_map(|at| objects.index().record(*at)).map(|record| record.kv.value.len() as u64);
    let mut group = criterion.benchmark_group("objects");
    group.throughput(Throughput::Bytes(stored.sum()));
    group.bench_function("find", |bencher| bencher.iter(|| open().select(&ObjectSelection::default())));
    group.bench_function("list", |bencher| {
        bencher.iter(|| {
            let created = |clear: etcdsnap_objects::Plaintext<'_>| clear.header().ok()?.metadata.created;
            let Ok(()) = objects.stream(
                &positions,
                |entry| entry.open().ok().and_then(created),
                |created| {
                    black_box(created);
                    Ok::<_, Infallible>(())
                },
            );
        });
    });
    group.bench_function("JSON", |bencher| {
        bencher.iter(|| {
            let Ok(()) = objects.stream(
                &positions,
                |entry| {
                    let clear = entry.open().expect("in clear");
                    entry.object(&clear, false).map(|object| json::to_string(&object.value, Text::Indented)).ok()
                },
                |text| {
                    _ = black_box(text);
                    Ok::<_, Infallible>(())
                },
            );
        });
    });
    group.finish();
}

criterion_group!(benches, objects);
criterion_main!(benches);
