//! Backups that are not what they should be.

use std::fs;
use std::path::{Path, PathBuf};

use etcdsnap_restore::{Interrupt, Release, RestoreContext, RestoreDraft, RestoreError, RestoreRequest};
use etcdsnap_snapshot::progress::Silent;
use etcdsnap_snapshot::verify::{VerifyOptions, verify};
use etcdsnap_testkit::bbolt::Layout;
use etcdsnap_testkit::damage::Corruption;
use etcdsnap_testkit::etcd::{EtcdStore, Server};

use super::{SNAPSHOT, fixture, folder, into, open, restore, tree};

fn changed(folder: &Path, change: impl FnOnce(&mut Vec<u8>)) -> PathBuf {
    let mut bytes = fs::read(fixture(SNAPSHOT)).expect("a fixture");
    change(&mut bytes);
    let path = folder.join("changed.db");
    fs::write(&path, bytes).expect("room");
    path
}

/// Asserts that this is refused and leaves nothing, and gives back why.
fn refused(request: &RestoreRequest<'_>, source: &Path, folder: &Path) -> RestoreError {
    let error = restore(request, source).expect_err("refused");
    assert_eq!(tree(folder), ["changed.db"], "{error}");
    error
}

#[test]
fn a_wrong_hash_is_refused_in_upstreams_words() {
    let folder = folder();
    let data = folder.path().join("m1.etcd");
    let source = changed(folder.path(), |bytes| *bytes.last_mut().expect("bytes") ^= 1);
    let error = refused(&into(&data), &source, folder.path());
    let text = error.to_string();
    assert!(text.starts_with("expected sha256 [") && text.contains("], got [") && text.ends_with(']'), "{text}");
    assert!(error.is_damage() && error.report().is_some());
    restore(&RestoreRequest { skip_hash_check: true, ..into(&data) }, &source).expect("not looked at");
}

#[test]
fn a_missing_hash_is_explained() {
    let folder = folder();
    let data = folder.path().join("m1.etcd");
    let cut = changed(folder.path(), |bytes| bytes.truncate(bytes.len() - 33));
    let error = refused(&into(&data), &cut, folder.path());
    assert!(error.is_damage() && error.hint().is_some_and(|hint| hint.starts_with("Cut off: ")), "{error}");
    assert!(error.hint().is_some_and(|hint| !hint.contains("--skip-hash-check")), "pages are missing: {error}");
    let source = changed(folder.path(), |bytes| bytes.truncate(bytes.len() - 32));
    let error = refused(&into(&data), &source, folder.path());
    assert_eq!(error.to_string(), "snapshot missing hash but --skip-hash-check=false");
    let hint = error.hint().expect("advice");
    assert!(hint.contains("without its last 32 bytes") && hint.contains("--skip-hash-check"), "{hint}");
    assert!(!error.is_damage());
    let outcome = restore(&RestoreRequest { skip_hash_check: true, ..into(&data) }, &source).expect("a sound database");
    assert!(outcome.preflight.warnings.iter().any(|warning| warning.contains("raw database")));
}

/// What `verify` says of a length is said here too, at whatever byte a file ends, and the flag only where it helps.
#[test]
fn a_file_of_another_length_is_told_as_verify_tells_it() {
    let folder = folder();
    let data = folder.path().join("m1.etcd");
    let whole = fs::read(fixture(SNAPSHOT)).expect("a fixture").len();
    let lengths = [4096 * 60, 4096 * 60 + 512, 4096 * 60 + 7, whole - 33, whole - 32 - 512, whole - 1, whole - 31];
    for (length, skips) in lengths.map(|length| (length, false)).into_iter().chain([(whole - 32, true)]) {
        let cut = changed(folder.path(), |bytes| bytes.truncate(length));
        let container = open(&cut);
        let report = verify(&container, &VerifyOptions::default(), &Silent).expect("readable").report;
        let error = refused(&into(&data), &cut, folder.path());
        let hint = error.hint().expect("advice");
        let cause = report.cause.as_ref().expect("a cause");
        assert!(matches!(error, RestoreError::MissingHash { .. }), "{length}: {error}");
        assert!(hint.to_lowercase().starts_with(&cause.message.to_lowercase()), "{length}: {hint}");
        assert!(hint.contains(&cause.advice), "{length}: {hint}");
        assert_eq!(hint.contains("--skip-hash-check"), skips, "{length}: {hint}");
        assert_eq!(error.is_damage(), report.errors().count() > 0, "{length}: {hint}");
    }
    let padded = changed(folder.path(), |bytes| bytes.resize(whole.next_multiple_of(512), 0));
    for skip_hash_check in [false, true] {
        let error = refused(&RestoreRequest { skip_hash_check, ..into(&data) }, &padded, folder.path());
        let hint = error.hint().expect("advice");
        assert!(
            error.is_damage()
                && hint.contains(&format!("its first {whole} bytes"))
                && hint.contains("`etcdsnap unpack FILE COPY`"),
            "{hint}"
        );
        assert!(!hint.contains("--skip-hash-check"), "{hint}");
    }
}

