//! Backups that are not what they should be.

use std::fs;
use std::path::{Path, PathBuf};

use etcdsnap_restore::{Draft, Interrupt, Release, Request, RestoreError, Work};
use etcdsnap_snapshot::inspection::Options;
use etcdsnap_snapshot::progress::Silent;
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
fn refused(request: &Request<'_>, source: &Path, folder: &Path) -> RestoreError {
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
    restore(&Request { skip_hash_check: true, ..into(&data) }, &source).expect("not looked at");
}

#[test]
fn a_missing_hash_is_explained() {
    let folder = folder();
    let data = folder.path().join("m1.etcd");
    let cut = changed(folder.path(), |bytes| bytes.truncate(bytes.len() - 33));
    let error = refused(&into(&data), &cut, folder.path());
    assert!(error.is_damage() && error.hint().is_some_and(|hint| hint.contains("was cut")), "{error}");
    let source = changed(folder.path(), |bytes| bytes.truncate(bytes.len() - 32));
    let error = refused(&into(&data), &source, folder.path());
    assert_eq!(error.to_string(), "snapshot missing hash but --skip-hash-check=false");
    assert!(error.hint().is_some_and(|hint| hint.contains("copied from a member")));
    assert!(!error.is_damage());
    let outcome = restore(&Request { skip_hash_check: true, ..into(&data) }, &source).expect("a sound database");
    assert!(outcome.checked.warnings.iter().any(|warning| warning.contains("raw database")));
}

#[test]
fn damaged_pages_are_refused_whatever_the_hash_says() {
    let folder = folder();
    let data = folder.path().join("m1.etcd");
    let source = changed(folder.path(), |bytes| {
        let corruption = Corruption::named("c01_leaf_keys_swapped").expect("in the catalogue");
        corruption.apply(bytes).expect("applicable");
        etcdsnap_testkit::reseal(bytes);
    });
    for request in [into(&data), Request { skip_hash_check: true, ..into(&data) }] {
        let error = refused(&request, &source, folder.path());
        assert!(matches!(&error, RestoreError::Damaged { .. }) && error.to_string().contains("KEY_ORDER"), "{error}");
    }
    let outcome = restore(&Request { allow_damaged: true, ..into(&data) }, &source).expect("allowed");
    assert!(outcome.checked.warnings[0].contains("KEY_ORDER"), "{:?}", outcome.checked.warnings);
    assert!(outcome.checked.losses.is_some_and(|losses| losses.is_none()), "all can be read");
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
    let request = Request { allow_damaged: true, ..into(&data) };
    let outcome = restore(&request, &source).expect("allowed");
    let losses = outcome.checked.losses.expect("a page is lost");
    let [range] = losses.ranges.as_slice() else { panic!("{losses:?}") };
    let around = (range.after.as_deref(), range.before.as_deref());
    assert_eq!((around, range.pages.as_slice()), ((Some("79.1"), Some("81.2")), &[30][..]));
    assert_eq!((losses.last_revision, losses.newest_lost, losses.lost_up_to), (Some(95), false, Some(81)));
    assert!(losses.maybe_old.count > 0);
    assert!(outcome.checked.boot.iter().any(|verdict| verdict.starts));
    assert!(outcome.checked.report.errors().any(|finding| finding.kind.id == "PAGE_TYPE"), "that of the backup");
    let left = tree(folder.path());
    assert_eq!(left.iter().filter(|name| !name.starts_with("m1.etcd")).collect::<Vec<_>>(), ["changed.db"]);
}

#[test]
fn a_plan_for_a_damaged_backup_leaves_nothing() {
    let folder = folder();
    let source = changed(folder.path(), |bytes| without_a_page(bytes));
    let request = Request { allow_damaged: true, ..into(&folder.path().join("not/there/m1.etcd")) };
    let (interrupt, container) = (Interrupt::default(), open(&source));
    let work = Work { inspection: Options::default(), progress: &Silent, stages: &(), interrupt: &interrupt };
    let draft = Draft::new(&request, None).expect("free");
    let rewritten = draft.rewrite(&container, work).expect("readable").expect("damaged");
    let checked = draft.plan_rewritten(&rewritten).and_then(|plan| plan.check(work)).expect("can be done");
    assert_eq!(checked.losses.as_ref(), rewritten.losses());
    drop(rewritten);
    assert_eq!(tree(folder.path()), ["changed.db"]);
}

#[test]
fn a_cut_database_cannot_be_restored_even_so() {
    let folder = folder();
    let source = changed(folder.path(), |bytes| bytes.truncate(bytes.len() / 2 / 4096 * 4096));
    let data = folder.path().join("m1.etcd");
    let request = Request { allow_damaged: true, skip_hash_check: true, ..into(&data) };
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
        etcdsnap_testkit::seal(bytes);
    });
    let data = folder.path().join("m1.etcd");
    let request = Request { target: Some(Release::V3_6), ..into(&data) };
    let error = refused(&request, &source, folder.path());
    assert!(matches!(error, RestoreError::Unfit(_)), "{error}");

    tree.bucket("meta").put("storageVersion", "3.9.0");
    tree.bucket("cluster").put("downgrade", r#"{"target-version":"3.4.0","enabled":true}"#);
    let source = changed(folder.path(), |bytes| {
        *bytes = Layout::default().build(&tree);
        etcdsnap_testkit::seal(bytes);
    });
    let error = refused(&into(&data), &source, folder.path());
    assert!(matches!(error, RestoreError::WouldNotStart { .. }), "{error}");
    assert!(error.hint().is_some_and(|hint| hint.contains("--target-version")));
    restore(&request, &source).expect("made to fit");
}
