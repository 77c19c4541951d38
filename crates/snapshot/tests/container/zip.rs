//! zip archives of one file are read, proven by their CRC-32; all others are named.

use etcdsnap_snapshot::container::{Compression, Container, Fault, Foreign, OpenError, OpenOptions};
use proptest::prelude::*;

use super::samples::{Zip, gzip, read, snapshot};

fn every_way() -> impl Iterator<Item = Zip> {
    (0..8).map(|bits| Zip { deflated: bits & 1 != 0, descriptor: bits & 2 != 0, wide: bits & 4 != 0, longer: 0 })
}

#[test]
fn one_file_is_read_however_it_is_written() {
    let folder = tempfile::tempdir().expect("folder");
    for way in every_way() {
        let archive = way.archive(&[("snapshots/", b""), ("snapshots/on-demand", &snapshot())]);
        let container = read(&archive).unwrap_or_else(|error| panic!("{way:?}: {error}"));
        assert_eq!(container.compression, Compression::Zip);
        assert!(container.image().bytes() == snapshot() && !container.is_stored_plain());
        let path = folder.path().join("snapshot.zip");
        std::fs::write(&path, archive).expect("written");
        let container = Container::open(&path, &OpenOptions::default()).expect("a snapshot");
        assert!(container.image().bytes() == snapshot());
        assert_eq!(container.path(), Some(path.as_path()));
    }
}

#[test]
fn every_truncation_is_told() {
    for way in every_way() {
        let archive = way.archive(&[("snapshot", &snapshot()[..6000])]);
        for len in 4..archive.len() {
            match read(&archive[..len]).expect_err("cut off") {
                OpenError::Compressed { compression, offset, fault, .. } => {
                    assert_eq!((compression, offset, fault), (Compression::Zip, len as u64, Fault::Truncated));
                }
                error => panic!("{way:?} cut to {len}: {error}"),
            }
        }
    }
}

#[test]
fn wrong_content_is_told_by_its_crc32() {
    let mut archive = Zip::default().archive(&[("snapshot", &snapshot())]);
    let last = 30 + "snapshot".len() + snapshot().len() - 100;
    archive[last] ^= 1;
    let error = read(&archive).expect_err("changed");
    assert!(error.is_damage() && error.to_string().contains("the CRC-32 of its content is "), "{error}");
}

#[test]
fn several_files_are_named() {
    let files: [(&str, &[u8]); 5] =
        [("a.db", &snapshot()), ("b.db", b"b"), ("c", b""), ("d", b""), ("__MACOSX/._a", b"")];
    let error = read(&Zip::default().archive(&files)).expect_err("several").to_string();
    assert!(error.contains("an archive (zip) of a.db, b.db, c and 1 more; name one of them: `unzip -p "), "{error}");
    assert!(error.contains(" a.db | etcdsnap verify -`"), "{error}");
    let error = read(&Zip::default().archive(&[])).expect_err("none");
    assert!(matches!(error, OpenError::NotADatabase { looks_like: Foreign::Archive("zip"), .. }), "{error}");
}

/// RKE puts the state of the cluster into the archive of a snapshot.
#[test]
fn what_is_kept_beside_the_snapshot_is_not_in_the_way() {
    let files: [(&str, &[u8]); 2] = [("backup/nightly", &snapshot()), ("backup/nightly.rkestate", b"{}")];
    assert!(read(&Zip::default().archive(&files)).expect("a snapshot").image().bytes() == snapshot());
}

#[test]
fn what_is_in_it_is_told_as_otherwise() {
    let name = |content: &[u8]| match read(&Zip::default().archive(&[("snapshot", content)])).expect_err("none") {
        OpenError::NotADatabase { compression: Compression::Zip, looks_like, .. } => looks_like,
        error => panic!("{error}"),
    };
    assert_eq!(name(b""), Foreign::Empty);
    assert_eq!(name(&gzip(&snapshot())), Foreign::Compressed("gzip"));
}

proptest! {
    #[test]
    fn a_changed_byte_never_changes_the_content_unseen(bits in 0..8u8, at: prop::sample::Index, flip in 1..=255u8) {
        let way = Zip { deflated: bits & 1 != 0, descriptor: bits & 2 != 0, wide: bits & 4 != 0, longer: 0 };
        let mut archive = way.archive(&[("snapshot", &snapshot())]);
        let at = at.index(archive.len());
        archive[at] ^= flip;
        if let Ok(container) = read(&archive) {
            prop_assert!(container.image().bytes() == snapshot() || container.compression == Compression::None);
        }
    }
}
