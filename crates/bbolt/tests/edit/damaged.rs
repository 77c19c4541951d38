//! Damage on the way to a change is an error, whatever it is; it is never built upon.

use etcdsnap_bbolt::edit::{EditError, Editor, PreparedCommit};
use etcdsnap_bbolt::{BucketHeader, Corruption, Db, PageKind};
use etcdsnap_testkit::bbolt::{Bucket, Entry, Freelist, Layout};
use etcdsnap_testkit::damage;
use etcdsnap_testkit::random::Random;
use proptest::prelude::*;

use crate::content::sound;
use crate::model::{content, ops, tell};
use crate::{deep, edited, editor};

/// Of every corruption in the catalogue: an edit that opens every page either refuses the file or leaves a sound one.
#[test]
fn damaged_files() {
    for freelist in [Freelist::NotPersisted, Freelist::Persisted] {
        let whole = damage::specimen(&Layout { freelist, free_pages: 50, ..Layout::default() });
        let content = sound(&whole);
        let mut refused = 0;
        for corruption in damage::ALL.iter().filter(|one| freelist == Freelist::Persisted || !one.needs_freelist) {
            let mut file = whole.clone();
            corruption.apply(&mut file).expect("the specimen suits every corruption");
            match Db::open(&file).map(|db| rewrite_all(db, &content)) {
                Ok(Ok(edit)) => _ = sound(&edited(&file, &edit.without_undo())),
                Ok(Err(_)) | Err(_) => refused += 1,
            }
        }
        assert!(refused > 30, "{refused}");
    }
}

/// Puts every value that should be there once more.
fn rewrite_all(db: Db<'_>, content: &Bucket) -> Result<PreparedCommit, EditError> {
    let mut editor = Editor::new(db)?;
    for (name, entry) in &content.entries {
        let Entry::Bucket(bucket) = entry else { continue };
        for (key, entry) in &bucket.entries {
            if let Entry::Value(value) = entry {
                editor.put(name, key.clone(), value.clone())?;
            }
        }
    }
    editor.finish()
}

/// Pages from the root of the bucket to the leaf of `key`, each with the index of the element on the way.
fn way_to(file: &[u8], key: &[u8]) -> Vec<(u64, u16)> {
    let db = Db::open(file).expect("opens");
    let element = db.root().element(b"key").expect("sound").expect("there");
    let mut page = db.page(BucketHeader::parse(element.value, db.order()).expect("long enough").root).expect("there");
    let mut way = Vec::new();
    while page.kind == PageKind::Branch {
        let at_or_below = page.branch_elements().take_while(|element| element.key <= key).count();
        let index = u16::try_from(at_or_below.max(1) - 1).expect("small");
        way.push((page.id, index));
        page = db.page(page.branch_element(index).expect("there").child).expect("there");
    }
    way.push((page.id, 0));
    way
}

/// What is wrong with a page on the way to a change, or with a page that such a page refers to, is an error.
#[test]
fn damage_on_the_way() {
    let (_, whole) = deep(48);
    let way = way_to(&whole, b"00020");
    let ([(root, below_root), .., (branch, index), (leaf, _)], hwm) = (&way[..], high_water_mark(&whole)) else {
        panic!("{way:?}")
    };
    let at = |page: u64| usize::try_from(page).expect("small") * 512;
    let child = |page: u64, index: u16| at(page) + 16 + 16 * usize::from(index) + 8;
    let other = 1 - *index;
    let damages: [(usize, &[u8], Corruption); 10] = [
        (at(*leaf), &[0xff], Corruption::PageHeader { page: *leaf }),
        (at(*leaf) + 8, &[0x12], Corruption::PageHeader { page: *leaf }),
        (at(*leaf) + 10, &[0, 0], Corruption::EmptyPage { page: *leaf }),
        (at(*leaf) + 16, &[2], Corruption::Element { page: *leaf, element: 0 }),
        (at(*leaf) + 20, &[0xff; 4], Corruption::Element { page: *leaf, element: 0 }),
        (child(*root, *below_root), &leaf.to_le_bytes(), Corruption::PageHeader { page: *leaf }),
        (child(*branch, *index), &root.to_le_bytes(), Corruption::PageHeader { page: *root }),
        (child(*branch, *index), &hwm.to_le_bytes(), Corruption::PageRange { page: hwm }),
        (child(*branch, other), &hwm.to_le_bytes(), Corruption::PageRange { page: hwm }),
        (child(*branch, other), &1_u64.to_le_bytes(), Corruption::PageRange { page: 1 }),
    ];
    for (offset, bytes, source) in damages {
        let mut file = whole.clone();
        file[offset..offset + bytes.len()].copy_from_slice(bytes);
        let mut refusing = editor(&file);
        refusing.put(b"key", &b"00020"[..], &b"new"[..]).expect("noticed later");
        let found = refusing.finish().err();
        assert_eq!(found, Some(EditError::Source { bucket: (*b"key").into(), source }), "{offset} {bytes:?}");
    }
}

