//! The `members` and `members_removed` buckets: who is part of the cluster, and who was (`docs/format/snapshot.md#members`).
//!
//! Keys are member ids in hexadecimal as Go prints them: lower case, no leading zeros. Values are JSON; fields that a later
//! version adds are ignored, as servers ignore them.

use super::Sink;
use crate::catalogue::cluster::{
    MEMBER_ID_MISMATCH, MEMBER_KEY_INVALID, MEMBER_KEY_PADDED, MEMBER_PEER_URLS_MISSING, MEMBER_REMOVED_VALUE,
    MEMBER_UNDECODABLE,
};
use crate::finding::Finding;
use crate::go_json::{self, GoList, GoStruct, Refused, Value};
use crate::known::Known;
use crate::place::Place;
use etcdsnap_quantity::quantity;

/// A member of the cluster the database was taken from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Id.
    pub id: u64,
    /// Name; empty until the member has started and published it.
    pub name: String,
    /// Where the other members reach it.
    pub peer_urls: Vec<String>,
    /// Where clients reach it; empty until the member has started and published it.
    pub client_urls: Vec<String>,
    /// Is it a learner?
    pub learner: bool,
}

/// Both buckets, each ascending by id once reading has finished.
#[derive(Clone, Debug, Default)]
pub struct Members {
    /// `members`.
    pub listed: Known<Vec<Member>>,
    /// `members_removed`.
    pub removed: Known<Vec<u64>>,
}

/// `{"id":…,"peerURLs":[…],"isLearner":true,"name":"…","clientURLs":[…]}`
#[derive(Default)]
pub(crate) struct MemberJson {
    pub id: u64,
    pub peer_urls: GoList<String>,
    pub learner: bool,
    pub name: String,
    pub client_urls: GoList<String>,
}

impl GoStruct for MemberJson {
    const FIELDS: &'static [&'static str] = &["id", "peerURLs", "isLearner", "name", "clientURLs"];

    fn set(&mut self, field: usize, value: Value<'_>) -> Result<(), Refused> {
        match field {
            0 => value.unsigned(&mut self.id),
            1 => value.list(&mut self.peer_urls, Value::string),
            2 => value.boolean(&mut self.learner),
            3 => value.string(&mut self.name),
            _ => value.list(&mut self.client_urls, Value::string),
        }
    }
}

impl Members {
    pub(super) fn read(&mut self, key: &[u8], value: &[u8], report: &mut Sink<'_>) {
        let Some(id) = id(key, "members", report) else { return };
        let place = Place::entry("members", key);
        // Servers begin with the id of the key, and cannot do with nothing.
        let json = match go_json::decode(value, MemberJson { id, ..MemberJson::default() }) {
            Ok(Some(json)) => json,
            Ok(None) => return report(Finding::new(&MEMBER_UNDECODABLE, place, "the JSON is null")),
            Err(error) => return report(Finding::new(&MEMBER_UNDECODABLE, place, error.to_string())),
        };
        if json.id != id {
            let message = format!("the entry of member {id:016x} is about member {:016x}", json.id);
            report(Finding::new(&MEMBER_ID_MISMATCH, place.clone(), message));
        }
        let (peer_urls, client_urls) = (json.peer_urls.into_vec(), json.client_urls.into_vec());
        if peer_urls.is_empty() {
            report(Finding::new(&MEMBER_PEER_URLS_MISSING, place, format!("member {id:016x} has no peer URL")));
        }
        self.listed.part_mut().push(Member { id, name: json.name, peer_urls, client_urls, learner: json.learner });
    }

    pub(super) fn read_removed(&mut self, key: &[u8], value: &[u8], report: &mut Sink<'_>) {
        let Some(id) = id(key, "members_removed", report) else { return };
        if value != b"removed" {
            let message = format!("the value is {} other than the word removed", quantity(value.len() as u64, "byte"));
            report(Finding::new(&MEMBER_REMOVED_VALUE, Place::entry("members_removed", key), message));
        }
        self.removed.part_mut().push(id);
    }

