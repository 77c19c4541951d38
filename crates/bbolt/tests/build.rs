//! Whatever is put into the builder comes out of the file it builds, in pages that keep every rule.

mod content;

use std::io::{self, Cursor, Seek, SeekFrom, Write};

use content::sound;
use etcdsnap_bbolt::build::{BuildError, BuildOptions, Builder, Built, CopyError, ElementError, FreelistMode};
use etcdsnap_bbolt::check::check;
use etcdsnap_bbolt::{ByteOrder, Db, Page, PageKind};
use etcdsnap_testkit::bbolt::{self, Bucket, Entry, Layout, PageOrder};
use etcdsnap_testkit::damage;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

fn fill<W: Write + Seek>(builder: &mut Builder<W>, bucket: &Bucket) -> Result<(), BuildError> {
    for (key, entry) in &bucket.entries {
        match entry {
            Entry::Value(value) => builder.put(key, value)?,
            Entry::Bucket(inner) => builder.bucket(key, inner.sequence, |builder| fill(builder, inner))?,
        }
    }
    Ok(())
}

fn build(root: &Bucket, options: &BuildOptions) -> (Vec<u8>, Built) {
    let mut file = Cursor::new(Vec::new());
    let mut builder = Builder::new(&mut file, options).expect("options");
    fill(&mut builder, root).expect("in order");
    let built = builder.finish().expect("memory");
    (file.into_inner(), built)
}

/// Every page that can be: leaves and branches, with and without overflow, inline, empty and nested buckets.
fn everything() -> Bucket {
    let mut root = Bucket::new();
    root.bucket("empty");
    root.bucket("inline").put("a", "1").put("b", "");
    let many = root.bucket("many");
    for number in 0..3_000_u32 {
        many.put(format!("key {number:08}"), vec![b'v'; number as usize % 90]);
    }
    many.put("large", vec![7; 300_000]).put("no value", "");
    let long_keys = root.bucket("long keys");
    for number in 0..20_u8 {
        long_keys.put([vec![number; 30_000], vec![number]].concat(), vec![number; 10]);
    }
    let nested = root.bucket("nested");
    nested.sequence = 42;
    nested.put("plain", "value").bucket("inner").bucket("innermost").put("deep", "down");
    root.put("value among the buckets", "x");
    root
}

#[test]
fn all_layouts() {
    let root = everything();
    for page_size in [512, 1024, 4096, 16_384, 65_536, 1 << 20] {
        for fill_percent in [10, 50, 90, 100] {
            for (freelist, order, txid) in [
                (FreelistMode::None, ByteOrder::Little, 8),
                (FreelistMode::Empty, ByteOrder::Little, 9),
                (FreelistMode::None, ByteOrder::Big, 1),
            ] {
                let options = BuildOptions { page_size, order, fill_percent, txid, sequence: 3, freelist };
                let (file, built) = build(&root, &options);
                assert_eq!(sound(&file), Bucket { sequence: 3, ..root.clone() }, "{options:?}");
                let db = Db::open(&file).expect("opens");
                assert_eq!(db.meta().txid, txid);
                assert_eq!(db.metas()[1].as_ref().map(|meta| meta.txid), Ok(txid - 1));
                assert_eq!(db.has_freelist(), freelist == FreelistMode::Empty);
                assert_eq!((db.order(), db.page_size(), db.meta().root), (order, page_size, built.root));
                assert_eq!(db.meta().high_water_mark, built.high_water_mark);
                assert_eq!(file.len() as u64, built.size);
                let walk = check(&db, &(), 1);
                assert!(walk.problems.is_empty(), "not even worth knowing: {:?}", walk.problems.kept());
                assert_eq!(walk.page_counts.free, 0);
            }
        }
    }
}

/// Bytes that the elements of a page need.
fn used(page: &Page<'_>) -> usize {
    let leaf: usize = match page.kind {
        PageKind::Leaf => page.leaf_elements().map(|element| 16 + element.key.len() + element.value.len()).sum(),
        _ => page.branch_elements().map(|element| 16 + element.key.len()).sum(),
    };
    16 + leaf
}

