//! Logs of real members read as the real tool reads them: every record and every entry, character for character.

use std::fmt::Write;

use crate::fixtures::Member;
use etcdsnap_wal::text::{Dump, RecordLine};
use etcdsnap_wal::{Outcome, Reader, Start, snap};

fn assert_same(name: &str, ours: &str, recorded: &str) {
    for (number, (ours, recorded)) in ours.lines().zip(recorded.lines()).enumerate() {
        assert_eq!(ours, recorded, "{name}, line {}", number + 1);
    }
    assert_eq!(ours, recorded, "{name}");
}

#[test]
fn entries_are_those_the_tool_printed() {
    for member in Member::all() {
        let snap = snap::newest(member.snap_files(), |_| true).map(|(_, snap)| snap);
        let start = snap.as_ref().map_or_else(Start::default, |snap| snap.start);
        let wal = member.wal();
        let log = wal.read(start).expect("sound");
        assert!(log.start_found && log.torn.is_none());
        let dump = Dump { snap: snap.as_ref(), log: &log };
        assert_same(&member.name, &dump.to_string(), &member.recorded("dump-logs"));
    }
}

#[test]
fn records_are_those_the_tool_printed() {
    for member in Member::all() {
        let mut raw = String::new();
        for record in member.wal().records() {
            writeln!(raw, "{}", RecordLine(&record.expect("sound"))).expect("memory");
        }
        raw.push_str("EOF: All entries were processed.\n");
        assert_same(&member.name, &raw, &member.recorded("dump-logs-raw"));
    }
}

#[test]
fn members_are_sound_and_start() {
    for member in Member::all() {
        let wal = member.wal();
        let inspection = wal.inspect();
        assert_eq!(inspection.problems, [], "{}", member.name);
        let markers = wal.valid_markers(Reader::V3_7).expect("sound");
        let newest = markers.last().expect("the empty snapshot at least").start;
        for reader in Reader::ALL {
            for start in [Start::default(), newest] {
                assert_eq!(wal.outcome(reader, start), Outcome::Reads, "{}", member.name);
            }
        }
    }
}

#[test]
fn snapshots_name_the_members_and_their_place_in_the_log() {
    let mut read = 0;
    for member in Member::all() {
        let markers = member.wal().valid_markers(Reader::V3_7).expect("sound");
        for (name, bytes) in member.snap_files() {
            let file = snap::SnapFile::parse(bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(Some(file.start.into()), snap::SnapName::parse(name));
            let marker = markers.iter().find(|marker| marker.start == file.start).expect("the log tells of it");
            if let Some(conf_state) = &marker.conf_state {
                assert_eq!(conf_state.voters, file.conf_state.voters);
            }
            let store = file.store().expect("a v2 store");
            let members = store.members().expect("members");
            let ids: Vec<_> = members.iter().map(|member| member.id).collect();
            assert_eq!(ids, file.conf_state.voters, "{} {name}", member.name);
            assert_eq!(members[0].name, "m1");
            assert!(members[0].peer_urls[0].starts_with("http://127.0.0.1:"));
            assert_eq!(store.custom_content(), None);
            read += 1;
        }
    }
    assert!(read > 0);
}
