//! The `meta` bucket: where the database stands in the raft log, its layout version and its compactions
//! (`docs/format/snapshot.md#meta`).

use etcdsnap_mvcc::{Compaction, RevisionKey, RevisionKeyError};
use etcdsnap_quantity::quantity;
use semver::Version;

use super::{Sink, big_endian, cluster, unknown_entry};
use crate::catalogue::cluster::{
    CONF_STATE_INVALID, CONSISTENT_INDEX_INVALID, RAFT_POSITION_IMPLAUSIBLE, STORAGE_VERSION_INVALID,
    STORAGE_VERSION_UNUSABLE, TERM_INVALID,
};
use crate::catalogue::mvcc::{COMPACTION_MARK_INVALID, COMPACTION_MARK_TRUNCATED, COMPACTION_MARK_UNUSUAL};
use crate::finding::{Finding, Kind};
use crate::go_json::{self, GoList, GoStruct, Refused, Value};
use crate::place::Place;

/// What a server knows about its own database.
#[derive(Clone, Debug, Default)]
pub struct Meta {
    /// Raft index of the last applied entry.
    pub consistent_index: Option<u64>,
    /// Raft term of that entry; written by etcd 3.5 and later.
    pub term: Option<u64>,
    /// The raft configuration at the last change of members; written by etcd 3.5 and later.
    pub conf_state: Option<ConfState>,
    /// The layout of the database; written by etcd 3.6 and later.
    pub storage_version: Option<Version>,
    /// How far the keyspace is compacted.
    pub compaction: Compaction,
}

/// A raft configuration: ids of members by what they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfState {
    /// Those who vote.
    pub voters: Vec<u64>,
    /// Those who only follow.
    pub learners: Vec<u64>,
    /// In a joint change: those who vote in the old half.
    pub voters_outgoing: Vec<u64>,
    /// In a joint change: those who will be learners after it.
    pub learners_next: Vec<u64>,
}

impl ConfState {
    /// Everybody the configuration names; an id may come twice.
    pub fn ids(&self) -> impl Iterator<Item = u64> {
        [&self.voters, &self.learners, &self.voters_outgoing, &self.learners_next].into_iter().flatten().copied()
    }
}

/// `{"voters":[…],"learners":[…],"auto_leave":false}`
#[derive(Default)]
pub(crate) struct ConfStateJson {
    pub voters: GoList<u64>,
    pub learners: GoList<u64>,
    pub voters_outgoing: GoList<u64>,
    pub learners_next: GoList<u64>,
    pub auto_leave: bool,
}

impl GoStruct for ConfStateJson {
    const FIELDS: &'static [&'static str] = &["voters", "learners", "voters_outgoing", "learners_next", "auto_leave"];

    fn set(&mut self, field: usize, value: Value<'_>) -> Result<(), Refused> {
        match field {
            0 => value.list(&mut self.voters, Value::unsigned),
            1 => value.list(&mut self.learners, Value::unsigned),
            2 => value.list(&mut self.voters_outgoing, Value::unsigned),
            3 => value.list(&mut self.learners_next, Value::unsigned),
            _ => value.boolean(&mut self.auto_leave),
        }
    }
}

impl From<ConfStateJson> for ConfState {
    fn from(json: ConfStateJson) -> Self {
        Self {
            voters: json.voters.into_vec(),
            learners: json.learners.into_vec(),
            voters_outgoing: json.voters_outgoing.into_vec(),
            learners_next: json.learners_next.into_vec(),
        }
    }
}

impl Meta {
    pub(super) fn read(&mut self, key: &[u8], value: &[u8], report: &mut Sink<'_>) {
        let mut invalid = |kind: &'static Kind, message: String| {
            report(Finding::new(kind, Place::entry("meta", key), message));
        };
        match key {
            b"consistent_index" => match big_endian(value) {
                Some(index) => {
                    if !is_reachable(index) {
                        invalid(&RAFT_POSITION_IMPLAUSIBLE, format!("the raft index is {index}"));
                    }
                    self.consistent_index = Some(index);
                }
                None => {
                    invalid(
                        &CONSISTENT_INDEX_INVALID,
                        format!("{} instead of 8", quantity(value.len() as u64, "byte")),
                    );
                }
            },
            b"term" => match big_endian(value) {
                Some(term) => {
                    if !is_reachable(term) {
                        invalid(&RAFT_POSITION_IMPLAUSIBLE, format!("the raft term is {term}"));
                    }
                    self.term = Some(term);
                }
                None => invalid(&TERM_INVALID, format!("{} instead of 8", quantity(value.len() as u64, "byte"))),
            },
            b"confState" => match go_json::decode(value, ConfStateJson::default()) {
                Ok(json) => self.conf_state = Some(json.unwrap_or_default().into()),
                Err(error) => invalid(&CONF_STATE_INVALID, error.to_string()),
            },
            b"storageVersion" => match cluster::version(value) {
                Ok(version) => {
                    if !cluster::is_usable(&version) {
                        invalid(&STORAGE_VERSION_UNUSABLE, format!("the storage version is {version}"));
                    }
                    self.storage_version = Some(version);
                }
                Err(problem) => invalid(&STORAGE_VERSION_INVALID, problem),
            },
            b"scheduledCompactRev" => self.compaction.scheduled = compacted(value, &mut invalid),
            b"finishedCompactRev" => self.compaction.finished = compacted(value, &mut invalid),
            _ => report(unknown_entry("meta", key)),
        }
    }
}