    pub(super) fn sort(&mut self) {
        self.listed.part_mut().sort_by_key(|member| member.id);
        self.removed.part_mut().sort_unstable();
    }

    /// The member with this id, if it is among those that were read.
    pub fn get(&self, id: u64) -> Option<&Member> {
        let listed = self.listed.part();
        listed.binary_search_by_key(&id, |member| member.id).ok().map(|index| &listed[index])
    }

    /// Is this id among those of removed members that were read?
    pub fn is_removed(&self, id: u64) -> bool {
        self.removed.part().binary_search(&id).is_ok()
    }
}

/// Reads a key as Go's `ParseUint(key, 16, 64)` does.
fn id(key: &[u8], bucket: &str, report: &mut Sink<'_>) -> Option<u64> {
    let digits = std::str::from_utf8(key).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let Some(id) = digits.and_then(|digits| u64::from_str_radix(digits, 16).ok()) else {
        let message = format!("{} that are not a 64-bit number in hexadecimal", quantity(key.len() as u64, "byte"));
        report(Finding::new(&MEMBER_KEY_INVALID, Place::entry(bucket, key), message));
        return None;
    };
    if key != format!("{id:x}").as_bytes() {
        let message = format!("the key of this member should be {id:x}");
        report(Finding::new(&MEMBER_KEY_PADDED, Place::entry(bucket, key), message));
    }
    Some(id)
}

#[cfg(test)]
mod tests {
    use super::super::testing::read;
    use super::*;

    #[test]
    fn a_member_of_3_6_is_read() {
        // The member of `docs/format/mvcc.md#store-compacted-by-3614`.
        let json = br#"{"id":963368634695018832,"peerURLs":["http://127.0.0.1:23021"],"name":"m1","clientURLs":["http://127.0.0.1:23020"]}"#;
        let (buckets, ids) =
            read(&[("members", b"d5e92ab4abfe950", json), ("members_removed", b"8a756b4e074337d", b"removed")]);
        let expected = Member {
            id: 0x0d5e_92ab_4abf_e950,
            name: "m1".into(),
            peer_urls: vec!["http://127.0.0.1:23021".into()],
            client_urls: vec!["http://127.0.0.1:23020".into()],
            learner: false,
        };
        assert_eq!(buckets.members.get(expected.id), Some(&expected));
        assert!(buckets.members.is_removed(0x08a7_56b4_e074_337d) && ids.is_empty());
    }

    #[test]
    fn ids_above_what_a_double_holds_and_fields_of_the_future() {
        let json = br#"{"id":18446744073709551615,"peerURLs":["http://a:1"],"isLearner":true,"later":{"a":[1]}}"#;
        let (buckets, ids) = read(&[("members", b"ffffffffffffffff", json)]);
        assert!(buckets.members.get(u64::MAX).is_some_and(|member| member.learner && member.name.is_empty()));
        assert!(ids.is_empty());
    }

    #[test]
    fn keys_have_one_form() {
        let json = br#"{"id":10,"peerURLs":["http://a:1"]}"#;
        let (buckets, ids) =
            read(&[("members", b"0a", json), ("members", b"A", json), ("members_removed", b"+a", b"removed")]);
        assert_eq!((buckets.members.listed.part().len(), buckets.members.removed.part().len()), (2, 0));
        assert_eq!(ids, ["MEMBER_KEY_PADDED", "MEMBER_KEY_PADDED", "MEMBER_KEY_INVALID"]);
    }

    #[test]
    fn damaged_entries_are_told() {
        let (buckets, ids) = read(&[
            ("members", b"1", b"{\"id\":1"),
            ("members", b"2", br#"{"id":3,"peerURLs":null}"#),
            ("members_removed", b"4", b"remoued"),
        ]);
        assert_eq!(buckets.members.listed.part().len(), 1);
        let expected = ["MEMBER_UNDECODABLE", "MEMBER_ID_MISMATCH", "MEMBER_PEER_URLS_MISSING", "MEMBER_REMOVED_VALUE"];
        assert_eq!(ids, expected);
    }
}
