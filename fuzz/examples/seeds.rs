//! Writes inputs to begin with into `fuzz/corpus`: small databases of many layouts, entries of every small bucket, streams of
//! every kind. Run it from anywhere: `cargo run --manifest-path fuzz/Cargo.toml --example seeds`.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use etcdsnap_fuzz::entries;
use etcdsnap_testkit::append_trailer;
use etcdsnap_testkit::bbolt::{Bucket, ByteOrder, Entry, Freelist, Layout, MetaStyle, PageOrder};
use etcdsnap_testkit::etcd::{Compactions, EtcdStore, RandomHistory, RecordKey, Server};

fn main() -> io::Result<()> {
    let databases = databases();
    write("db_check", &databases)?;
    write("container", &streams(&databases)?)?;
    write("zip", &databases.iter().step_by(5).map(|database| archive(database)).collect::<Vec<_>>())?;
    write("small_buckets", &small_buckets())?;
    write("revision_key", &revision_keys())?;
    write("key_value", &values())?;
    write("wal", &files("testdata/wal/members/every-request/wal")?)?;
    write("snap", &files("testdata/wal/members/member-3.5.1-sigterm/snap")?)?;
    write("manifest", &files("crates/restore/tests/manifests")?)?;
    write("initial_cluster", &initial_clusters())?;
    kube()
}

/// The small objects of the test data in every form, and the texts YAML could mistake.
fn kube() -> io::Result<()> {
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/kube");
    let (mut values, mut cbor, mut sealed) = (Vec::new(), Vec::new(), Vec::new());
    for entry in std::fs::read_dir(testdata.join("vectors"))? {
        let path = entry?.path();
        let bytes = std::fs::read(&path)?;
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("pb" | "json") => values.push(bytes),
            Some("bin") if bytes.starts_with(b"\xd9\xd9\xf7") => cbor.push(bytes),
            Some("bin") => sealed.push(bytes),
            _ => {}
        }
    }
    let messages: Vec<_> = values.iter().filter_map(|value| value.strip_prefix(b"k8s\0")).map(<[u8]>::to_vec).collect();
    let texts = std::fs::read_to_string(testdata.join("yaml-strings.jsonl"))?;
    let texts: Vec<_> = texts.lines().map(|line| line.as_bytes().to_vec()).collect();
    sealed.push(std::fs::read(testdata.join("real-1.20/enc.yaml"))?);
    write("kube_cbor", &cbor)?;
    write("kube_encryption", &sealed)?;
    write("kube_message", &messages)?;
    write("kube_value", &values)?;
    write("kube_yaml", &texts)
}

/// The files of a folder of the repository, as far as they are small.
fn files(folder: &str) -> io::Result<Vec<Vec<u8>>> {
    const LARGEST: usize = 32 << 10;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut paths: Vec<_> =
        std::fs::read_dir(root.join(folder))?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    paths.sort();
    let files: Vec<_> = paths.iter().filter(|path| path.is_file()).map(std::fs::read).collect::<io::Result<_>>()?;
    Ok(files.into_iter().filter(|file| file.len() <= LARGEST).collect())
}

/// A zip archive of one file that is stored as it is, without the four bytes that begin it.
fn archive(content: &[u8]) -> Vec<u8> {
    let mut crc32 = flate2::Crc::new();
    crc32.update(content);
    let len = u32::try_from(content.len()).unwrap_or(u32::MAX).to_le_bytes();
    let fields = [&[0; 8][..], &crc32.sum().to_le_bytes(), &len, &len, b"\x01\0\0\0"].concat();
    let entry = [b"\x14\0", &fields[..], b"a", content].concat();
    let list = [b"PK\x01\x02\x14\0\x14\0", &fields[..], &[0; 14], b"a"].concat();
    let place = [list.len(), 4 + entry.len()].map(|number| u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes());
    [&entry[..], &list, b"PK\x05\x06\0\0\0\0\x01\0\x01\0", &place[0], &place[1], b"\0\0"].concat()
}

fn initial_clusters() -> Vec<Vec<u8>> {
    let clusters = [
        "m1=http://10.0.0.1:2380,m2=http://10.0.0.2:2380,m3=http://10.0.0.3:2380",
        "a=https://[fe80::1%25eth0]:2380,a=unix://localhost:1,b= http://h:1 ",
        "m1=http://%41.example:2380/,=,m1,x=unixs:///tmp/s,y=ftp://h",
    ];
    clusters.map(|cluster| cluster.as_bytes().to_vec()).to_vec()
}

fn write(target: &str, seeds: &[Vec<u8>]) -> io::Result<()> {
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    std::fs::create_dir_all(&folder)?;
    for (number, seed) in seeds.iter().enumerate() {
        std::fs::write(folder.join(format!("seed-{number:03}")), seed)?;
    }
    println!("{}: {} seeds", folder.display(), seeds.len());
    Ok(())
}

/// Stores of a few keys, so that a change of a byte means something.
fn stores() -> Vec<EtcdStore> {
    let mut stores = Vec::new();
    for (seed, server) in (1..).zip(Server::ALL) {
        for compactions in [Compactions::Never, Compactions::Finished(2), Compactions::LastUnfinished(1)] {
            let history = RandomHistory {
                seed,
                server,
                operations: 12,
                keys: 4,
                value_bytes: 0..12,
                large_value_bytes: 500..700,
                compactions,
                ..RandomHistory::default()
            };
            stores.push(history.build_store());
        }
    }
    let mut bumped = stores[0].clone();
    bumped.bump_revision(100);
    stores.push(bumped);
    stores
}

