//! A log that is damaged or cut: what is said about a start is what the log alone allows.

use etcdsnap_datadir::{LogReport, SnapFiles, StartOutcome, WalFiles};
use etcdsnap_image::Mapping;
use etcdsnap_wal::{WalOutcome, WalReader};

use crate::member::{Member, SEGMENT, ids, starts};

#[test]
fn tails_cut_anywhere_in_the_last_kilobyte_are_judged_as_by_the_log() {
    let sound = std::fs::read(Member::copy_of("member-3.5.1-sigterm").file(SEGMENT)).expect("segment");
    let member = Member::copy_of("member-3.5.1-sigterm");
    for end in sound.len() - 1024..=sound.len() {
        std::fs::write(member.file(SEGMENT), &sound[..end]).expect("written");
        let (wal, snaps) = (
            WalFiles::open(&member.file("wal"), None, Mapping::Never).expect("log"),
            SnapFiles::open(&member.file("snap"), Mapping::Never).expect("snapshots"),
        );
        let log = LogReport::new(&wal.wal(), Some(&snaps), 10);
        let report = member.check();
        for start in &report.starts[1..] {
            let reader = WalReader::of(start.server.minor, start.server.patch);
            let verdict = log.verdicts.iter().find(|verdict| verdict.reader == reader).expect("a verdict");
            match (verdict.outcome, start.outcome) {
                (WalOutcome::Repairs { cut }, StartOutcome::Repairs { cut: foretold }) => assert_eq!(cut, foretold),
                // What is cut off may be in the database already.
                (WalOutcome::Reads, StartOutcome::Starts)
                | (WalOutcome::Reads | WalOutcome::Repairs { .. }, StartOutcome::NotReady) => {}
                other => panic!("cut at {end}: {other:?}"),
            }
            assert_eq!(verdict.start.index, start.snapshot_index);
        }
        assert_eq!(log.is_torn(), ids(&report).contains(&"WAL_TORN_TAIL"), "cut at {end}");
    }
}

#[test]
fn a_changed_byte_stops_every_server() {
    let member = Member::copy_of("member-3.7.1-sigterm");
    member.change(SEGMENT, |bytes| bytes[9000] ^= 0x10);
    let report = member.check();
    assert_eq!((ids(&report)[0], starts(&report).as_str()), ("WAL_CHECKSUM", "xxxxx"));
    assert!(!report.boots());
}

#[test]
fn the_beginning_of_the_log_is_needed_without_a_snapshot_file() {
    let member = Member::copy_of("member-3.5.1-sigterm");
    for entry in std::fs::read_dir(member.file("snap")).expect("folder") {
        let path = entry.expect("entry").path();
        if path.extension().is_some() {
            std::fs::remove_file(path).expect("removed");
        }
    }
    let report = member.check();
    assert_eq!(ids(&report), [] as [&str; 0]);
    assert_eq!(starts(&report), "xssss");
    let later = member.file("wal").join("0000000000000001-0000000000000000.wal");
    std::fs::rename(member.file(SEGMENT), later).expect("renamed");
    assert_eq!(starts(&member.check()), "xssss", "the name says that all entries are in it");
}

/// The log as it was at entry 39, with .snap files of entries 42 and 63.
#[test]
fn snapshots_after_the_end_of_the_log_prove_that_it_was_cut() {
    let member = Member::faulty("older-database");
    let end = {
        let wal = WalFiles::open(&member.file("wal"), None, Mapping::Never).expect("log");
        let entries = wal.wal().current_entries();
        let next = entries.iter().find(|logged| logged.entry.index == 40).expect("an entry");
        usize::try_from(next.place.offset).expect("small")
    };
    member.change(SEGMENT, |bytes| bytes.truncate(end));
    let report = member.check();
    assert_eq!(ids(&report), ["LOG_ENDS_BEFORE_SNAPSHOT", "LOG_ENDS_BEFORE_SNAPSHOT"]);
    let message = "the log ends at 39, but a snapshot of entry 63 was written; entries 40 to 63 are lost from the log";
    assert!(report.findings.iter().any(|finding| finding.message == message));
    assert!(!report.is_sound());
    member.put("snap/000000000000002a.snap.db", b"x");
    member.put("snap/000000000000003f.snap.db", b"x");
    assert_eq!(ids(&member.check()), [] as [&str; 0], "they came from the leader");
}
