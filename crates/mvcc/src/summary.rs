//! What one walk over the `key` bucket tells about the keyspace as a whole.

use std::collections::BTreeMap;

use etcdsnap_proto::go_decoders::DecodeOutcomes;

use crate::Revision;

/// Counts and marks of the `key` bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Records of any kind.
    pub records: u64,
    /// Records that put a value.
    pub puts: u64,
    /// Records that delete a key.
    pub tombstones: u64,
    /// Distinct user keys whose newest record is a put; a bump marker counts as the key `""`, as etcd 3.6 and later count it.
    pub live_keys: u64,
    /// The oldest retained revision.
    pub first: Option<Revision>,
    /// The newest revision.
    pub last: Option<Revision>,
    /// Records with zero-length values: the markers `restore --bump-revision` leaves (`docs/format/mvcc.md#bump-marker`).
    pub bump_markers: u64,
    /// Records of the compacted revision.
    pub at_compaction: u64,
    /// Leases that live keys are attached to, each with the number of its keys.
    pub leases: BTreeMap<i64, u64>,
    /// What servers make of the records that cannot be decoded.
    pub undecodable: DecodeOutcomes,
}
