//! Leases against the keys that are attached to them.

use super::{Facts, some_of};
use crate::buckets::{LONGEST_TTL, Lease};
use crate::catalogue::cluster::{LEASE_ID_NEGATIVE, LEASE_TTL_INVALID};
use crate::catalogue::mvcc::LEASE_DANGLING;
use crate::finding::Finding;
use crate::place::Place;
use etcdsnap_quantity::quantity;

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let leases = facts.buckets.leases.part();
    let negative: Vec<i64> = leases.iter().map(|lease| lease.id).filter(|id| *id < 0).collect();
    if !negative.is_empty() {
        let message = format!(
            "negative ids of {} of {}: {}",
            negative.len(),
            quantity(leases.len() as u64, "lease"),
            some_of(&negative)
        );
        findings.push(Finding::new(&LEASE_ID_NEGATIVE, Place::bucket("lease"), message));
    }
    let impossible: Vec<&Lease> = leases.iter().filter(|lease| !lease.is_grantable()).collect();
    if !impossible.is_empty() {
        findings.push(Finding::new(&LEASE_TTL_INVALID, Place::bucket("lease"), deleting(facts, &impossible)));
    }
    let (dangling, keys): (Vec<i64>, Vec<u64>) = facts.dangling_leases().unzip();
    if !dangling.is_empty() {
        let keys = keys.into_iter().fold(0, u64::saturating_add);
        let message =
            format!("{} attached to leases that do not exist: {}", quantity(keys, "live key"), some_of(&dangling));
        findings.push(Finding::new(&LEASE_DANGLING, Place::bucket("lease"), message));
    }
}

/// Names the leases that expire soon after a start, and counts the keys that are deleted with them.
fn deleting(facts: &Facts<'_>, leases: &[&Lease]) -> String {
    let keys = facts.keyspace.map(|keyspace| {
        let attached =
            keyspace.leases.iter().filter(|(id, _)| leases.binary_search_by_key(id, |lease| &lease.id).is_ok());
        attached.map(|(_, keys)| *keys).fold(0, u64::saturating_add)
    });
    let keys = keys.all().map_or_else(|| "an unknown number of keys".to_owned(), |keys| quantity(*keys, "key"));
    let ids: Vec<i64> = leases.iter().map(|lease| lease.id).collect();
    format!(
        "no time to live between 1 and {LONGEST_TTL} s in {} of {}, with {keys}: {}",
        leases.len(),
        quantity(facts.buckets.leases.part().len() as u64, "lease"),
        some_of(&ids)
    )
}

#[cfg(test)]
mod tests {
    use etcdsnap_mvcc::Summary;

    use super::super::incidents;
    use super::super::testing::{buckets, facts, ids, keyspace};

    #[test]
    fn keys_of_lost_leases_are_counted() {
        let buckets = buckets(&[], &[]);
        let keyspace = Summary { leases: [(0x20f4_a1f9_91c6_cf0c, 1), (-2, 4), (7, 3)].into(), ..keyspace() };
        let found = incidents(&facts(&buckets, &keyspace));
        assert_eq!(found[0].kind.id, "LEASE_DANGLING");
        let expected = "7 live keys attached to leases that do not exist: fffffffffffffffe, 0000000000000007";
        assert_eq!(found[0].message, expected);
    }

    #[test]
    fn keys_of_impossible_leases_are_counted() {
        let endless = b"\x08\x05\x10\x80\xc8\xaf\xa0\x25"; // 10^10 s
        let none = b"\x08\x06";
        let buckets =
            buckets(&[], &[("lease", b"\0\0\0\0\0\0\0\x05", endless), ("lease", b"\0\0\0\0\0\0\0\x06", none)]);
        let keyspace = Summary { leases: [(5, 17), (6, 2), (0x20f4_a1f9_91c6_cf0c, 1)].into(), ..keyspace() };
        let found = incidents(&facts(&buckets, &keyspace));
        assert_eq!((found[0].kind.id, found[0].severity), ("LEASE_TTL_INVALID", crate::finding::Severity::Error));
        let expected = "no time to live between 1 and 9000000000 s in 2 of 5 leases, with 19 keys: 0000000000000005, \
                        0000000000000006";
        assert_eq!(found[0].message, expected);
    }

    #[test]
    fn a_negative_lease_is_legal() {
        let value = b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x10\x3c";
        let buckets = buckets(&[], &[("lease", b"\xff\xff\xff\xff\xff\xff\xff\xff", value)]);
        let keyspace = Summary { leases: [(-1, 1)].into(), ..keyspace() };
        assert_eq!(ids(&facts(&buckets, &keyspace))[0], "LEASE_ID_NEGATIVE/note");
    }
}
