//! [`UnappliedEntries`]: the entries of the log after the consistent index of the database.
//!
//! A member writes an entry into its log first and applies it to the database a moment later, so after a crash there
//! usually are some. A starting server applies them. A copy of the database alone lacks them.

use std::collections::{BTreeMap, BTreeSet};

use etcdsnap_proto::etcdserverpb::request_op::Request as Operation;
use etcdsnap_proto::etcdserverpb::{DeleteRangeRequest, InternalRaftRequest, TxnRequest};
use etcdsnap_quote::excerpt;
use etcdsnap_wal::{EntryPayload, LoggedEntry};
use serde::Serialize;

/// The most keys that are listed; all are counted.
const NAMED: usize = 20;

/// Counts of the entries after the consistent index.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UnappliedEntries {
    /// Number of committed ones.
    pub committed: u64,
    /// Number of those not known to be committed. A leader decides about them; a server that is the only member keeps them.
    pub uncommitted: u64,
    /// Index of the first one.
    pub first_index: Option<u64>,
    /// Index of the last one.
    pub last_index: Option<u64>,
    /// Number of entries by type of request.
    pub kinds: BTreeMap<&'static str, u64>,
    /// Number of keys that they put or delete. A deletion of a range counts as one key.
    pub keys_touched: u64,
    /// Some of these keys, quoted if they are not printable.
    pub keys: Vec<String>,
    /// The least number of revisions that they create.
    pub revisions_min: u64,
    /// The greatest number of revisions that they create: whether a transaction or a deletion changes anything depends
    /// on the keyspace.
    pub revisions_max: u64,
}

/// Collects the keys that requests put or delete.
#[derive(Default)]
struct TouchedKeys {
    keys: BTreeSet<Vec<u8>>,
}

impl UnappliedEntries {
    /// Counts the entries above an index. Those above `commit` are not known to be committed.
    pub fn new(entries: &[LoggedEntry<'_>], consistent_index: u64, commit: u64) -> Self {
        let first = entries.partition_point(|logged| logged.entry.index <= consistent_index);
        let newer = entries.get(first..).unwrap_or_default();
        let (mut found, mut touched) = (Self::default(), TouchedKeys::default());
        found.first_index = newer.first().map(|logged| logged.entry.index);
        found.last_index = newer.last().map(|logged| logged.entry.index);
        for logged in newer {
            let count = if logged.entry.index <= commit { &mut found.committed } else { &mut found.uncommitted };
            *count += 1;
            let payload = logged.entry.payload();
            *found.kinds.entry(payload.name()).or_default() += 1;
            if let EntryPayload::Request(request) = &payload {
                let (least, most) = touched.request(request);
                found.revisions_min += least;
                found.revisions_max += most;
            }
        }
        found.keys_touched = touched.keys.len() as u64;
        found.keys = touched.keys.iter().take(NAMED).map(|key| excerpt(key)).collect();
        found
    }

    /// Number of all of them.
    pub fn entries(&self) -> u64 {
        self.committed + self.uncommitted
    }
}

impl TouchedKeys {
    /// Adds the keys of a request; returns the least and the greatest number of revisions that it creates.
    fn request(&mut self, request: &InternalRaftRequest) -> (u64, u64) {
        if let Some(put) = &request.put {
            self.keys.insert(put.key.clone());
            // A put with a lease fails if the lease does not exist; one that keeps the value or lease, if there is no
            // such key.
            let certain = put.lease == 0 && !put.ignore_lease && !put.ignore_value;
            return (u64::from(certain), 1);
        }
        if let Some(deletion) = &request.delete_range {
            self.range(deletion);
            return (0, 1);
        }
        if let Some(txn) = &request.txn {
            return (0, u64::from(self.txn(txn)));
        }
        (0, u64::from(request.lease_revoke.is_some()))
    }

    /// Adds the keys of a transaction; returns whether one of its branches writes anything.
    fn txn(&mut self, txn: &TxnRequest) -> bool {
        let mut writes = false;
        for operation in txn.success.iter().chain(&txn.failure) {
            match &operation.request {
                Some(Operation::RequestPut(put)) => {
                    self.keys.insert(put.key.clone());
                    writes = true;
                }
                Some(Operation::RequestDeleteRange(deletion)) => {
                    self.range(deletion);
                    writes = true;
                }
                Some(Operation::RequestTxn(inner)) => writes |= self.txn(inner),
                Some(Operation::RequestRange(_)) | None => {}
            }
        }
        writes
    }

    fn range(&mut self, deletion: &DeleteRangeRequest) {
        let mut key = deletion.key.clone();
        if !deletion.range_end.is_empty() {
            key.extend_from_slice(b" .. ");
            key.extend_from_slice(&deletion.range_end);
        }
        self.keys.insert(key);
    }
}

#[cfg(test)]
mod tests {
    use etcdsnap_proto::etcdserverpb::{PutRequest, RequestOp};
    use etcdsnap_proto::prost::Message as _;
    use etcdsnap_wal::{RaftEntry, SegmentName, WalPlace};

    use super::*;

    fn put(key: &str, lease: i64) -> PutRequest {
        PutRequest { key: key.as_bytes().to_vec(), lease, ..PutRequest::default() }
    }

    fn newer(requests: &[InternalRaftRequest], consistent_index: u64, commit: u64) -> UnappliedEntries {
        let encoded: Vec<_> = requests.iter().map(InternalRaftRequest::encode_to_vec).collect();
        let place = WalPlace { segment: SegmentName::FIRST, offset: 0 };
        let entry = |(data, index)| RaftEntry { index, term: 1, data: Some(data), ..RaftEntry::default() };
        let entries = encoded.iter().map(Vec::as_slice).zip(1..).map(entry);
        let entries: Vec<_> = entries.map(|entry| LoggedEntry { place, entry }).collect();
        UnappliedEntries::new(&entries, consistent_index, commit)
    }

    #[test]
    fn requests_are_counted_by_kind_and_key() {
        let request = |put| InternalRaftRequest { put: Some(put), ..InternalRaftRequest::default() };
        let deletion = DeleteRangeRequest { key: b"b".to_vec(), range_end: b"c".to_vec(), prev_kv: false };
        let branch = RequestOp { request: Some(Operation::RequestPut(put("t", 0))) };
        let txn = TxnRequest { failure: vec![branch], ..TxnRequest::default() };
        let requests = [
            request(put("old", 0)),
            request(put("a", 0)),
            request(put("a", 7)),
            InternalRaftRequest { delete_range: Some(deletion), ..InternalRaftRequest::default() },
            InternalRaftRequest { txn: Some(txn), ..InternalRaftRequest::default() },
        ];
        let found = newer(&requests, 1, 3);
        assert_eq!((found.committed, found.uncommitted, found.first_index, found.last_index), (2, 2, Some(2), Some(5)));
        assert_eq!(found.kinds.into_iter().collect::<Vec<_>>(), [("delete_range", 1), ("put", 2), ("txn", 1)]);
        assert_eq!((found.keys_touched, found.keys), (3, vec!["a".to_owned(), "b .. c".to_owned(), "t".to_owned()]));
        assert_eq!((found.revisions_min, found.revisions_max), (1, 4));
    }

    #[test]
    fn nothing_is_newer_than_an_index_at_the_end() {
        assert_eq!(newer(&[InternalRaftRequest::default()], 1, 1), UnappliedEntries::default());
        assert_eq!(newer(&[InternalRaftRequest::default()], 100, 1), UnappliedEntries::default());
    }
}
