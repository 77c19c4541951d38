//! `wal`: a member's log.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program::{Answer, args, program, run};

const SECOND: &str = "0000000000000001-000000000000001d.wal";

/// A recorded member.
fn member(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/wal/members").join(name)
}

/// A copy of a member's log whose segments were changed; one whose bytes are taken away is deleted.
fn changed(name: &str, change: impl Fn(&str, &mut Vec<u8>)) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("folder");
    let wal = folder.path().join("member/wal");
    std::fs::create_dir_all(&wal).expect("folder");
    for entry in std::fs::read_dir(member(name).join("wal")).expect("a log") {
        let path = entry.expect("entry").path();
        let file = path.file_name().expect("name").to_str().expect("text");
        let mut bytes = std::fs::read(&path).expect("segment");
        change(file, &mut bytes);
        if !bytes.is_empty() {
            std::fs::write(wal.join(file), bytes).expect("written");
        }
    }
    let path = folder.path().to_owned();
    (folder, path)
}

fn ids(answer: &Answer) -> Vec<String> {
    let document = answer.json();
    let findings = document["findings"].as_array().expect("findings");
    findings.iter().map(|finding| finding["id"].as_str().expect("id").to_owned()).collect()
}

#[test]
fn segments_are_listed_in_every_way_to_name_them() {
    let data_dir = run(args!["wal", "ls", "-o", "json", member("segments")]);
    let document = data_dir.json();
    assert_eq!((data_dir.code, document["segments"].as_array().map(Vec::len)), (0, Some(9)));
    assert_eq!(document["segments"][1]["name"], SECOND);
    assert_eq!((&document["segments"][1]["firstIndex"], &document["lastIndex"]), (&json!(29), &json!(234)));
    assert_eq!(run(args!["wal", "ls", "-o", "json", member("segments").join("wal")]).stdout, data_dir.stdout);
    let one = run(args!["wal", "ls", "-o", "json", member("segments").join("wal").join(SECOND)]).json();
    assert_eq!((&one["segments"][0]["chain"], &one["segments"][1]), (&json!("believed"), &Value::Null));

    let text = run(args!["wal", "ls", member("member-3.5.1-sigterm")]).stdout;
    assert!(text.contains("  begins     0000000000000000-0000000000000000.wal\n"), "{text}");
    assert!(text.contains("index 183, term 2, 7.9 kB, the log tells of it"), "{text}");
}

#[test]
fn what_is_no_log_is_refused_with_a_way_out() {
    for (path, words) in [(member(""), "no write-ahead log there"), (member("nobody"), "check the name")] {
        let answer = run(args!["wal", "verify", path]);
        assert_eq!((answer.code, answer.stdout.as_str(), answer.stderr.lines().count()), (1, "", 1), "{answer:?}");
        assert!(answer.stderr.contains(words), "{answer:?}");
    }
}

#[test]
fn a_sound_log_is_sound() {
    let answer = run(args!["wal", "verify", member("segments")]);
    assert_eq!(answer.code, 0);
    assert!(answer.stdout.starts_with("SOUND  ") && answer.stdout.ends_with("  every version          reads it\n"));
}

#[test]
fn a_torn_tail_is_no_damage() {
    let (_folder, path) = changed("member-3.5.1-sigterm", |_, bytes| bytes.truncate(bytes.len() - 12));
    let answer = run(args!["wal", "verify", "-o", "json", path]);
    let document = answer.json();
    assert_eq!(
        (answer.code, &document["verdict"], ids(&answer)),
        (0, &json!("torn"), vec!["WAL_TORN_TAIL".to_owned()])
    );
    let outcomes: Vec<_> =
        document["servers"].as_array().expect("servers").iter().map(|each| &each["outcome"]).collect();
    assert_eq!(outcomes, ["repairs", "refuses", "repairs", "repairs"]);
    assert_eq!(document["servers"][0]["offset"], document["findings"][0]["place"]["offset"]);
}

