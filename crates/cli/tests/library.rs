//! The library's front door, on backups of real servers.

use std::path::{Path, PathBuf};

use etcdsnap::kubernetes::{Keyring, yaml};
use etcdsnap::restore::{RestoreDestination, RestoreRequest};
use etcdsnap::{ReadError, Snapshot, verify};

fn testdata(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata").join(name)
}

fn sound() -> PathBuf {
    testdata("etcd/etcd-3.7.1-seed2.db")
}

#[test]
fn a_sound_backup_is_verified_and_a_cut_one_is_not() {
    let report = verify(sound()).expect("a backup");
    assert!(report.is_sound(), "{:?}", report.findings);
    let folder = tempfile::tempdir().expect("a folder");
    let cut = folder.path().join("cut.db");
    let bytes = std::fs::read(sound()).expect("bytes");
    std::fs::write(&cut, &bytes[..bytes.len() / 2]).expect("written");
    assert!(!verify(&cut).expect("still a backup").is_sound());
    assert!(matches!(verify(folder.path().join("none.db")), Err(ReadError::Open(_))));
}

#[test]
fn keys_and_their_history_are_read() {
    let snapshot = Snapshot::open(sound()).expect("a backup");
    let read = snapshot.read(|reader| {
        let keys = reader.keys(b"", None)?;
        let first = keys[0].kv.key;
        let (again, history) = (reader.get(first, None)?, reader.history(first)?);
        assert_eq!(again.expect("a live key").revision, keys[0].revision);
        assert_eq!(history.last().expect("its put").revision, keys[0].revision);
        assert!(reader.get(b"no such key", None)?.is_none());
        let future = reader.keys(b"", Some(reader.current_revision() + 1));
        assert!(matches!(future, Err(ReadError::Revision(_))));
        Ok(keys.iter().map(|record| record.kv.key.to_vec()).collect::<Vec<_>>())
    });
    let keys = read.expect("a sound file");
    assert!(keys.len() > 10 && keys.is_sorted(), "{} keys", keys.len());
}

#[test]
fn an_answer_from_a_damaged_file_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let damaged = folder.path().join("damaged.db");
    let mut bytes = std::fs::read(sound()).expect("bytes");
    let snapshot = Snapshot::open(sound()).expect("a backup");
    let key = snapshot.read(|reader| Ok(reader.keys(b"", None)?[0].kv.key.to_vec())).expect("keys");
    // Of each leaf with this key the page id is wrong now.
    for page in bytes.chunks_mut(4096).skip(2).filter(|page| page.windows(key.len()).any(|bytes| bytes == key)) {
        page[0] ^= 0xff;
    }
    std::fs::write(&damaged, bytes).expect("written");
    let mut seen = 0;
    let read = Snapshot::open(&damaged).expect("a backup").read(|reader| {
        seen = reader.keys(b"", None)?.len();
        Ok(())
    });
    assert!(matches!(read, Err(ReadError::Damaged(_))), "{read:?}, {seen} keys");
}

#[test]
fn kubernetes_objects_are_decoded() {
    let snapshot = Snapshot::open(testdata("kube/real-1.20/k8s-1.20.2-enc.snapshot.db")).expect("a backup");
    let read = snapshot.read(|reader| {
        let objects = reader.kubernetes(Keyring::default(), None)?;
        let entries = objects.live().iter().filter_map(|at| objects.entry(*at));
        let shown = entries.filter_map(|entry| {
            let clear = entry.open().ok()?;
            Some(yaml::to_string(&entry.object(&clear, false).ok()?.value))
        });
        Ok(shown.collect::<Vec<_>>())
    });
    let shown = read.expect("a sound file");
    assert!(shown.iter().any(|text| text.contains("kind: Namespace") && text.contains("name: kube-system")));
}

#[test]
fn a_member_is_restored() {
    let folder = tempfile::tempdir().expect("a folder");
    let data_dir = folder.path().join("m1.etcd");
    let output = RestoreDestination::Member { data_dir: Some(data_dir.clone()), wal_dir: None };
    let request = RestoreRequest { output, ..RestoreRequest::default() };
    let outcome = Snapshot::open(sound()).expect("a backup").restore(&request).expect("restored");
    assert!(outcome.preflight.report.is_sound());
    assert!(verify(data_dir.join("member/snap/db")).expect("a database").is_sound());
}