/// Can a cluster come to this raft index or term, which begin at 1 and go up one by one?
pub(crate) fn is_reachable(number: u64) -> bool {
    const HIGHEST: u64 = 1 << 62;
    number <= HIGHEST
}

/// The main revision of a compaction mark, as servers that check it read it.
fn compacted(value: &[u8], invalid: &mut impl FnMut(&'static Kind, String)) -> Option<i64> {
    let key = match RevisionKey::parse(value) {
        Ok(key) => key,
        Err(error @ RevisionKeyError::Length(length)) if length < RevisionKey::PUT_LEN => {
            invalid(&COMPACTION_MARK_TRUNCATED, error.to_string());
            return None;
        }
        Err(error) => {
            invalid(&COMPACTION_MARK_INVALID, error.to_string());
            return None;
        }
    };
    if key.tombstone || key.revision.sub != 0 {
        let what = if key.tombstone { "marked as a deletion" } else { "not the whole of a transaction" };
        invalid(&COMPACTION_MARK_UNUSUAL, format!("the revision {} is {what}", key.revision));
    }
    Some(key.revision.main)
}

#[cfg(test)]
mod tests {
    use super::super::testing::read;
    use super::*;

    #[test]
    fn a_compacted_3_6_database_is_read() {
        let mark = b"\0\0\0\0\0\0\0\x0a_\0\0\0\0\0\0\0\0";
        let conf_state = br#"{"voters":[13213244415924623862],"learners":[14628004336729332651],"auto_leave":false}"#;
        let (buckets, ids) = read(&[
            ("meta", b"confState", conf_state),
            ("meta", b"consistent_index", b"\0\0\0\0\0\0\0\xd0"),
            ("meta", b"finishedCompactRev", mark),
            ("meta", b"scheduledCompactRev", mark),
            ("meta", b"storageVersion", b"3.6.0"),
            ("meta", b"term", b"\0\0\0\0\0\0\0\x02"),
        ]);
        let meta = buckets.meta.part();
        assert_eq!((meta.consistent_index, meta.term), (Some(0xd0), Some(2)));
        assert_eq!(
            meta.conf_state.clone().unwrap_or_default().ids().collect::<Vec<_>>(),
            [0xb75e_dfca_1d99_d9f6, 0xcb01_1c71_17a0_1bab]
        );
        assert_eq!(meta.storage_version, Some(Version::new(3, 6, 0)));
        assert_eq!(meta.compaction, Compaction { scheduled: Some(10), finished: Some(10) });
        assert!(ids.is_empty());
    }

    #[test]
    fn empty_lists_may_be_null_or_absent() {
        let (buckets, ids) = read(&[("meta", b"confState", br#"{"voters":[1],"learners":null}"#)]);
        assert_eq!(buckets.meta.part().conf_state, Some(ConfState { voters: vec![1], ..ConfState::default() }));
        assert!(ids.is_empty());
    }

    #[test]
    fn nothing_unreadable_is_kept() {
        let (buckets, ids) = read(&[
            ("meta", b"confState", b"[]x"),
            ("meta", b"consistent_index", b"\x01"),
            ("meta", b"storageVersion", b"3.six"),
            ("meta", b"term", b""),
            ("meta", b"unheard of", b""),
        ]);
        assert!(buckets.meta.part().conf_state.is_none() && buckets.meta.part().consistent_index.is_none());
        let expected = ["CONF_STATE_INVALID", "CONSISTENT_INDEX_INVALID", "STORAGE_VERSION_INVALID", "TERM_INVALID"];
        assert_eq!(ids, [&expected[..], &["ENTRY_UNKNOWN"]].concat());
    }

    #[test]
    fn no_database_has_such_a_storage_version() {
        for value in [&b"2.9.0"[..], b"0.0.0", b"3.6.0-alpha", b"3.6.0+x", b"9.9.9"] {
            let (buckets, ids) = read(&[("meta", b"storageVersion", value)]);
            assert_eq!((buckets.meta.part().storage_version.is_some(), ids), (true, vec!["STORAGE_VERSION_UNUSABLE"]));
        }
    }

    #[test]
    fn positions_that_no_cluster_reaches_are_told() {
        for (number, told) in [(1_u64 << 62, 0), ((1 << 62) + 1, 1), (i64::MAX.unsigned_abs(), 1), (u64::MAX, 1)] {
            for key in [&b"consistent_index"[..], b"term"] {
                let (buckets, ids) = read(&[("meta", key, &number.to_be_bytes())]);
                let meta = buckets.meta.part();
                assert_eq!(meta.consistent_index.or(meta.term), Some(number));
                assert_eq!(ids, vec!["RAFT_POSITION_IMPLAUSIBLE"; told], "{number}");
            }
        }
    }

    #[test]
    fn compaction_marks_are_told_apart_by_what_servers_do_with_them() {
        let marks: [(&[u8], Option<i64>, &str); 3] = [
            (b"\0\0\0\0\0\0\0\x0a_\0\0\0\0\0\0\0", None, "COMPACTION_MARK_TRUNCATED"),
            (b"\0\0\0\0\0\0\0\x0a-\0\0\0\0\0\0\0\0", None, "COMPACTION_MARK_INVALID"),
            (b"\0\0\0\0\0\0\0\x0a_\0\0\0\0\0\0\0\x01", Some(10), "COMPACTION_MARK_UNUSUAL"),
        ];
        for (mark, read_as, id) in marks {
            let (buckets, ids) = read(&[("meta", b"scheduledCompactRev", mark)]);
            assert_eq!((buckets.meta.part().compaction.scheduled, ids), (read_as, vec![id]));
        }
    }
}
