//! The `lease` bucket: leases that are granted and neither revoked nor expired (`docs/format/snapshot.md#lease`).
//!
//! A database may hold a million of them, so each is three numbers. Which keys are attached to a lease is not here but in
//! the records of the keys.

use etcdsnap_proto::leasepb;
use etcdsnap_proto::prost::Message;
use etcdsnap_quantity::quantity;

use super::{Sink, big_endian};
use crate::catalogue::cluster::{LEASE_ID_MISMATCH, LEASE_KEY_INVALID, LEASE_REMAINING_INVALID, LEASE_UNDECODABLE};
use crate::finding::Finding;
use crate::place::Place;

/// A granted lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Id; negative ones are legal.
    pub id: i64,
    /// Seconds it was granted for.
    pub ttl: i64,
    /// Seconds left at the last checkpoint; 0 when checkpoints are not persisted.
    pub remaining: i64,
}

/// The longest time to live that etcd grants, in seconds.
pub const LONGEST_TTL: i64 = 9_000_000_000;

impl Lease {
    /// Is the time to live one that etcd grants? A server that loads a lease with another one deletes its keys within
    /// seconds.
    pub fn is_grantable(&self) -> bool {
        (1..=LONGEST_TTL).contains(&self.ttl) && self.remaining <= LONGEST_TTL
    }
}

/// All leases, ascending by id once reading has finished.
#[derive(Clone, Debug, Default)]
pub struct Leases {
    list: Vec<Lease>,
}

impl Leases {
    pub(super) fn read(&mut self, key: &[u8], value: &[u8], report: &mut Sink<'_>) {
        let place = || Place::entry("lease", key);
        let lease = match leasepb::Lease::decode(value) {
            Ok(leasepb::Lease { id, ttl, remaining_ttl: remaining }) => Lease { id, ttl, remaining },
            Err(error) => return report(Finding::new(&LEASE_UNDECODABLE, place(), format!("not a lease: {error}"))),
        };
        match big_endian(key).map(u64::cast_signed) {
            Some(id) if id == lease.id => {}
            Some(id) => {
                let message = format!("the entry of lease {id:016x} is about lease {:016x}", lease.id);
                report(Finding::new(&LEASE_ID_MISMATCH, place(), message));
            }
            None => report(Finding::new(
                &LEASE_KEY_INVALID,
                place(),
                format!("{} instead of 8", quantity(key.len() as u64, "byte")),
            )),
        }
        if lease.is_grantable() && !(0..=lease.ttl).contains(&lease.remaining) {
            let message = format!("lease {:016x} has {} of {} s left", lease.id, lease.remaining, lease.ttl);
            report(Finding::new(&LEASE_REMAINING_INVALID, place(), message));
        }
        // An entry without a value, or a bucket in its place, says nothing of a lease.
        if !value.is_empty() {
            self.list.push(lease);
        }
    }

    /// The file has them in the order of their bytes, so only negative ids are out of place.
    pub(super) fn sort(&mut self) {
        self.list.sort_by_key(|lease| lease.id);
    }

    /// All leases, ascending by id.
    pub fn iter(&self) -> std::slice::Iter<'_, Lease> {
        self.list.iter()
    }

    /// The lease with this id.
    pub fn get(&self, id: i64) -> Option<&Lease> {
        self.list.binary_search_by_key(&id, |lease| lease.id).ok().and_then(|at| self.list.get(at))
    }

    /// How many leases there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Is there none?
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

impl<'l> IntoIterator for &'l Leases {
    type Item = &'l Lease;
    type IntoIter = std::slice::Iter<'l, Lease>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::read;
    use super::*;

    fn entry(id: i64, ttl: i64, remaining_ttl: i64) -> ([u8; 8], Vec<u8>) {
        (id.to_be_bytes(), leasepb::Lease { id, ttl, remaining_ttl }.encode_to_vec())
    }

    #[test]
    fn an_entry_without_a_value_is_no_lease() {
        let (buckets, ids) = read(&[("lease", &7_i64.to_be_bytes(), b"")]);
        assert!(buckets.leases.part().is_empty() && ids.contains(&"LEASE_ID_MISMATCH"), "{ids:?}");
    }

    #[test]
    fn the_example_of_the_format_is_read() {
        let value = b"\x08\x8c\x9e\x9b\x8e\x99\xbf\xa8\xfa\x20\x10\xd8\x04";
        let (buckets, ids) = read(&[("lease", b"\x20\xf4\xa1\xf9\x91\xc6\xcf\x0c", value)]);
        let expected = Lease { id: 0x20f4_a1f9_91c6_cf0c, ttl: 600, remaining: 0 };
        assert_eq!(buckets.leases.part().iter().copied().collect::<Vec<_>>(), [expected]);
        assert!(ids.is_empty());
    }

    #[test]
    fn negative_ids_come_first() {
        // The order of their bytes, which is the order of the file.
        let entries: Vec<_> = [3, 9, i64::MIN, -1].map(|id| entry(id, 60, 60)).into();
        let read_entries: Vec<_> = entries.iter().map(|(key, value)| ("lease", &key[..], &value[..])).collect();
        let (buckets, ids) = read(&read_entries);
        assert_eq!(buckets.leases.part().iter().map(|lease| lease.id).collect::<Vec<_>>(), [i64::MIN, -1, 3, 9]);
        assert!(ids.is_empty());
        assert_eq!(size_of::<Lease>(), 24);
    }

    #[test]
    fn etcd_grants_no_lease_for_ever() {
        let grantable = |ttl, remaining| Lease { id: 1, ttl, remaining }.is_grantable();
        assert!(grantable(1, 0) && grantable(LONGEST_TTL, LONGEST_TTL) && grantable(60, -5));
        assert!(
            !grantable(0, 0) && !grantable(-1, 0) && !grantable(LONGEST_TTL + 1, 0) && !grantable(60, LONGEST_TTL + 1)
        );
    }

    #[test]
    fn rules_of_one_lease() {
        let (key, value) = entry(5, 10, 0);
        let (_, grown) = entry(5, 10, 11);
        let (_, ids) = read(&[
            ("lease", &key[1..], &value),
            ("lease", &6_i64.to_be_bytes(), &value),
            ("lease", &key, &grown),
            ("lease", &key, b"\x08"),
        ]);
        let expected = ["LEASE_KEY_INVALID", "LEASE_ID_MISMATCH", "LEASE_REMAINING_INVALID"];
        assert_eq!(ids, [&expected[..], &["LEASE_UNDECODABLE"]].concat());
    }
}
