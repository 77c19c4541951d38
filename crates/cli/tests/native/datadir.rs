//! `datadir check`: a member's directory as a whole.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program::{args, run};

/// A recorded member.
fn member(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/wal/members").join(name)
}

/// A copy of its database, without its log.
fn without_log(name: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("folder");
    let snap = folder.path().join("member/snap");
    std::fs::create_dir_all(&snap).expect("folder");
    std::fs::copy(member(name).join("snap/db"), snap.join("db")).expect("copied");
    let path = folder.path().to_owned();
    (folder, path)
}

fn outcomes(document: &Value) -> Vec<&str> {
    let starts = document["starts"].as_array().expect("starts");
    starts.iter().map(|start| start["outcome"].as_str().expect("outcome")).collect()
}

#[test]
fn a_sound_member_has_a_verdict_for_every_version() {
    let answer = run(args!["datadir", "check", "-o", "json", member("member-3.5.1-sigterm")]);
    let document = answer.json();
    assert_eq!((answer.code, &document["verdict"], &document["inUse"]), (0, &json!("sound"), &json!(false)));
    assert_eq!(outcomes(&document), ["exits", "starts", "starts", "starts", "starts"]);
    assert_eq!(document["starts"][0]["said"], "lower than determined cluster version");
    assert_eq!(document["indexes"]["consistentIndex"], 207);
    assert_eq!(document["memberId"], "84bf3d6c1c100507");
    assert_eq!(document["members"][0]["inLog"], "voter");

    let text = run(args!["datadir", "check", member("member-3.5.1-sigterm")]);
    assert!(text.code == 0 && text.stdout.starts_with("SOUND  "), "{text:?}");
    for words in ["applied up to entry 207", "newest snapshot at 183", "this member", "3.4.45  exits"] {
        assert!(text.stdout.contains(words), "{words}: {}", text.stdout);
    }
}

#[test]
fn releases_can_be_chosen() {
    let servers = ["--server-version", "3.4.23", "--server-version", "3.7"];
    let answer = run([&["datadir", "check", "-o", "json"][..], &servers]
        .concat()
        .into_iter()
        .map(Into::into)
        .chain([member("member-3.4.23-sigkill").into_os_string()]));
    let document = answer.json();
    assert_eq!(outcomes(&document), ["starts", "panics"]);
    assert_eq!(document["starts"][1]["version"], "3.7.3");
    let answer = run(args!["datadir", "check", "--server-version", "2.3", member("member-3.4.23-sigkill")]);
    assert_eq!((answer.code, answer.stdout.as_str()), (2, ""));
    assert!(answer.stderr.contains("from 3.4 to 3.8"), "{answer:?}");
}

#[test]
fn a_database_without_its_log_is_no_member() {
    let (_folder, path) = without_log("member-3.7.1-sigterm");
    let answer = run(args!["datadir", "check", path]);
    assert!(answer.code == 3 && answer.stdout.starts_with("DAMAGED  "), "{answer:?}");
    assert!(answer.stdout.contains("error LOG_MISSING  no write-ahead log"), "{answer:?}");
    let wal = member("member-3.7.1-sigterm").join("wal");
    let answer = run(args!["datadir", "check", "--wal-dir", wal, path]);
    assert_eq!(answer.code, 0, "{answer:?}");
}

#[test]
fn what_is_no_directory_of_a_member_is_refused_with_a_way_out() {
    for path in [member(""), member("nobody")] {
        let answer = run(args!["datadir", "check", path]);
        assert_eq!((answer.code, answer.stdout.as_str(), answer.stderr.lines().count()), (1, "", 1), "{answer:?}");
    }
    let folder = tempfile::tempdir().expect("folder");
    let answer = run(args!["datadir", "check", folder.path()]);
    assert!(answer.code == 0 && answer.stdout.starts_with("EMPTY  "), "{answer:?}");
}