#[test]
fn damage_has_a_place_and_an_exit_code() {
    let flipped = changed("segments", |name, bytes| {
        if name == SECOND {
            bytes[300] ^= 1;
        }
    });
    let missing = changed("segments", |name, bytes| {
        if name == SECOND {
            bytes.clear();
        }
    });
    let answer = run(args!["wal", "verify", "-o", "json", flipped.1]);
    assert_eq!((answer.code, ids(&answer)[0].as_str()), (3, "WAL_CHECKSUM"));
    assert_eq!(answer.json()["findings"][0]["place"], json!({ "file": SECOND, "offset": 248 }));
    let answer = run(args!["wal", "verify", "-o", "json", missing.1]);
    assert_eq!((answer.code, ids(&answer)[0].as_str()), (3, "WAL_SEGMENT_GAP"));
    for command in ["ls", "dump"] {
        let answer = run(args!["wal", command, flipped.1]);
        assert_eq!((answer.code, answer.stderr.lines().count()), (3, 1), "{answer:?}");
        assert!(!answer.stdout.is_empty() && answer.stderr.contains("etcdsnap wal verify"), "{answer:?}");
    }
    let dump = run(args!["wal", "dump", "-o", "ndjson", flipped.1]).stdout;
    assert_eq!(dump.lines().filter(|line| line.contains(r#""record":"damage""#)).count(), 1);
}

#[test]
fn a_log_that_is_written_to_meanwhile_is_not_called_damaged() {
    let (_folder, path) = changed("segments", |name, bytes| {
        if name == SECOND {
            bytes[300] ^= 1;
        }
    });
    let mut command = program();
    command.args(args!["wal", "dump", "--records", "--values", "-o", "ndjson", path]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    let mut stdout = child.stdout.take().expect("a pipe");
    // It has begun to print, and cannot end before the pipe is read.
    stdout.read_exact(&mut [0]).expect("it prints");
    let segment = std::fs::File::options().append(true).open(path.join("member/wal").join(SECOND));
    segment.and_then(|mut segment| segment.write_all(b"more")).expect("written");
    stdout.read_to_end(&mut Vec::new()).expect("it prints");
    let output = child.wait_with_output().expect("the program ends");
    let told = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("while it was read") && !told.contains("damaged"), "{told}");
}

#[test]
fn entries_are_filtered_and_values_hidden() {
    let log = member("every-request");
    let answer = run(args!["wal", "dump", "-o", "json", "--type", "put,txn", "--from", "10", log]).json();
    let entries = answer["entries"].as_array().expect("entries");
    assert!(entries.iter().all(|entry| entry["index"].as_u64() >= Some(10)));
    assert!(entries.iter().all(|entry| ["put", "txn"].contains(&entry["kind"].as_str().expect("kind"))));
    assert_eq!((&entries[0]["request"]["put"]["valueSize"], &entries[0]["state"]), (&json!(1), &json!("committed")));
    let shown = run(args!["wal", "dump", "-o", "json", "--values", "--type", "put", log]).json();
    assert_eq!(shown["entries"][0]["request"]["put"]["value"], "v");

    let text = run(args!["wal", "dump", member("segments")]).stdout;
    assert!(text.contains("overwritten") && text.contains("uncommitted"), "{text}");
    let records = run(args!["wal", "dump", "--records", "-o", "ndjson", member("segments")]).stdout;
    let listed = run(args!["wal", "ls", "-o", "json", member("segments")]).json();
    let count: u64 =
        listed["segments"].as_array().expect("segments").iter().filter_map(|s| s["records"].as_u64()).sum();
    assert_eq!(records.lines().count() as u64, count);
}

#[test]
fn the_forms_of_etcds_tool_are_its_own() {
    for name in ["segments", "every-request", "member-3.7.1-sigterm", "member-3.4.23-sigkill"] {
        for form in ["dump-logs", "dump-logs-raw"] {
            let answer = run(args!["wal", "dump", "-o", format!("etcd-{form}"), member(name)]);
            let recorded = std::fs::read_to_string(member(&format!("{name}.{form}.txt"))).expect("recorded");
            assert!(answer.code == 0 && answer.stdout == recorded, "{name} {form}");
        }
    }
    let answer = run(args!["wal", "dump", "-o", "etcd-dump-logs", "--from", "3", member("segments")]);
    assert_eq!((answer.code, answer.stdout.as_str()), (2, ""));
}
