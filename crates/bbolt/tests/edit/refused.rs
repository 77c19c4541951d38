//! What an editor refuses to do, and files it refuses to touch.

use etcdsnap_bbolt::Db;
use etcdsnap_bbolt::edit::{EditError, Editor};
use etcdsnap_testkit::bbolt::{Bucket, Layout};

use crate::editor;
use crate::model::content;

#[test]
fn what_is_refused() {
    let mut root = Bucket::new();
    root.put("plain", "value").bucket("nests").bucket("inner");
    root.bucket("nests").put("plain", "value");
    let file = Layout::default().build(&root);
    let mut refusing = editor(&file);
    let missing = |bucket: &[u8]| Err(EditError::BucketMissing { bucket: bucket.into() });
    assert_eq!(refusing.put(b"none", &b"k"[..], &b"v"[..]), missing(b"none"));
    assert_eq!(refusing.delete(b"none", &b"k"[..]), missing(b"none"));
    assert_eq!(refusing.delete_bucket(b"none"), missing(b"none"));
    assert_eq!(refusing.delete_bucket(b"plain"), Err(EditError::NotABucket { bucket: (*b"plain").into() }));
    assert_eq!(refusing.create_bucket(b"plain"), Err(EditError::NotABucket { bucket: (*b"plain").into() }));
    assert_eq!(refusing.create_bucket(b"nests"), Err(EditError::BucketExists { bucket: (*b"nests").into() }));
    for (key, value) in [(vec![], vec![]), (vec![1; 40_000], vec![])] {
        assert!(matches!(refusing.put(b"nests", key, value), Err(EditError::Element { .. })));
    }
    assert!(matches!(refusing.create_bucket(b""), Err(EditError::Element { .. })));
    refusing.delete_bucket(b"nests").expect("there");
    assert_eq!(refusing.put(b"nests", &b"k"[..], &b"v"[..]), missing(b"nests"));

    for value in [None, Some(&b"v"[..])] {
        let mut refusing = editor(&file);
        match value {
            Some(value) => refusing.put(b"nests", &b"inner"[..], value).expect("noticed later"),
            None => refusing.delete(b"nests", &b"inner"[..]).expect("noticed later"),
        }
        let inner = EditError::NotAValue { bucket: (*b"nests").into(), key: (*b"inner").into() };
        assert_eq!(refusing.finish().err(), Some(inner));
    }
}

#[test]
fn files_that_are_refused() {
    let whole = Layout::default().build(&content(1));
    let cut = &whole[..whole.len() - 4096];
    let refusal = Editor::new(Db::open(cut).expect("opens")).expect_err("too short");
    assert!(matches!(refusal, EditError::Truncated { .. }), "{refusal}");
    let last = Layout { txid: u64::MAX - 2, ..Layout::default() }.build(&content(1));
    assert_eq!(editor(&last).finish().err(), Some(EditError::Txid(u64::MAX - 2)));
}
