//! `keys`, `get`, `history`, `changes` and `deleted`.

use std::path::PathBuf;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use etcdsnap_testkit::bbolt::Layout;
use etcdsnap_testkit::etcd::{EtcdStore, Op, RecordKey, Server};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program::{Answer, args, changed, fixture, fixtures, program, run, written};

const FILE: &str = "etcd-3.6.14-seed1.db";

/// Revision 2 puts /a, 3 updates it, 4 puts /b (on a lease) and /c, 5 deletes /a, 6 puts /a again, 7 an odd key.
fn store() -> EtcdStore {
    let mut store = EtcdStore::new(Server::V3_6);
    store.lease_grant(0x694d_5ca3, 60);
    store.put("/a", "one\ntwo\n");
    store.put("/a", "one\n2\n");
    store.txn(&[Op::Put { key: b"/b".into(), value: b"b".into(), lease: 0x694d_5ca3 }, Op::put("/c", "longest value")]);
    store.delete("/a");
    store.put("/a", "again");
    store.put(b"odd\n\xff\x1b[31m".to_vec(), b"\x1b[2J\xff".to_vec());
    store
}

fn file() -> (TempDir, PathBuf) {
    written(&Layout::default().build(&store().to_tree()))
}

fn lines(answer: &Answer) -> Vec<String> {
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""), "{answer:?}");
    answer.stdout.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

fn rows(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.code, 0, "{answer:?}");
    answer.stdout.lines().map(|line| serde_json::from_str(line).expect("a JSON object a line")).collect()
}

#[test]
fn keys_are_listed_with_what_etcd_knows_of_them() {
    let (_folder, path) = file();
    assert_eq!(
        lines(&run(args!["keys", path])),
        [
            "CREATED MODIFIED VERSION LEASE SIZE KEY",
            "6 6 1 - 5 /a",
            "4 4 1 00000000694d5ca3 1 /b",
            "4 4 1 - 13 /c",
            "7 7 1 - 5 \"odd\\n\\xff\\x1b[31m\"",
        ]
    );
    let document = run(args!["keys", path, "/a", "-o", "json"]).json();
    let a = json!({"key": "/a", "createRevision": 6, "modRevision": 6, "version": 1, "size": 5});
    assert_eq!(document, json!({"revision": 7, "count": 1, "keys": [a]}));
    let odd = &rows(&run(args!["keys", path, "odd", "-o", "ndjson"]))[0];
    assert_eq!((odd.get("key"), &odd["keyBase64"]), (None, &json!("b2RkCv8bWzMxbQ==")));
}

#[test]
fn keys_are_selected_sorted_and_counted() {
    let (_folder, path) = file();
    let keys = |options: &[&str]| -> Vec<String> {
        let answer = run(args!["keys", path, "-o", "ndjson"].iter().cloned().chain(options.iter().map(Into::into)));
        rows(&answer).iter().filter_map(|row| Some(row["key"].as_str()?.to_owned())).collect()
    };
    assert_eq!(keys(&["--rev", "3"]), ["/a"]);
    assert_eq!(keys(&["--rev", "5"]), ["/b", "/c"]);
    assert_eq!(keys(&["/b", "--range-end", "/d"]), ["/b", "/c"]);
    assert_eq!(keys(&["--prefix", "/b"]), ["/b"]);
    assert_eq!(keys(&["--regex", "^/[ac]$"]), ["/a", "/c"]);
    assert_eq!(keys(&["--lease", "694d5ca3"]), ["/b"]);
    assert_eq!(keys(&["/", "--sort", "size"]), ["/b", "/a", "/c"]);
    assert_eq!(keys(&["/", "--sort", "mod", "--order", "desc"]), ["/a", "/b", "/c"]);
    assert_eq!(keys(&["/", "--order", "desc", "--limit", "2"]), ["/c", "/b"]);
    assert_eq!(keys(&["--rev", "3", "--sort", "version"]), ["/a"]);
    assert_eq!(run(args!["keys", path, "--count"]).stdout, "4\n");
    assert_eq!(run(args!["keys", path, "/", "--count", "-o", "json"]).json(), json!({"revision": 7, "count": 3}));
    let none = run(args!["keys", path, "/x"]);
    assert_eq!((none.code, none.stdout.as_str()), (0, ""));
    assert!(none.stderr.contains("no such key at revision 7"), "{none:?}");
}