/// No page is left while its next element would fit, and none is fuller than asked for.
#[test]
fn pages_are_as_full_as_asked_for() {
    let mut root = Bucket::new();
    let many = root.bucket("many");
    for number in 0..20_000_u32 {
        many.put(number.to_be_bytes(), vec![b'v'; number as usize * 7 % 120]);
    }
    for fill_percent in [30, 90, 100] {
        let options = BuildOptions { fill_percent, ..BuildOptions::default() };
        let (file, built) = build(&root, &options);
        let db = Db::open(&file).expect("opens");
        let limit = 4096 * fill_percent as usize / 100;
        let pages: Vec<_> = (2..built.high_water_mark).filter_map(|id| db.page(id)).collect();
        for kind in [PageKind::Leaf, PageKind::Branch] {
            let of_kind: Vec<_> = pages.iter().filter(|page| page.kind == kind && page.id != built.root).collect();
            assert!(of_kind.iter().all(|page| used(page) <= limit));
            // The last two branches of a level share out what they have, and so may the only one above them.
            let settled = if kind == PageKind::Leaf { of_kind.len() - 1 } else { of_kind.len().saturating_sub(3) };
            for pair in of_kind[..=settled].windows(2) {
                let next = match kind {
                    PageKind::Leaf => {
                        pair[1].leaf_element(0).map(|element| 16 + element.key.len() + element.value.len())
                    }
                    _ => pair[1].branch_element(0).map(|element| 16 + element.key.len()),
                };
                assert!(used(pair[0]) + next.expect("not empty") > limit);
            }
        }
    }
}

/// Elements that fit badly into single pages share runs of a few.
#[test]
fn large_values_leave_little_unused() {
    let mut root = Bucket::new();
    let many = root.bucket("many");
    for number in 0..2_000_u32 {
        many.put(number.to_be_bytes(), vec![b'v'; 700 + number as usize * 7919 % 4000]);
    }
    let (file, built) = build(&root, &BuildOptions::default());
    assert_eq!(sound(&file), root);
    let db = Db::open(&file).expect("opens");
    let leaves: Vec<_> =
        (2..built.high_water_mark).filter_map(|id| db.page(id)).filter(|page| page.kind == PageKind::Leaf).collect();
    assert!(leaves.iter().filter(|leaf| leaf.id != built.root).all(|leaf| leaf.overflow < 4));
    let data: usize = leaves.iter().map(used).sum();
    assert!(data * 100 > file.len() * 75, "{data} of {} bytes", file.len());
}

/// Trees of every small number of leaves with branches of two, three or four children: where the last branch of a level
/// could end up with a single child.
#[test]
fn every_number_of_children() {
    for key_size in [90, 120, 200, 600] {
        for count in 0..160_u8 {
            let mut root = Bucket::new();
            let bucket = root.bucket("bucket");
            for number in 0..count {
                bucket.put([vec![b'k'; key_size], vec![number]].concat(), vec![b'v'; 300]);
            }
            let options = BuildOptions { page_size: 512, fill_percent: 100, ..BuildOptions::default() };
            assert_eq!(sound(&build(&root, &options).0), root, "{count} keys of {key_size} bytes");
        }
    }
}

/// A page cannot count more than 65 534 elements, however large it is.
#[test]
fn elements_that_a_page_cannot_count() {
    let mut root = Bucket::new();
    let bucket = root.bucket("bucket");
    for number in 0..140_000_u32 {
        bucket.put(number.to_be_bytes(), "");
    }
    let (file, _) = build(&root, &BuildOptions { page_size: 16 << 20, fill_percent: 100, ..BuildOptions::default() });
    assert_eq!(sound(&file), root);
}

