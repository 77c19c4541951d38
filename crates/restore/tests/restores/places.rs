//! Where a restore writes, and what it finds there.

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::Command;

use etcdsnap_restore::{ClusterRequest, Release, RestoreDestination, RestoreError, RestoreRequest, RestoredMembers};

use super::{LOG, SNAPSHOT, fixture, folder, into, restore, tree, with_log};

const SNAP: &str = "0000000000000001-0000000000000001.snap";

/// All paths of a member's directory.
fn whole() -> Vec<String> {
    let mut all = vec!["member/".to_owned(), "member/snap/".into(), "member/snap/db".into(), "member/wal/".into()];
    all.extend([format!("member/snap/{SNAP}"), format!("member/wal/{LOG}")]);
    all.sort();
    all
}

#[test]
fn rights_are_those_a_member_expects() {
    let folder = folder();
    let data = folder.path().join("deep/m1.etcd");
    restore(&into(&data), &fixture(SNAPSHOT)).expect("restored");
    assert_eq!(tree(&data), whole());
    for path in whole().iter().map(|inside| data.join(inside)).chain([data.clone()]) {
        let metadata = path.metadata().expect("it is there");
        let wanted = if metadata.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(metadata.permissions().mode() & 0o7777, wanted, "{}", path.display());
    }
    let log = data.join("member/wal").join(LOG).metadata().expect("a log");
    assert_eq!(log.len(), 64_000_000);
    assert!(log.blocks() * 512 < 1_000_000, "not a hole");
}

#[test]
fn a_log_need_not_be_long() {
    let folder = folder();
    let data = folder.path().join("m1.etcd");
    restore(&RestoreRequest { preallocate: false, ..into(&data) }, &fixture(SNAPSHOT)).expect("restored");
    assert!(data.join("member/wal").join(LOG).metadata().expect("a log").len() < 1000);
}

#[test]
fn an_empty_directory_stays_as_it_is_and_is_filled() {
    let folder = folder();
    let data = folder.path().join("m1.etcd");
    fs::create_dir(&data).expect("a folder");
    fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).expect("ours");
    let before = data.metadata().expect("it is there").ino();
    let older = RestoreRequest { rules: Release::V3_4, ..into(&data) };
    let refused = restore(&older, &fixture(SNAPSHOT)).expect_err("3.4 wants nothing there");
    assert_eq!(refused.to_string(), format!("data-dir {data:?} exists"));
    restore(&into(&data), &fixture(SNAPSHOT)).expect("restored");
    let after = data.metadata().expect("it is there");
    assert_eq!((after.ino(), after.permissions().mode() & 0o777), (before, 0o755));
    assert_eq!(tree(&data), whole());
}

#[test]
fn a_directory_with_nothing_but_leftovers_is_empty() {
    let folder = folder();
    let data = folder.path().join("m1.etcd");
    fs::create_dir_all(data.join("new/snap")).expect("folders");
    fs::create_dir(data.join(".etcdsnap-0123456789abcdef")).expect("a folder");
    let inode = data.join("new").metadata().expect("it is there").ino();
    // As a run leaves it that was killed in the moment before it exchanged the two.
    let swap = data.join(format!(".etcdsnap-{inode:016x}-swap"));
    fs::rename(data.join("new"), &swap).expect("a free name");
    restore(&into(&data), &fixture(SNAPSHOT)).expect("restored");
    assert_eq!(tree(&data), whole());

    // And in the moment after: what has the name is the old one.
    let data = folder.path().join("m2.etcd");
    fs::create_dir_all(data.join(".etcdsnap-0000000000000001-swap")).expect("folders");
    restore(&into(&data), &fixture(SNAPSHOT)).expect_err("something is there");
}

