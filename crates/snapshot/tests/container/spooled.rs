//! What is too long for memory goes to a file without a name, and is the same.

use std::os::unix::fs::MetadataExt as _;

use etcdsnap_image::ImageError;
use etcdsnap_snapshot::container::{Container, Needed, OpenError, OpenOptions, SpoolError, Spooled};

use super::samples::{Zip, gzip, snapshot, zstd};

/// Less than the samples have.
const MEMORY: u64 = 4096;

fn options(folder: &std::path::Path) -> OpenOptions {
    OpenOptions { memory: MEMORY, spool_dir: folder.to_owned(), ..OpenOptions::default() }
}

fn forms(bytes: &[u8]) -> [Vec<u8>; 4] {
    let zip = Zip { deflated: true, ..Zip::default() };
    [bytes.to_vec(), gzip(bytes), zstd(bytes), zip.archive(&[("snapshot", bytes)])]
}

#[test]
fn a_long_content_is_the_same_and_leaves_no_name() {
    let folder = tempfile::tempdir().expect("folder");
    let bytes = snapshot();
    for form in forms(&bytes) {
        let container = Container::from_stdin(&form[..], &options(folder.path())).expect("a snapshot");
        let Some(Spooled { folder: at, bytes: len, .. }) = &container.spooled else { panic!("{container:?}") };
        assert_eq!((at.as_path(), *len), (folder.path(), bytes.len() as u64));
        assert!(container.image().bytes() == bytes && container.image().file().is_some());
        assert_eq!((container.path(), container.modified()), (None, None));
        container.image().prefetch(0..u64::MAX).expect("on the disk");
        assert_eq!(container.recheck(), Ok(()));
        assert_eq!(std::fs::read_dir(folder.path()).expect("folder").count(), 0);
    }
}

#[test]
fn a_short_content_stays_in_memory() {
    let nowhere = OpenOptions { memory: 1 << 20, ..options(std::path::Path::new("/nonexistent")) };
    for form in forms(&snapshot()) {
        assert_eq!(Container::from_stdin(&form[..], &nowhere).expect("a snapshot").spooled, None);
    }
}

#[test]
fn zeros_take_no_room() {
    let folder = tempfile::tempdir().expect("folder");
    let mut bytes = snapshot();
    bytes.resize(24 << 20, 0);
    bytes.extend(snapshot());
    for form in forms(&bytes) {
        let container = Container::from_stdin(&form[..], &options(folder.path())).expect("a snapshot");
        assert!(container.image().bytes() == bytes);
        let file = container.image().file().expect("a spool").metadata().expect("metadata");
        assert!(file.blocks() * 512 < 1 << 20, "{} blocks", file.blocks());
    }
}

#[test]
fn a_bomb_ends_at_the_limit() {
    let folder = tempfile::tempdir().expect("folder");
    let options = OpenOptions { limit: 3 << 20, ..options(folder.path()) };
    for form in forms(&vec![0; 64 << 20]) {
        let error = Container::from_stdin(&form[..], &options).expect_err("beyond the limit");
        assert!(matches!(error, OpenError::Image(ImageError::TooLarge { limit: 3_145_728, .. })), "{error}");
        assert!(!error.is_damage() && error.to_string().contains("--max-input"), "{error}");
    }
}

#[test]
fn where_no_file_can_be_made_the_flag_is_named() {
    let folder = tempfile::tempdir().expect("folder");
    let missing = folder.path().join("missing");
    let error = Container::from_stdin(&gzip(&snapshot())[..], &options(&missing)).expect_err("no folder");
    assert!(matches!(error, OpenError::Spool(SpoolError::Create { .. })) && !error.is_damage());
    let sentence = error.to_string();
    assert!(sentence.starts_with(&missing.display().to_string()) && sentence.contains("--spool-dir"), "{sentence}");
}

#[test]
fn a_content_that_cannot_fit_is_refused_before_it_is_written() {
    const CLAIM: u64 = 1 << 60;
    let folder = tempfile::tempdir().expect("folder");
    let zip = Zip { wide: true, longer: CLAIM, ..Zip::default() };
    let archive = zip.archive(&[("snapshot", &snapshot())]);
    let options = OpenOptions { limit: u64::MAX, ..options(folder.path()) };
    let error = Container::from_stdin(&archive[..], &options).expect_err("no disk is that large");
    let wanted = Needed::Exactly(CLAIM + snapshot().len() as u64);
    assert!(matches!(error, OpenError::Spool(SpoolError::NoSpace { needed, .. }) if needed == wanted), "{error}");
    assert!(error.to_string().contains("--spool-dir"), "{error}");
}
