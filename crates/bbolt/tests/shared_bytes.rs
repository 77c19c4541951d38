//! Elements that share bytes let a small file stand for any amount of content. A copy of one ends before it outgrows its
//! source.

use std::io::Cursor;

use etcdsnap_bbolt::Db;
use etcdsnap_bbolt::build::{BuildOptions, Builder, CopyError};
use etcdsnap_testkit::bbolt::{Bucket, Layout};

const PAGE: usize = 4096;

/// An entry of a leaf's element table; its key begins at `at` of the data after the table, and its value follows its key.
struct Element {
    is_bucket: bool,
    at: usize,
    key: usize,
    value: usize,
}

/// A leaf page without its padding.
fn leaf(elements: &[Element], data: &[u8], id: u64, overflow: u32) -> Vec<u8> {
    let count = u16::try_from(elements.len()).expect("few");
    let mut page = [&id.to_le_bytes()[..], &[2, 0], &count.to_le_bytes(), &overflow.to_le_bytes()].concat();
    for (index, element) in elements.iter().enumerate() {
        let position = 16 * (elements.len() - index) + element.at;
        for number in [usize::from(element.is_bucket), position, element.key, element.value] {
            page.extend(u32::try_from(number).expect("small").to_le_bytes());
        }
    }
    page.extend(data);
    page
}

/// The value of an inline bucket.
fn inline(elements: &[Element], data: &[u8]) -> Vec<u8> {
    [vec![0; 16], leaf(elements, data, 0, 0)].concat()
}

/// A file whose root bucket has these elements.
fn file(elements: &[Element], data: &[u8]) -> Vec<u8> {
    let mut root = Bucket::new();
    root.put("room", vec![0; 16 * elements.len() + data.len()]);
    let mut file = Layout::default().build(&root);
    let page = {
        let db = Db::open(&file).expect("sound");
        db.page(db.meta().root).expect("the lone leaf")
    };
    let leaf = leaf(elements, data, page.id, page.overflow);
    let at = usize::try_from(page.offset()).expect("small");
    file[at..at + leaf.len()].copy_from_slice(&leaf);
    file
}

/// Copies a file; tells how that ended, and how much was written.
fn copy(file: &[u8]) -> (Result<(), CopyError>, usize) {
    let db = Db::open(file).expect("opens");
    let mut out = Cursor::new(Vec::new());
    let mut builder = Builder::new(&mut out, &BuildOptions::like(&db)).expect("options");
    let copied = builder.copy(&db.root());
    drop(builder);
    (copied, out.into_inner().len())
}

fn assert_shared(file: &[u8]) {
    let (copied, written) = copy(file);
    assert!(matches!(copied, Err(CopyError::SharedBytes { .. })), "{copied:?}");
    assert!(written <= 2 * file.len(), "{written} bytes of {}", file.len());
}

/// Ascending keys at every second byte, each with a value that spans those of the next ones.
#[test]
fn values_of_one_page() {
    let data: Vec<_> = (0..20_000_u16).flat_map(u16::to_be_bytes).collect();
    let element = |index: usize| Element { is_bucket: false, at: 2 * index, key: 2, value: 30_000 };
    assert_shared(&file(&(0..1_000).map(element).collect::<Vec<_>>(), &data));
}

/// Buckets whose names are the ends of one, before one and the same value.
#[test]
fn inline_buckets_of_one_page() {
    let value = inline(&[Element { is_bucket: false, at: 0, key: 1, value: 100_000 }], &vec![b'x'; 100_001]);
    let names: Vec<_> = (0..200).collect();
    let element = |at| Element { is_bucket: true, at, key: names.len() - at, value: value.len() };
    assert_shared(&file(&(0..names.len()).map(element).collect::<Vec<_>>(), &[names.as_slice(), &value].concat()));
}

/// Two buckets lead to the same leaves.
#[test]
fn leaves_of_two_buckets() {
    let mut root = Bucket::new();
    for name in ["a", "b"] {
        for number in 0..100_u8 {
            root.bucket(name).put([number], vec![number; if name == "a" { 3_000 } else { 100 }]);
        }
    }
    let mut file = Layout::default().build(&root);
    let [at, other] = {
        let db = Db::open(&file).expect("sound");
        ["a", "b"].map(|name| {
            let element = db.root().element(name.as_bytes()).expect("sound").expect("there");
            let root = element.value.first_chunk().expect("a header");
            usize::try_from(u64::from_le_bytes(*root)).expect("small") * PAGE
        })
    };
    // All but the page's own id.
    file.copy_within(at + 8..at + PAGE, other + 8);
    assert_shared(&file);
}

/// Each of an inline bucket's two elements is a bucket, and both have the same value, in which it goes on like that.
#[test]
fn buckets_in_an_inline_bucket() {
    let mut value = inline(&[], &[]);
    for _ in 0..20 {
        let both = [0, 1].map(|at| Element { is_bucket: true, at, key: 2 - at, value: value.len() });
        value = inline(&both, &[b"ab", value.as_slice()].concat());
    }
    let root = [Element { is_bucket: true, at: 0, key: 1, value: value.len() }];
    let (copied, written) = copy(&file(&root, &[b"n", value.as_slice()].concat()));
    assert!(matches!(copied, Err(CopyError::InsideInline { .. })), "{copied:?}");
    assert_eq!(written, 0);
}
