//! Buckets that stand in place of entries, where every server expects plain values.
//!
//! A server reads such an entry as one with an empty value, whatever is in the bucket, and exits when it writes or removes it.
//! Which entries a restore or a start writes makes the difference between the versions.

use std::collections::BTreeSet;

use super::Sink;
use crate::catalogue::cluster::ENTRY_IS_BUCKET;
use crate::finding::Finding;
use crate::place::Place;

/// The entries that a restore or a server writes unasked, with an empty key for every entry of a bucket.
const WRITTEN: [(&str, &str); 6] = [
    ("cluster", "clusterVersion"),
    ("members", ""),
    ("members_removed", ""),
    ("meta", "consistent_index"),
    ("meta", "storageVersion"),
    ("meta", "term"),
];

/// Those of the entries that restores and servers write which are buckets.
#[derive(Clone, Debug, Default)]
pub struct Nested {
    places: BTreeSet<(&'static str, &'static str)>,
}

impl Nested {
    /// Takes note of a bucket in place of the entry `key` of `bucket`; gives the value that servers read there.
    pub(crate) fn read(&mut self, bucket: &[u8], key: &[u8], report: &mut Sink<'_>) -> &'static [u8] {
        let bucket_name = String::from_utf8_lossy(bucket);
        let message = "a bucket stands in place of the entry";
        report(Finding::new(&ENTRY_IS_BUCKET, Place::entry(&bucket_name, key), message));
        let written =
            |(of, name): &&(&str, &str)| of.as_bytes() == bucket && (name.is_empty() || name.as_bytes() == key);
        self.places.extend(WRITTEN.iter().find(written));
        b""
    }

    /// Is the entry `key` of `bucket` a bucket? With an empty key: is any of its entries?
    pub fn has(&self, bucket: &'static str, key: &'static str) -> bool {
        self.places.contains(&(bucket, key))
    }
}