fn databases() -> Vec<Vec<u8>> {
    let small = Layout { page_size: 512, ..Layout::default() };
    let layouts = [
        small.clone(),
        Layout { inline_limit: Some(0), free_pages: 3, page_order: PageOrder::Shuffled(3), ..small.clone() },
        Layout { freelist: Freelist::Persisted, free_pages: 4, metas: MetaStyle::Live, ..small.clone() },
        Layout { min_depth: 3, page_order: PageOrder::RootFirst, ..small.clone() },
        Layout { byte_order: ByteOrder::Big, inline_limit: Some(usize::MAX), ..small.clone() },
    ];
    let stores = stores();
    let mut databases: Vec<Vec<u8>> =
        layouts.iter().cycle().zip(&stores).map(|(layout, store)| layout.build(&store.to_tree())).collect();
    let mut nested = Bucket::new();
    nested.bucket("a").bucket("b").bucket("c").put("k", "v").put("l", vec![7; 600]);
    nested.bucket("a").put("x", "y");
    nested.bucket("key").put("no revision", "no record");
    databases.extend(layouts.iter().map(|layout| layout.build(&nested)));
    databases.extend([&[61][..], &[63], &[64], &[70], &[1, 0, 63], &[66, 2, 66]].map(chained));
    databases
}

/// A bucket whose leaves stand below chains of so many branches, on both sides of the deepest level that is followed.
fn chained(chains: &[usize]) -> Vec<u8> {
    let mut root = Bucket::new();
    for number in 0..chains.len() {
        root.bucket("key").put(format!("{number}"), vec![b'x'; 200]);
    }
    let layout = Layout { page_size: 512, fill_percent: 50, inline_limit: Some(0), ..Layout::default() };
    Layout { chains: chains.to_vec(), ..layout }.build(&root)
}

fn streams(databases: &[Vec<u8>]) -> io::Result<Vec<Vec<u8>>> {
    let mut streams: Vec<Vec<u8>> = [
        &b"<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>"[..],
        b"<!DOCTYPE html><html><head><title>Sign in</title></head></html>",
        b"{\"error\":{\"code\":401,\"message\":\"Invalid Credentials\"}}",
        b"\x04\0\0\0\0\0\0\x84\x08\x04\x10\0\0\0\0\0\x90\0\0\0\0\0\0\0",
        b"\x08\xe9\xab\x92\xaf\x0d\x12\x05\x0a\x01\x01\x12\0",
        b"Salted__\x01\x02",
        b"",
    ]
    .map(<[u8]>::to_vec)
    .to_vec();
    for database in databases.iter().step_by(3) {
        let mut snapshot = database.clone();
        append_trailer(&mut snapshot);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(&snapshot)?;
        streams.push(gzip.finish()?);
        let mut frames = zstd::Encoder::new(Vec::new(), 1)?;
        frames.include_checksum(true)?;
        frames.write_all(&snapshot)?;
        streams.push(frames.finish()?);
        streams.extend([[b"log line\n", &snapshot[..]].concat(), snapshot, database.clone()]);
    }
    Ok(streams)
}

/// The small buckets of every store, together and one entry at a time.
fn small_buckets() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for mut store in stores() {
        store.alarms.extend([(0x8e9e_05c5_2164_694d, 1), (7, 2)]);
        store.downgrade = Some(etcdsnap_testkit::etcd::Downgrade { target_version: "3.5.0".into(), enabled: true });
        store.auth.enabled = Some(true);
        let tree = store.to_tree();
        let entries: Vec<_> = small_entries(&tree).collect();
        seeds.push(entries::write(entries.iter().copied()));
        if seeds.len() == 1 {
            seeds.extend(entries.iter().map(|entry| entries::write([*entry])).collect::<Vec<_>>());
        }
    }
    seeds
}

fn small_entries(tree: &Bucket) -> impl Iterator<Item = entries::Entry<'_>> {
    let names = etcdsnap_snapshot::buckets::EXPECTED.into_iter().filter(|name| *name != "key");
    names.flat_map(|name| {
        let entries = match tree.entries.get(name.as_bytes()) {
            Some(Entry::Bucket(bucket)) => bucket.entries.iter().collect(),
            _ => Vec::new(),
        };
        entries.into_iter().filter_map(move |(key, entry)| match entry {
            Entry::Value(value) => Some((name, key.as_slice(), value.as_slice())),
            Entry::Bucket(_) => None,
        })
    })
}

fn revision_keys() -> Vec<Vec<u8>> {
    let keys =
        [RecordKey::put(2, 0), RecordKey::tombstone(2, 0), RecordKey::put(i64::MAX, i64::MAX), RecordKey::put(-1, 5)];
    let single = keys.iter().map(|key| key.encode());
    let pairs = keys.iter().map(|key| [RecordKey::put(2, 0).encode(), key.encode()].concat());
    single.chain(pairs).collect()
}

fn values() -> Vec<Vec<u8>> {
    stores().iter().step_by(4).flat_map(|store| store.records.values().take(8).cloned().collect::<Vec<_>>()).collect()
}
