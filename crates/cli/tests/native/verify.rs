//! `verify`: forms, policies and exit codes. What it finds in which damage is tested where findings are made.

use std::os::unix::fs::PermissionsExt as _;

use etcdsnap_testkit::append_trailer;
use etcdsnap_testkit::bbolt::Layout;
use etcdsnap_testkit::damage::specimen_store;
use etcdsnap_testkit::etcd::{EtcdStore, Server};

use crate::program::{Answer, args, changed, fixture, fixtures, recorded, run, run_with_input, written};

const SOUND: &str = "etcd-3.6.14-seed1.db";

fn flip(bytes: &mut [u8]) {
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
}

/// The policy fails, the rest of the report does not change.
fn assertions(answer: &Answer) -> Vec<(String, bool)> {
    let json = answer.json();
    let assertions = json["reports"][0]["assertions"].as_array().expect("assertions").clone();
    let pair = |assertion: &serde_json::Value| {
        (assertion["name"].as_str().expect("name").to_owned(), assertion["holds"].as_bool().expect("holds"))
    };
    assertions.iter().map(pair).collect()
}

#[test]
fn real_snapshots_are_sound_in_every_form() {
    for name in fixtures() {
        let path = fixture(&name);
        let answer = run(args!["verify", path]);
        assert_eq!((answer.code, answer.stderr.as_str()), (0, ""), "{name}: {answer:?}");
        assert!(answer.stdout.starts_with("SOUND  "), "{name}: {}", answer.stdout);

        let json = run(args!["verify", "-o", "json", path]).json();
        assert_eq!(json["exitCode"], 0);
        assert_eq!(json["reports"][0]["verdict"], "sound");
        assert_eq!(json["reports"][0]["store"]["currentRevision"], recorded(&name)["revision"], "{name}");

        let junit = run(args!["verify", "-o", "junit", path]);
        assert_eq!(junit.code, 0);
        assert!(junit.stdout.contains(r#"failures="0""#) && !junit.stdout.contains("<failure"), "{}", junit.stdout);

        let sarif = run(args!["verify", "-o", "sarif", path]).json();
        assert_eq!(sarif["version"], "2.1.0");
        let results = sarif["runs"][0]["results"].as_array().expect("results");
        assert!(results.iter().all(|result| result["level"] != "error"), "{name}: {results:?}");
    }
}

#[test]
fn damage_ends_with_3_in_every_form() {
    let (_folder, path) = changed(SOUND, |bytes| flip(bytes));
    let answer = run(args!["verify", path]);
    assert_eq!(answer.code, 3, "{answer:?}");
    assert!(answer.stdout.starts_with("DAMAGED  ") && answer.stdout.contains("error SHA256_MISMATCH"), "{answer:?}");

    let json = run(args!["verify", "-o", "json", path]);
    assert_eq!((json.code, &json.json()["exitCode"]), (3, &serde_json::json!(3)));
    let finding = json.json()["reports"][0]["findings"][0].clone();
    assert_eq!(finding["id"], "SHA256_MISMATCH");
    for field in ["title", "explanation", "remedy", "message"] {
        assert!(finding[field].as_str().is_some_and(|text| !text.is_empty()), "{field}: {finding}");
    }

    let junit = run(args!["verify", "-o", "junit", path]);
    assert_eq!(junit.code, 3);
    assert!(junit.stdout.contains(r#"type="SHA256_MISMATCH""#), "{}", junit.stdout);

    let sarif = run(args!["verify", "-o", "sarif", path]);
    assert_eq!(sarif.code, 3);
    assert_eq!(sarif.json()["runs"][0]["results"][0]["ruleId"], "SHA256_MISMATCH");
}

#[test]
fn what_is_no_backup_is_damaged_and_what_cannot_be_read_is_not_known() {
    let (_folder, page) = written(b"<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>");
    let answer = run(args!["verify", page]);
    assert_eq!((answer.code, answer.stderr.as_str()), (3, ""), "{answer:?}");
    assert!(answer.stdout.starts_with("DAMAGED  ") && answer.stdout.lines().count() == 1, "{answer:?}");

    let folder = tempfile::tempdir().expect("folder");
    for path in [folder.path().join("none.db"), folder.path().to_owned(), "/dev/null".into()] {
        let answer = run(args!["verify", path]);
        assert_eq!((answer.code, answer.stdout.as_str()), (1, ""), "{path:?}: {answer:?}");
        assert!(answer.stderr.starts_with("etcdsnap: ") && answer.stderr.lines().count() == 1, "{answer:?}");
    }
}

#[test]
fn several_files_end_with_what_must_not_be_missed() {
    let (_folder, damaged) = changed(SOUND, |bytes| flip(bytes));
    let missing = damaged.with_file_name("none.db");
    let sound = fixture(SOUND);
    let failing = "min-keys=999999";
    assert_eq!(run(args!["verify", sound, sound]).code, 0);
    assert_eq!(run(args!["verify", sound, missing]).code, 1);
    assert_eq!(run(args!["verify", missing, damaged, sound]).code, 3);
    assert_eq!(run(args!["verify", "--assert", failing, sound]).code, 4);
    assert_eq!(run(args!["verify", "--assert", failing, sound, missing]).code, 1);
    assert_eq!(run(args!["verify", "--assert", failing, damaged]).code, 3);
    let answer = run(args!["verify", "-o", "json", missing, damaged, sound]).json();
    assert_eq!(answer["reports"].as_array().map(Vec::len), Some(2));
    assert_eq!(answer["failures"][0]["verdict"], "unread");
}

#[test]
fn every_assertion_can_hold_and_fail() {
    let path = fixture(SOUND);
    let seconds_later = |seconds| {
        let modified = std::fs::metadata(&path).and_then(|metadata| metadata.modified()).expect("time");
        jiff::Timestamp::try_from(modified + std::time::Duration::from_secs(seconds)).expect("time").to_string()
    };
    let now = seconds_later(3600);
    let same = format!("max-shrink-from={}:0%", path.display());
    for (assertion, holds) in [
        ("min-keys=136", true),
        ("min-keys=137", false),
        ("min-revision=95", true),
        ("min-revision=96", false),
        ("max-size=381kB", true),
        ("max-size=380kB", false),
        ("max-age=61m", true),
        ("max-age=59m", false),
        ("require-prefix=/registry/", true),
        ("require-prefix=/nowhere/", false),
        ("no-alarms", true),
        ("version=>=3.6,<3.7", true),
        ("version=3.5", false),
        (same.as_str(), true),
    ] {
        let answer = run(args!["verify", "-o", "json", "--now", now, "--assert", assertion, path]);
        assert_eq!(answer.code, if holds { 0 } else { 4 }, "{assertion}: {answer:?}");
        let name = assertion.split('=').next().expect("name").to_owned();
        assert_eq!(assertions(&answer), [(name, holds)]);
    }
}

#[test]
fn an_alarm_or_a_shrunken_store_fails_its_policy() {
    let mut store = specimen_store();
    store.alarms.insert((0x8e9e_05c5_2164_694d, 1));
    let mut bytes = Layout::default().build(&store.to_tree());
    append_trailer(&mut bytes);
    let (_folder, alarmed) = written(&bytes);
    let answer = run(args!["verify", "-o", "json", "--assert", "no-alarms", alarmed]);
    assert_eq!(assertions(&answer), [("no-alarms".to_owned(), false)]);

    let much = fixture("etcd-3.6.14-seed1.db");
    let little = fixture("etcd-3.4.23-seed0.db");
    let from = format!("max-shrink-from={}", much.display());
    let answer = run(args!["verify", "--assert", from, little]);
    assert_eq!(answer.code, 4, "{answer:?}");
    assert!(answer.stdout.starts_with("POLICY FAILED  "), "{answer:?}");
    assert!(answer.stdout.contains("revision 63 after 95, 104 live keys after 136"), "{answer:?}");
}

/// Records that a compaction left behind are a warning, to every command.
#[test]
fn what_is_a_warning_is_no_damage_to_any_command() {
    let mut store = EtcdStore::new(Server::V3_6);
    store.put("a", "1");
    store.put("a", "2");
    store.put("b", "1");
    let records = store.records.clone();
    store.compact(3);
    store.records = records;
    let mut bytes = Layout::default().build(&store.to_tree());
    append_trailer(&mut bytes);
    let (_folder, path) = written(&bytes);
    let verified = run(args!["verify", path]);
    assert!(verified.code == 0 && verified.stdout.contains("warning SHADOWED_RECORD"), "{verified:?}");
    let from = format!("max-shrink-from={}", path.display());
    for command in [
        args!["status", path].to_vec(),
        args!["hash", path].to_vec(),
        args!["leases", path].to_vec(),
        args!["keys", path].to_vec(),
        args!["history", path, "a"].to_vec(),
        args!["verify", "--assert", from, path].to_vec(),
    ] {
        let answer = run(&command);
        assert_eq!((answer.code, answer.stderr.as_str()), (0, ""), "{command:?}: {answer:?}");
    }
}

#[test]
fn junit_has_what_is_found_of_kubernetes() {
    let found = ["configmaps/default/a", "configmaps/default/b"].map(|key| {
        let mut object = b"k8s\0\x0a\x0f\x0a\x02v1\x12\x09ConfigMap\x12\x12\x0a\x10".to_vec();
        object.extend(b"\x0a\x01a\x12\x00\x1a\x07default\x22\x00\x1a\x00\x22\x00");
        let mut store = EtcdStore::new(Server::V3_6);
        store.put(format!("/registry/{key}"), object);
        let mut bytes = Layout::default().build(&store.to_tree());
        append_trailer(&mut bytes);
        let (_folder, path) = written(&bytes);
        let answer = run(args!["verify", "-o", "junit", path]);
        assert_eq!(answer.code, 0, "{answer:?}");
        assert!(answer.stdout.contains("testcase name=\"kubernetes\""), "{answer:?}");
        answer.stdout.contains("KUBE_OBJECT_ASTRAY")
    });
    assert_eq!(found, [false, true]);
}

#[test]
fn a_policy_file_says_the_same_as_flags() {
    let folder = tempfile::tempdir().expect("folder");
    let policy = folder.path().join("policy.yaml");
    std::fs::write(&policy, "min-keys: 1\nrequire-prefix: [/registry/, /nowhere/]\nversion: 3.6\n").expect("written");
    let answer = run(args!["verify", "-o", "json", "--policy", policy, "--assert", "no-alarms", fixture(SOUND)]);
    assert_eq!(answer.code, 4, "{answer:?}");
    let expected = [
        ("min-keys", true),
        ("require-prefix", true),
        ("require-prefix", false),
        ("version", true),
        ("no-alarms", true),
    ];
    assert_eq!(assertions(&answer), expected.map(|(name, holds)| (name.to_owned(), holds)));

    std::fs::write(&policy, "min-key: 1\n").expect("written");
    let answer = run(args!["verify", "--policy", policy, fixture(SOUND)]);
    assert_eq!(answer.code, 2, "{answer:?}");
    assert!(answer.stderr.contains("did you mean min-keys?") && answer.stderr.lines().count() == 1, "{answer:?}");

    std::fs::File::create(&policy).and_then(|file| file.set_len((16 << 20) + 1)).expect("written");
    let answer = run(args!["verify", "--policy", policy, fixture(SOUND)]);
    assert_eq!(answer.code, 1, "{answer:?}");
    assert!(answer.stderr.contains("policy.yaml: larger than 16 MiB"), "{answer:?}");

    let answer = run(args!["verify", "--policy", folder.path().join("none.yaml"), fixture(SOUND)]);
    assert_eq!(answer.code, 1, "{answer:?}");
}

#[test]
fn a_baseline_that_cannot_be_had_stops_before_the_work() {
    let (_folder, damaged) = changed(SOUND, |bytes| bytes[4096 * 40 + 16..4096 * 60].fill(0xff));
    for (other, code) in [(damaged.clone(), 1), (damaged.with_file_name("none.db"), 1)] {
        let from = format!("max-shrink-from={}", other.display());
        let answer = run(args!["verify", "--assert", from, fixture(SOUND)]);
        assert_eq!((answer.code, answer.stdout.as_str()), (code, ""), "{answer:?}");
    }
}

#[test]
fn quiet_speaks_only_of_what_needs_attention() {
    let (_folder, damaged) = changed(SOUND, |bytes| flip(bytes));
    let answer = run(args!["verify", "--quiet", fixture(SOUND), fixture(SOUND)]);
    assert_eq!((answer.code, answer.stdout.as_str()), (0, ""));
    let answer = run(args!["verify", "-q", fixture(SOUND), damaged]);
    assert_eq!(answer.code, 3);
    assert!(answer.stdout.starts_with("DAMAGED  ") && !answer.stdout.contains("SOUND"), "{answer:?}");
}

#[test]
fn standard_input_threads_and_maps_do_not_change_the_answer() {
    let path = fixture("etcd-3.7.1-seed2.db");
    let bytes = std::fs::read(&path).expect("fixture");
    let expected = run(args!["verify", "-o", "json", path]).json();
    for extra in [["--threads", "1"], ["--threads", "7"], ["--no-mmap", "--progress=none"]] {
        let answer = run(args!["verify", "-o", "json", path].into_iter().chain(extra.map(Into::into))).json();
        assert_eq!(answer, expected, "{extra:?}");
    }
    let mut streamed = run_with_input(["verify", "-o", "json", "-"], &bytes).json();
    assert_eq!(streamed["reports"][0]["source"]["path"], "-");
    streamed["reports"][0]["source"] = expected["reports"][0]["source"].clone();
    assert_eq!(streamed, expected);
}

#[test]
fn an_unreadable_file_is_told_apart_from_a_damaged_one() {
    let (_folder, path) = changed(SOUND, |_| {});
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).expect("permissions");
    if std::fs::File::open(&path).is_ok() {
        return; // Root reads everything.
    }
    let answer = run(args!["verify", path]);
    assert_eq!(answer.code, 1);
    assert!(answer.stderr.contains("permission denied"), "{answer:?}");
}
