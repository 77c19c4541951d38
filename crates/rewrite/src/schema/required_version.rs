//! The lowest version of etcd that can read the entries of a log (`docs/format/tools.md#migrate`).

use etcdsnap_proto::etcdserverpb::InternalRaftRequest;
use etcdsnap_wal::{EntryPayload, LoggedEntry, WalPlace};
use semver::Version;
use thiserror::Error;

/// An entry that cannot be read, so that nothing is known about who can.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{place}: entry {index} cannot be decoded")]
pub struct UndecodableEntry {
    /// Where it is.
    pub place: WalPlace,
    /// Its index.
    pub index: u64,
}

/// The lowest version that can read all of these entries: those of the log behind its newest snapshot, committed or not. `None`
/// without any.
///
/// Versions before 3.5, to which no storage version leads, are not told apart.
pub fn required_version(entries: &[LoggedEntry<'_>]) -> Result<Option<Version>, UndecodableEntry> {
    let mut required_version = None;
    for LoggedEntry { place, entry } in entries {
        let own = match entry.payload() {
            EntryPayload::Request(request) => since(&request),
            EntryPayload::Undecodable => None,
            EntryPayload::Empty
            | EntryPayload::LegacyRequest(_)
            | EntryPayload::ConfChange(_)
            | EntryPayload::ConfChangeV2(_) => Some(OLDEST),
        };
        let own = own.ok_or(UndecodableEntry { place: *place, index: entry.index })?;
        required_version = required_version.max(Some(own));
    }
    Ok(required_version)
}

/// Stands for all versions before 3.5.
const OLDEST: Version = Version::new(3, 0, 0);
const V3_5: Version = Version::new(3, 5, 0);
const V3_6: Version = Version::new(3, 6, 0);

/// When the parts of a request came into being. `None` for a version in it that is none.
fn since(request: &InternalRaftRequest) -> Option<Version> {
    if let Some(test) = &request.downgrade_version_test {
        return Version::parse(&test.ver).ok().map(|told| told.max(V3_6));
    }
    let hashed = |password: &str| !password.is_empty();
    let new_in_3_5 = request.cluster_version_set.is_some()
        || request.cluster_member_attr_set.is_some()
        || request.downgrade_info_set.is_some()
        || request.auth_status.is_some()
        || request.auth_user_add.as_ref().is_some_and(|add| hashed(&add.hashed_password))
        || request.auth_user_change_password.as_ref().is_some_and(|change| hashed(&change.hashed_password));
    Some(if new_in_3_5 { V3_5 } else { OLDEST })
}

#[cfg(test)]
mod tests {
    use etcdsnap_proto::etcdserverpb::{DowngradeVersionTestRequest, PutRequest};
    use etcdsnap_proto::membershippb::ClusterVersionSetRequest;
    use etcdsnap_proto::prost::Message as _;
    use etcdsnap_wal::{RaftEntry, SegmentName};

    use super::*;

    fn of(requests: &[InternalRaftRequest]) -> Result<Option<Version>, UndecodableEntry> {
        let bytes: Vec<_> = requests.iter().map(InternalRaftRequest::encode_to_vec).collect();
        of_bytes(&bytes)
    }

    fn of_bytes(data: &[Vec<u8>]) -> Result<Option<Version>, UndecodableEntry> {
        let place = WalPlace { segment: SegmentName::FIRST, offset: 0 };
        let entries = (1..).zip(data).map(|(index, data)| LoggedEntry {
            place,
            entry: RaftEntry { term: 1, index, data: Some(data), ..RaftEntry::default() },
        });
        required_version(&entries.collect::<Vec<_>>())
    }

    #[test]
    fn the_newest_part_counts() {
        let put = InternalRaftRequest { put: Some(PutRequest::default()), ..InternalRaftRequest::default() };
        let version = ClusterVersionSetRequest { ver: "3.6.0".into() };
        let set = InternalRaftRequest { cluster_version_set: Some(version), ..InternalRaftRequest::default() };
        let test = |ver: &str| InternalRaftRequest {
            downgrade_version_test: Some(DowngradeVersionTestRequest { ver: ver.into() }),
            ..InternalRaftRequest::default()
        };
        assert_eq!(of(&[]), Ok(None));
        assert_eq!(of(std::slice::from_ref(&put)), Ok(Some(OLDEST)));
        assert_eq!(of(&[put.clone(), set.clone(), put]), Ok(Some(V3_5)));
        assert_eq!(of(&[test("3.5.0"), set.clone()]), Ok(Some(V3_6)));
        assert_eq!(of(&[test("3.7.0"), set]), Ok(Some(Version::new(3, 7, 0))));
        assert!(of(&[test("none")]).is_err());
    }

    #[test]
    fn what_cannot_be_read_has_a_place() {
        let error = of_bytes(&[vec![], vec![0xff, 0xff]]).unwrap_err();
        assert_eq!(error.index, 2);
    }
}
