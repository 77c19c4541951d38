//! Damage in thousands of places is told in a bounded report.

use etcdsnap_testkit::bbolt::Layout;
use etcdsnap_testkit::etcd::{EtcdStore, Server};

use super::samples::answer;

/// More than anybody reads, and than a report may hold of one rule.
const MANY: usize = 20_000;
const LIMIT: usize = 100;

#[test]
fn thousands_of_bad_entries_are_counted_and_not_listed() {
    for bucket in ["alarm", "auth", "authRoles", "authUsers", "cluster", "lease", "members", "members_removed", "meta"]
    {
        let mut tree = EtcdStore::new(Server::V3_6).to_tree();
        for number in 0..MANY {
            tree.bucket(bucket).put(format!("-{number}"), "\u{f}bad");
        }
        let answer = answer(&Layout::default().build(&tree));
        let (listed, all) = (answer.findings.len(), answer.findings.len() as u64 + answer.omitted);
        assert!(listed < 5 * LIMIT, "{bucket}: {listed} findings");
        assert!(all > MANY as u64, "{bucket}: {all} counted");
    }
}

#[test]
fn thousands_of_unknown_buckets_are_counted_and_not_listed() {
    let mut tree = EtcdStore::new(Server::V3_6).to_tree();
    for number in 0..MANY {
        tree.bucket(format!("b{number}"));
        tree.put(format!("v{number}"), "stray");
    }
    let answer = answer(&Layout::default().build(&tree));
    assert!(answer.findings.len() < 5 * LIMIT, "{} findings", answer.findings.len());
}

/// Keys are shown cut: one of 30 000 bytes must not flood a terminal.
#[test]
fn a_finding_is_never_long() {
    let mut tree = EtcdStore::new(Server::V3_6).to_tree();
    let long = "k".repeat(30_000);
    for bucket in ["alarm", "auth", "authRoles", "authUsers", "cluster", "lease", "members", "members_removed", "meta"]
    {
        tree.bucket(bucket).put(long.as_str(), "bad");
    }
    tree.bucket(long.as_str());
    tree.put(format!("v{long}"), "stray");
    tree.bucket("meta").put("storageVersion", format!("3.6.0-{long}"));
    for finding in answer(&Layout::default().build(&tree)).findings {
        let shown = finding.message.len() + finding.place.to_string().len();
        assert!(shown < 2_000, "{}: {shown} bytes", finding.kind.id);
    }
}