#[test]
fn a_count_is_what_status_counts() {
    for name in fixtures() {
        let status = run(args!["status", "-o", "json", fixture(&name)]).json();
        let count = run(args!["keys", "--count", fixture(&name)]).stdout;
        assert_eq!(count.trim(), status["store"]["liveKeys"].to_string(), "{name}");
    }
}

#[test]
fn a_value_comes_out_as_it_is() {
    let (_folder, path) = file();
    assert_eq!(run(args!["get", path, "/a"]).stdout, "again");
    assert_eq!(run(args!["get", path, "/a", "--rev", "3"]).stdout, "one\n2\n");
    assert_eq!(run(args!["get", path, "/a", "--hex"]).stdout, "616761696e\n");
    assert_eq!(run(args!["get", path, "/", "--prefix", "--keys-only"]).stdout, "/a\n/b\n/c\n");
    assert_eq!(run(args!["get", path, "/b", "--range-end", "/z"]).stdout, "/b\nb\n/c\nlongest value\n");
    assert_eq!(run(args!["get", path, "odd", "--prefix"]).stdout, "\"odd\\n\\xff\\x1b[31m\"\n\"\\x1b[2J\\xff\"\n");
    for revision in ["1", "5"] {
        let deleted = run(args!["get", path, "/a", "--rev", revision]);
        assert_eq!((deleted.code, deleted.stdout.as_str()), (1, ""));
        assert!(deleted.stderr.contains(&format!("no such key at revision {revision}")), "{deleted:?}");
    }
    let key = std::os::unix::ffi::OsStringExt::from_vec(b"odd\n\xff\x1b[31m".to_vec());
    let key: std::ffi::OsString = key;
    let output = program().arg("get").arg(&path).arg(key).output().expect("runs");
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(0), &b"\x1b[2J\xff"[..]));
}

#[test]
fn the_json_of_get_has_the_shape_of_etcdctl() {
    let (_folder, path) = file();
    let expected = "{\"header\":{\"cluster_id\":0,\"member_id\":10276657743932975437,\"revision\":7,\"raft_term\":2},\"kvs\":[\
        {\"key\":\"L2I=\",\"create_revision\":4,\"mod_revision\":4,\"version\":1,\"value\":\"Yg==\",\"lease\":1766677667}],\
        \"count\":1}\n";
    assert_eq!(run(args!["get", path, "/b", "-o", "json"]).stdout, expected);
    assert_eq!(run(args!["get", path, "/b", "--json", "--rev", "4"]).stdout, expected);
    let nothing = run(args!["get", path, "/x", "--json"]);
    assert_eq!(nothing.code, 0);
    let header = json!({"cluster_id": 0, "member_id": 10_276_657_743_932_975_437_u64, "revision": 7, "raft_term": 2});
    assert_eq!(nothing.json(), json!({ "header": header }));
}

#[test]
fn a_history_goes_through_all_lives_of_a_key() {
    let (_folder, path) = file();
    assert_eq!(
        lines(&run(args!["history", path, "/a"])),
        [
            "REVISION EVENT GEN CREATED VERSION LEASE SIZE READ AT",
            "2.0 create 1 2 1 - 8 2",
            "3.0 update 1 2 2 - 6 3",
            "5.0 delete 1 2 - - - -",
            "6.0 create 2 6 1 - 5 6",
        ]
    );
    let events = rows(&run(args!["history", path, "/b", "-o", "ndjson"]));
    let b = json!({"revision": 4, "sub": 0, "event": "create", "key": "/b", "createRevision": 4, "version": 1,
        "lease": "00000000694d5ca3", "size": 1, "generation": 1, "readAt": 4});
    assert_eq!(events, [b]);
    let never = run(args!["history", path, "/x"]);
    assert_eq!((never.code, never.stdout.as_str()), (1, ""));
    assert_eq!(run(args!["history", path, "/x", "-o", "json"]).json(), json!({"events": []}));
}

#[test]
fn what_compaction_took_cannot_be_read() {
    let mut store = store();
    store.schedule_compaction(6, 0);
    let (_folder, path) = written(&Layout::default().build(&store.to_tree()));
    let events = rows(&run(args!["history", path, "/a", "-o", "ndjson"]));
    let read_at: Vec<_> = events.iter().map(|event| event.get("readAt").and_then(Value::as_i64)).collect();
    assert_eq!(read_at, [None, None, None, Some(6)]);
    let refused = run(args!["get", path, "/a", "--rev", "3"]);
    assert_eq!(refused.code, 1);
    assert!(
        refused.stderr.ends_with("required revision has been compacted; revisions 6 to 7 can be read\n"),
        "{refused:?}"
    );
}

