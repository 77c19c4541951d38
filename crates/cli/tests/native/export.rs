//! `export`: what comes out is what was stored, whatever the bytes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use etcdsnap_checksum::sha256;
use etcdsnap_testkit::bbolt::Layout;
use etcdsnap_testkit::etcd::{EtcdStore, Op, RandomHistory, Server};
use serde_json::{Value, json};

use crate::program::{args, changed, fixture, fixtures, recorded, run, written};

const FILE: &str = "etcd-3.6.14-seed1.db";

fn rows(stdout: &str) -> Vec<Value> {
    stdout.lines().map(|line| serde_json::from_str(line).expect("a JSON object a line")).collect()
}

fn bytes(row: &Value, field: &str) -> Vec<u8> {
    BASE64_STANDARD.decode(row[field].as_str().expect("base64")).expect("base64")
}

/// Number of rows, and the digest of all their fields as the answers of live servers were recorded.
fn digest(rows: &[Value]) -> (u64, String) {
    let mut all = Vec::new();
    for row in rows {
        let (key, value) = (bytes(row, "key"), bytes(row, "value"));
        let lease: i64 = row.get("lease").map_or(0, |lease| lease.as_str().expect("text").parse().expect("decimal"));
        all.extend(u32::try_from(key.len()).expect("small").to_be_bytes());
        all.extend(key);
        for field in ["create_revision", "mod_revision", "version"] {
            all.extend(row[field].as_i64().expect("a number").to_be_bytes());
        }
        all.extend(lease.to_be_bytes());
        all.extend(u32::try_from(value.len()).expect("small").to_be_bytes());
        all.extend(value);
    }
    let digest = sha256::digest(&all, &mut |_| std::ops::ControlFlow::Continue(())).expect("not stopped");
    (rows.len() as u64, digest.map(|byte| format!("{byte:02x}")).concat())
}

/// The snapshots of the repository, and those of `ETCDSNAP_FIXTURES`.
fn snapshots() -> Vec<(PathBuf, Value)> {
    let mut out: Vec<_> = fixtures().iter().map(|name| (fixture(name), recorded(name))).collect();
    let more = std::env::var_os("ETCDSNAP_FIXTURES").map(PathBuf::from);
    for entry in more.iter().flat_map(|folder| std::fs::read_dir(folder).expect("a folder")) {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "db") {
            let text = std::fs::read_to_string(path.with_extension("json")).expect("recorded answers");
            out.push((path, serde_json::from_str(&text).expect("json")));
        }
    }
    out
}

#[test]
fn the_keyspace_at_every_recorded_revision_is_what_the_server_answered() {
    for (path, recorded) in snapshots() {
        let recorded = recorded["keyspace"].as_array().expect("recorded").clone();
        assert!(recorded.len() >= 3);
        for answer in recorded {
            let revision = answer["rev"].to_string();
            let exported = run(args!["export", path, "--rev", revision, "-o", "ndjson"]);
            assert_eq!((exported.code, exported.stderr.as_str()), (0, ""), "{}", path.display());
            let expected =
                (answer["count"].as_u64().expect("count"), answer["digest"].as_str().expect("digest").to_owned());
            assert_eq!(digest(&rows(&exported.stdout)), expected, "{} at {revision}", path.display());
        }
    }
}

#[test]
fn a_bump_shows_the_same_keys_at_a_later_revision() {
    let mut store = RandomHistory { operations: 300, ..RandomHistory::default() }.build_store();
    let before = Layout::default().build(&store.to_tree());
    let revision = store.current_revision();
    store.bump_revision(1_000_000);
    let (_one, before) = written(&before);
    let (_two, after) = written(&Layout::default().build(&store.to_tree()));
    let (old, new) = (run(args!["export", before]), run(args!["export", after]));
    assert_eq!((new.code, &new.stdout), (0, &old.stdout));
    assert!(!old.stdout.is_empty());
    let at = |revision: i64| run(args!["export", after, "--rev", revision.to_string()]);
    assert_eq!(at(revision + 1_000_000).stdout, old.stdout);
    let refused = at(revision);
    assert_eq!((refused.code, refused.stdout.as_str()), (1, ""));
    assert!(refused.stderr.contains("mvcc: required revision has been compacted; revisions "), "{refused:?}");
    let refused = at(revision + 1_000_001);
    assert!(refused.stderr.contains("mvcc: required revision is a future revision"), "{refused:?}");
}

