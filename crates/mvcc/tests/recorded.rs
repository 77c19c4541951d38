//! Hashes and counts of real snapshots equal what the real servers and tools answered.
//!
//! The snapshots are those of `testdata/etcd`; `ETCDSNAP_FIXTURES` may name a directory with more of the same kind.

use std::path::{Path, PathBuf};

use etcdsnap_bbolt::{Db, check};
use etcdsnap_mvcc::{Compaction, Keyspace, Scanner};
use serde_json::Value;

fn fixtures() -> Vec<(PathBuf, Value)> {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/etcd");
    let more = std::env::var_os("ETCDSNAP_FIXTURES").map(PathBuf::from);
    let mut out = Vec::new();
    for directory in std::iter::once(ours).chain(more) {
        for entry in std::fs::read_dir(directory).expect("the fixtures are there") {
            let path = entry.expect("a directory entry").path();
            if path.extension().is_some_and(|extension| extension == "json") {
                let text = std::fs::read_to_string(&path).expect("readable");
                out.push((path.with_extension("db"), serde_json::from_str(&text).expect("JSON")));
            }
        }
    }
    assert!(out.len() >= 6, "only {} fixtures", out.len());
    out
}

fn with_keyspace<T>(file: &[u8], at: Option<i64>, look: impl FnOnce(&Keyspace<'_>) -> T) -> T {
    let db = Db::open(file.get(..file.len() - 32).expect("a trailer")).expect("a database");
    let compaction = Compaction::read(&db).expect("marks");
    let mut walk = check::check(&db, &Scanner::new(compaction, 10), 10);
    assert!(walk.problems.is_empty(), "{:?}", walk.problems.kept());
    let keyspace = Keyspace::from_walk(&db, &mut walk, compaction, at);
    assert!(keyspace.violations.is_empty(), "{:?}", keyspace.violations.kept());
    look(&keyspace)
}

#[test]
fn status_is_what_the_tools_printed() {
    for (path, recorded) in fixtures() {
        let file = std::fs::read(&path).expect("readable");
        for (tool, live) in [("3.4.23", false), ("3.5.1", false), ("3.5.30", false), ("3.6.14", true), ("3.7.1", true)]
        {
            let stdout = recorded["status"][tool]["json"]["stdout"].as_str().expect("recorded");
            let status: Value = serde_json::from_str(stdout).expect("JSON");
            with_keyspace(&file, None, |keyspace| {
                let keys = if live { keyspace.summary.live_keys } else { keyspace.total_pairs() };
                assert_eq!(status["hash"], keyspace.status_hash(), "{}", path.display());
                assert_eq!(status["totalKey"], keys, "{} {tool}", path.display());
                assert_eq!(status["revision"], keyspace.summary.last.expect("records").main);
            });
        }
    }
}

#[test]
fn hash_kv_is_what_the_server_answered() {
    for (path, recorded) in fixtures() {
        let file = std::fs::read(&path).expect("readable");
        let answers = recorded["hashkv"].as_array().expect("recorded");
        for answer in answers.iter().filter(|answer| answer["hash"].is_u64()) {
            let kv = with_keyspace(&file, answer["rev"].as_i64(), |keyspace| keyspace.hash_kv().expect("readable"));
            assert_eq!(answer["hash"], kv.hash, "{} at {}", path.display(), answer["rev"]);
            assert_eq!(answer["compact"], kv.compact_revision, "{}", path.display());
        }
    }
}
