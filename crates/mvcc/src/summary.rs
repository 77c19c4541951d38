//! [`Summary`]: the counts that a scan gives of the `key` bucket.

use std::collections::BTreeMap;

use etcdsnap_proto::go_decoders::DecodeOutcomes;

use crate::Revision;

/// Counts of the records and live keys in the `key` bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Records of any kind.
    pub records: u64,
    /// Records that put a value.
    pub puts: u64,
    /// Records that delete a key.
    pub tombstones: u64,
    /// Distinct user keys whose newest record is a put; a bump marker counts as the key `""`, as etcd 3.6 and later
    /// count it.
    pub live_keys: u64,
    /// The oldest retained revision.
    pub first: Option<Revision>,
    /// The newest revision.
    pub last: Option<Revision>,
    /// Records with zero-length values: the markers `restore --bump-revision` leaves (`docs/format/mvcc.md#bump-marker`).
    pub bump_markers: u64,
    /// Records of the compacted revision.
    pub at_compaction: u64,
    /// Number of live keys attached to each lease.
    pub leases: BTreeMap<i64, u64>,
    /// How servers decode the records that `prost` cannot decode.
    pub undecodable: DecodeOutcomes,
}
