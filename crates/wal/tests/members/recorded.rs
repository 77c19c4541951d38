//! Logs of real members read as the real tool reads them: every record and every entry, character for character.

use std::fmt::Write;

use crate::fixtures::Member;
use etcdsnap_wal::text::{Dump, PayloadText, RecordLine, ValueDisplay, payload_json};
use etcdsnap_wal::{EntryPayload, SnapshotPosition, WalOutcome, WalReader, snap};

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
        let start = snap.as_ref().map_or_else(SnapshotPosition::default, |snap| snap.start);
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

/// Each entry of the log that has every request, on a line.
fn every_request(values: ValueDisplay) -> (String, Vec<serde_json::Value>) {
    let member = Member::named("every-request");
    let wal = member.wal();
    let log = wal.read(SnapshotPosition::default()).expect("sound");
    let (mut text, mut json) = (String::new(), Vec::new());
    for payload in log.entries.iter().map(|logged| logged.entry.payload()) {
        assert!(EntryPayload::names().any(|name| name == payload.name()));
        writeln!(text, "{:28}{}", payload.name(), PayloadText { payload: &payload, values }).expect("memory");
        json.push(payload_json(&payload, values));
    }
    (text, json)
}

#[test]
fn values_and_passwords_are_shown_only_when_asked_for() {
    let (shown, json) = every_request(ValueDisplay::Shown);
    let secrets = [r#"password:"p""#, r#"simple_token:"t.1""#, r#"hashedPassword:"h==""#, r#"value:"v""#, r#"Val:"v""#];
    for secret in secrets {
        assert!(shown.contains(secret), "{secret}");
    }
    assert!(json.iter().any(|entry| entry["put"]["value"] == "v"));
    let (hidden, json) = every_request(ValueDisplay::Hidden);
    for secret in secrets {
        assert!(!hidden.contains(secret), "{secret}");
    }
    assert!(hidden.contains("PrevValue:(2 bytes)") && hidden.contains("password:(1 byte)"));
    // What is about the cluster is no secret; ids are hexadecimal.
    assert!(hidden.contains(r#"Path:"/0/version" Val:"3.5.0""#) && hidden.contains("lease:fffffffffffffff9"));
    let put = json.iter().find(|entry| entry["put"]["valueSize"] == 1).expect("a put");
    assert_eq!(put["put"]["keyBase64"], "YQBiCg0JIlx//8OpfiA=");
    assert_eq!(json.iter().filter(|entry| entry["authUserAdd"]["passwordSize"] == 1).count(), 1);
    assert!(!serde_json::to_string(&json).expect("JSON").contains(r#":"h==""#));
}

#[test]
fn members_are_sound_and_start() {
    for member in Member::all() {
        let wal = member.wal();
        let inspection = wal.inspect();
        assert_eq!(inspection.problems.kept(), [], "{}", member.name);
        let markers = wal.valid_snapshots(WalReader::V3_7).expect("sound");
        let newest = markers.last().expect("the empty snapshot at least").start;
        for reader in WalReader::ALL {
            for start in [SnapshotPosition::default(), newest] {
                assert_eq!(wal.outcome(reader, start), WalOutcome::Reads, "{}", member.name);
            }
        }
    }
}

#[test]
fn snapshots_name_the_members_and_their_place_in_the_log() {
    let mut read = 0;
    for member in Member::all() {
        let markers = member.wal().valid_snapshots(WalReader::V3_7).expect("sound");
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
