//! Headline, verdict, findings, table of versions and exit code of one run say the same, whatever they are run on.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::program::{Answer, args, run};

fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata")
}

/// What is in a folder, by name.
fn listed(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(testdata().join(folder)).expect("a folder");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths
}

/// The directories of members, with and without faults.
fn members() -> Vec<PathBuf> {
    let recorded = ["wal/members", "wal/faults"].into_iter().flat_map(listed);
    recorded.filter(|path| path.join("wal").is_dir()).collect()
}

/// Backups of every version and state, and parts and changed copies of one.
fn backups(folder: &Path) -> Vec<PathBuf> {
    let is_backup = |path: &PathBuf| [".db", ".db.gz"].iter().any(|end| path.to_string_lossy().ends_with(end));
    let mut backups: Vec<_> =
        ["etcd", "etcd-special", "etcd-v2"].into_iter().flat_map(listed).filter(is_backup).collect();
    let whole = fs::read(testdata().join("etcd/etcd-3.5.1-seed1.db")).expect("a backup");
    let mut made = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        fs::write(&path, bytes).expect("written");
        backups.push(path);
    };
    made("half.db", &whole[..whole.len() / 2]);
    made("no-hash.db", &whole[..whole.len() - 32]);
    made("more.db", &[whole.as_slice(), b"more"].concat());
    for at in (2 * 4096..whole.len()).step_by(5 * 4096 + 20) {
        let mut changed = whole.clone();
        changed[at] ^= 0x55;
        made(&format!("changed-{at}.db"), &changed);
    }
    backups
}

fn has_error(document: &Value) -> bool {
    document["findings"].as_array().is_some_and(|findings| findings.iter().any(|one| one["severity"] == "error"))
}

/// The first word of a text, up to two spaces.
fn headline(text: &Answer) -> &str {
    text.stdout.trim_start().split("  ").next().unwrap_or_default()
}

#[test]
fn directories_are_judged_alike_in_every_form() {
    for path in members() {
        let (text, json) = (run(args!["datadir", "check", path]), run(args!["datadir", "check", "-o", "json", path]));
        let document = json.json();
        let verdict = document["verdict"].as_str().expect("a verdict");
        let expected = match verdict {
            "sound" => ("SOUND", 0),
            "empty" => ("EMPTY", 0),
            "damaged" => ("DAMAGED", 3),
            "unbootable" => ("WOULD NOT START", 3),
            other => panic!("{other}"),
        };
        assert_eq!((headline(&text), text.code), expected, "{}", path.display());
        assert_eq!(text.code, json.code);
        assert_eq!(has_error(&document), verdict == "damaged", "{}", path.display());
        let starts = document["starts"].as_array().expect("starts");
        for start in starts {
            let outcome = start["outcome"].as_str().expect("an outcome");
            assert_eq!(start["starts"] == true, ["starts", "repairs"].contains(&outcome), "{start}");
            let words = match outcome {
                "starts" => "starts",
                "repairs" => "repairs and starts",
                "throwsAway" => "throws data away",
                "beginsAnew" => "begins anew",
                "notReady" => "is not ready",
                "exits" => "exits",
                "panics" => "panics",
                "unpredictable" => "cannot be foretold",
                other => panic!("{other}"),
            };
            let line = format!("  {:<8}{words}", start["version"].as_str().expect("a version"));
            assert!(text.stdout.lines().any(|printed| printed.starts_with(&line)), "{line}: {}", text.stdout);
            // Data that a start destroys is never in a directory called sound.
            assert!(outcome != "throwsAway" || verdict == "damaged", "{}", path.display());
        }
        assert!(verdict != "sound" || starts.iter().any(|start| start["starts"] == true), "{}", path.display());
    }
}

