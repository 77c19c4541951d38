//! The nine small buckets of an etcd database as typed values: everything but the records of `key` (`etcd-format.md` 2).
//!
//! Entries are read one by one as the walk over the file meets them. What can be read is kept as a server would load it; what
//! cannot, or breaks a rule that one entry can break, becomes a [`Finding`] and is left out. Rules that need several entries
//! or buckets are in [`incidents`](crate::incidents).
//!
//! ```
//! use etcdsnap_snapshot::buckets::Buckets;
//!
//! let mut findings = Vec::new();
//! let mut report = |finding| findings.push(finding);
//! let mut buckets = Buckets::default();
//! buckets.read_bucket(b"cluster", &mut report);
//! buckets.read_entry(b"cluster", b"clusterVersion", b"3.6.0", &mut report);
//! buckets.finish(&mut report);
//! assert_eq!(buckets.cluster.version.as_ref().map(|version| version.minor), Some(6));
//! ```

mod alarm;
mod auth;
mod cluster;
mod lease;
mod members;
mod meta;
mod nested;
mod small;
#[cfg(test)]
pub(crate) mod testing;

pub use alarm::{Alarm, AlarmKind};
pub use auth::{Access, Auth, Extent, PasswordKind, Permission, Role, User, password_hashes};
pub use cluster::{Cluster, Downgrade};
pub use lease::{LONGEST_TTL, Lease, Leases};
pub use members::{Member, Members};
pub use meta::{ConfState, Meta};
pub use nested::Nested;
pub use small::SmallBuckets;

use crate::catalogue::cluster::{BUCKET_MISSING, BUCKET_UNKNOWN, ENTRY_UNKNOWN, META_BUCKET_MISSING};
use crate::catalogue::mvcc::KEY_BUCKET_MISSING;
use crate::finding::Finding;
use crate::place::{Place, excerpt};

/// Where findings go as they are made.
pub type Sink<'s> = dyn FnMut(Finding) + 's;

/// The buckets that every server creates when it starts, in file order.
pub const EXPECTED: [&str; 10] =
    ["alarm", "auth", "authRoles", "authUsers", "cluster", "key", "lease", "members", "members_removed", "meta"];

/// What the small buckets of one database hold.
#[derive(Clone, Debug, Default)]
pub struct Buckets {
    /// `alarm`, in file order.
    pub alarms: Vec<Alarm>,
    /// `auth`, `authRoles` and `authUsers`.
    pub auth: Auth,
    /// `cluster`.
    pub cluster: Cluster,
    /// `lease`.
    pub leases: Leases,
    /// `members` and `members_removed`.
    pub members: Members,
    /// `meta`.
    pub meta: Meta,
    /// Buckets that stand in place of entries.
    pub nested: Nested,
    /// Names of root buckets that no known version writes.
    pub unknown: Vec<Vec<u8>>,
    present: [bool; EXPECTED.len()],
}

impl Buckets {
    /// Takes note of a bucket of the root. To be called once for each, whether it has entries or not.
    pub fn read_bucket(&mut self, name: &[u8], report: &mut Sink<'_>) {
        if let Some(index) = EXPECTED.iter().position(|expected| expected.as_bytes() == name) {
            self.present[index] = true;
            return;
        }
        let name_shown = excerpt(name);
        report(Finding::new(&BUCKET_UNKNOWN, Place::bucket(&name_shown), format!("bucket {name_shown} is unknown")));
        self.unknown.push(name.to_vec());
    }

    /// Reads one entry of a bucket of the root; entries of `key` and of unknown buckets are passed over.
    pub fn read_entry(&mut self, bucket: &[u8], key: &[u8], value: &[u8], report: &mut Sink<'_>) {
        match bucket {
            b"alarm" => self.alarms.extend(alarm::read(key, value, report)),
            b"auth" => self.auth.read_state(key, value, report),
            b"authRoles" => self.auth.read_role(key, value, report),
            b"authUsers" => self.auth.read_user(key, value, report),
            b"cluster" => self.cluster.read(key, value, report),
            b"lease" => self.leases.read(key, value, report),
            b"members" => self.members.read(key, value, report),
            b"members_removed" => self.members.read_removed(key, value, report),
            b"meta" => self.meta.read(key, value, report),
            _ => {}
        }
    }

    /// To be called after the last entry: reports missing buckets and makes lookups fast.
    pub fn finish(&mut self, report: &mut Sink<'_>) {
        for name in EXPECTED.iter().zip(self.present).filter_map(|(name, present)| (!present).then_some(*name)) {
            let kind = match name {
                "key" => &KEY_BUCKET_MISSING,
                "meta" => &META_BUCKET_MISSING,
                _ => &BUCKET_MISSING,
            };
            report(Finding::new(kind, Place::file(), format!("there is no bucket {name}")));
        }
        self.leases.sort();
        self.members.sort();
    }

    /// Does the root have this bucket?
    pub fn has(&self, name: &str) -> bool {
        EXPECTED.iter().position(|expected| *expected == name).is_some_and(|index| self.present[index])
            || self.unknown.iter().any(|unknown| unknown == name.as_bytes())
    }
}

/// A finding about a key that no known version writes into a bucket whose keys are fixed.
fn unknown_entry(bucket: &str, key: &[u8]) -> Finding {
    Finding::new(&ENTRY_UNKNOWN, Place::entry(bucket, key), format!("no known version writes this key into {bucket}"))
}

/// Reads 8 bytes as a big-endian number; `None` for any other length.
fn big_endian(bytes: &[u8]) -> Option<u64> {
    bytes.try_into().ok().map(u64::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::testing::read;
    use super::*;

    #[test]
    fn missing_and_unknown_buckets_are_told() {
        let (mut buckets, mut ids) = (Buckets::default(), Vec::new());
        let mut report = |finding: Finding| ids.push((finding.kind.id, finding.message));
        for name in EXPECTED.iter().filter(|name| !["key", "lease"].contains(name)) {
            buckets.read_bucket(name.as_bytes(), &mut report);
        }
        buckets.read_bucket(b"test", &mut report);
        buckets.finish(&mut report);
        assert!(buckets.has("alarm") && buckets.has("test") && !buckets.has("lease"));
        let expected = [
            ("BUCKET_UNKNOWN", "bucket test is unknown"),
            ("KEY_BUCKET_MISSING", "there is no bucket key"),
            ("BUCKET_MISSING", "there is no bucket lease"),
        ];
        assert_eq!(ids, expected.map(|(id, message)| (id, message.to_owned())));
    }

    #[test]
    fn records_and_unknown_buckets_are_not_read() {
        let (_, ids) = read(&[("key", b"anything", b"at all"), ("other", b"x", b"y")]);
        assert!(ids.is_empty());
    }
}
