//! What servers make of entries that this program cannot decode, because one of the protobuf libraries of etcd refuses them.
//!
//! The other library may take such an entry, with all of its values or with some. Noted is the worst outcome for each kind of
//! entry, for verdicts about versions.

use std::collections::BTreeMap;

use etcdsnap_proto::go_decoders::{ALARM, DecodeOutcome, DecodeOutcomes, GoLibrary, LEASE, ROLE, USER};
use etcdsnap_proto::prost::Message;
use etcdsnap_proto::{authpb, leasepb};

use super::Lease;
use super::auth::{ROOT, administers};
use crate::catalogue::cluster::{ALARM_UNDECODABLE, LEASE_UNDECODABLE, ROLE_UNDECODABLE, USER_UNDECODABLE};
use crate::finding::Kind;

/// Outcomes of entries that cannot be decoded, by the id of the finding about them.
#[derive(Clone, Debug, Default)]
pub struct Undecodable {
    outcomes: BTreeMap<&'static str, DecodeOutcomes>,
}

impl Undecodable {
    /// Takes note of an entry that a finding of this kind is about; other kinds are passed over.
    pub(super) fn note(&mut self, kind: &'static Kind, key: &[u8], value: &[u8]) {
        let kinds = [&ALARM_UNDECODABLE, &LEASE_UNDECODABLE, &ROLE_UNDECODABLE, &USER_UNDECODABLE];
        if !kinds.contains(&kind) {
            return;
        }
        let outcomes = self.outcomes.entry(kind.id).or_default();
        match kind.id {
            id if id == ALARM_UNDECODABLE.id => outcomes.add(key, &ALARM, |_| false),
            id if id == LEASE_UNDECODABLE.id => outcomes.add(value, &LEASE, expires_at_once),
            id if id == ROLE_UNDECODABLE.id => outcomes.add(value, &ROLE, |_| false),
            _ => outcomes.add(value, &USER, |user| key == ROOT.as_bytes() && !is_root(user)),
        }
    }

    /// The worst that becomes of entries with findings of this kind, on servers with this library.
    pub(crate) fn outcome(&self, kind: &Kind, library: GoLibrary) -> DecodeOutcome {
        self.outcomes.get(kind.id).copied().unwrap_or_default().with(library)
    }
}

/// Does a server that reads this lease delete its keys within seconds?
fn expires_at_once(lease: &[u8]) -> bool {
    let lease = leasepb::Lease::decode(lease);
    !lease.is_ok_and(|lease| Lease { id: lease.id, ttl: lease.ttl, remaining: lease.remaining_ttl }.is_grantable())
}

/// Can this user administer a cluster, as the user root?
fn is_root(user: &[u8]) -> bool {
    authpb::User::decode(user).is_ok_and(administers)
}

#[cfg(test)]
mod tests {
    use super::super::testing::read;
    use super::*;

    const OF_BYTES: &[u8] = b"\x12\x01x";
    const OF_70_BITS: &[u8] = b"\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f";
    const ABOVE_2_29: &[u8] = b"\x80\x80\x80\x80\x10\x01";

    fn outcomes(kind: &Kind, bucket: &str, key: &[u8], value: &[u8]) -> [DecodeOutcome; 2] {
        let (buckets, _) = read(&[(bucket, key, value)]);
        GoLibrary::ALL.map(|library| buckets.undecodable.outcome(kind, library))
    }

    /// As servers to 3.6, and since 3.7, answered.
    #[test]
    fn leases_may_lose_their_keys() {
        let lease = |value: &[u8]| outcomes(&LEASE_UNDECODABLE, "lease", b"\0\0\0\0\0\0\0\x07", value);
        let with = |end: &[u8]| [b"\x08\x07\x10\x3c", end].concat();
        assert_eq!(lease(&[b"\x08\x07", OF_BYTES].concat()), [DecodeOutcome::Refused, DecodeOutcome::Lost]);
        assert_eq!(lease(&with(OF_70_BITS)), [DecodeOutcome::Lost, DecodeOutcome::Refused]);
        assert_eq!(lease(&with(ABOVE_2_29)), [DecodeOutcome::Misread, DecodeOutcome::Refused]);
        assert_eq!(lease(&with(b"\x0a\x01x")), [DecodeOutcome::Refused, DecodeOutcome::Misread]);
        assert_eq!(lease(&with(b"\x7b")), [DecodeOutcome::Refused; 2]);
    }

    #[test]
    fn alarms_users_and_roles_are_misread_or_refused() {
        assert_eq!(
            outcomes(&ALARM_UNDECODABLE, "alarm", b"\x0a\x01x\x10\x01", b""),
            [DecodeOutcome::Refused, DecodeOutcome::Misread]
        );
        assert_eq!(
            outcomes(&ALARM_UNDECODABLE, "alarm", ABOVE_2_29, b""),
            [DecodeOutcome::Misread, DecodeOutcome::Refused]
        );
        assert_eq!(
            outcomes(&ROLE_UNDECODABLE, "authRoles", b"r1", b"\x08\x01"),
            [DecodeOutcome::Refused, DecodeOutcome::Misread]
        );
        assert_eq!(
            outcomes(&USER_UNDECODABLE, "authUsers", b"alice", b"\x10\x01"),
            [DecodeOutcome::Refused, DecodeOutcome::Misread]
        );
    }

    #[test]
    fn root_is_lost_with_its_password_or_role() {
        let root = |value: &[u8]| outcomes(&USER_UNDECODABLE, "authUsers", b"root", value);
        let whole = b"\x0a\x04root\x12\x02$2\x1a\x04root";
        assert_eq!(root(&[whole, ABOVE_2_29].concat()), [DecodeOutcome::Misread, DecodeOutcome::Refused]);
        assert_eq!(root(b"\x0a\x04root\x12\x02$2\x18\x01"), [DecodeOutcome::Refused, DecodeOutcome::Lost]);
        assert_eq!(root(b"\x0a\x04root\x10\x01\x1a\x04root"), [DecodeOutcome::Refused, DecodeOutcome::Lost]);
        assert_eq!(root(b"\x08\x01\x12\x02$2\x1a\x04root"), [DecodeOutcome::Refused, DecodeOutcome::Lost]);
    }
}
