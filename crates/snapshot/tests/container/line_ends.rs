//! Files in which every LF became CR LF are read as if it had been undone, and verification says so first.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use etcdsnap_snapshot::container::{Compression, Container, OpenOptions};
use etcdsnap_snapshot::finding::Severity;
use etcdsnap_snapshot::progress::Silent;
use etcdsnap_snapshot::verify::{VerifyOptions, verify};
use etcdsnap_testkit::lf_to_crlf;

use super::samples::{gzip, read, snapshot, zstd};

/// Every real snapshot of the test data.
fn real_snapshots() -> Vec<(PathBuf, Vec<u8>)> {
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata");
    let folders = ["etcd", "etcd-special"].map(|folder| testdata.join(folder).read_dir().expect("testdata"));
    let paths = folders.into_iter().flatten().map(|entry| entry.expect("entry").path());
    let read = |path: PathBuf| {
        let bytes = std::fs::read(&path).expect("readable");
        let mut content = Vec::new();
        match path.extension()?.to_str()? {
            "db" => content = bytes,
            "gz" => _ = flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut content).expect("gzip"),
            _ => return None,
        }
        Some((path, content))
    };
    paths.filter_map(read).collect()
}

#[test]
fn every_real_snapshot_is_given_back_with_the_proof() {
    let snapshots = real_snapshots();
    assert!(snapshots.len() >= 6);
    for (path, bytes) in snapshots {
        let container = read(&lf_to_crlf(&bytes)).expect("a snapshot");
        let count = bytes.split(|byte| *byte == b'\n').count() as u64 - 1;
        assert_eq!(container.line_ends_undone, Some(count), "{}", path.display());
        assert!(container.image().bytes() == bytes && !container.is_stored_plain());
        let report = verify(&container, &VerifyOptions::default(), &Silent).expect("readable").report;
        let first = &report.findings[0];
        assert_eq!((first.kind.id, first.severity), ("LINE_ENDS_TRANSLATED", Severity::Error), "{}", path.display());
        assert!(first.message.contains("gives the SHA-256 of the trailer"), "{}", first.message);
        assert!(report.boot.iter().all(|verdict| !verdict.starts) && !report.is_sound());
        let plain = read(&bytes).expect("a snapshot");
        assert_eq!(plain.line_ends_undone, None);
        let expected = verify(&plain, &VerifyOptions::default(), &Silent).expect("readable").report;
        assert_eq!(report.findings.len(), expected.findings.len() + 1, "{}", path.display());
    }
}

#[test]
fn other_changes_are_not_hidden_by_it() {
    let (_, mut bytes) = real_snapshots().remove(0);
    let middle = bytes.len() / 2;
    bytes[middle] = bytes[middle].wrapping_add(16);
    let container = read(&lf_to_crlf(&bytes)).expect("a snapshot");
    let report = verify(&container, &VerifyOptions::default(), &Silent).expect("readable").report;
    assert!(report.findings[0].message.contains("does not give the SHA-256"), "{:?}", report.findings[0]);
    assert!(report.findings.iter().any(|finding| finding.kind.id == "SHA256_MISMATCH"));
}

#[test]
fn a_compressed_file_that_was_translated_is_undone_too() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("snapshot.db.gz");
    for (file, compression) in [(gzip(&snapshot()), Compression::Gzip), (zstd(&snapshot()), Compression::Zstd)] {
        std::fs::write(&path, lf_to_crlf(&file)).expect("written");
        let container = Container::open(&path, &OpenOptions::default()).expect("a snapshot");
        assert!(container.line_ends_undone.is_some() && container.image().bytes() == snapshot());
        assert_eq!((container.compression, container.path()), (compression, Some(path.as_path())));
    }
}

#[test]
fn what_is_to_stay_as_it_is_stays_so() {
    let file = lf_to_crlf(&snapshot());
    let options = OpenOptions { decompress: false, ..OpenOptions::default() };
    let container = Container::from_stdin(&file[..], &options).expect("a damaged database");
    assert!(container.line_ends_undone.is_none() && container.image().bytes() == file);
}
