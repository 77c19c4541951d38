//! Verification as a whole: healthy snapshots stay without a finding that asks for anything, damage never does.

use std::path::{Path, PathBuf};

use etcdsnap_snapshot::container::{Container, OpenOptions};
use etcdsnap_snapshot::finding::Severity;
use etcdsnap_snapshot::progress::Silent;
use etcdsnap_snapshot::report::Report;
use etcdsnap_snapshot::verify::{Sha256, VerifyError, VerifyOptions, verify};
use etcdsnap_testkit::bbolt::{Bucket, ByteOrder, Freelist, Layout, PageOrder};
use etcdsnap_testkit::etcd::{Compactions, RandomHistory, Server};
use etcdsnap_testkit::{append_trailer, damage, replace_trailer};

fn report_of(path: &Path) -> Report {
    let container = Container::open(path, &OpenOptions::default()).expect("a database");
    verify(&container, &VerifyOptions::default(), &Silent).expect("readable").report
}

/// The report of a file that is nowhere but in memory.
fn report(file: &[u8]) -> Report {
    let container = Container::from_stdin(file, &OpenOptions::default()).expect("a database");
    verify(&container, &VerifyOptions::default(), &Silent).expect("readable").report
}

fn ids(report: &Report, least: Severity) -> Vec<&'static str> {
    let mut ids: Vec<_> =
        report.findings.iter().filter(|finding| finding.severity >= least).map(|finding| finding.kind.id).collect();
    ids.dedup();
    ids
}

fn real_snapshots() -> Vec<PathBuf> {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/etcd");
    let more = std::env::var_os("ETCDSNAP_FIXTURES").map(PathBuf::from);
    let directories = std::iter::once(ours).chain(more);
    let entries = directories.flat_map(|directory| std::fs::read_dir(directory).expect("the fixtures are there"));
    let paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "db")).collect()
}

#[test]
fn real_snapshots_are_clean() {
    let snapshots = real_snapshots();
    assert!(snapshots.len() >= 6);
    for path in snapshots {
        let report = report_of(&path);
        assert_eq!(ids(&report, Severity::Warning), [""; 0], "{}: {:?}", path.display(), report.findings);
        assert_eq!(report.sha256.trailer, "match");
        assert_eq!(report.boot.len(), 5);
        assert!(report.boot.iter().any(|verdict| verdict.starts), "{:?}", report.boot);
    }
}

/// A member that was just restored, or is new, or was cleanly stopped (3.4, 3.5), can have the metas of a snapshot.
#[test]
fn the_database_of_a_member_is_never_a_snapshot_without_its_hash() {
    let snapshot = std::fs::read(&real_snapshots()[0]).expect("readable");
    let pages = &snapshot[..snapshot.len() - 32];
    assert_eq!(report(pages).cause.map(|cause| cause.id.as_str()), Some("HASH_LOST"));
    let folder = tempfile::tempdir().expect("a directory");
    let directory = folder.path().join("a member");
    let database = directory.join("member/snap/db");
    std::fs::create_dir_all(directory.join("member/snap")).expect("made");
    std::fs::write(&database, pages).expect("written");
    for path in [&directory, &directory.join("member"), &database] {
        let report = report_of(path);
        assert_eq!((report.cause.as_ref(), report.source.kind), (None, "database"), "{}", path.display());
        assert_eq!(ids(&report, Severity::Warning), [""; 0], "{:?}", report.findings);
        let lag = report.findings.iter().find(|finding| finding.kind.id == "RAW_DATABASE_MAY_LAG_WAL");
        let message = &lag.expect("told").message;
        assert!(message.contains(&format!("`etcdsnap datadir check '{}'`", directory.display())), "{message}");
        assert!(report.unchecked.iter().any(|unchecked| unchecked.what.contains("write-ahead log")));
    }
}

