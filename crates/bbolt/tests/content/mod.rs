//! What a file holds, read by cursor into the test kit's description, once the check has nothing to say against it.

use std::collections::BTreeMap;

use etcdsnap_bbolt::check::{DEFAULT_LIMIT, check};
use etcdsnap_bbolt::{Bucket, Db, StructureCode};
use etcdsnap_testkit::bbolt::{self, Entry};

/// The content of a file that must be sound. What the check only finds worth knowing is allowed where it is not the writer's
/// doing: metas in a snapshot's order, bytes after the high-water mark, and what the source had.
pub fn sound(file: &[u8]) -> bbolt::Bucket {
    let db = Db::open(file).expect("opens");
    let walk = check(&db, &(), DEFAULT_LIMIT);
    let allowed = [StructureCode::MetaTxidParity, StructureCode::TailNonzero, StructureCode::InlineBig];
    let problems: Vec<_> = walk.problems.kept().iter().filter(|problem| !allowed.contains(&problem.code)).collect();
    assert!(problems.is_empty(), "{problems:?}");
    read(&db.root())
}

/// The content of a bucket that must be readable.
pub fn read(bucket: &Bucket<'_>) -> bbolt::Bucket {
    let entry = |element: etcdsnap_bbolt::LeafElement<'_>| {
        if element.is_bucket() {
            Entry::Bucket(read(&bucket.bucket(element.key).expect("sound").expect("there")))
        } else {
            Entry::Value(element.value.to_vec())
        }
    };
    let elements = bucket.elements().map(|element| element.expect("sound"));
    let entries: BTreeMap<_, _> = elements.map(|element| (element.key.to_vec(), entry(element))).collect();
    bbolt::Bucket { sequence: bucket.sequence, entries }
}