#[test]
fn logs_are_judged_alike_in_every_form_and_by_every_command() {
    for path in members() {
        let (text, json) = (run(args!["wal", "verify", path]), run(args!["wal", "verify", "-o", "json", path]));
        let document = json.json();
        let verdict = document["verdict"].as_str().expect("a verdict");
        let expected = if verdict == "damaged" { 3 } else { 0 };
        assert_eq!((headline(&text).to_lowercase().as_str(), text.code), (verdict, expected), "{}", path.display());
        assert_eq!((json.code, has_error(&document)), (expected, verdict == "damaged"), "{}", path.display());
        let servers = document["servers"].as_array().expect("servers");
        assert!(verdict == "damaged" || servers.iter().all(|servers| servers.get("lost").is_none()), "{document}");
        for command in [&["wal", "ls"][..], &["wal", "dump"], &["wal", "dump", "-o", "ndjson"]] {
            let words = command.iter().map(std::ffi::OsString::from).chain([path.clone().into_os_string()]);
            assert_eq!(run(words).code, expected, "{command:?} {}", path.display());
        }
        let of_directory = run(args!["datadir", "check", "-o", "json", path]).json();
        assert!(verdict != "damaged" || of_directory["verdict"] == "damaged", "{}", path.display());
    }
}

#[test]
fn backups_are_judged_alike_in_every_form_and_by_a_restore() {
    let folder = TempDir::new().expect("a folder");
    for path in backups(folder.path()) {
        let (text, json) = (run(args!["verify", path]), run(args!["verify", "-o", "json", path]));
        let document = json.json();
        let result = ["reports", "failures"].iter().find_map(|kind| document[kind].get(0)).expect("a result");
        let verdict = result["verdict"].as_str().unwrap_or_else(|| panic!("no verdict: {document}"));
        let expected = match verdict {
            "sound" => ("SOUND", 0),
            "damaged" => ("DAMAGED", 3),
            "unbootable" => ("WOULD NOT START", 3),
            other => panic!("{other}"),
        };
        assert_eq!((headline(&text), text.code, json.code), (expected.0, expected.1, expected.1), "{}", path.display());
        // What is no database at all has a message and no findings.
        let is_judged = result["findings"].is_array();
        assert!(!is_judged || has_error(result) == (verdict == "damaged"), "{}", path.display());
        let target = folder.path().join("target");
        let dry = run(args!["restore", "--dry-run", "--data-dir", target, path]);
        assert!(!target.exists());
        assert!(verdict != "damaged" || dry.code != 0, "{}: {dry:?}", path.display());
    }
}

#[test]
fn a_snapshot_of_etcd_3_3_restores_for_3_4() {
    let folder = TempDir::new().expect("a folder");
    let backup = testdata().join("etcd-v2/written-by-3.3.27.db.gz");
    let verified = run(args!["verify", backup]);
    assert!(verified.code == 0 && verified.stdout.starts_with("SOUND  "), "{verified:?}");
    let target = folder.path().join("target");
    let restored = run(args!["restore", "--target-version", "3.4", "--data-dir", target, backup]);
    assert_eq!(restored.code, 0, "{restored:?}");
    let checked = run(args!["datadir", "check", "--server-version", "3.4", "-o", "json", target]);
    assert_eq!((checked.code, &checked.json()["starts"][0]["starts"]), (0, &Value::Bool(true)), "{checked:?}");
}

#[test]
fn a_snapshot_that_lacks_the_keys_of_the_v2_api_says_so() {
    for name in ["v2-keys-only-3.4.23.db.gz", "v2-keys-only-3.5.1.db.gz"] {
        let answer = run(args!["verify", testdata().join("etcd-v2").join(name)]);
        assert!(answer.stdout.contains("V2_KEYS_POSSIBLE"), "{name}: {}", answer.stdout);
        assert!(!answer.stdout.contains("Whole and restorable"), "{name}: {}", answer.stdout);
    }
    let new = run(args!["verify", testdata().join("etcd/etcd-3.4.23-seed0.db")]).stdout;
    assert!(!new.contains("V2_KEYS_POSSIBLE"), "{new}");
}
