//! How fast a write-ahead log is read and judged, in bytes a second, and how fast the log of a new member is made.
//!
//! The log that is read is one that a busy member leaves: a new cluster's first records, and puts of a few hundred bytes behind them.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use etcdsnap_checksum::crc32c;
use etcdsnap_proto::prost::Message;
use etcdsnap_proto::{etcdserverpb, raftpb, walpb};
use etcdsnap_wal::{Bootstrap, BootstrapMember, RaftLog, Release, SnapshotPosition, Wal, WalRecordKind};

const NAME: &str = "0000000000000000-0000000000000000.wal";
const PUTS: u64 = 50_000;

fn log(criterion: &mut Criterion) {
    let bytes = busy_log(if std::env::args().any(|argument| argument == "--bench") { PUTS } else { 100 });
    let wal = Wal::new([(NAME, &bytes[..])]);
    let read = || RaftLog::read(wal.segments(), SnapshotPosition::default()).expect("a sound log");
    assert!(read().torn.is_none());
    let mut group = criterion.benchmark_group("log");
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.bench_function("records", |bencher| bencher.iter(|| black_box(&wal).records().count()));
    group.bench_function("read as a server does", |bencher| bencher.iter(|| black_box(read())));
    group.bench_function("inspect", |bencher| bencher.iter(|| black_box(&wal).inspect()));
    group.bench_function("decode every request", |bencher| {
        let log = read();
        bencher.iter(|| log.entries.iter().map(|logged| logged.entry.payload()).map(black_box).count());
    });
    group.finish();
    let cluster = cluster();
    criterion.bench_function("first segment of a new member", |bencher| {
        bencher.iter(|| black_box(&cluster).segment(Release::V3_6));
    });
}

fn cluster() -> Bootstrap {
    let member = |id: u64| {
        let peer_urls = vec![format!("https://10.0.0.{id}:2380")];
        BootstrapMember { id, name: format!("m{id}"), peer_urls, learner: false }
    };
    Bootstrap::new(1, 7, (1..=3).map(member).collect()).expect("a cluster")
}

/// The log of a member that took `puts` puts since its restore.
fn busy_log(puts: u64) -> Vec<u8> {
    let mut bytes = cluster().segment(Release::V3_6).bytes;
    let wal = Wal::new([(NAME, &bytes[..])]);
    let first = RaftLog::read(wal.segments(), SnapshotPosition::default())
        .expect("a new log")
        .last_index(SnapshotPosition::default())
        + 1;
    let mut crc = wal.records().filter_map(Result::ok).last().map_or(0, |record| record.crc);
    for index in first..first + puts {
        let key = format!("/registry/pods/default/pod-{}", index % 1000).into_bytes();
        let value = vec![b'v'; 100 + usize::try_from(index % 400).unwrap_or(0)];
        let put = etcdserverpb::PutRequest { key, value, ..Default::default() };
        let request = etcdserverpb::InternalRaftRequest { put: Some(put), ..Default::default() };
        let data = Some(request.encode_to_vec());
        let entry = raftpb::Entry { entry_type: Some(0), term: Some(2), index: Some(index), data }.encode_to_vec();
        crc = crc32c::append(crc, &entry);
        let record_type = Some(WalRecordKind::Entry.number());
        append(&mut bytes, &walpb::Record { record_type, crc: Some(crc), data: Some(entry) }.encode_to_vec());
    }
    bytes
}

/// Appends a frame: the length word, the record, and zeros up to a multiple of eight bytes.
fn append(log: &mut Vec<u8>, record: &[u8]) {
    let padding = record.len().wrapping_neg() % 8;
    let flag = if padding == 0 { 0 } else { (0x80 | padding as u64) << 56 };
    log.extend((record.len() as u64 | flag).to_le_bytes());
    log.extend(record);
    log.extend(std::iter::repeat_n(0, padding));
}

criterion_group!(benches, log);
criterion_main!(benches);
