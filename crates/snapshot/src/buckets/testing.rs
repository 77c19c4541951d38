//! What the unit tests of this crate read buckets with.

pub(crate) use super::cluster::DowngradeJson;
pub(crate) use super::members::MemberJson;
pub(crate) use super::meta::ConfStateJson;
use super::{Buckets, EXPECTED};

/// A bucket, a key, a value.
pub(crate) type Entry<'e> = (&'e str, &'e [u8], &'e [u8]);

/// Reads entries into an otherwise complete database; also gives the ids of what was found on the way.
pub(crate) fn read(entries: &[Entry<'_>]) -> (Buckets, Vec<&'static str>) {
    let (mut buckets, mut ids) = (Buckets::default(), Vec::new());
    let mut report = |finding: crate::finding::Finding| ids.push(finding.kind.id);
    for name in EXPECTED {
        buckets.read_bucket(name.as_bytes(), &mut report);
    }
    for (bucket, key, value) in entries {
        buckets.read_entry(bucket.as_bytes(), key, value, &mut report);
    }
    buckets.finish(&mut report);
    (buckets, ids)
}