#[test]
fn damaged_pages_are_refused_whatever_the_hash_says() {
    let folder = folder();
    let data = folder.path().join("m1.etcd");
    let source = changed(folder.path(), |bytes| {
        let corruption = Corruption::named("c01_leaf_keys_swapped").expect("in the catalogue");
        corruption.apply(bytes).expect("applicable");
        etcdsnap_testkit::replace_trailer(bytes);
    });
    for request in [into(&data), RestoreRequest { skip_hash_check: true, ..into(&data) }] {
        let error = refused(&request, &source, folder.path());
        assert!(matches!(&error, RestoreError::Damaged { .. }) && error.to_string().contains("KEY_ORDER"), "{error}");
    }
    let outcome = restore(&RestoreRequest { allow_damaged: true, ..into(&data) }, &source).expect("allowed");
    assert!(outcome.preflight.warnings[0].contains("KEY_ORDER"), "{:?}", outcome.preflight.warnings);
    assert!(outcome.preflight.losses.is_some_and(|losses| losses.is_none()), "all can be read");
    assert!(data.join("member/snap/db").exists());
}

/// Without the page 30, which holds the revisions between 79.1 and 81.2.
fn without_a_page(bytes: &mut [u8]) {
    bytes[30 * 4096..31 * 4096].fill(0);
}

#[test]
fn what_can_be_read_is_restored_and_the_rest_is_told() {
    let folder = folder();
    let data = folder.path().join("m1.etcd");
    fs::create_dir(&data).expect("an empty one may be there");
    let source = changed(folder.path(), |bytes| without_a_page(bytes));
    let request = RestoreRequest { allow_damaged: true, ..into(&data) };
    let outcome = restore(&request, &source).expect("allowed");
    let losses = outcome.preflight.losses.expect("a page is lost");
    let [range] = losses.ranges.as_slice() else { panic!("{losses:?}") };
    let around = (range.after.as_deref(), range.before.as_deref());
    assert_eq!((around, range.pages.as_slice()), ((Some("79.1"), Some("81.2")), &[30][..]));
    assert_eq!((losses.last_revision, losses.newest_lost, losses.lost_up_to), (Some(95), false, Some(81)));
    assert!(losses.maybe_old.count > 0);
    assert!(outcome.preflight.boot.iter().any(|verdict| verdict.starts));
    assert!(outcome.preflight.report.errors().any(|finding| finding.kind.id == "PAGE_TYPE"), "that of the backup");
    let left = tree(folder.path());
    assert_eq!(left.iter().filter(|name| !name.starts_with("m1.etcd")).collect::<Vec<_>>(), ["changed.db"]);
}

#[test]
fn a_plan_for_a_damaged_backup_leaves_nothing() {
    let folder = folder();
    let source = changed(folder.path(), |bytes| without_a_page(bytes));
    let request = RestoreRequest { allow_damaged: true, ..into(&folder.path().join("not/there/m1.etcd")) };
    let (interrupt, container) = (Interrupt::default(), open(&source));
    let context = RestoreContext::new(&Silent, &interrupt);
    let draft = RestoreDraft::new(&request, None).expect("free");
    let rewritten = draft.rewrite(&container, context).expect("readable").expect("damaged");
    let preflight = draft.plan_rewritten(&rewritten).and_then(|plan| plan.check(context)).expect("can be done");
    assert_eq!(preflight.losses.as_ref(), rewritten.losses());
    drop(rewritten);
    assert_eq!(tree(folder.path()), ["changed.db"]);
}

