//! Entries of the wrong shape in the buckets that servers read: every one is an error, and the verdicts say who cannot
//! start.

use etcdsnap_snapshot::container::{Container, OpenOptions};
use etcdsnap_snapshot::finding::Severity;
use etcdsnap_snapshot::progress::Silent;
use etcdsnap_snapshot::report::Report;
use etcdsnap_snapshot::verify::{VerifyOptions, verify};
use etcdsnap_testkit::bbolt::{Bucket, Layout};
use etcdsnap_testkit::damage::specimen_store;

/// Buckets, and keys that they have, could have and should not have.
const ENTRIES: [(&str, &[&[u8]]); 10] = [
    ("alarm", &[b"x", b"\x08\x01\x10\x01"]),
    ("auth", &[b"authEnabled", b"authRevision", b"x"]),
    ("authRoles", &[b"x", b"root"]),
    ("authUsers", &[b"x", b"root"]),
    ("cluster", &[b"clusterVersion", b"downgrade", b"x"]),
    ("key", &[b"x", b"\xff", b"\0\0\0\0\0\0\0\x02_\0\0\0\0\0\0\0\0", b"\0\0\0\0\0\0\0\x02-\0\0\0\0\0\0\0\0"]),
    ("lease", &[b"x", b"\0\0\0\0\0\0\0\x07"]),
    ("members", &[b"x", b"1"]),
    ("members_removed", &[b"x", b"1"]),
    (
        "meta",
        &[
            b"consistent_index",
            b"term",
            b"confState",
            b"storageVersion",
            b"scheduledCompactRev",
            b"finishedCompactRev",
            b"x",
        ],
    ),
];

/// The report of the specimen after a change.
fn report(change: impl FnOnce(&mut Bucket)) -> Report {
    let mut tree = specimen_store().to_tree();
    // As etcd 3.5 leaves it, which every version starts from.
    tree.bucket("meta").entries.remove(&b"storageVersion"[..]);
    tree.bucket("cluster").put("clusterVersion", "3.5.0");
    change(&mut tree);
    let file = Layout::default().build(&tree);
    let container = Container::from_stdin(&file[..], &OpenOptions::default()).expect("a database");
    verify(&container, &VerifyOptions::default(), &Silent).expect("readable").report
}

/// Puts an empty bucket in place of an entry.
fn nest(tree: &mut Bucket, bucket: &str, key: &[u8]) {
    *tree.bucket(bucket).bucket(key) = Bucket::new();
}

fn errors(report: &Report) -> Vec<&'static str> {
    let errors = report.findings.iter().filter(|finding| finding.severity == Severity::Error);
    errors.map(|finding| finding.kind.id).collect()
}

fn starting(report: &Report) -> Vec<&'static str> {
    report.boot.iter().filter(|verdict| verdict.starts).map(|verdict| verdict.version).collect()
}

#[test]
fn a_bucket_in_place_of_any_entry_is_an_error() {
    assert_eq!(errors(&report(|_| ())), [""; 0]);
    for (bucket, keys) in ENTRIES {
        for key in keys {
            let report = report(|tree| nest(tree, bucket, key));
            let id = if bucket == "key" { "RECORD_IS_BUCKET" } else { "ENTRY_IS_BUCKET" };
            assert!(errors(&report).contains(&id), "{bucket} {key:?}: {:?}", report.findings);
        }
    }
}

/// As real servers answered; what else stands in the bucket makes no difference.
#[test]
fn the_verdicts_know_who_stops_at_it() {
    let stops = |bucket: &str, key: &[u8]| starting(&report(|tree| nest(tree, bucket, key)));
    assert_eq!(stops("key", b"x"), [""; 0]);
    assert_eq!(stops("key", b"\xff").len(), 5);
    assert_eq!(stops("auth", b"authRevision"), [""; 0]);
    assert_eq!(stops("cluster", b"downgrade"), ["3.4"]);
    assert_eq!(stops("members", b"x"), ["3.4"]);
    assert_eq!(stops("meta", b"term"), ["3.4"]);
}

#[test]
fn json_is_read_as_servers_read_it() {
    let downgrade = |json: &str| report(|tree| _ = tree.bucket("cluster").put("downgrade", json));
    for refused in ["[]", r#"["3.5.0",true]"#, r#""""#, r#"{"enabled":1}"#, "{} x", r#"{"enabled":false,}"#, ""] {
        let report = downgrade(refused);
        assert_eq!((errors(&report), starting(&report)), (vec!["DOWNGRADE_INVALID"], vec!["3.4"]), "{refused}");
    }
    for taken in ["null", "{}", r#"{"enabled":null}"#, r#"{"enabled":true,"ENABLED":false}"#, r#"{"x":1e999}"#] {
        let report = downgrade(taken);
        assert_eq!((errors(&report).len(), starting(&report).len()), (0, 5), "{taken}");
    }
}