#[test]
fn a_padded_snapshot_is_unpacked_whether_it_is_compressed_or_not() {
    use std::io::Write as _;

    let mut padded = std::fs::read(&real_snapshots()[0]).expect("readable");
    let end = padded.len();
    padded.extend([0; 480]);
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let packed = encoder.write_all(&padded).and_then(|()| encoder.finish()).expect("memory takes it all");
    let folder = tempfile::tempdir().expect("a directory");
    let advice = |report: Report| report.cause.expect("a cause").advice;
    for bytes in [&padded, &packed] {
        let path = folder.path().join("backup");
        std::fs::write(&path, bytes).expect("written");
        let (file, stream) = (advice(report_of(&path)), advice(report(bytes)));
        assert!(file.ends_with(": `etcdsnap unpack FILE COPY`"), "{file}");
        assert!(stream.ends_with(": read it once more through `etcdsnap unpack - COPY`"), "{stream}");
        assert!(file.contains(&format!("first {end} bytes")), "{file}");
    }
}

/// A file that was cut off ends before its pages do, and nothing is found in it beyond its end.
#[test]
fn no_finding_lies_at_the_end_of_the_file_or_beyond() {
    let snapshot = std::fs::read(&real_snapshots()[0]).expect("readable");
    for length in [snapshot.len() / 2, snapshot.len() / 8192 * 4096, snapshot.len() - 40] {
        let report = report(&snapshot[..length]);
        assert!(!report.findings.is_empty());
        for finding in report.findings {
            let at = finding.place.offset.unwrap_or(0);
            assert!(at < length as u64, "{}: {} of {length}", finding.kind.id, finding.place);
        }
    }
}

#[test]
fn a_new_database_is_told_from_that_of_another_program() {
    let found = |tree: &Bucket| ids(&report(&Layout::default().build(tree)), Severity::Error);
    let mut foreign = Bucket::new();
    assert_eq!(found(&foreign), ["DATABASE_NEW"]);
    foreign.bucket("widgets").put("a", "b");
    assert_eq!(found(&foreign), ["NOT_ETCD"]);
}

/// A server opens only what its own machine can have written.
#[test]
fn verdicts_are_for_one_byte_order() {
    let judged = |file: ByteOrder, machine: ByteOrder| {
        let layout = Layout { byte_order: file, ..Layout::default() };
        let image = layout.build(&damage::specimen_store().to_tree());
        let container = Container::from_stdin(&image[..], &OpenOptions::default()).expect("a database");
        let byte_order = Some(match machine {
            ByteOrder::Little => etcdsnap_bbolt::ByteOrder::Little,
            ByteOrder::Big => etcdsnap_bbolt::ByteOrder::Big,
        });
        let options = VerifyOptions { byte_order, ..VerifyOptions::default() };
        let report = verify(&container, &options, &Silent).expect("readable").report;
        let mut orders = ids(&report, Severity::Warning);
        orders.retain(|id| id.ends_with("_ENDIAN"));
        (orders, report.boot.iter().any(|verdict| verdict.starts))
    };
    assert_eq!(judged(ByteOrder::Little, ByteOrder::Little), (vec![], true));
    assert_eq!(judged(ByteOrder::Big, ByteOrder::Big), (vec![], true));
    assert_eq!(judged(ByteOrder::Big, ByteOrder::Little), (vec!["BIG_ENDIAN"], false));
    assert_eq!(judged(ByteOrder::Little, ByteOrder::Big), (vec!["LITTLE_ENDIAN"], false));
}

/// Whoever verifies before doing something else does not wait for a hash that nothing is compared with.
#[test]
fn a_hash_is_computed_only_when_it_is_wanted() {
    let snapshot = std::fs::read(&real_snapshots()[0]).expect("readable");
    let mut flipped = snapshot.clone();
    *flipped.last_mut().expect("not empty") ^= 1;
    let database = &snapshot[..snapshot.len() - 32];
    for (file, trailer) in [(&snapshot[..], "match"), (&flipped, "mismatch"), (database, "absent")] {
        let container = Container::from_stdin(file, &OpenOptions::default()).expect("a database");
        let options = VerifyOptions { sha256: Sha256::IfSealed, ..VerifyOptions::default() };
        let [all, wanted] = [VerifyOptions::default(), options]
            .map(|options| verify(&container, &options, &Silent).expect("readable").report);
        assert_eq!((wanted.sha256.trailer, wanted.sha256.digest.is_empty()), (trailer, trailer == "absent"));
        assert_eq!(wanted.findings, all.findings);
    }
}