#[test]
fn what_is_in_the_way_is_left_alone_or_moved_aside() {
    let folder = folder();
    let data = folder.path().join("m1.etcd");
    fs::create_dir_all(data.join("member")).expect("folders");
    fs::write(data.join("member/old"), b"old").expect("room");
    let refused = restore(&into(&data), &fixture(SNAPSHOT)).expect_err("something is there");
    assert_eq!(refused.to_string(), format!("data-dir {data:?} not empty or could not be read"));
    assert_eq!(tree(folder.path()), ["m1.etcd/", "m1.etcd/member/", "m1.etcd/member/old"]);

    let request = RestoreRequest { replace: Some(".replaced-now".into()), ..into(&data) };
    restore(&request, &fixture(SNAPSHOT)).expect("restored");
    assert_eq!(tree(&data), whole());
    assert_eq!(tree(&folder.path().join("m1.etcd.replaced-now")), ["member/", "member/old"]);
}

#[test]
fn a_link_to_a_directory_is_followed() {
    let folder = folder();
    let (real, link) = (folder.path().join("disk/m1.etcd"), folder.path().join("link"));
    fs::create_dir_all(real.join("member")).expect("folders");
    std::os::unix::fs::symlink(&real, &link).expect("a link");
    restore(&RestoreRequest { replace: Some(".old".into()), ..into(&link) }, &fixture(SNAPSHOT)).expect("restored");
    assert!(link.is_symlink());
    assert_eq!(tree(&real), whole());
    assert!(folder.path().join("disk/m1.etcd.old/member").is_dir());
}

#[test]
fn nothing_waits_for_a_fifo() {
    for name in ["db", "../.etcdsnap-unfinished"] {
        let folder = folder();
        let data = folder.path().join("m1.etcd");
        fs::create_dir_all(data.join("member/snap")).expect("folders");
        let fifo = data.join("member/snap").join(name);
        assert!(Command::new("mkfifo").arg(&fifo).status().expect("it runs").success());
        restore(&RestoreRequest { replace: Some(".old".into()), ..into(&data) }, &fixture(SNAPSHOT)).expect("restored");
        assert_eq!(tree(&data), whole());
    }
}

#[test]
fn a_running_members_directory_is_never_replaced() {
    let folder = folder();
    let data = folder.path().join("m1.etcd");
    restore(&into(&data), &fixture(SNAPSHOT)).expect("restored");
    let running = File::open(data.join("member/snap/db")).expect("a database");
    running.lock().expect("locks");
    let request = RestoreRequest { replace: Some(".old".into()), ..into(&data) };
    let refused = restore(&request, &fixture(SNAPSHOT)).expect_err("in use");
    assert!(matches!(refused, RestoreError::InUse { .. }), "{refused}");
    drop(running);
    restore(&request, &fixture(SNAPSHOT)).expect("restored");
}

#[test]
fn all_members_are_made_from_one_read() {
    let folder = folder();
    let all = RestoreRequest {
        cluster: ClusterRequest {
            restored: RestoredMembers::All,
            initial_cluster: "m1=http://10.0.0.1:2380,m2=http://10.0.0.2:2380,m3=http://10.0.0.3:2380",
            token: "tk",
            learners: &[],
        },
        output: RestoreDestination::All { folder: folder.path().join("out") },
        ..RestoreRequest::default()
    };
    restore(&all, &fixture(SNAPSHOT)).expect("restored");
    let out = folder.path().join("out");
    let database = |name: &str| fs::read(out.join(format!("{name}.etcd/member/snap/db"))).expect("a database");
    assert!(database("m1") == database("m2") && database("m2") == database("m3"));
    let log = |name: &str| fs::read(out.join(format!("{name}.etcd/member/wal")).join(LOG)).expect("a log");
    assert!(log("m1") != log("m2"));
    // Each by itself is the same.
    let one = RestoreRequest {
        cluster: ClusterRequest {
            restored: RestoredMembers::Member { name: "m2", advertised: None },
            ..all.cluster.clone()
        },
        output: RestoreDestination::Member { data_dir: Some(folder.path().join("alone")), wal_dir: None },
        ..all.clone()
    };
    restore(&one, &fixture(SNAPSHOT)).expect("restored");
    assert!(fs::read(folder.path().join("alone/member/snap/db")).expect("a database") == database("m2"));
    assert!(fs::read(folder.path().join("alone/member/wal").join(LOG)).expect("a log") == log("m2"));

    let strange = ClusterRequest { initial_cluster: "../m1=http://10.0.0.1:2380", ..all.cluster.clone() };
    let refused =
        restore(&RestoreRequest { cluster: strange, ..all.clone() }, &fixture(SNAPSHOT)).expect_err("leads away");
    assert_eq!(refused.to_string(), "the name \"../m1\" cannot be the name of a folder");
}