/// Keys and values that are hard to carry.
fn nasty() -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut out: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
    let odd: [&[u8]; 14] = [
        b"a",
        b"a\n",
        b"a\r\nb",
        b"\t",
        b"\"",
        b"'",
        b"\\",
        b",",
        b"\x1b[31mred\x1b[0m",
        b"\xff\xfe",
        b"\0",
        b"\xed\xa0\x80",
        "\u{202e}\u{2028}\u{1f600}".as_bytes(),
        b"=cmd()",
    ];
    for (number, key) in odd.iter().enumerate() {
        out.insert(key.to_vec(), odd[(number * 5 + 3) % odd.len()].to_vec());
    }
    out.insert(b"empty".to_vec(), Vec::new());
    out.insert(b"every byte".to_vec(), (0..=255).collect());
    out.insert(b"large".to_vec(), (0..1_500_000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect());
    out.insert(vec![b'k'; 1000], b"a long key".to_vec());
    out
}

fn nasty_file() -> (tempfile::TempDir, PathBuf) {
    let mut store = EtcdStore::new(Server::V3_6);
    for (key, value) in nasty() {
        store.txn(&[Op::put(key, value)]);
    }
    written(&Layout::default().build(&store.to_tree()))
}

fn text_or_base64(row: &Value, field: &str) -> Vec<u8> {
    match row.get(field) {
        Some(text) => text.as_str().expect("text").as_bytes().to_vec(),
        None => bytes(row, &format!("{field}Base64")),
    }
}

#[test]
fn any_bytes_survive_ndjson_and_json() {
    let (_folder, path) = nasty_file();
    let lines = rows(&run(args!["export", path]).stdout);
    let found: BTreeMap<_, _> = lines.iter().map(|row| (bytes(row, "key"), bytes(row, "value"))).collect();
    assert!(found == nasty());
    let document = run(args!["export", path, "-o", "json"]).json();
    assert_eq!((&document["table"], &document["revision"]), (&json!("keys"), &json!(nasty().len() + 1)));
    assert_eq!(document["rows"].as_array(), Some(&lines));
    for (form, rows_of) in [
        ("ndjson", rows as fn(&str) -> Vec<Value>),
        ("json", |text| serde_json::from_str::<Value>(text).expect("json")["rows"].as_array().expect("rows").clone()),
    ] {
        let rows = rows_of(&run(args!["export", path, "--text", "-o", form]).stdout);
        let found = rows.iter().map(|row| (text_or_base64(row, "key"), text_or_base64(row, "value")));
        assert!(found.collect::<BTreeMap<_, _>>() == nasty());
        assert!(rows.iter().any(|row| row.get("keyBase64").is_some() && row.get("key").is_none()));
    }
}

#[test]
fn the_fields_are_those_of_etcdctl() {
    let mut store = EtcdStore::new(Server::V3_6);
    store.lease_grant(-5, 60);
    store.put("a", "1");
    store.put_with_lease("a", "", -5);
    let (_folder, path) = written(&Layout::default().build(&store.to_tree()));
    assert_eq!(
        run(args!["export", path]).stdout,
        "{\"key\":\"YQ==\",\"create_revision\":2,\"mod_revision\":3,\"version\":2,\"value\":\"\",\"lease\":\"-5\"}\n"
    );
    assert_eq!(
        run(args!["export", path, "--rev", "2", "--text", "--no-values"]).stdout,
        "{\"key\":\"a\",\"create_revision\":2,\"mod_revision\":2,\"version\":1}\n"
    );
    assert_eq!(
        run(args!["export", path, "--text", "-o", "csv"]).stdout,
        "key,keyBase64,create_revision,mod_revision,version,value,valueBase64,lease\na,,2,3,2,\"\",,-5\n"
    );
}

