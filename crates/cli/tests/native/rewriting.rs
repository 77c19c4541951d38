//! `defrag` and `migrate`: new files and databases in their place.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use etcdsnap_testkit::synth::SyntheticDatabase;
use tempfile::TempDir;

use crate::program::{Answer, args, changed, fixture, program, run, run_with_input};

const FILE: &str = "etcd-3.7.1-seed2.db";

/// A folder with a member in it that is not running, and its database.
fn member(change: impl FnOnce(&mut Vec<u8>)) -> (TempDir, PathBuf, PathBuf) {
    let (folder, snapshot) = changed(FILE, |bytes| bytes.truncate(bytes.len() - 32));
    let data = folder.path().join("data");
    let database = data.join("member/snap/db");
    fs::create_dir_all(database.parent().expect("a folder")).expect("made");
    fs::create_dir_all(data.join("member/wal")).expect("made");
    let mut bytes = fs::read(&snapshot).expect("readable");
    change(&mut bytes);
    fs::write(&database, bytes).expect("written");
    (folder, data, database)
}

fn status_hash(path: &Path) -> i64 {
    run(args!["status", "-o", "json", path]).json()["store"]["statusHash"].as_i64().expect("a number")
}

fn storage_version(path: &Path) -> String {
    run(args!["status", "-o", "json", path]).json()["store"]["storageVersion"].as_str().expect("text").to_owned()
}

/// It ended like this with one line on standard error, and there is no file at `path`.
fn assert_refused(answer: &Answer, code: i32, says: &str, path: &Path) {
    assert_eq!((answer.code, answer.stdout.as_str()), (code, ""), "{answer:?}");
    assert!(answer.stderr.lines().count() == 1 && answer.stderr.contains(says), "{answer:?}");
    assert!(!path.exists());
}

#[test]
fn a_defragmented_snapshot_is_a_snapshot() {
    let folder = tempfile::tempdir().expect("a folder");
    let (source, target) = (fixture(FILE), folder.path().join("new/small.db"));
    let answer = run(args!["defrag", source, target]);
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""), "{answer:?}");
    assert!(answer.stdout.contains("behind the database") && answer.stdout.contains("as in "), "{answer:?}");
    assert_eq!(status_hash(&target), status_hash(&source));
    assert_eq!(run(args!["verify", target]).code, 0);
    assert_eq!(run(args!["hash", "--by", "kv,status", source, target]).code, 0);
    // From a stream, and what is there stays unless told.
    let again = run_with_input(args!["defrag", "-", target], &fs::read(&source).expect("readable"));
    assert_eq!(again.code, 1);
    assert!(again.stderr.contains("--force"), "{again:?}");
    let forced =
        run_with_input(args!["defrag", "-o", "json", "--force", "-", target], &fs::read(&source).expect("readable"));
    assert_eq!((forced.code, &forced.json()["source"]["path"]), (0, &"-".into()), "{forced:?}");
}

#[test]
fn a_member_is_defragmented_in_place() {
    let (_folder, data, database) = member(|_| {});
    let hash = status_hash(&database);
    let answer = run(args!["defrag", "--in-place", "-o", "json", data]);
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""), "{answer:?}");
    assert_eq!(status_hash(&database), hash);
    assert_eq!(answer.json()["sha256"], serde_json::Value::Null);
    let held = fs::File::options().read(true).write(true).open(&database).expect("open");
    held.lock().expect("as etcd holds it");
    let bytes = fs::read(&database).expect("readable");
    for command in [&["defrag"][..], &["migrate", "--target-version", "3.6"]] {
        let answer = run(command.iter().map(AsRef::as_ref).chain(["--in-place".as_ref(), data.as_os_str()]));
        assert_eq!(answer.code, 1);
        assert!(answer.stderr.contains("in use"), "{answer:?}");
    }
    assert_eq!(fs::read(&database).expect("readable"), bytes);
}

#[test]
fn damage_and_wrong_usage_leave_nothing() {
    let (folder, path) = changed(FILE, |bytes| bytes[20_000] ^= 1);
    let target = folder.path().join("target.db");
    assert_refused(&run(args!["defrag", path, target]), 3, "SHA256_MISMATCH", &target);
    assert_refused(&run(args!["migrate", "--target-version", "3.6", path, target]), 3, "SHA256_MISMATCH", &target);
    let source = fixture(FILE);
    assert_refused(&run(args!["defrag", "--in-place", source]), 2, "data directory", &target);
    assert_refused(&run(args!["defrag", source, "-"]), 2, "cannot be a stream", &target);
    assert_refused(&run(args!["defrag", source, source]), 2, "which is read", &target);
    assert_refused(&run(args!["defrag", "missing.db", target]), 1, "no such file", &target);
    for wrong in ["3.4", "3", "3.6.1", "x", ""] {
        let answer = run(args!["migrate", "--target-version", wrong, source, target]);
        assert_eq!((answer.code, target.exists()), (2, false), "{answer:?}");
    }
    assert_refused(&run(args!["migrate", "--target-version", "3.9", source, target]), 1, "not supported", &target);
    assert_eq!(fs::read_dir(folder.path()).expect("readable").count(), 1);
}

