//! How fast a whole snapshot is proven, and its status read, in bytes of the snapshot a second, from memory and on all
//! cores: what the commands `verify` and `status` do between opening the file and printing.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use etcdsnap_benches::snapshot;
use etcdsnap_snapshot::container::{Container, OpenOptions};
use etcdsnap_snapshot::inspection::{Inspection, Options};
use etcdsnap_snapshot::progress::Silent;
use etcdsnap_snapshot::verify::{VerifyOptions, verify};

fn whole(criterion: &mut Criterion) {
    let container = Container::from_stdin(snapshot().as_slice(), &OpenOptions::default()).expect("a snapshot");
    let mut group = criterion.benchmark_group("snapshot");
    group.sample_size(20);
    group.throughput(Throughput::Bytes(container.image().bytes().len() as u64));
    group.bench_function("verify", |bencher| {
        bencher.iter(|| {
            let verified = verify(&container, &VerifyOptions::default(), &Silent).expect("readable");
            assert!(verified.report.is_sound());
            verified
        });
    });
    group.bench_function("status", |bencher| {
        bencher.iter(|| {
            let inspection = Inspection::alone(&container, &Options::default(), &Silent).expect("usable");
            (inspection.database_facts(), inspection.store_facts())
        });
    });
    group.finish();
}

criterion_group!(benches, whole);
criterion_main!(benches);