#[test]
fn all_revisions_are_every_record_in_its_order() {
    let mut store = EtcdStore::new(Server::V3_6);
    store.put("a", "1");
    store.txn(&[Op::put("b", "2"), Op::Delete(b"a".to_vec())]);
    let (_folder, path) = written(&Layout::default().build(&store.to_tree()));
    let lines = run(args!["export", path, "--all-revisions", "--text"]).stdout;
    assert_eq!(
        lines,
        "{\"type\":\"PUT\",\"revision\":2,\"sub\":0,\"key\":\"a\",\"create_revision\":2,\"mod_revision\":2,\"version\":1,\"value\":\"1\"}\n\
         {\"type\":\"PUT\",\"revision\":3,\"sub\":0,\"key\":\"b\",\"create_revision\":3,\"mod_revision\":3,\"version\":1,\"value\":\"2\"}\n\
         {\"type\":\"DELETE\",\"revision\":3,\"sub\":1,\"key\":\"a\"}\n"
    );
    for name in fixtures() {
        let status = run(args!["status", "-o", "json", fixture(&name)]).json();
        let exported = run(args!["export", "--all-revisions", "--no-values", fixture(&name)]);
        assert_eq!(Some(exported.stdout.lines().count() as u64), status["store"]["records"].as_u64(), "{name}");
    }
}

#[test]
fn small_buckets_are_decoded_and_keep_their_passwords() {
    for name in fixtures() {
        let status = run(args!["status", "-o", "json", fixture(&name)]).json()["store"].clone();
        for (bucket, count) in
            [("lease", &status["leases"]), ("authUsers", &status["users"]), ("authRoles", &status["roles"])]
        {
            let exported = run(args!["export", "--bucket", bucket, fixture(&name)]);
            assert_eq!(Some(exported.stdout.lines().count() as u64), count.as_u64(), "{name} {bucket}: {exported:?}");
            assert!(!exported.stdout.contains("$2"), "a password hash is shown: {}", exported.stdout);
        }
        let members = rows(&run(args!["export", "--bucket", "members", fixture(&name)]).stdout);
        assert_eq!(members[0]["id"], status["members"][0]["id"]);
        assert_eq!(members[0]["peerUrls"], status["members"][0]["peerUrls"]);
        let meta = rows(&run(args!["export", "--bucket", "meta", fixture(&name)]).stdout);
        assert_eq!(meta[0]["consistentIndex"], status["consistentIndex"]);
        for bucket in ["alarm", "auth", "cluster", "members_removed"] {
            assert_eq!(
                run(args!["export", "--bucket", bucket, "-o", "csv", fixture(&name)]).code,
                0,
                "{name} {bucket}"
            );
        }
    }
}

/// Only damage makes them so great, and it is not to look as if there were none.
#[test]
fn numbers_of_64_bits_come_out_whole() {
    let mut tree = EtcdStore::new(Server::V3_6).to_tree();
    tree.bucket("meta").put("consistent_index", u64::MAX.to_be_bytes()).put("term", (1_u64 << 63).to_be_bytes());
    let (_folder, path) = written(&Layout::default().build(&tree));
    let exported = run(args!["export", "--bucket", "meta", "-o", "csv", path]).stdout;
    assert!(exported.contains("\n18446744073709551615,9223372036854775808,"), "{exported}");
    let exported = run(args!["export", "--bucket", "meta", path]).stdout;
    assert!(
        exported.starts_with("{\"consistentIndex\":18446744073709551615,\"term\":9223372036854775808,"),
        "{exported}"
    );
    let target = path.with_extension("parquet");
    assert_eq!(run(args!["export", "--bucket", "meta", "-o", "parquet", "--output-file", target, path]).code, 0);
}