#[test]
fn changes_are_told_in_their_order() {
    let (_folder, path) = file();
    assert_eq!(
        lines(&run(args!["changes", path, "--from", "3", "--to", "6"])),
        [
            "REVISION EVENT VERSION LEASE SIZE KEY",
            "4.0 create 1 00000000694d5ca3 1 /b",
            "4.1 create 1 - 13 /c",
            "5.0 delete - - - /a",
            "6.0 create 1 - 5 /a",
        ]
    );
    assert_eq!(run(args!["changes", path]).stdout.lines().count(), 8);
    let events = run(args!["changes", path, "/a", "--from", "5", "-o", "json"]).json();
    assert_eq!(events["events"].as_array().map(Vec::len), Some(1));
    assert_eq!(run(args!["changes", path, "--from", "7", "-o", "json"]).json(), json!({"events": []}));
    assert_eq!(run(args!["changes", path, "--from", "8"]).code, 1);
}

#[test]
fn patches_show_how_text_changed_and_nothing_else() {
    let (_folder, path) = file();
    let answer = run(args!["changes", path, "/a", "--from", "2", "--to", "5", "--patch"]);
    let diff = "    --- /a@2\n    +++ /a@3\n    @@ -1,2 +1,2 @@\n     one\n    -two\n    +2\n";
    assert!(answer.stdout.contains(diff), "{}", answer.stdout);
    assert!(answer.stdout.contains("    --- /a@3\n    +++ /dev/null\n"), "{}", answer.stdout);
    let history = run(args!["history", path, "/a", "--patch", "-o", "ndjson"]);
    let patches: Vec<_> =
        rows(&history).iter().map(|event| event["patch"].as_str().expect("text").to_owned()).collect();
    assert_eq!(patches[1], "--- /a@2\n+++ /a@3\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n");
    assert!(patches[3].starts_with("--- /dev/null\n+++ /a@6\n"), "{}", patches[3]);
    let odd = run(args!["changes", path, "odd", "--patch"]);
    assert!(odd.stdout.ends_with("    not text: 0 bytes before, 5 bytes after\n"), "{odd:?}");
    assert!(!odd.stdout.contains('\u{1b}'), "{odd:?}");
}

#[test]
fn deleted_keys_are_listed_while_their_deletion_is_visible() {
    let (_folder, path) = file();
    assert_eq!(
        lines(&run(args!["deleted", path, "--rev", "5"])),
        ["DELETED MODIFIED VERSION SIZE READ AT KEY", "5 3 2 6 4 /a"]
    );
    let none = run(args!["deleted", path]);
    assert_eq!((none.code, none.stdout.as_str()), (0, ""));
    let document = run(args!["deleted", path, "--rev", "5", "-o", "json"]).json();
    let a = json!({"key": "/a", "deletedRevision": 5, "modRevision": 3, "version": 2, "size": 6, "readAt": 4});
    assert_eq!(document, json!({"revision": 5, "deleted": [a]}));
    assert_eq!(run(args!["get", path, "/a", "--rev", "4"]).stdout, "one\n2\n");
    let mut compacted = EtcdStore::new(Server::V3_6);
    compacted.put("/a", "gone");
    compacted.delete("/a");
    compacted.compact(3);
    let (_folder, path) = written(&Layout::default().build(&compacted.to_tree()));
    assert_eq!(lines(&run(args!["deleted", path]))[1], "3 - - - - /a");
}

/// Last values of deleted keys, and every earlier value, are where the listings say.
#[test]
fn what_is_promised_to_be_readable_is() {
    for name in fixtures() {
        let deleted = rows(&run(args!["deleted", fixture(&name), "-o", "ndjson"]));
        for row in deleted.iter().filter(|row| row.get("readAt").is_some()).take(5) {
            let key = match row["keyBase64"].as_str() {
                Some(base64) => base64.to_owned(),
                None => BASE64_STANDARD.encode(row["key"].as_str().expect("text")),
            };
            let revision = row["readAt"].to_string();
            let value = run(args!["get", fixture(&name), "--key-base64", key, "--rev", revision, "--hex"]);
            assert_eq!(
                (value.code, value.stdout.len() as u64),
                (0, 2 * row["size"].as_u64().expect("size") + 1),
                "{name}"
            );
        }
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let commands: [&[&str]; 6] =
        [&["keys"], &["get", "k", "--prefix"], &["changes"], &["deleted"], &["export"], &["export", "--all-revisions"]];
    for command in commands {
        let (reader, writer) = std::io::pipe().expect("pipe");
        drop(reader);
        let (name, rest) = command.split_first().expect("a name");
        let output = program().arg(name).arg(fixture(FILE)).args(rest).stdout(writer).output().expect("runs");
        assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]), "{command:?}");
    }
}

