//! Members that a server survives and their users do not: it starts and throws data away, or could start and does not.
//!
//! What is expected was seen on real servers of 3.4 to 3.8.

use std::fs;

use etcdsnap_snapshot::finding::Severity;

use crate::member::{Member, SEGMENT, found, ids, said, starts};

const SNAPS: [&str; 3] = [
    "snap/0000000000000002-0000000000000015.snap",
    "snap/0000000000000002-000000000000002a.snap",
    "snap/0000000000000002-000000000000003f.snap",
];

/// Frames as they were before May 2016: without padding.
fn unpadded(bytes: &[u8]) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::new(), bytes);
    while let Some((word, body)) = rest.split_first_chunk() {
        let record = usize::try_from(u64::from_le_bytes(*word) & 0x00ff_ffff_ffff_ffff).expect("small");
        if record == 0 {
            break;
        }
        out.extend((record as u64).to_le_bytes());
        out.extend(&body[..record]);
        rest = &body[record.next_multiple_of(8).min(body.len())..];
    }
    out
}

#[test]
fn entries_after_a_changed_length_are_counted_and_the_start_is_no_success() {
    let member = Member::faulty("length-word-changed");
    for room in [0, 1 << 20] {
        member.change(SEGMENT, |bytes| bytes.resize(bytes.len() + room, 0));
        let report = member.check();
        assert_eq!((ids(&report)[0], starts(&report).as_str()), ("WAL_BROKEN_BEFORE_END", "xtttt"));
        assert!(!report.is_sound() && !report.boots());
        let (severity, message) = said(&report, "WAL_BROKEN_BEFORE_END");
        assert!(
            severity == Severity::Error
                && message.contains("after it follow at least 39 intact entries (41 to 79, committed up to 79)"),
            "{message}"
        );
        assert!(report.starts[2].reasons[0].contains("throws away what follows"), "{:?}", report.starts[2]);
    }
}

#[test]
fn the_copy_of_a_segment_that_was_cut_off_is_kept() {
    let member = Member::faulty("length-word-changed");
    let broken = fs::read(member.file(SEGMENT)).expect("segment");
    member.put(&format!("{SEGMENT}.broken"), &broken);
    let end = usize::try_from(member.check().log.expect("a log").inspection.segments[0].end).expect("small");
    member.change(SEGMENT, |bytes| bytes.truncate(end));
    let report = member.check();
    let (severity, message) = said(&report, "BROKEN_COPY_HOLDS_ENTRIES");
    assert!(severity == Severity::Warning && message.contains("follow at least 39 intact entries"), "{message}");
    assert!(!found(&report, "LEFTOVER_FILE"));

    let sound = Member::faulty("older-database");
    let segment = fs::read(sound.file(SEGMENT)).expect("segment");
    sound.put(&format!("{SEGMENT}.broken"), &segment);
    assert!(found(&sound.check(), "LEFTOVER_FILE") && !found(&sound.check(), "BROKEN_COPY_HOLDS_ENTRIES"));
}

#[test]
fn files_that_stand_between_a_database_and_its_log_are_named() {
    let member = Member::faulty("older-database");
    let report = member.check();
    assert_eq!((ids(&report), starts(&report).as_str()), (vec!["INDEX_BEHIND_SNAPSHOT"], "ppppp"));
    let (_, message) = said(&report, "INDEX_BEHIND_SNAPSHOT");
    for words in [
        "0000000000000002-000000000000002a.snap and 0000000000000002-000000000000003f.snap",
        "etcd 3.5.35 and 3.6.16",
        "the snapshot at 21",
        "start from the snapshot at 21",
        "entries 35 to 79",
    ] {
        assert!(message.contains(words), "{words}: {message}");
    }
    assert!(report.starts[1].reasons.iter().any(|reason| reason.starts_with("It starts once ")));
    member.remove(&SNAPS[1..]);
    assert_eq!(starts(&member.check()), "xsspp", "as was foretold");

    let member = Member::faulty("older-database");
    member.remove(&SNAPS[..1]);
    let report = member.check();
    assert!(said(&report, "INDEX_BEHIND_SNAPSHOT").1.contains("from the beginning of the log"));
}

#[test]
fn snapshot_files_without_a_log_are_kept() {
    let member = Member::faulty("v2-keys");
    member.remove(&[SEGMENT, "snap/db"]);
    let report = member.check();
    assert_eq!((ids(&report)[0], starts(&report).as_str()), ("LOG_MISSING", "aaaaa"));
    assert!(!report.is_empty && !report.is_sound());
    fs::remove_dir(member.file("wal")).expect("removed");
    assert!(found(&member.check(), "LOG_MISSING"));
    let received = Member::faulty("v2-keys");
    fs::rename(received.file("snap/db"), received.file("snap/0000000000000010.snap.db")).expect("renamed");
    received.remove(&[SEGMENT]);
    received.remove(&SNAPS);
    assert!(found(&received.check(), "LOG_MISSING"));
}

#[test]
fn leftovers_alone_are_no_member() {
    let member = Member::faulty("v2-keys");
    member.remove(&[SEGMENT, "snap/db"]);
    member.remove(&SNAPS);
    member.put("snap/tmp1", b"x");
    member.put("wal/0.tmp", b"");
    assert!(member.check().is_empty);
}

#[test]
fn keys_of_the_v2_api_are_named_and_never_given_up_while_they_are_all_there_is() {
    let member = Member::faulty("v2-keys");
    let report = member.check();
    let (severity, message) = said(&report, "V2_CONTENT");
    assert_eq!(severity, Severity::Error);
    for words in ["of the v2 API", "; the log has", "there is no key of the v3 API, so these are all the data", "/"] {
        assert!(message.contains(words), "{words}: {message}");
    }
    assert!(!report.is_sound());
    member.remove(&SNAPS);
    let report = member.check();
    let (_, message) = said(&report, "V2_CONTENT");
    assert!(message.starts_with("no .snap file holds keys"), "{message}");
}

#[test]
fn a_directory_of_etcd_2_is_called_one() {
    let member = Member::faulty("v2-keys");
    member.remove(&["snap/db"]);
    member.change(SEGMENT, |bytes| *bytes = unpadded(bytes));
    let report = member.check();
    assert!(found(&report, "ETCD_2_DIRECTORY") && found(&report, "V2_CONTENT"), "{:?}", ids(&report));
    assert!(!found(&report, "WAL_PADDING") && !report.is_sound());
    let torn = fs::read(member.file(SEGMENT)).expect("segment");
    member.put(SEGMENT, &torn[..torn.len() - 5]);
    assert!(found(&member.check(), "WAL_TORN_TAIL"));
    member.put(SEGMENT, &torn);
    member.change(SEGMENT, |bytes| bytes[3003..3600].fill(0));
    let ids = ids(&member.check());
    assert!(ids.iter().any(|id| id.starts_with("WAL_") && *id != "WAL_TORN_TAIL"), "{ids:?}");
}

#[test]
fn leftovers_that_matter_to_some_version_are_told() {
    let member = Member::copy_of("member-3.5.1-sigterm");
    member.put("snap/db.tmp", b"x");
    let report = member.check();
    assert_eq!((ids(&report), starts(&report).as_str()), (vec!["DEFRAG_LEFTOVER"], "xssss"));
    fs::create_dir(member.path().join("proxy")).expect("made");
    let report = member.check();
    assert_eq!((ids(&report)[0], starts(&report).as_str()), ("PROXY_DIRECTORY", "xxxxx"));
    assert!(!report.boots());
}