#[test]
fn an_interrupted_verification_has_no_outcome() {
    let container = Container::open(&real_snapshots()[0], &OpenOptions::default()).expect("a database");
    let options = VerifyOptions::default();
    options.interrupt.set();
    let error = verify(&container, &options, &Silent).expect_err("interrupted before it began");
    assert!(matches!(error, VerifyError::Interrupted(_)), "{error}");
}

#[test]
fn histories_of_every_version_are_clean() {
    for server in [Server::V3_4, Server::V3_5, Server::V3_6, Server::V3_7] {
        for (seed, compactions) in
            [(1, Compactions::Never), (2, Compactions::Finished(3)), (3, Compactions::LastUnfinished(2))]
        {
            let store =
                RandomHistory { seed, server, compactions, operations: 400, ..RandomHistory::default() }.build_store();
            for page_size in [4096, 16384] {
                let layout =
                    Layout { page_size, page_order: PageOrder::Shuffled(seed), free_pages: 7, ..Layout::default() };
                let mut file = layout.build(&store.to_tree());
                append_trailer(&mut file);
                let report = report(&file);
                assert_eq!(
                    ids(&report, Severity::Warning),
                    [""; 0],
                    "{server:?} {compactions:?}: {:?}",
                    report.findings
                );
            }
        }
    }
}

/// What no structural check can see is seen by the hash; and, hash or no hash, mostly by what etcd keeps to.
#[test]
fn damage_without_structure() {
    let whole = damage::specimen(&Layout { free_pages: 100, page_order: PageOrder::Shuffled(5), ..Layout::default() });
    let expected = [
        // A flipped byte of a value: nothing in the file but the hash knows better.
        ("d15_value_bytes_flipped", vec![]),
        ("d16_slack_nonzero", vec!["SLACK_NONZERO"]),
        ("e08_child_is_free_page", vec!["REVISION_GAP"]),
        ("h05_key_bucket_flag_cleared", vec!["STATUS_NOT_BUCKET", "KEY_BUCKET_MISSING"]),
        ("h06_key_bucket_root_to_leaf", vec!["REVISION_GAP"]),
    ];
    for (name, seen) in expected {
        let mut sealed = whole.clone();
        append_trailer(&mut sealed);
        let corruption = damage::Corruption::named(name).expect("known");
        corruption.apply(&mut sealed).expect("suits");
        let with_hash = report(&sealed);
        assert!(ids(&with_hash, Severity::Error).contains(&"SHA256_MISMATCH"), "{name}");
        assert!(!with_hash.is_sound());
        replace_trailer(&mut sealed);
        let without = ids(&report(&sealed), Severity::Note);
        for id in &seen {
            assert!(without.contains(id), "{name}: {id} not in {without:?}");
        }
        eprintln!("{name}: by the hash; without it {without:?}");
    }
}

#[test]
fn every_corruption_is_an_error_under_its_hash() {
    for freelist in [Freelist::NotPersisted, Freelist::Persisted] {
        let layout = Layout { freelist, free_pages: 120, page_order: PageOrder::Shuffled(5), ..Layout::default() };
        let mut whole = damage::specimen(&layout);
        append_trailer(&mut whole);
        assert!(report(&whole).is_sound());
        for corruption in damage::ALL {
            let mut file = whole.clone();
            if corruption.apply(&mut file).is_ok() {
                let report = report(&file);
                assert!(!report.is_sound(), "{}", corruption.name);
                for finding in &report.findings {
                    assert!(!finding.message.is_empty() && !finding.kind.remedy.is_empty());
                }
            }
        }
    }
}
