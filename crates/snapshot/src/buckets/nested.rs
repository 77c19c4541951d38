//! Buckets that are found in place of entries, where every server expects plain values.
//!
//! A server reads such an entry as one with an empty value, whatever is in the bucket, and exits when it writes or
//! removes it. Which entries a restore or a start writes makes the difference between the versions.

use std::collections::BTreeSet;

use super::Sink;
use crate::catalogue::cluster::ENTRY_IS_BUCKET;
use crate::finding::Finding;
use crate::place::Place;

/// The entries that every restore or every start of a server writes; an empty key stands for all entries of a bucket.
const WRITTEN: [(&str, &str); 6] = [
    ("cluster", "clusterVersion"),
    ("members", ""),
    ("members_removed", ""),
    ("meta", "consistent_index"),
    ("meta", "storageVersion"),
    ("meta", "term"),
];

/// The entries that are buckets, among those that restores and starts write, for the verdicts about both.
#[derive(Clone, Debug, Default)]
pub struct Nested {
    places: BTreeSet<(&'static str, &'static str)>,
}

impl Nested {
    /// Reports a bucket in place of the entry `key` of `bucket`; returns the value that servers read there.
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