#[test]
fn damage_is_told_and_gone_around() {
    let (_folder, path) = changed(FILE, |bytes| bytes[4096 * 2 + 8] = 0x40);
    for command in [&["keys"][..], &["keys", "--count"], &["changes"], &["deleted"]] {
        let answer = run(args![command[0], path].into_iter().chain(command[1..].iter().map(Into::into)));
        assert_eq!(answer.code, 3, "{command:?}: {answer:?}");
        assert!(answer.stderr.contains("damaged in ") && !answer.stdout.is_empty(), "{command:?}: {answer:?}");
    }
    let empty = written(&Layout::default().build(&etcdsnap_testkit::bbolt::Bucket::new()));
    let answer = run(args!["keys", empty.1]);
    assert_eq!(answer.code, 3);
    assert!(answer.stderr.contains("there is no bucket key, so this is no database of etcd"), "{answer:?}");
}

/// What is not found may be what is damaged.
#[test]
fn damage_is_told_when_nothing_is_found() {
    let (_folder, path) = changed(FILE, |bytes| bytes[4096 * 2 + 8] = 0x40);
    let keys = run(args!["keys", fixture(FILE), "-o", "json"]).json();
    let mut keys = keys["keys"]
        .as_array()
        .expect("keys")
        .iter()
        .filter_map(|key| key["key"].as_str())
        .filter(|key| !key.contains('\0'));
    let is_lost = |key: &&str| run(args!["history", path, key, "-o", "ndjson"]).stdout.is_empty();
    let lost = keys.find(is_lost).expect("a key with records on that page alone");
    for (command, says) in [
        (args!["get", path, lost].to_vec(), "no such key at revision"),
        (args!["history", path, lost].to_vec(), "no revision of this key is retained"),
        (args!["kube", "usage", path].to_vec(), "there are no Kubernetes objects"),
    ] {
        let answer = run(&command);
        assert_eq!(answer.code, 3, "{command:?}: {answer:?}");
        assert!(answer.stderr.contains(says) && answer.stderr.contains("damaged in "), "{command:?}: {answer:?}");
    }
}

/// The last leaf has the current revision: when it cannot be read, later revisions look as if they had never been.
#[test]
fn a_damaged_end_is_told_whatever_is_asked_for() {
    let mut store = EtcdStore::new(Server::V3_6);
    for number in 0..300 {
        store.put(format!("key{number:03}"), "x".repeat(100));
    }
    let bytes = Layout::default().build(&store.to_tree());
    let record = RecordKey::put(301, 0).encode();
    let at = bytes.windows(record.len()).position(|bytes| bytes == record).expect("the newest record");
    let last = at / 4096 * 4096;
    let (_folder, path) = written(&{
        let mut bytes = bytes.clone();
        bytes[last + 8] = 0x40; // No kind of page.
        bytes
    });
    let (_whole, whole) = written(&bytes);
    assert_eq!(run(args!["get", whole, "key299", "--rev", "301"]).code, 0);
    assert_eq!(run(args!["get", whole, "key299", "--rev", "302"]).code, 1);
    for command in [
        args!["get", path, "key299", "--rev", "301"].to_vec(),
        args!["get", path, "key299"].to_vec(),
        args!["get", path, "key000"].to_vec(),
        args!["keys", path].to_vec(),
        args!["keys", path, "--rev", "301"].to_vec(),
        args!["deleted", path].to_vec(),
        args!["changes", path].to_vec(),
        args!["changes", path, "--to", "301"].to_vec(),
        args!["history", path, "key000"].to_vec(),
        args!["export", path].to_vec(),
        args!["diff", whole, path].to_vec(),
    ] {
        let answer = run(&command);
        assert_eq!(answer.code, 3, "{command:?}: {answer:?}");
        assert!(answer.stderr.contains("damaged in 1 place"), "{command:?}: {answer:?}");
    }
}