#[test]
fn an_output_file_is_whole_or_absent() {
    let folder = tempfile::tempdir().expect("folder");
    let target = folder.path().join("keys.ndjson");
    let beside = || std::fs::read_dir(folder.path()).expect("readable").count();
    let missing = run(args!["export", folder.path().join("no.db"), "--output-file", target]);
    assert_eq!((missing.code, beside()), (1, 0), "{missing:?}");
    let refused = run(args!["export", fixture(FILE), "--rev", "1", "--output-file", target]);
    assert_eq!((refused.code, beside()), (1, 0), "{refused:?}");
    let first = run(args!["export", fixture(FILE), "--output-file", target]);
    assert_eq!((first.code, first.stdout.as_str(), first.stderr.as_str()), (0, "", ""));
    assert_eq!(std::fs::read_to_string(&target).expect("there"), run(args!["export", fixture(FILE)]).stdout);
    let again = run(args!["export", fixture(FILE), "--no-values", "--output-file", target]);
    assert_eq!(again.code, 1);
    assert!(again.stderr.contains("exists already; use --force to replace it"), "{again:?}");
    let forced = run(args!["export", fixture(FILE), "--no-values", "--output-file", target, "--force"]);
    assert_eq!((forced.code, beside()), (0, 1));
    assert!(!std::fs::read_to_string(&target).expect("there").contains("\"value\""));
}

/// Only a whole export replaces a file; where none is, what can be read comes and is called a part.
#[test]
fn a_part_replaces_no_export() {
    let folder = tempfile::tempdir().expect("folder");
    let target = folder.path().join("keys.ndjson");
    let (_folder, part) = changed(FILE, |bytes| bytes[4096 * 2 + 8] = 0x40);
    let (_folder, none) = changed(FILE, |bytes| {
        let pages = bytes.len() / 4096;
        (2..pages).for_each(|page| bytes[4096 * page + 8] |= if bytes[4096 * page + 8] == 1 { 0x40 } else { 0 });
    });
    assert_eq!(run(args!["export", fixture(FILE), "--output-file", target]).code, 0);
    let last_good = std::fs::read(&target).expect("there");
    for damaged in [&part, &none] {
        for form in ["ndjson", "json", "csv", "parquet"] {
            for records in [None, Some("--all-revisions")] {
                let asked = args!["export", damaged, "-o", form, "--force", "--output-file", target];
                let forced = run(asked.into_iter().chain(records.map(Into::into)));
                assert_eq!(forced.code, 3, "{forced:?}");
                assert!(std::fs::read(&target).expect("there") == last_good, "{form}: {forced:?}");
                assert_eq!(std::fs::read_dir(folder.path()).expect("readable").count(), 1);
            }
        }
    }
    let forced = run(args!["export", part, "--force", "--output-file", target]);
    assert!(forced.stderr.contains("keys.ndjson: kept as it was: what could be read now is only a part"), "{forced:?}");
    let fresh = folder.path().join("part.ndjson");
    for option in ["--no-values", "--force"] {
        _ = std::fs::remove_file(&fresh);
        let made = run(args!["export", part, "--output-file", fresh, option]);
        assert_eq!(made.code, 3, "{made:?}");
        assert!(made.stderr.contains("part.ndjson: a part, with only what could be read"), "{made:?}");
        assert!(std::fs::read_to_string(&fresh).expect("there").lines().count() > 50);
    }
}

/// The rest of a damaged snapshot comes out, what was lost is told, and the run ends with 3.
#[test]
fn damage_is_gone_around() {
    let all = run(args!["export", fixture(FILE)]).stdout;
    let (_folder, path) = changed(FILE, |bytes| bytes[4096 * 2 + 8] = 0x40);
    let damaged = run(args!["export", path]);
    assert_eq!(damaged.code, 3);
    let (found, all) = (rows(&damaged.stdout), rows(&all));
    assert!(found.len() > 50 && found.len() < all.len(), "{} of {}", found.len(), all.len());
    assert!(damaged.stderr.contains("bucket key, page 2"), "{}", damaged.stderr);
    assert!(damaged.stderr.contains("what is shown may lack keys or have old values"), "{}", damaged.stderr);
    let streamed = run(args!["export", path, "--all-revisions"]);
    assert_eq!(streamed.code, 3);
    assert!(Path::new(&path).exists());
}
