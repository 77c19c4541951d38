//! Revision keys: what is one, its parts and its order are those of the bytes; and a second, independent reader agrees.

#![no_main]

use etcdsnap_mvcc::{RevisionKey, RevisionKeyError};
use etcdsnap_testkit::etcd::RecordKey;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let (one, other) = bytes.split_at(bytes.len() / 2);
    for bytes in [bytes, one, other] {
        round_trip(bytes);
    }
    if let (Ok(first), Ok(second)) = (RevisionKey::parse(one), RevisionKey::parse(other)) {
        assert_eq!(first.cmp(&second), one.cmp(other), "bbolt sorts by bytes");
    }
});

fn round_trip(bytes: &[u8]) {
    let model = RecordKey::decode(bytes);
    match RevisionKey::parse(bytes) {
        Ok(key) => {
            let mut again = RevisionKey::encode_put(key.revision).to_vec();
            again.extend(key.tombstone.then_some(b't'));
            assert_eq!(again, bytes);
            let model = model.expect("a revision key");
            assert_eq!((model.revision.main, model.revision.sub), (key.revision.main, key.revision.sub));
            assert_eq!(model.tombstone, key.tombstone);
        }
        Err(RevisionKeyError::NegativeMain(_) | RevisionKeyError::NegativeSub(_)) => assert!(model.is_some()),
        Err(error) => {
            assert!(model.is_none(), "{error}");
            assert!(!error.to_string().is_empty());
        }
    }
}
