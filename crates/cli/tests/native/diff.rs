//! `diff`: files, revisions, filters, forms.

use etcdsnap_testkit::bbolt::Layout;
use etcdsnap_testkit::etcd::{EtcdStore, Server};
use serde_json::json;

use crate::program::{args, changed, fixture, run, written};

/// Revision 2: a, 3: b and "text"; then a changed, b deleted, c added.
fn early() -> EtcdStore {
    let mut store = EtcdStore::new(Server::V3_6);
    store.put("a", "one\ntwo\n");
    store.put("b", "1");
    store.put("same", "s");
    store
}

fn late() -> EtcdStore {
    let mut store = early();
    store.put("a", "one\nthree\n");
    store.delete("b");
    store.put(b"c\xff".as_slice(), "\u{1b}[31m");
    store
}

fn file(store: &EtcdStore) -> Vec<u8> {
    Layout::default().build(&store.to_tree())
}

#[test]
fn two_files_and_two_revisions_differ_in_the_same_keys() {
    let (_one, before) = written(&file(&early()));
    let (_other, after) = written(&file(&late()));
    let files = run(args!["diff", "-o", "ndjson", before, after]);
    assert_eq!((files.code, files.stderr.as_str()), (5, ""), "{files:?}");
    let at = |revision: &str| format!("{}@{revision}", after.display());
    let revisions = run(args!["diff", "-o", "ndjson", at("4"), at("7")]);
    assert_eq!((revisions.code, &revisions.stdout), (5, &files.stdout));
    let rows: Vec<serde_json::Value> =
        files.stdout.lines().map(|line| serde_json::from_str(line).expect("json")).collect();
    assert_eq!(rows.len(), 3);
    assert_eq!((&rows[0]["change"], &rows[0]["key"]), (&json!("changed"), &json!("a")));
    assert_eq!(rows[0]["fields"], json!(["value", "modRevision", "version"]));
    assert_eq!((&rows[1]["change"], &rows[1]["before"]["size"]), (&json!("removed"), &json!(1)));
    assert_eq!((&rows[2]["change"], &rows[2]["keyBase64"]), (&json!("added"), &json!("Y/8=")));
}

#[test]
fn equal_states_end_with_0() {
    for (before, after) in [("a", "a"), ("a@95", "a"), ("a@60", "a@60")] {
        let name = |side: &str| side.replacen('a', &fixture("etcd-3.6.14-seed1.db").display().to_string(), 1);
        let answer = run(args!["diff", name(before), name(after)]);
        assert_eq!(answer.code, 0, "{answer:?}");
        assert!(answer.stdout.ends_with("no differences\n"), "{answer:?}");
    }
}

#[test]
fn text_is_safe_and_ends_with_the_numbers() {
    let (_folder, path) = written(&file(&late()));
    let answer = run(args!["diff", format!("{}@4", path.display()), path]);
    assert!(
        answer.stdout.ends_with("3 keys differ: 1 added, 1 removed, 1 changed; 9 B -> 15 B of values\n"),
        "{answer:?}"
    );
    assert!(
        answer.stdout.contains("+        - -> 5 B               - -> 7           \"c\\xff\"\n"),
        "{}",
        answer.stdout
    );
    assert!(!answer.stdout.contains('\u{1b}'));
    let stat = run(args!["diff", "--stat", format!("{}@4", path.display()), path]);
    assert_eq!((stat.code, stat.stdout.lines().count()), (5, 3), "{stat:?}");
}

#[test]
fn patches_are_unified_diffs_of_text() {
    let (_folder, path) = written(&file(&late()));
    let answer = run(args!["diff", "--patch", format!("{}@4", path.display()), path]);
    assert!(answer.stdout.contains("    -two\n    +three\n"), "{}", answer.stdout);
    assert!(answer.stdout.contains("not text: 0 bytes before, 5 bytes after"), "{}", answer.stdout);
    let json = run(args!["diff", "--patch", "-o", "json", format!("{}@4", path.display()), path]).json();
    assert_eq!(json["stat"], json!({"added": 1, "removed": 1, "changed": 1, "bytesBefore": 9, "bytesAfter": 15}));
    assert!(json["differences"][0]["patch"].as_str().is_some_and(|patch| patch.contains("+three")), "{json}");
}

#[test]
fn filters_take_keys_and_fields_out() {
    let (_folder, path) = written(&file(&late()));
    let before = format!("{}@4", path.display());
    let count = |filter: &[&str]| {
        let line = args!["diff", "-o", "ndjson", before, path];
        let answer = run(line.into_iter().chain(filter.iter().map(std::ffi::OsString::from)));
        (answer.code, answer.stdout.lines().count())
    };
    assert_eq!(count(&["--prefix", "a"]), (5, 1));
    assert_eq!(count(&["--prefix", "a", "--prefix", "b"]), (5, 2));
    assert_eq!(count(&["--exclude-prefix", "a", "--exclude-prefix", "b"]), (5, 1));
    assert_eq!(count(&["--prefix", "same"]), (0, 0));
    let mut store = early();
    store.put("same", "s");
    let (_other, rewritten) = written(&file(&store));
    assert_eq!(run(args!["diff", before, rewritten]).code, 5);
    assert_eq!(run(args!["diff", "--ignore-revisions", before, rewritten]).code, 0);
}

#[test]
fn a_file_whose_name_has_an_at_is_found() {
    let (folder, path) = written(&file(&late()));
    let odd = folder.path().join("odd@3");
    std::fs::rename(&path, &odd).expect("renamed");
    assert_eq!(run(args!["diff", odd, odd]).code, 0);
    assert_eq!(run(args!["diff", format!("{}@4", odd.display()), format!("{}@", odd.display())]).code, 5);
    assert_eq!(run(args!["diff", odd, folder.path().join("missing@3")]).code, 1);
}

#[test]
fn revisions_that_are_not_there_and_damage_are_told() {
    let real = fixture("etcd-3.6.14-seed1.db");
    let answer = run(args!["diff", format!("{}@1", real.display()), real]);
    assert_eq!(answer.code, 1, "{answer:?}");
    assert!(answer.stderr.contains("revisions 38 to 95 can be read"), "{answer:?}");
    for command in [&["diff"][..], &["kube", "diff"]] {
        let states = [format!("{}@0", real.display()).into(), real.clone().into_os_string()];
        let answer = run(command.iter().map(Into::into).chain(states));
        assert!(answer.code == 2 && answer.stderr.contains("revisions begin with 1"), "{answer:?}");
    }
    let (_folder, damaged) = changed("etcd-3.6.14-seed1.db", |bytes| {
        let page = (2..60).find(|page| bytes[page * 4096 + 8] == 2 && bytes[page * 4096 + 24] == 17);
        bytes[page.expect("a leaf") * 4096 + 16 + 3] = 0x7f;
    });
    assert_eq!(run(args!["diff", real, damaged]).code, 3);
}
