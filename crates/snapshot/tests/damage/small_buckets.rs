//! One damaged small bucket takes nothing else with it: not the others, and not the verdict about the keys.

use etcdsnap_snapshot::finding::Severity;
use etcdsnap_testkit::bbolt::Layout;
use etcdsnap_testkit::damage::specimen_store;

use super::samples::answer;

/// Length of the header of a bucket, in front of its page, and of that page's header up to the count.
const COUNT: usize = 16 + 10;

/// All small buckets but `auth` are as they were, so nothing may be said to be missing that is there.
#[test]
fn what_comes_after_a_damaged_bucket_is_still_read() {
    let mut tree = specimen_store().to_tree();
    tree.bucket("auth").put("authRevision", b"\0\0\0\0\0\0\0\x05".as_slice());
    let whole = Layout::default().build(&tree);
    let name = find(&whole, b"auth\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
    let mut file = whole.clone();
    file[name + 4 + COUNT..][..2].fill(0x70);
    let answer = answer(&file);
    assert!(!answer.is_sound && answer.has("COUNT_SPACE"), "{:?}", answer.ids(Severity::Note));
    for missing in ["KEY_BUCKET_MISSING", "META_BUCKET_MISSING", "BUCKET_MISSING", "MEMBERS_EMPTY"] {
        assert!(!answer.has(missing), "{missing} among {:?}", answer.ids(Severity::Note));
    }
}

/// The place where the name and the empty header of an inline bucket stand.
fn find(file: &[u8], wanted: &[u8]) -> usize {
    let mut found = file.windows(wanted.len()).enumerate().filter(|(_, window)| *window == wanted);
    let (at, _) = found.next().expect("the bucket is inline");
    assert_eq!(found.next(), None, "only once");
    at
}