fn entries() -> impl Strategy<Value = Bucket> {
    let key = vec(any::<u8>(), 1..20);
    let value = prop_oneof![8 => vec(any::<u8>(), 0..60), 1 => vec(any::<u8>(), 0..3_000)];
    let leaf = btree_map(key.clone(), value.prop_map(Entry::Value), 0..80);
    let bucket = (any::<u64>(), leaf).prop_map(|(sequence, entries)| Bucket { sequence, entries });
    bucket.prop_recursive(3, 400, 6, move |inner| {
        let entry = prop_oneof![inner.prop_map(Entry::Bucket), vec(any::<u8>(), 0..100).prop_map(Entry::Value)];
        (any::<u64>(), btree_map(key.clone(), entry, 0..12))
            .prop_map(|(sequence, entries)| Bucket { sequence, entries })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_content(root in entries(), size in 9..13_u32, fill_percent in 10..=100_u32, txid in 1..u64::MAX) {
        let options = BuildOptions { page_size: 1 << size, fill_percent, txid, sequence: root.sequence, ..BuildOptions::default() };
        prop_assert_eq!(sound(&build(&root, &options).0), root);
    }
}

fn copy(file: &[u8], options: &BuildOptions) -> Result<Vec<u8>, CopyError> {
    let db = Db::open(file).expect("opens");
    let mut out = Cursor::new(Vec::new());
    let mut builder = Builder::new(&mut out, options)?;
    builder.copy(&db.root())?;
    builder.finish()?;
    Ok(out.into_inner())
}

#[test]
fn copies_hold_the_same_without_free_pages() {
    let root = everything();
    for page_order in [PageOrder::LeavesFirst, PageOrder::Shuffled(2)] {
        for freelist in [bbolt::Freelist::NotPersisted, bbolt::Freelist::Persisted] {
            let layout = Layout { page_order, freelist, free_pages: 400, ..Layout::default() };
            let source = layout.build(&root);
            let options = BuildOptions::like(&Db::open(&source).expect("opens"));
            let copied = copy(&source, &options).expect("sound");
            assert_eq!(sound(&copied), root);
            assert!(copied.len() < source.len());
        }
    }
}

#[test]
fn copies_of_real_snapshots() {
    for name in ["3.4.23-seed0", "3.5.30-seed2", "3.6.14-seed1", "3.7.1-seed2", "3.8.0-alpha-seed0"] {
        let path = format!("{}/../../testdata/etcd/etcd-{name}.db", env!("CARGO_MANIFEST_DIR"));
        let snapshot = std::fs::read(&path).expect(&path);
        let image = &snapshot[..etcdsnap_testkit::image_len(&snapshot)];
        let copied = copy(image, &BuildOptions::like(&Db::open(image).expect("opens"))).expect("sound");
        assert_eq!(sound(&copied), sound(image), "{name}");
        assert!(copied.len() < image.len(), "{name}");
    }
}

/// A damaged source is an error or, when nothing that a reader meets is damaged, a sound copy. Nothing in between.
#[test]
fn copies_of_damaged_files() {
    let whole = damage::specimen(&Layout { freelist: bbolt::Freelist::Persisted, free_pages: 9, ..Layout::default() });
    let mut refused = 0;
    for corruption in damage::ALL {
        let mut file = whole.clone();
        corruption.apply(&mut file).expect("the specimen suits every corruption");
        if Db::open(&file).is_err() {
            continue;
        }
        match copy(&file, &BuildOptions::default()) {
            Ok(copied) => _ = sound(&copied),
            Err(error) => {
                assert!(
                    matches!(error, CopyError::Source { .. } | CopyError::Build(_)),
                    "{}: {error}",
                    corruption.name
                );
                refused += 1;
            }
        }
    }
    assert!(refused > 20, "{refused}");
}

/// Two buckets with one root, and a bucket that contains itself, would make a copy endless.
#[test]
fn buckets_that_share_a_root() {
    let mut root = Bucket::new();
    for name in ["a", "b"] {
        root.bucket(name).bucket("inner").put("key", vec![1; 2_000]);
    }
    let whole = Layout::default().build(&root);
    let db = Db::open(&whole).expect("opens");
    let roots: Vec<_> = db.root().elements().map(|element| element.expect("sound").value.to_vec()).collect();
    let inner =
        db.root().bucket(b"a").expect("sound").expect("there").element(b"inner").expect("sound").expect("there");
    for (found, other) in [(roots[0].as_slice(), roots[1].as_slice()), (inner.value, roots[0].as_slice())] {
        let at = whole.windows(16).rposition(|window| window == found).expect("in the file");
        let mut file = whole.clone();
        file[at..at + 16].copy_from_slice(other);
        let error = copy(&file, &BuildOptions::default()).expect_err("never ends");
        assert!(matches!(error, CopyError::SharedRoot { .. }), "{error}");
    }
}

#[test]
fn elements_that_are_refused() {
    let mut builder = Builder::new(Cursor::new(Vec::new()), &BuildOptions::default()).expect("options");
    builder.put(b"m", b"").expect("the first");
    let order = |error: &BuildError| matches!(error, BuildError::KeyOrder { .. });
    assert!(order(&builder.put(b"m", b"").unwrap_err()));
    assert!(order(&builder.put(b"a", b"").unwrap_err()));
    assert!(order(&builder.bucket::<BuildError>(b"a", 0, |_| Ok(())).unwrap_err()));
    let error = builder.bucket(b"n", 0, |bucket| bucket.put(b"", b"")).unwrap_err();
    assert_eq!(error.to_string(), "bucket n, key : the key has no bytes");
    let long = vec![b'x'; 32_769];
    for error in [builder.put(&long, b"").unwrap_err(), builder.bucket::<BuildError>(&long, 0, |_| Ok(())).unwrap_err()]
    {
        let BuildError::Element { key, source, .. } = error else { panic!("{error}") };
        assert_eq!((key.len(), source), (64, ElementError::KeySize { size: 32_769 }));
    }
    // What was refused is not in the file.
    builder.put(b"z", b"").expect("after m");
    assert!(builder.finish().is_ok());
}

#[test]
fn options_that_are_refused() {
    let refused =
        |options: BuildOptions| Builder::new(Cursor::new(Vec::new()), &options).expect_err("refused").to_string();
    for page_size in [0, 256, 1000, 4097, 32 << 20] {
        assert!(refused(BuildOptions { page_size, ..BuildOptions::default() }).contains("page size"));
    }
    for fill_percent in [0, 9, 101] {
        assert!(refused(BuildOptions { fill_percent, ..BuildOptions::default() }).contains("percent"));
    }
    assert!(refused(BuildOptions { txid: 0, ..BuildOptions::default() }).contains("transaction"));
}

/// A disk that is full after so many bytes.
struct FullAfter {
    file: Cursor<Vec<u8>>,
    room: usize,
}

impl Write for FullAfter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.room == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let written = self.file.write(&bytes[..bytes.len().min(self.room)])?;
        self.room -= written;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Seek for FullAfter {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

#[test]
fn a_full_disk_leaves_no_database() {
    let root = everything();
    let (whole, _) = build(&root, &BuildOptions::default());
    for room in [0, 5_000, 700_000, whole.len() - 8192 - 1, whole.len() - 8192] {
        let mut sink = FullAfter { file: Cursor::new(Vec::new()), room };
        let mut builder = Builder::new(&mut sink, &BuildOptions::default()).expect("options");
        let error = fill(&mut builder, &root).and_then(|()| builder.finish().map(|_| ())).expect_err("no room");
        let BuildError::Write { offset, source } = error else { panic!("{error}") };
        assert_eq!(source.kind(), io::ErrorKind::StorageFull);
        let metas_fail = room == whole.len() - 8192;
        assert_eq!(offset == 0, metas_fail, "{room} {offset}");
        assert!(Db::open(&sink.file.into_inner()).is_err());
    }
}
