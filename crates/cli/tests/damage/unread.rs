//! Every command that reads a backup, on one whose root page is zero and on one that was cut off: what is lost is
//! unknown, and what was read is printed.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::Path;

use serde_json::Value;

use crate::program::{Answer, args, changed, kube_backup, run};

const SOUND: &str = "etcd-3.6.14-seed1.db";
const PAGE: usize = 4096;

/// Zeroes the page that everything else hangs on.
fn lose_root(file: &mut [u8]) {
    let root = u64::from_le_bytes(file[32..40].try_into().expect("eight bytes"));
    let at = usize::try_from(root).expect("a page") * PAGE;
    file[at..at + PAGE].fill(0);
}

/// The example of README.md.
fn cut(file: &mut Vec<u8>) {
    file.truncate(300_000);
}

/// What a command prints of a damaged file, which it must say is damaged.
fn said(command: &[&str], path: &Path) -> Answer {
    let answer = run(command.iter().map(OsStr::new).chain([path.as_os_str()]));
    assert_eq!(answer.code, 3, "{command:?}: {answer:?}");
    answer
}

const COMMANDS: [&[&str]; 12] = [
    &["verify"],
    &["status"],
    &["hash"],
    &["members"],
    &["leases"],
    &["users"],
    &["roles"],
    &["usage"],
    &["db", "info"],
    &["db", "pages"],
    &["db", "buckets"],
    &["db", "check"],
];

#[test]
fn what_hangs_on_a_lost_root_is_unknown() {
    let (_folder, path) = changed(SOUND, |file| lose_root(file));
    for command in COMMANDS.iter().filter(|command| **command != ["db", "info"]) {
        let text = said(command, &path).stdout;
        // Of a report the facts; what findings mean is said in general words.
        let text = if *command == ["verify"] { text.split("\n\n").next().unwrap_or_default().to_owned() } else { text };
        for claim in
            ["none", " off;", " off,", "never", "no members", "free pages", "0 live", "0 keys", "0 users", "0 pairs"]
        {
            assert!(!text.contains(claim), "{command:?} says {claim:?}:\n{text}");
        }
    }
    let text = said(&["db", "pages"], &path).stdout;
    assert!(text.contains("unreached") && !text.contains("free"), "{text}");
}

#[test]
fn json_has_null_for_what_was_not_read() {
    let (_folder, path) = changed(SOUND, |file| lose_root(file));
    let json = |command: &[&str]| said(&[command, &["-o", "json"]].concat(), &path).json();
    let status = json(&["status"]);
    let store = status["store"].as_object().expect("an object");
    let known: BTreeSet<_> =
        store.iter().filter(|(_, value)| !value.is_null()).map(|(name, _)| name.as_str()).collect();
    assert_eq!(known, BTreeSet::from(["unread", "atLeast"]));
    for name in ["branchPages", "leafPages", "overflowPages", "freePages", "sizeInUse"] {
        assert!(status["database"][name].is_null(), "{name}: {status}");
    }
    for (command, fields) in [
        (&["users"][..], &["authEnabled", "authRevision", "users"][..]),
        (&["roles"], &["roles"]),
        (&["members"], &["members", "removed", "raftConfiguration"]),
        (&["leases"], &["leases", "missing"]),
        (&["hash"], &["status", "backend", "kv"]),
    ] {
        let document = json(command);
        for field in fields {
            assert_eq!(document.get(field), Some(&Value::Null), "{command:?}: {document}");
        }
    }
    let usage = json(&["usage"]);
    assert!(usage["counts"]["liveKeys"].is_null() && usage["columns"]["freePages"].is_null(), "{usage}");
    assert_eq!(usage["hints"][0]["id"], "DAMAGED");
}

