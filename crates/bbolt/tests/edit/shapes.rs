//! Trees and buckets that grow, shrink, or have to be joined.

use etcdsnap_bbolt::{Db, PageKind};
use etcdsnap_testkit::bbolt::{Bucket, Layout};

use crate::content::sound;
use crate::{deep, edited, editor};

/// Every range of keys that can be deleted from a deep tree: single children of every height, at every place, have to be
/// joined with neighbours that are untouched, or that are single children themselves.
#[test]
fn every_range_deleted_from_a_deep_tree() {
    let (root, file) = deep(48);
    for from in 0..48_u32 {
        for to in from + 1..=48 {
            let mut editor = editor(&file);
            let mut expected = root.clone();
            for number in from..to {
                let key = format!("{number:05}").into_bytes();
                expected.bucket("key").entries.remove(&key);
                editor.delete(b"key", key).expect("there");
            }
            let edit = editor.finish().expect("sound");
            assert_eq!(sound(&edited(&file, &edit)), expected, "{from}..{to}");
        }
    }
}

/// Every set of three keys that can be left in it.
#[test]
fn few_keys_left_in_a_deep_tree() {
    let (root, file) = deep(24);
    for left in 0..24_u32 * 24 * 24 {
        let left = [left % 24, left / 24 % 24, left / 576];
        if !left.is_sorted() {
            continue;
        }
        let mut editor = editor(&file);
        let mut expected = root.clone();
        for number in (0..24).filter(|number| !left.contains(number)) {
            let key = format!("{number:05}").into_bytes();
            expected.bucket("key").entries.remove(&key);
            editor.delete(b"key", key).expect("there");
        }
        let edit = editor.finish().expect("sound");
        assert_eq!(sound(&edited(&file, &edit)), expected, "{left:?}");
    }
}

/// The root bucket itself grows to several levels and shrinks again.
#[test]
fn more_buckets_than_fit_into_one_page() {
    let mut model = Bucket::new();
    let mut file = Layout::default().build(&model);
    let names: Vec<_> = (0..300).map(|number| format!("bucket {number:04}").into_bytes()).collect();
    let mut growing = editor(&file);
    for name in &names {
        growing.create_bucket(name).expect("new");
        growing.put(name, name.clone(), vec![b'v'; 200]).expect("created");
        model.bucket(name.clone()).put(name.clone(), vec![b'v'; 200]);
    }
    let edit = growing.finish().expect("sound");
    file = edited(&file, &edit);
    assert_eq!(sound(&file), model);
    for doomed in names.chunks(120) {
        let mut shrinking = editor(&file);
        for name in doomed {
            shrinking.delete_bucket(name).expect("there");
            model.entries.remove(name);
        }
        let edit = shrinking.finish().expect("sound");
        file = edited(&file, &edit);
        assert_eq!(sound(&file), model);
    }
    assert!(model.entries.is_empty());
}

/// A bucket leaves its parent's page when it gets large, and comes back.
#[test]
fn inline_and_back() {
    let mut model = Bucket::new();
    model.bucket("members").sequence = 7;
    let mut file = Layout::default().build(&model);
    for (size, is_inline) in [(900, true), (5_000, false), (100, true), (1024, false), (0, true)] {
        model.bucket("members").put("key", vec![1; size]);
        let mut changing = editor(&file);
        changing.put(b"members", &b"key"[..], vec![1; size]).expect("there");
        let edit = changing.finish().expect("sound");
        file = edited(&file, &edit);
        assert_eq!(sound(&file), model);
        let element = Db::open(&file).expect("opens").root().element(b"members").expect("sound").expect("there");
        assert_eq!(element.value.len() > 16, is_inline, "{size}");
    }
}

/// A bucket of many pages comes back as well, whether the leaf that is left was changed or not.
#[test]
fn inline_after_many_pages() {
    let mut root = Bucket::new();
    for number in 0..200_u32 {
        root.bucket("key").put(format!("{number:05}"), vec![b'v'; 90]);
    }
    let file = Layout { min_depth: 3, fill_percent: 20, ..Layout::default() }.build(&root);
    let db = Db::open(&file).expect("opens");
    let first = (2..).find_map(|id| db.page(id).filter(|page| page.kind == PageKind::Leaf)).expect("leaves come first");
    let leaf = u32::from(first.count);
    for left in [0..leaf, 1..leaf, 100..100 + leaf, 0..1, 199..200] {
        let mut changing = editor(&file);
        let mut expected = root.clone();
        for number in (0..200).filter(|number| !left.contains(number)) {
            let key = format!("{number:05}").into_bytes();
            expected.bucket("key").entries.remove(&key);
            changing.delete(b"key", key).expect("there");
        }
        let after = edited(&file, &changing.finish().expect("sound"));
        assert_eq!(sound(&after), expected);
        let element = Db::open(&after).expect("opens").root().element(b"key").expect("sound").expect("there");
        assert!(element.value.len() > 16, "{left:?}");
    }
}

/// Only what is on the way to a change is written anew.
#[test]
fn an_edit_is_as_small_as_its_path() {
    let mut root = Bucket::new();
    let bucket = root.bucket("key");
    for number in 0..100_000_u32 {
        bucket.put(number.to_be_bytes(), vec![b'v'; 100]);
    }
    let file = Layout::default().build(&root);
    let mut changing = editor(&file);
    changing.put(b"key", 77_777_u32.to_be_bytes().to_vec(), vec![b'n'; 100]).expect("there");
    let edit = changing.finish().expect("sound");
    // Leaf, two levels of branches, the root bucket's leaf.
    assert_eq!(edit.size() - file.len() as u64, 4 * 4096);
    // Nothing changed, nothing new but a meta; looking a bucket up is no change.
    let mut changing = editor(&file);
    assert!(changing.create_bucket(b"key").is_err());
    assert_eq!(changing.finish().expect("sound").size(), file.len() as u64);
}
