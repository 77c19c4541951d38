//! What stands in values is shown to nobody, however a value is damaged.

use etcdsnap_testkit::bbolt::{Bucket, Entry, Layout};
use etcdsnap_testkit::etcd::{EtcdStore, Server};

use super::samples::answer;

const PASSWORD: &str = "$2a$10$Zq7xVb3Kd9Lm1Np5Rt8Wy.";
const VALUE: &str = "Gx4Qw8Jz2Hv6";

fn store() -> EtcdStore {
    let mut store = EtcdStore::new(Server::V3_6);
    store.auth.enabled = Some(true);
    store.auth.add_role("root", Vec::new());
    store.auth.add_user("root", Some(PASSWORD), &["root", "gone"]);
    store.put("key", "");
    store.put("key", VALUE);
    store
}

/// Asserts that no finding about the database shows four bytes of `secret` in a row.
fn assert_hidden(tree: &Bucket, secret: &str, damage: &str) {
    for finding in answer(&Layout { page_size: 512, ..Layout::default() }.build(tree)).findings {
        let shown = format!("{}: {}", finding.place, finding.message);
        for window in secret.as_bytes().windows(4) {
            let part = std::str::from_utf8(window).expect("ASCII");
            assert!(!shown.contains(part), "{damage}: {}: {shown}", finding.kind.id);
        }
    }
}

/// Every value of every byte of the entry in which a password hash stands: some make it look like a name.
#[test]
fn a_damaged_user_shows_no_password() {
    let tree = store().to_tree();
    assert_hidden(&tree, PASSWORD, "none");
    for_each_change(&tree, "authUsers", b"root", |tree, damage| assert_hidden(tree, PASSWORD, damage));
}

#[test]
fn a_damaged_record_shows_no_value() {
    let tree = store().to_tree();
    let record = b"\0\0\0\0\0\0\0\x03_\0\0\0\0\0\0\0\0";
    for_each_change(&tree, "key", record, |tree, damage| assert_hidden(tree, VALUE, damage));
}

/// Calls `look` with the database after each change of one byte of one entry: every bit flipped, every field it could begin,
/// and every length that reaches to the end.
fn for_each_change(tree: &Bucket, bucket: &str, key: &[u8], look: impl Fn(&Bucket, &str)) {
    let mut tree = tree.clone();
    let whole = value(&mut tree, bucket, key).clone();
    let bits = (0..8).map(|bit| 1 << bit);
    let tags = (1..6_u8).map(|field| field << 3 | 2);
    for at in 0..whole.len() {
        let to_the_end = u8::try_from(whole.len() - at - 1).unwrap_or(0);
        let bytes = bits.clone().map(|bit| whole[at] ^ bit).chain(tags.clone()).chain([0, to_the_end]);
        for byte in bytes {
            value(&mut tree, bucket, key)[at] = byte;
            look(&tree, &format!("byte {at} is {byte:#04x}"));
        }
        value(&mut tree, bucket, key)[at] = whole[at];
    }
}

fn value<'t>(tree: &'t mut Bucket, bucket: &str, key: &[u8]) -> &'t mut Vec<u8> {
    match tree.bucket(bucket).entries.get_mut(key) {
        Some(Entry::Value(value)) => value,
        other => panic!("{other:?}"),
    }
}