#[test]
fn the_page_shows_that_a_file_is_damaged() {
    let without_root = |file: &mut Vec<u8>| lose_root(file);
    for change in [without_root as fn(&mut Vec<u8>), cut] {
        let (_folder, path) = changed(SOUND, change);
        let page = said(&["usage", "-o", "html"], &path).stdout;
        assert!(page.contains("\"sound\":false") && page.contains("\"id\":\"DAMAGED\""), "{}", &page[..400]);
        assert!(page.contains("damaged: not all could be read"));
        let unreached = page.split_once("\"unreached\":").and_then(|(_, rest)| rest.split(',').next());
        assert!(unreached.is_some_and(|bytes| bytes != "0"), "{unreached:?}");
    }
}

/// Makes the bucket with the compaction marks unreadable: it lies in the list of buckets, after its name and 16 bytes.
fn lose_meta(file: &mut [u8]) {
    let name = b"meta\0\0\0\0\0\0\0\0";
    let found: Vec<_> = (0..file.len()).filter(|at| file[*at..].starts_with(name)).collect();
    assert!(!found.is_empty());
    for at in found {
        file[at + 4 + 16 + 8] = 0x7f;
    }
}

/// The compaction marks can be newer than the newest record.
#[test]
fn without_the_compaction_marks_the_revision_is_unknown() {
    let (_folder, path) = changed(SOUND, |file| lose_meta(file));
    for command in [&["keys"][..], &["keys", "--count"], &["changes"], &["deleted"], &["export"], &["history"]] {
        let key = (command == ["history"]).then_some("zz1");
        let answer = run(command.iter().map(OsStr::new).chain([path.as_os_str()]).chain(key.map(AsRef::as_ref)));
        assert_eq!(answer.code, 3, "{command:?}: {answer:?}");
        assert!(!answer.stdout.is_empty(), "{command:?}: what can be read is printed");
        assert!(answer.stderr.contains("bucket meta: the compaction marks cannot be read"), "{command:?}: {answer:?}");
    }
    let none = said(&["keys", "--prefix", "/nothing/"], &path);
    assert!(none.stderr.contains("no such key at revision unknown"), "{none:?}");
    for command in [&["keys"][..], &["keys", "--count"], &["deleted"]] {
        let json = said(&[command, &["-o", "json"]].concat(), &path).json();
        assert_eq!(json.get("revision"), Some(&Value::Null), "{command:?}: {json}");
    }
}

#[test]
fn a_report_begins_with_the_cause() {
    let (_folder, path) = changed(SOUND, cut);
    let answer = said(&["verify"], &path);
    let lines: Vec<_> = answer.stdout.lines().collect();
    assert!(lines[0].starts_with("DAMAGED  "), "{}", lines[0]);
    assert!(lines[1].starts_with("  cut off: 300000 of 380960 bytes are here; fetch it again"), "{}", lines[1]);
    assert!(!answer.stdout.contains("--skip-hash-check"), "{}", answer.stdout);
    let report = said(&["verify", "-o", "json"], &path).json()["reports"][0].clone();
    assert_eq!(report["cause"]["id"], "CUT_OFF");
    assert_eq!(report["source"]["kind"], "snapshot");
    let follows = report["cause"]["consequences"].as_array().expect("a list");
    assert!(
        follows.iter().any(|id| id == "FILE_TRUNCATED") && follows.iter().any(|id| id == "PAGE_EOF"),
        "{follows:?}"
    );
    for form in ["junit", "sarif"] {
        let text = said(&["verify", "-o", form], &path).stdout;
        assert!(text.contains("cut off: 300000 of 380960 bytes are here"), "{text}");
    }
}

#[test]
fn a_file_that_cannot_be_hashed_does_not_hide_the_others() {
    let (_folder, sound) = changed(SOUND, |_| ());
    let (_other, damaged) = changed(SOUND, |file| file[..2 * PAGE].fill(0));
    let answer = run(args!["hash", sound, damaged, sound]);
    assert_eq!(answer.code, 3, "{answer:?}");
    assert_eq!(answer.stdout.matches("  sha256 ").count(), 2, "{answer:?}");
    assert!(answer.stdout.contains("UNKNOWN") && !answer.stdout.contains("SAME"), "{answer:?}");
    let json = run(args!["hash", "-o", "json", sound, damaged, sound]).json();
    assert_eq!((json["files"].as_array().map(Vec::len), json["failures"].as_array().map(Vec::len)), (Some(2), Some(1)));
    assert!(json["same"].is_null(), "{json}");
}

