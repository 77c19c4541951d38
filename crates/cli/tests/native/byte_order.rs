//! Backups of machines with another byte order: recognised, and written anew for this one.

use std::path::PathBuf;

use crate::program::{args, changed, fixture, program, run};

const FILE: &str = "etcd-3.6.14-seed1.db";

/// A little-endian machine runs these tests, as all that etcd is released for but s390x.
#[test]
fn a_backup_of_s390x_is_told_and_restored() {
    let (folder, big) = changed(FILE, |_| ());
    let (source, data) = (fixture(FILE), folder.path().join("m1.etcd"));
    let made = run(args!["defrag", "--force", "--byte-order", "big", &source, &big]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    let verified = run(args!["verify", &big]);
    assert_eq!(verified.code, 3, "{}", verified.stdout);
    assert!(verified.stdout.starts_with("WOULD NOT START"), "{}", verified.stdout);
    assert!(verified.stdout.contains("BIG_ENDIAN") && verified.stdout.contains("\"invalid database\""));
    assert_eq!(run(args!["verify", "--arch", "s390x", &big]).code, 0);
    assert_eq!(run(args!["verify", "--arch", "s390x", &source]).code, 3);
    assert_eq!(run(args!["verify", "--arch", "vax", &source]).code, 2);

    let restored = run(args!["restore", &big, "--data-dir", &data]);
    assert_eq!(restored.code, 0, "{}", restored.stderr);
    assert!(restored.stdout.contains("the backup is big-endian"), "{}", restored.stdout);
    let database = data.join("member/snap/db");
    assert!(run(args!["db", "info", &database]).stdout.contains("little-endian"));
    let kv = |path: &PathBuf| run(args!["hash", "-o", "json", path]).json()["kv"].clone();
    assert_eq!(kv(&database), kv(&source));
}

/// As the real tools answer on amd64.
#[test]
fn the_imitated_tools_refuse_it() {
    let (folder, big) = changed(FILE, |_| ());
    assert_eq!(run(args!["defrag", "--force", "--byte-order", "big", fixture(FILE), &big]).code, 0);
    for compat in ["3.4", "3.5", "3.6", "3.7", "3.8"] {
        for rest in [&["status"][..], &["restore", "--data-dir", "made"]] {
            let mut command = program();
            command.env("ETCDSNAP_COMPAT", compat).current_dir(folder.path());
            let output = command.args(["etcdutl", "snapshot"]).args(rest).arg(&big).output().expect("the program runs");
            assert_eq!(output.status.code(), Some(1), "{compat} {rest:?}");
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(said.contains("Error: invalid database"), "{compat} {rest:?}: {said}");
        }
        assert!(!folder.path().join("made").exists());
    }
}

/// A member directory of s390x: the real tools panic with "invalid database", and nothing is rewritten.
#[test]
fn a_member_of_another_byte_order_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("m1.etcd");
    let made = run(args!["restore", fixture(FILE), "--byte-order", "big", "--data-dir", &data]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    assert!(made.stdout.contains("only etcd on a big-endian machine starts from it"), "{}", made.stdout);
    let database = data.join("member/snap/db");
    let before = std::fs::read(&database).expect("there");
    for compat in ["3.4", "3.5", "3.6", "3.7", "3.8"] {
        for tool in ["etcdutl", "etcdctl"] {
            for rest in [&["defrag"][..], &["migrate", "--target-version", "3.5"]] {
                let exists = match (tool, rest[0]) {
                    ("etcdutl", "migrate") => !["3.4", "3.5"].contains(&compat),
                    ("etcdutl", _) => compat != "3.4",
                    (_, "defrag") => ["3.4", "3.5"].contains(&compat),
                    _ => false,
                };
                if !exists {
                    continue;
                }
                let mut command = program();
                command.env("ETCDSNAP_COMPAT", compat).arg(tool).args(rest).arg("--data-dir").arg(&data);
                let output = command.output().expect("the program runs");
                let said = String::from_utf8_lossy(&output.stderr);
                assert_eq!(output.status.code(), Some(1), "{compat} {tool} {rest:?}: {said}");
                assert!(said.contains("invalid database"), "{compat} {tool} {rest:?}: {said}");
            }
        }
    }
    let refused = run(args!["defrag", "--in-place", &data]);
    assert_eq!(refused.code, 3, "{refused:?}");
    assert!(refused.stderr.contains("copy it with `etcdsnap defrag SRC DST`"), "{refused:?}");
    assert!(std::fs::read(&database).expect("there") == before);
}
