//! `status`: the numbers that the real tools print.

use serde_json::Value;

use crate::program::{args, changed, fixture, fixtures, recorded, run};

/// The JSON that a release of etcdutl or etcdctl printed.
fn printed(recorded: &Value, tool: &str) -> Value {
    let text = recorded["status"][tool]["json"]["stdout"].as_str().expect("recorded");
    serde_json::from_str(text).expect("json")
}

#[test]
fn numbers_are_those_of_the_real_tools() {
    for name in fixtures() {
        let answer = run(args!["status", "-o", "json", fixture(&name)]);
        assert_eq!((answer.code, answer.stderr.as_str()), (0, ""), "{name}: {answer:?}");
        let (status, recorded) = (answer.json(), recorded(&name));
        let (old, new) = (printed(&recorded, "3.5.1"), printed(&recorded, "3.7.1"));
        assert_eq!(status["store"]["statusHash"], new["hash"], "{name}");
        assert_eq!(status["store"]["revision"], new["revision"], "{name}");
        assert_eq!(status["store"]["totalPairs"], old["totalKey"], "{name}");
        assert_eq!(status["store"]["liveKeys"], new["totalKey"], "{name}");
        assert_eq!(status["database"]["size"], new["totalSize"], "{name}");
        assert_eq!(status["store"]["storageVersion"], new["version"], "{name}");
    }
}

#[test]
fn text_has_a_row_for_each_number() {
    let answer = run(args!["status", fixture("etcd-3.6.14-seed1.db")]);
    assert_eq!(answer.code, 0);
    for row in [
        "  hash             44810413\n",
        "  revision         95\n",
        "  leases           3\n",
        "  alarms           none\n",
    ] {
        assert!(answer.stdout.contains(row), "{row:?}: {}", answer.stdout);
    }
}

#[test]
fn a_damaged_file_still_has_numbers_but_ends_with_3() {
    let (_folder, path) = changed("etcd-3.6.14-seed1.db", |bytes| bytes[4096 * 2 + 8] = 0x10);
    let answer = run(args!["status", path]);
    assert_eq!(answer.code, 3, "{answer:?}");
    let revision = "  revision         unknown; 95 in the last record that could be read\n";
    for row in [revision, "  compaction       at 38\n", "  leases           3\n"] {
        assert!(answer.stdout.contains(row), "{row:?}: {answer:?}");
    }
    assert!(answer.stderr.contains("damaged") && answer.stderr.lines().count() == 1, "{answer:?}");
}