/// A lost page may have had the newest revision: nobody is told a number for it that is not asked for.
#[test]
fn a_revision_that_is_not_known_is_not_shown() {
    let (_folder, path) = changed(SOUND, cut);
    let whole = crate::program::fixture(SOUND);
    let json = |args: &[&OsStr]| {
        let answer = run(args);
        assert!([3, 5].contains(&answer.code), "{args:?}: {answer:?}");
        answer.json()
    };
    let file = path.as_os_str();
    fn words<'w>(words: &[&'w str]) -> Vec<&'w OsStr> {
        words.iter().map(|word| OsStr::new(*word)).collect()
    }
    let got = json(&[&[OsStr::new("get"), file][..], &words(&["", "--prefix", "-o", "json"])].concat());
    assert!(got["header"]["revision"].is_null(), "{got}");
    for command in [&["keys"][..], &["deleted"], &["export"], &["export", "--all-revisions"]] {
        let document = json(&[&words(command)[..], &[file], &words(&["-o", "json"])].concat());
        assert_eq!(document.get("revision"), Some(&Value::Null), "{command:?}: {document}");
        let asked = json(&[&words(command)[..], &[file], &words(&["-o", "json", "--rev", "38"])].concat());
        assert_eq!(asked["revision"], 38, "{command:?}: {asked}");
    }
    let differences = json(&[&words(&["diff", "-o", "json", "--stat"])[..], &[file, whole.as_os_str()]].concat());
    assert!(differences["before"]["revision"].is_null() && differences["after"]["revision"] == 95, "{differences}");
    let missing = run(args!["get", &path, "nothing"]);
    assert!(missing.code == 3 && missing.stderr.contains("no such key at revision unknown"), "{missing:?}");
}

#[test]
fn objects_are_not_shown_at_a_revision_that_is_not_known() {
    let pods: Vec<_> = (0..200)
        .map(|number| {
            let json = format!(
                r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"a{number:03}","namespace":"shop"}},"spec":{{"nodeName":"{}"}}}}"#,
                "n".repeat(50)
            );
            (format!("pods/shop/a{number:03}"), json)
        })
        .collect();
    let pods: Vec<_> = pods.iter().map(|(key, json)| (key.as_str(), json.as_str())).collect();
    let (_folder, path) = kube_backup(&pods);
    let mut bytes = std::fs::read(&path).expect("a backup");
    let last = bytes.windows(4).rposition(|bytes| bytes == b"a199").expect("it is there");
    let page = last / PAGE * PAGE;
    bytes[page..page + PAGE].fill(0);
    std::fs::write(&path, bytes).expect("written");
    for command in [
        args!["kube", "usage", "-o", "json", &path].to_vec(),
        args!["kube", "api-resources", "-o", "json", &path].to_vec(),
        args!["kube", "check", "-o", "json", &path].to_vec(),
        args!["kube", "audit", "encryption", "-o", "json", &path].to_vec(),
        args!["kube", "describe-key", "-o", "json", &path, "/registry/pods/shop/a000"].to_vec(),
    ] {
        let answer = run(&command);
        assert!([3, 4].contains(&answer.code), "{command:?}: {answer:?}");
        assert_eq!(answer.json().get("revision"), Some(&Value::Null), "{command:?}");
    }
    let none = run(args!["kube", "get", &path, "pods", "-n", "nowhere"]);
    assert!(none.stderr.contains("in namespace nowhere at revision unknown"), "{none:?}");
    let extracted = run(args!["kube", "extract", &path, "pods", "-n", "shop"]);
    assert!(extracted.stderr.contains(" of revision unknown"), "{}", extracted.stderr);
}
