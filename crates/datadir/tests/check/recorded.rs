//! Members as they were left, and with files of them gone.

use std::fs;

use etcdsnap_datadir::{CheckError, CheckOptions, LayoutError, LockState, check};
use etcdsnap_snapshot::progress::Silent;
use etcdsnap_wal::{Bootstrap, BootstrapMember, Release};

use crate::member::{Member, SEGMENT, found, ids, starts};

#[test]
fn recorded_members_are_sound_and_start_where_they_may() {
    for (name, outcomes) in
        [("member-3.4.23-sigkill", "ssspp"), ("member-3.5.1-sigterm", "xssss"), ("member-3.7.1-sigterm", "pxxss")]
    {
        let report = Member::copy_of(name).check();
        assert_eq!((ids(&report), starts(&report).as_str()), (vec![], outcomes), "{name}");
        assert!(report.is_sound() && report.boots() && report.lock == LockState::No);
        let own = report.identity.expect("an identity").node_id;
        for start in report.starts.iter().filter(|start| start.starts()) {
            assert_eq!((start.voters.as_slice(), start.needs_others()), (&[own][..], false), "{name}");
        }
        assert!(report.members.iter().all(|member| member.in_log == member.in_database), "{name}");
    }
}

#[test]
fn a_learner_is_known_to_log_and_database() {
    let report = Member::copy_of("member-3.4.23-sigkill").check();
    let roles: Vec<_> = report.members.iter().map(|member| (member.in_log, member.is_self)).collect();
    assert_eq!(roles, [("removed", false), ("learner", false), ("voter", true)]);
    assert_eq!(report.starts[0].learners.len(), 1);
}

#[test]
fn an_empty_directory_is_no_member_yet() {
    let folder = tempfile::tempdir().expect("folder");
    let report = check(folder.path(), None, &CheckOptions::default(), &Silent).expect("checked");
    assert!(report.is_empty && report.is_sound());
    assert_eq!(starts(&report), "aaaaa");
}

#[test]
fn what_is_no_data_directory_is_refused() {
    let folder = tempfile::tempdir().expect("folder");
    fs::write(folder.path().join("notes.txt"), "").expect("written");
    let refused = check(folder.path(), None, &CheckOptions::default(), &Silent).expect_err("no member");
    assert!(matches!(refused, CheckError::Layout(LayoutError::NoMember { .. })), "{refused}");
    let refused = check(&folder.path().join("x"), None, &CheckOptions::default(), &Silent).expect_err("nothing");
    assert!(matches!(refused, CheckError::Layout(LayoutError::Missing { .. })), "{refused}");
}

#[test]
fn the_log_may_be_elsewhere() {
    let (member, elsewhere) = (Member::copy_of("member-3.5.1-sigterm"), tempfile::tempdir().expect("folder"));
    let wal = elsewhere.path().join("wal");
    fs::rename(member.file("wal"), &wal).expect("moved");
    let report = member.check();
    assert_eq!((ids(&report), starts(&report).as_str()), (vec!["LOG_MISSING"], "aaaaa"));
    let report = check(member.path(), Some(&wal), &CheckOptions::default(), &Silent).expect("checked");
    assert_eq!((ids(&report), starts(&report).as_str()), (vec![], "xssss"));
}

#[test]
fn a_missing_database_is_told() {
    let member = Member::copy_of("member-3.4.23-sigkill");
    fs::remove_file(member.file("snap/db")).expect("removed");
    let report = member.check();
    assert_eq!((ids(&report), starts(&report).as_str()), (vec!["DATABASE_MISSING"], "ssspp"));
    let member = Member::copy_of("member-3.5.1-sigterm");
    fs::remove_file(member.file("snap/db")).expect("removed");
    assert_eq!(starts(&member.check()), "ppppp", "the snapshot wants a database");
}

#[test]
fn a_received_database_takes_the_place_of_an_older_one() {
    let member = Member::copy_of("member-3.5.1-sigterm");
    fs::copy(member.file("snap/db"), member.file("snap/00000000000000b7.snap.db")).expect("copied");
    member.set("consistent_index", &100_u64.to_be_bytes());
    let report = member.check();
    assert!(found(&report, "RECEIVED_DATABASE") && !found(&report, "INDEX_BEHIND_SNAPSHOT"));
    assert_eq!(starts(&report), "xssss");
}

#[test]
fn what_is_no_database_is_told() {
    let member = Member::copy_of("member-3.7.1-sigterm");
    fs::write(member.file("snap/db"), "<html>").expect("written");
    let report = member.check();
    assert_eq!((ids(&report), starts(&report).as_str()), (vec!["DATABASE_UNUSABLE"], "ppppp"));
    assert!(!report.boots());
}

#[test]
fn leftovers_and_damaged_snapshots_are_told() {
    let member = Member::copy_of("member-3.5.1-sigterm");
    fs::write(member.file("snap/tmp123"), "x").expect("written");
    let newest = "snap/0000000000000002-00000000000000b7.snap";
    member.change(newest, |bytes| bytes[200] ^= 1);
    let report = member.check();
    assert_eq!(ids(&report), ["SNAPSHOT_DAMAGED"]);
    assert!(found(&report, "LEFTOVER_FILE") && found(&report, "SNAPSHOT_MISSING"));
    let index: Vec<_> = report.starts.iter().map(|start| start.snapshot_index).collect();
    assert_eq!(index[1..], [122, 122, 183, 183]);
    fs::rename(member.file(newest), member.file("snap/0000000000000002-00000000000000b8.snap")).expect("renamed");
    member.change("snap/0000000000000002-00000000000000b8.snap", |bytes| bytes[200] ^= 1);
    assert_eq!(ids(&member.check()), ["SNAPSHOT_MISNAMED"]);
}

#[test]
fn a_snapshot_of_any_name_is_read() {
    // etcd 3.5.1 starts from it as well.
    let member = Member::copy_of("member-3.5.1-sigterm");
    fs::copy(member.file("snap/0000000000000002-000000000000003d.snap"), member.file("snap/zzz.snap")).expect("copied");
    let report = member.check();
    assert!(found(&report, "SNAPSHOT_MISNAMED"));
    assert_eq!(report.starts[1].snapshot_index, 61);
}

#[test]
fn a_snapshot_is_unknown_only_to_a_log_that_reaches_back_to_it() {
    let member = Member::copy_of("member-3.5.1-sigterm");
    let own = BootstrapMember { id: 1, name: "m1".into(), peer_urls: vec!["http://m1:2380".into()], learner: false };
    let foreign = Bootstrap::new(1, 1, vec![own]).expect("a cluster");
    let bytes = foreign.snap(Release::V3_5).expect("3.5 has it");
    fs::write(member.file("snap").join(foreign.snap_name().to_string()), bytes).expect("written");
    assert!(found(&member.check(), "SNAPSHOT_UNKNOWN"));
    fs::rename(member.file(SEGMENT), member.file("wal/0000000000000001-00000000000000b7.wal")).expect("renamed");
    assert!(!found(&member.check(), "SNAPSHOT_UNKNOWN"));
}

#[test]
fn a_locked_directory_is_told_and_not_locked() {
    let member = Member::copy_of("member-3.5.1-sigterm");
    let server = fs::File::options().write(true).open(member.file("snap/db")).expect("db");
    server.try_lock().expect("free");
    let report = member.check();
    assert!(report.lock != LockState::No && found(&report, "DIRECTORY_IN_USE"));
    server.unlock().expect("unlocked");
    fs::File::open(member.file("snap/db")).expect("db").try_lock().expect("free again");
    assert_eq!(member.check().lock, LockState::No);
}