#[test]
fn a_cut_database_cannot_be_restored_even_so() {
    let folder = folder();
    let source = changed(folder.path(), |bytes| bytes.truncate(bytes.len() / 2 / 4096 * 4096));
    let data = folder.path().join("m1.etcd");
    let request = RestoreRequest { allow_damaged: true, skip_hash_check: true, ..into(&data) };
    let error = refused(&request, &source, folder.path());
    assert!(matches!(error, RestoreError::NoRecords { .. }) && error.is_damage(), "{error}");
}

#[test]
fn what_nothing_would_start_from_is_not_written() {
    let folder = folder();
    let mut tree = EtcdStore::new(Server::V3_6).to_tree();
    tree.bucket("meta").put("storageVersion", "4.0.0");
    let source = changed(folder.path(), |bytes| {
        *bytes = Layout::default().build(&tree);
        etcdsnap_testkit::append_trailer(bytes);
    });
    let data = folder.path().join("m1.etcd");
    let request = RestoreRequest { target: Some(Release::V3_6), ..into(&data) };
    let error = refused(&request, &source, folder.path());
    assert!(matches!(error, RestoreError::UnknownStorageVersion(_)), "{error}");

    tree.bucket("meta").put("storageVersion", "3.9.0");
    tree.bucket("cluster").put("downgrade", r#"{"target-version":"3.4.0","enabled":true}"#);
    let source = changed(folder.path(), |bytes| {
        *bytes = Layout::default().build(&tree);
        etcdsnap_testkit::append_trailer(bytes);
    });
    let error = refused(&into(&data), &source, folder.path());
    assert!(matches!(error, RestoreError::WouldNotStart { .. }), "{error}");
    assert!(error.hint().is_some_and(|hint| hint.starts_with("With --target-version")), "{error}");
    restore(&request, &source).expect("made to fit");
}

/// `--allow-damaged` is for what a server can start from. What stops every version, or the one that is asked for, is
/// refused, and no flag is called a way out that is none.
#[test]
fn damage_that_no_version_survives_is_not_written() {
    let folder = folder();
    let data = folder.path().join("m1.etcd");
    let allowed = RestoreRequest { allow_damaged: true, ..into(&data) };
    let entry = |bucket: &str, key: &str, value: &[u8]| {
        let mut tree = EtcdStore::new(Server::V3_6).to_tree();
        tree.bucket(bucket).put(key, value);
        changed(folder.path(), |bytes| {
            *bytes = Layout::default().build(&tree);
            etcdsnap_testkit::append_trailer(bytes);
        })
    };
    let last = [&i64::MAX.to_be_bytes()[..], b"_", &[0; 8]].concat();
    let everywhere =
        [("meta", "finishedCompactRev", &last[..]), ("cluster", "downgrade", b"[1]"), ("cluster", "downgrade", b"3")];
    for (bucket, key, value) in everywhere {
        let source = entry(bucket, key, value);
        for target in [None, Some(Release::V3_6)] {
            let error = refused(&RestoreRequest { target, ..allowed.clone() }, &source, folder.path());
            assert!(matches!(error, RestoreError::WouldNotStart { .. }) && error.is_damage(), "{key}: {error}");
            let hint = error.hint().expect("advice");
            let fitting = if key == "downgrade" { "" } else { "No --target-version changes that" };
            assert!(hint.starts_with(fitting) && !hint.contains("3.6 it is made"), "{key}: {hint}");
        }
    }
    let source = entry("cluster", "clusterVersion", b"2.9.0");
    let error = refused(&RestoreRequest { target: Some(Release::V3_6), ..allowed.clone() }, &source, folder.path());
    assert!(matches!(error, RestoreError::WouldNotStart { .. }), "{error}");
    let outcome = restore(&allowed, &source).expect("3.5 starts from it");
    let promised = outcome.preflight.warnings.iter().find(|warning| warning.contains("would not start from it"));
    assert!(promised.is_some_and(|warning| !warning.contains("which makes it fit.")), "{promised:?}");
}