#[test]
fn a_log_directory_can_be_anywhere_but_around() {
    let folder = folder();
    let at = |path: &str| folder.path().join(path);
    restore(&with_log(&at("a"), &at("logs/a")), &fixture(SNAPSHOT)).expect("restored");
    assert_eq!(tree(&at("logs/a")), [LOG]);
    let inside: Vec<_> = whole().into_iter().filter(|path| !path.starts_with("member/wal")).collect();
    assert_eq!(tree(&at("a")), inside);
    assert_eq!(super::status_hash(&at("a/member/snap/db")), {
        restore(&into(&at("plain")), &fixture(SNAPSHOT)).expect("restored");
        super::status_hash(&at("plain/member/snap/db"))
    });

    restore(&with_log(&at("b"), &at("b/logs/wal")), &fixture(SNAPSHOT)).expect("restored");
    assert_eq!(tree(&at("b/logs")), ["wal/".to_owned(), format!("wal/{LOG}")]);

    fs::create_dir(at("c")).expect("a folder");
    restore(&with_log(&at("c"), &at("c/wal")), &fixture(SNAPSHOT)).expect("restored");
    assert_eq!(tree(&at("c/wal")), [LOG]);
    assert!(at("c/member/snap/db").exists() && !at("c/member/wal").exists());

    let exists = restore(&with_log(&at("d"), &at("logs/a")), &fixture(SNAPSHOT)).expect_err("exists");
    assert_eq!(exists.to_string(), format!("wal-dir {:?} exists", at("logs/a")));
    let around = restore(&with_log(&at("e/data"), &at("e")), &fixture(SNAPSHOT)).expect_err("around");
    assert!(matches!(around, RestoreError::WalAroundData { .. }));
    assert!(!at("d").exists() && !at("e").exists());

    let replaced = RestoreRequest { replace: Some(".old".into()), ..with_log(&at("a"), &at("logs/a")) };
    restore(&replaced, &fixture(SNAPSHOT)).expect("restored");
    assert_eq!((tree(&at("logs/a")), tree(&at("logs/a.old"))), (vec![LOG.to_owned()], vec![LOG.to_owned()]));
    assert_eq!(tree(&at("a.old")), tree(&at("a")));
}

#[test]
fn a_data_directory_can_be_restored_from_and_over_itself() {
    let folder = folder();
    let data = folder.path().join("m1.etcd");
    restore(&into(&data), &fixture(SNAPSHOT)).expect("restored");
    let request = RestoreRequest { replace: Some(".old".into()), skip_hash_check: true, ..into(&data) };
    restore(&request, &data).expect("restored again");
    assert_eq!(tree(&data), whole());
}

#[test]
fn owners_are_given_where_that_is_allowed() {
    // Only root may give files away.
    let root = fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0);
    let folder = folder();
    let data = folder.path().join("deep/m1.etcd");
    let owner = "4242:4343".parse().ok();
    let result = restore(&RestoreRequest { owner, ..into(&data) }, &fixture(SNAPSHOT));
    if !root {
        assert!(result.is_err() && tree(folder.path()).is_empty());
        return;
    }
    result.expect("restored");
    let owned = |path: &Path| path.metadata().is_ok_and(|found| (found.uid(), found.gid()) == (4242, 4343));
    assert!(whole().iter().all(|inside| owned(&data.join(inside))));
    assert!(owned(&data) && owned(&folder.path().join("deep")));
}
