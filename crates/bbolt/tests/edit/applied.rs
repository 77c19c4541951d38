//! Edits of real files.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};

use etcdsnap_bbolt::edit::{ApplyError, apply};
use etcdsnap_testkit::bbolt::Layout;

use crate::model::content;
use crate::{edited, editor};

/// `apply` makes the same writes in a real file, once.
#[test]
fn applied_to_a_file() {
    let before = Layout { preallocated: 5_000, ..Layout::default() }.build(&content(5));
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(&before).expect("room");
    let mut changing = editor(&before);
    changing.put(b"members", &b"new"[..], vec![3; 9_000]).expect("there");
    let edit = changing.finish().expect("sound").without_undo();
    apply(&file, &edit).expect("room");
    assert_eq!(read(&mut file), edited(&before, &edit));
    // The edit does not fit the file any more.
    assert!(matches!(apply(&file, &edit), Err(ApplyError::Changed)));
    assert_eq!(read(&mut file), edited(&before, &edit));
}

#[test]
fn not_applied_to_another_file() {
    let before = Layout::default().build(&content(5));
    let mut changing = editor(&before);
    changing.delete_bucket(b"members").expect("there");
    let edit = changing.finish().expect("sound");
    let later = Layout { txid: 10, ..Layout::default() }.build(&content(5));
    for other in [&before[..before.len() - 4096], &later, &[]] {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(other).expect("room");
        assert!(matches!(apply(&file, &edit), Err(ApplyError::Changed)));
        assert_eq!(read(&mut file), other);
    }
}

#[test]
fn not_applied_to_a_file_open_for_reading() {
    let before = Layout::default().build(&content(5));
    let named = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(named.path(), &before).expect("room");
    let edit = editor(&before).finish().expect("sound");
    let file = File::open(named.path()).expect("there");
    assert!(matches!(apply(&file, &edit), Err(ApplyError::Io { .. })));
    assert_eq!(std::fs::read(named.path()).expect("there"), before);
}

fn read(file: &mut File) -> Vec<u8> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0)).expect("a file");
    file.read_to_end(&mut bytes).expect("a file");
    bytes
}
