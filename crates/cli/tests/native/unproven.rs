//! Commands that compute no SHA-256 warn of a snapshot in which it is all zeros, and call no file whole.

use std::ffi::OsString;
use std::path::Path;

use super::program::{Answer, args, changed, fixture, kube_backup, run};

const NAME: &str = "etcd-3.6.14-seed1.db";
const WARNING: &str = "warning: SHA-256 is all zeros (SHA256_ZERO), so nothing proves";

/// The commands that show what is in a file.
const SHOWING: [&str; 16] = [
    "status",
    "keys",
    "export",
    "usage",
    "members",
    "leases",
    "leases --keys",
    "users",
    "roles",
    "changes",
    "deleted",
    "db info",
    "db pages",
    "db buckets",
    "db check",
    "kube describe-key",
];

fn show(command: &str, path: &Path) -> Answer {
    let words = command.split(' ').map(OsString::from);
    let key = (command == "kube describe-key").then(|| OsString::from("/registry/pods/shop/a"));
    run(words.chain([path.into()]).chain(key))
}

#[test]
fn a_sha_256_of_zeros_is_told_in_a_line() {
    let of_etcd = changed(NAME, |bytes| {
        let hash = bytes.len() - 32;
        bytes[hash..].fill(0);
    });
    let of_kubernetes = kube_backup(&[("pods/shop/a", r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}}"#)]);
    let mut bytes = std::fs::read(&of_kubernetes.1).expect("a backup");
    let plain = of_kubernetes.1.with_extension("raw");
    std::fs::write(&plain, &bytes).expect("written");
    bytes.extend([0; 32]);
    std::fs::write(&of_kubernetes.1, bytes).expect("written");
    for command in SHOWING {
        let (plain, zeroed) = if command.starts_with("kube") {
            (show(command, &plain), show(command, &of_kubernetes.1))
        } else {
            (show(command, &fixture(NAME)), show(command, &of_etcd.1))
        };
        assert_eq!((zeroed.code, plain.code), (0, 0), "{command}: {zeroed:?}");
        assert_eq!(zeroed.stderr.matches(WARNING).count(), 1, "{command}: {zeroed:?}");
        assert!(!plain.stderr.contains("SHA256_ZERO"), "{command}: {plain:?}");
        assert!(!zeroed.stdout.contains("whole"), "{command}: {zeroed:?}");
    }
    // It has more to say of it.
    let verified = run(args!["verify", &of_etcd.1]);
    assert!(verified.code == 3 && verified.stdout.contains("SHA256_ZERO"), "{verified:?}");
    assert!(!verified.stderr.contains(WARNING), "{verified:?}");
}

#[test]
fn zeros_that_are_no_hash_are_not_told() {
    // The last page of a database may end in zeros.
    let (_folder, path) = changed(NAME, |bytes| {
        bytes.truncate(bytes.len() - 32);
        let last = bytes.len() - 64;
        bytes[last..].fill(0);
    });
    let status = run(args!["status", &path]);
    assert!(!status.stderr.contains("SHA256_ZERO"), "{status:?}");
}