#[test]
fn a_snapshot_moves_to_another_storage_version() {
    let folder = tempfile::tempdir().expect("a folder");
    let source = fixture(FILE);
    for (version, storage) in [("3.5", ""), ("3.6", "3.6.0"), ("3.7", "3.7.0"), ("3.8", "3.8.0")] {
        let target = folder.path().join(version);
        let answer = run(args!["migrate", "--target-version", version, "-o", "json", source, target]);
        assert_eq!(answer.code, 0, "{answer:?}");
        assert_eq!(storage_version(&target), storage);
        assert_eq!(run(args!["verify", target]).code, 0);
        let minded = version == "3.6";
        assert_eq!(!answer.json()["warnings"].as_array().expect("a list").is_empty(), minded, "{answer:?}");
    }
}

/// A member's log has a say in what its database may become.
#[test]
fn a_member_is_migrated_in_place_if_its_log_can_be_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("default.etcd");
    let restored = run(args!["restore", "--data-dir", data, fixture(FILE)]);
    assert_eq!(restored.code, 0, "{restored:?}");
    let segment = data.join("member/wal/0000000000000000-0000000000000000.wal");
    let log = fs::read(&segment).expect("readable");
    let answer = run(args!["migrate", "--in-place", "--target-version", "3.5", "-o", "json", data]);
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""), "{answer:?}");
    assert_eq!(answer.json()["logRead"], serde_json::Value::Bool(true));
    assert_eq!(storage_version(&data), "");
    // A bit of the first entry: no end of a log, but damage.
    let mut damaged = log.clone();
    damaged[130] ^= 1;
    fs::write(&segment, &damaged).expect("written");
    let refused = run(args!["migrate", "--in-place", "--target-version", "3.6", data]);
    assert_refused(&refused, 3, "--force-version", Path::new("none"));
    assert_eq!(storage_version(&data), "");
    let forced = run(args!["migrate", "--in-place", "--target-version", "3.6", "--force-version", data]);
    assert!(forced.code == 0 && forced.stderr.contains("etcdsnap wal verify"), "{forced:?}");
    assert_eq!(storage_version(&data), "3.6.0");
    // Elsewhere.
    let elsewhere = folder.path().join("wal");
    fs::rename(data.join("member/wal"), &elsewhere).expect("moved");
    fs::write(elsewhere.join(segment.file_name().expect("a name")), &log).expect("written");
    assert_eq!(run(args!["migrate", "--in-place", "--target-version", "3.7", data]).code, 1);
    let found = run(args!["migrate", "--in-place", "--target-version", "3.7", "--wal-dir", elsewhere, data]);
    assert_eq!((found.code, storage_version(&data).as_str()), (0, "3.7.0"), "{found:?}");
}

/// Whenever a run ends, by a signal that asks or one that does not, there is a whole file or none.
#[test]
fn a_run_that_is_ended_leaves_a_whole_file_or_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let (source, target) = (folder.path().join("source.db"), folder.path().join("out/target.db"));
    let file = fs::File::options().read(true).write(true).create_new(true).open(&source).expect("new");
    SyntheticDatabase::of_size(24 << 20).write(file).expect("written");
    let hash = status_hash(&source);
    let beside = || fs::read_dir(folder.path().join("out")).map_or(0, Iterator::count);
    let mut outcomes = Vec::new();
    for attempt in 0..16_u64 {
        let (mut command, before) = (program(), beside());
        command.args(args!["defrag", source, target]).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        std::thread::sleep(Duration::from_millis(attempt * 12));
        let signal = if attempt % 2 == 0 { "-KILL" } else { "-TERM" };
        // It may have ended by itself.
        _ = std::process::Command::new("kill").args([signal, &child.id().to_string()]).stderr(Stdio::null()).status();
        let code = child.wait().expect("it ends").code();
        let there = target.exists();
        outcomes.push((code, there));
        if there {
            assert_eq!(status_hash(&target), hash);
            assert_eq!(run(args!["verify", target]).code, 0);
            fs::remove_file(&target).expect("removed");
        }
        assert!(code != Some(0) || there, "{outcomes:?}");
        // Asked to stop it leaves nothing of its own.
        assert!(code != Some(130) || (!there && beside() <= before), "{outcomes:?}");
    }
    // What killed runs left is gone after the next one.
    assert_eq!(run(args!["defrag", source, target]).code, 0);
    assert_eq!(beside(), 1, "{outcomes:?}");
}
