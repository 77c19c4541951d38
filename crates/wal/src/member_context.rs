//! [`MemberContext`]: a member as JSON, as in the context of a membership change and as the value in the database
//! (`docs/format/wal.md#changes-of-members`).

use serde::{Deserialize, Serialize};

use crate::go_json;

/// `{"id":…,"peerURLs":[…],"isLearner":true,"name":"…","clientURLs":[…],"isPromote":false}`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MemberContext {
    /// Id.
    pub id: u64,
    /// Its peer URLs.
    #[serde(rename = "peerURLs", deserialize_with = "null_is_empty")]
    pub peer_urls: Vec<String>,
    /// Is it a learner?
    #[serde(rename = "isLearner", skip_serializing_if = "is_false")]
    pub is_learner: bool,
    /// Its name; empty until it has started.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Its client URLs; empty until it has started.
    #[serde(rename = "clientURLs", skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub client_urls: Vec<String>,
    /// Does the change promote a learner to a voter? Present in changes of a running cluster, absent in the first
    /// entries of a cluster and in the database.
    #[serde(rename = "isPromote", skip_serializing_if = "Option::is_none")]
    pub is_promote: Option<bool>,
}

impl MemberContext {
    /// Decodes the context of a change. That of a removal is empty, which is an error.
    pub fn parse(context: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(context)
    }

    /// Encodes it byte for byte as etcd does.
    pub fn to_json(&self) -> String {
        go_json::to_string(self)
    }
}

/// Whether to omit a flag, like Go's `omitempty`.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
pub(crate) fn is_false(flag: &bool) -> bool {
    !flag
}

/// Decodes a list; Go encodes one that was never set as `null`.
pub(crate) fn null_is_empty<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn contexts_are_written_as_etcd_does() {
        let mut member = MemberContext {
            id: 2_034_019_039_517_237_835,
            peer_urls: vec!["http://10.0.0.1:2380".into()],
            name: "m1".into(),
            ..MemberContext::default()
        };
        let expected = r#"{"id":2034019039517237835,"peerURLs":["http://10.0.0.1:2380"],"name":"m1"}"#;
        assert_eq!(member.to_json(), expected);
        (member.is_learner, member.is_promote, member.name) = (true, Some(false), String::new());
        let expected =
            r#"{"id":2034019039517237835,"peerURLs":["http://10.0.0.1:2380"],"isLearner":true,"isPromote":false}"#;
        assert_eq!(member.to_json(), expected);
    }

    #[test]
    fn missing_lists_are_empty() {
        let member = MemberContext::parse(br#"{"id":1,"peerURLs":null,"later":{}}"#).expect("a member");
        assert_eq!(member, MemberContext { id: 1, ..MemberContext::default() });
        assert!(MemberContext::parse(b"").is_err());
    }

    proptest! {
        #[test]
        fn contexts_read_as_written(
            id: u64, peer_urls: Vec<String>, is_learner: bool, name: String, client_urls: Vec<String>, is_promote: Option<bool>,
        ) {
            let member = MemberContext { id, peer_urls, is_learner, name, client_urls, is_promote };
            prop_assert_eq!(MemberContext::parse(member.to_json().as_bytes()).expect("a member"), member);
        }
    }
}