fn high_water_mark(file: &[u8]) -> u64 {
    Db::open(file).expect("opens").meta().high_water_mark
}

/// A page after the high-water mark is not a page, however sound it looks: new pages are written there. That also holds
/// for buckets that are kept as they are.
#[test]
fn a_bucket_behind_the_high_water_mark() {
    let (_, mut file) = deep(48);
    let hwm = high_water_mark(&file);
    let element = Db::open(&file).expect("opens").root().element(b"key").expect("sound").expect("there");
    let header = file.windows(16).rposition(|window| window == element.value).expect("in the root page");
    file[header..header + 8].copy_from_slice(&hwm.to_le_bytes());
    let leaf = file.chunks(512).position(|page| page[8..10] == [2, 0]).expect("there");
    file.extend_from_within(leaf * 512..leaf * 512 + 512);
    let last_page = file.len() - 512;
    file[last_page..last_page + 8].copy_from_slice(&hwm.to_le_bytes());
    let refused =
        |bucket: &[u8]| Some(EditError::Source { bucket: bucket.into(), source: Corruption::PageRange { page: hwm } });
    let mut changing = editor(&file);
    changing.put(b"key", &b"k"[..], &b"v"[..]).expect("noticed later");
    assert_eq!(changing.finish().err(), refused(b"key"));
    let mut keeping = editor(&file);
    keeping.create_bucket(b"another").expect("new");
    assert_eq!(keeping.finish().err(), refused(b""));
}

/// Elements that overlap would let a small file stand for any number of bytes.
#[test]
fn elements_that_overlap() {
    let mut root = Bucket::new();
    root.bucket("key").put("a", vec![b'v'; 100_000]).put("b", "1").put("c", vec![b'v'; 100_000]).put("d", "2");
    let mut file = Layout { min_leaf_elements: 4, ..Layout::default() }.build(&root);
    let page = file.windows(10).position(|bytes| bytes == b"avvvvvvvvv").expect("there") - 16 - 4 * 16;
    // The value of "a" gets so long that it reaches over the other elements.
    file[page + 28..page + 32].copy_from_slice(&190_000_u32.to_le_bytes());
    let mut refusing = editor(&file);
    refusing.delete(b"key", &b"b"[..]).expect("noticed later");
    let source = Corruption::Element { page: (page / 4096) as u64, element: 2 };
    assert_eq!(refusing.finish().err(), Some(EditError::Source { bucket: (*b"key").into(), source }));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Damage on the way to a change is an error, not a panic and not endless.
    #[test]
    fn any_few_bytes_changed(seed in any::<u64>(), changes in 1_usize..8, ops in ops()) {
        let mut file = Layout { page_size: 512, min_depth: 3, ..Layout::default() }.build(&content(3));
        let mut random = Random::new(seed);
        for _ in 0..changes {
            let page = random.below(file.len() as u64 / 512) * 512;
            let within = if random.chance(2, 3) { random.below(80) } else { random.below(512) };
            file[usize::try_from(page + within).unwrap()] = random.bytes(1)[0];
        }
        let Some(mut editor) = Db::open(&file).ok().and_then(|db| Editor::new(db).ok()) else { return Ok(()) };
        for op in &ops {
            if let Err(error) = tell(op, &mut editor) {
                prop_assert!(!error.to_string().is_empty());
            }
        }
        if let Ok(edit) = editor.finish() {
            prop_assert!(edit.size() < 16 << 20);
        }
    }
}
