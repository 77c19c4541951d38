//! [`EntryPayload`]: the decoded data of an entry (`docs/format/wal.md#requests`).

use etcdsnap_proto::etcdserverpb::{InternalRaftRequest, Request};
use etcdsnap_proto::prost::Message;
use etcdsnap_proto::raftpb::{ConfChange, ConfChangeV2};

use crate::entry_kind::RaftEntryKind;

/// The decoded data of an entry.
///
/// Requests have values, and those of 3.4 passwords: print them only when a user asked for it.
#[derive(Clone, Debug, PartialEq)]
pub enum EntryPayload {
    /// No data: the first entry of a new leader.
    Empty,
    /// A request to the store.
    Request(Box<InternalRaftRequest>),
    /// A request to the v2 store, which 3.4 and 3.5 still write for member attributes and the cluster version.
    LegacyRequest(Box<Request>),
    /// A change of one member.
    ConfChange(ConfChange),
    /// A change of several members.
    ConfChangeV2(ConfChangeV2),
    /// The data does not parse, or the kind of the entry is undefined.
    Undecodable,
}

impl EntryPayload {
    /// Decodes the data of an entry of a kind.
    ///
    /// A normal entry does not say which of the two kinds of request it has. Like servers, this takes it for a v2
    /// request when it does not parse as the other.
    pub fn decode(kind: RaftEntryKind, data: &[u8]) -> Self {
        match kind {
            RaftEntryKind::Normal if data.is_empty() => Self::Empty,
            RaftEntryKind::Normal => InternalRaftRequest::decode(data)
                .map(|request| Self::Request(Box::new(request)))
                .or_else(|_| Request::decode(data).map(|request| Self::LegacyRequest(Box::new(request))))
                .unwrap_or(Self::Undecodable),
            RaftEntryKind::ConfChange => ConfChange::decode(data).map_or(Self::Undecodable, Self::ConfChange),
            RaftEntryKind::ConfChangeV2 => ConfChangeV2::decode(data).map_or(Self::Undecodable, Self::ConfChangeV2),
            RaftEntryKind::Unknown(_) => Self::Undecodable,
        }
    }
}

#[cfg(test)]
mod tests {
    use etcdsnap_proto::etcdserverpb::{PutRequest, RequestHeader};
    use etcdsnap_proto::raftpb::ConfChangeType;
    use proptest::prelude::*;

    use super::*;

    /// A v2 request as 3.4 and 3.5 write it: every scalar, zeros included.
    fn legacy(method: &str, path: &str, val: &str) -> Request {
        Request {
            id: Some(1),
            method: Some(method.into()),
            path: Some(path.into()),
            val: Some(val.into()),
            dir: Some(false),
            prev_value: Some(String::new()),
            prev_index: Some(0),
            prev_exist: None,
            expiration: Some(0),
            wait: Some(false),
            since: Some(0),
            recursive: Some(false),
            sorted: Some(false),
            quorum: Some(false),
            time: Some(0),
            stream: Some(false),
            refresh: None,
        }
    }

    #[test]
    fn requests_of_both_ages_are_told_apart() {
        let header = RequestHeader { id: 7, ..RequestHeader::default() };
        let put = PutRequest { key: b"k".into(), ..PutRequest::default() };
        let request = InternalRaftRequest { header: Some(header), put: Some(put), ..InternalRaftRequest::default() };
        let decoded = EntryPayload::decode(RaftEntryKind::Normal, &request.encode_to_vec());
        assert_eq!(decoded, EntryPayload::Request(Box::new(request)));
        for method in ["PUT", "POST", "DELETE", "QGET", "SYNC"] {
            let request = legacy(method, "/0/members/5d54de38a0f4ebe3/attributes", r#"{"name":"m1"}"#);
            let decoded = EntryPayload::decode(RaftEntryKind::Normal, &request.encode_to_vec());
            assert_eq!(decoded, EntryPayload::LegacyRequest(Box::new(request)), "{method}");
        }
    }

    #[test]
    fn what_is_no_request_is_undecodable() {
        assert_eq!(EntryPayload::decode(RaftEntryKind::Normal, &[0xff, 0xff]), EntryPayload::Undecodable);
        assert_eq!(EntryPayload::decode(RaftEntryKind::ConfChange, &[0xff]), EntryPayload::Undecodable);
        assert_eq!(EntryPayload::decode(RaftEntryKind::Unknown(9), &[]), EntryPayload::Undecodable);
        assert_eq!(EntryPayload::decode(RaftEntryKind::Normal, &[]), EntryPayload::Empty);
    }

    proptest! {
        #[test]
        fn conf_changes_read_as_written(id: Option<u64>, change in 0..4i32, node_id: u64, context: Option<Vec<u8>>) {
            let change_type = ConfChangeType::try_from(change).ok().map(Into::into);
            let change = ConfChange { id, change_type, node_id: Some(node_id), context };
            let decoded = EntryPayload::decode(RaftEntryKind::ConfChange, &change.encode_to_vec());
            prop_assert_eq!(decoded, EntryPayload::ConfChange(change));
        }

        #[test]
        fn any_bytes_are_decoded_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            for kind in [RaftEntryKind::Normal, RaftEntryKind::ConfChange, RaftEntryKind::ConfChangeV2] {
                let _ = EntryPayload::decode(kind, &bytes);
            }
        }
    }
}
