//! What an entry asks for, decoded (`docs/format/wal.md#requests`).

use etcdsnap_proto::etcdserverpb::{InternalRaftRequest, Request};
use etcdsnap_proto::prost::Message;
use etcdsnap_proto::raftpb::{ConfChange, ConfChangeV2};

use crate::entry::EntryKind;

/// The decoded data of an entry.
///
/// Requests carry values, and those of 3.4 passwords: print one only where a user asked to see it.
#[derive(Clone, Debug, PartialEq)]
pub enum Payload {
    /// No data: a new leader's first entry.
    Empty,
    /// A request to the store.
    Request(Box<InternalRaftRequest>),
    /// A request to the v2 store, as 3.4 and 3.5 still log for member attributes and the cluster version.
    LegacyRequest(Box<Request>),
    /// A change of one member.
    ConfChange(ConfChange),
    /// A change of several members.
    ConfChangeV2(ConfChangeV2),
    /// The data does not parse as what it should be, or the kind of entry does not exist.
    Undecodable,
}

impl Payload {
    /// Decodes the data of an entry of a kind.
    ///
    /// Nothing in a normal entry tells the two kinds of request apart: servers take for a v2 request what does not parse as
    /// the other, and so does this.
    pub fn decode(kind: EntryKind, data: &[u8]) -> Self {
        match kind {
            EntryKind::Normal if data.is_empty() => Self::Empty,
            EntryKind::Normal => InternalRaftRequest::decode(data)
                .map(|request| Self::Request(Box::new(request)))
                .or_else(|_| Request::decode(data).map(|request| Self::LegacyRequest(Box::new(request))))
                .unwrap_or(Self::Undecodable),
            EntryKind::ConfChange => ConfChange::decode(data).map_or(Self::Undecodable, Self::ConfChange),
            EntryKind::ConfChangeV2 => ConfChangeV2::decode(data).map_or(Self::Undecodable, Self::ConfChangeV2),
            EntryKind::Unknown(_) => Self::Undecodable,
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
        let decoded = Payload::decode(EntryKind::Normal, &request.encode_to_vec());
        assert_eq!(decoded, Payload::Request(Box::new(request)));
        for method in ["PUT", "POST", "DELETE", "QGET", "SYNC"] {
            let request = legacy(method, "/0/members/5d54de38a0f4ebe3/attributes", r#"{"name":"m1"}"#);
            let decoded = Payload::decode(EntryKind::Normal, &request.encode_to_vec());
            assert_eq!(decoded, Payload::LegacyRequest(Box::new(request)), "{method}");
        }
    }

    #[test]
    fn what_is_no_request_is_undecodable() {
        assert_eq!(Payload::decode(EntryKind::Normal, &[0xff, 0xff]), Payload::Undecodable);
        assert_eq!(Payload::decode(EntryKind::ConfChange, &[0xff]), Payload::Undecodable);
        assert_eq!(Payload::decode(EntryKind::Unknown(9), &[]), Payload::Undecodable);
        assert_eq!(Payload::decode(EntryKind::Normal, &[]), Payload::Empty);
    }

    proptest! {
        #[test]
        fn conf_changes_read_as_written(id: Option<u64>, change in 0..4i32, node_id: u64, context: Option<Vec<u8>>) {
            let change_type = ConfChangeType::try_from(change).ok().map(Into::into);
            let change = ConfChange { id, change_type, node_id: Some(node_id), context };
            let decoded = Payload::decode(EntryKind::ConfChange, &change.encode_to_vec());
            prop_assert_eq!(decoded, Payload::ConfChange(change));
        }

        #[test]
        fn any_bytes_are_decoded_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            for kind in [EntryKind::Normal, EntryKind::ConfChange, EntryKind::ConfChangeV2] {
                let _ = Payload::decode(kind, &bytes);
            }
        }
    }
}
