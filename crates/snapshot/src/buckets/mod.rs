//! The nine small buckets of an etcd database as typed values: everything but the records of `key`
//! (`docs/format/snapshot.md#buckets`).
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
//! let version = buckets.cluster.all().and_then(|cluster| cluster.version.as_ref());
//! assert_eq!(version.map(|version| version.minor), Some(6));
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
mod undecodable;

pub use alarm::{Alarm, AlarmKind};
pub use auth::{Access, Auth, Extent, PasswordKind, Permission, Role, User, password_hashes};
pub use cluster::{Cluster, Downgrade};
pub use lease::{LONGEST_TTL, Lease, Leases};
pub use members::{Member, Members};
pub(crate) use meta::is_reachable;
pub use meta::{ConfState, Meta};
pub use nested::Nested;
pub use small::SmallBuckets;
pub use undecodable::Undecodable;

use crate::catalogue::cluster::{BUCKET_MISSING, BUCKET_UNKNOWN, ENTRY_UNKNOWN, META_BUCKET_MISSING};
use crate::catalogue::mvcc::KEY_BUCKET_MISSING;
use crate::finding::Finding;
use crate::known::Known;
use crate::place::Place;
use etcdsnap_quote::excerpt;

/// Where findings go as they are made.
pub type Sink<'s> = dyn FnMut(Finding) + 's;

/// The buckets that every server creates when it starts, in file order.
pub const EXPECTED: [&str; 10] =
    ["alarm", "auth", "authRoles", "authUsers", "cluster", "key", "lease", "members", "members_removed", "meta"];

/// What the small buckets of one database hold, each as [known](Known) when it could be read to its end.
#[derive(Clone, Debug, Default)]
pub struct Buckets {
    /// `alarm`, in file order.
    pub alarms: Known<Vec<Alarm>>,
    /// `auth`, `authRoles` and `authUsers`.
    pub auth: Auth,
    /// `cluster`.
    pub cluster: Known<Cluster>,
    /// `lease`.
    pub leases: Known<Leases>,
    /// `members` and `members_removed`.
    pub members: Members,
    /// `meta`.
    pub meta: Known<Meta>,
    /// Buckets that stand in place of entries.
    pub nested: Nested,
    /// Entries that only some versions can decode.
    pub undecodable: Undecodable,
    /// Names of root buckets that no known version writes.
    pub unknown: Vec<Vec<u8>>,
    present: [bool; EXPECTED.len()],
    /// Buckets of which a part could not be read.
    unread: [bool; EXPECTED.len()],
    /// Could the list of buckets not be read to its end?
    list_unread: bool,
}

impl Buckets {
    /// Takes note of a bucket of the root. To be called once for each, whether it has entries or not.
    pub fn read_bucket(&mut self, name: &[u8], report: &mut Sink<'_>) {
        if let Some(index) = index_of(name) {
            self.present[index] = true;
            return;
        }
        let name_shown = excerpt(name);
        report(Finding::new(&BUCKET_UNKNOWN, Place::bucket(&name_shown), format!("bucket {name_shown} is unknown")));
        self.unknown.push(name.to_vec());
    }

    /// Reads one entry of a bucket of the root; entries of `key` and of unknown buckets are passed over.
    pub fn read_entry(&mut self, bucket: &[u8], key: &[u8], value: &[u8], report: &mut Sink<'_>) {
        let undecodable = &mut self.undecodable;
        let report: &mut Sink<'_> = &mut |finding: Finding| {
            undecodable.note(finding.kind, key, value);
            report(finding);
        };
        match bucket {
            b"alarm" => self.alarms.part_mut().extend(alarm::read(key, value, report)),
            b"auth" => self.auth.read_state(key, value, report),
            b"authRoles" => self.auth.read_role(key, value, report),
            b"authUsers" => self.auth.read_user(key, value, report),
            b"cluster" => self.cluster.part_mut().read(key, value, report),
            b"lease" => self.leases.part_mut().read(key, value, report),
            b"members" => self.members.read(key, value, report),
            b"members_removed" => self.members.read_removed(key, value, report),
            b"meta" => self.meta.part_mut().read(key, value, report),
            _ => {}
        }
    }

    /// Marks a bucket of the root that could not be read to its end, or not at all.
    pub fn miss_bucket(&mut self, name: &[u8]) {
        if let Some(index) = index_of(name) {
            self.unread[index] = true;
        }
    }

    /// Marks that the list of buckets could not be read to its end: those that were not found may exist.
    pub fn miss_buckets(&mut self) {
        self.list_unread = true;
    }

    /// To be called after the last entry: reports missing buckets, makes lookups fast, and settles what is known.
    pub fn finish(&mut self, report: &mut Sink<'_>) {
        for name in EXPECTED.into_iter().filter(|name| self.has(name).all() == Some(&false)) {
            let kind = match name {
                "key" => &KEY_BUCKET_MISSING,
                "meta" => &META_BUCKET_MISSING,
                _ => &BUCKET_MISSING,
            };
            report(Finding::new(kind, Place::file(), format!("there is no bucket {name}")));
        }
        self.leases.part_mut().sort();
        self.members.sort();
        self.settle();
    }

    /// Sets for every [`Known`] value whether all of its bucket was read.
    fn settle(&mut self) {
        let whole = |name| self.is_read(name);
        let [alarm, auth, roles, users] = ["alarm", "auth", "authRoles", "authUsers"].map(whole);
        let [cluster, lease, members, removed, meta] =
            ["cluster", "lease", "members", "members_removed", "meta"].map(whole);
        self.alarms.set_whole(alarm);
        self.auth.set_whole(auth, users, roles);
        self.cluster.set_whole(cluster);
        self.leases.set_whole(lease);
        self.members.listed.set_whole(members);
        self.members.removed.set_whole(removed);
        self.meta.set_whole(meta);
    }

    /// Does the root have this bucket? Not known when it was not found and the list of buckets could not be read to its
    /// end.
    pub fn has(&self, name: &str) -> Known<bool> {
        let index = index_of(name.as_bytes());
        let found = index.is_some_and(|index| self.present[index])
            || self.unknown.iter().any(|unknown| unknown == name.as_bytes());
        Known::new(found, found || !self.list_unread)
    }

    /// Was all of this bucket read, or is it certain that there is none?
    pub fn is_read(&self, name: &str) -> bool {
        self.has(name).is_whole() && !index_of(name.as_bytes()).is_some_and(|index| self.unread[index])
    }

    /// Those of the buckets that every server creates of which a part, or all, could not be read.
    pub fn unread(&self) -> impl Iterator<Item = &'static str> {
        EXPECTED.into_iter().filter(|name| !self.is_read(name))
    }
}

/// The index of a bucket in [`EXPECTED`].
fn index_of(name: &[u8]) -> Option<usize> {
    EXPECTED.iter().position(|expected| expected.as_bytes() == name)
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
        let has = |name| buckets.has(name).all().copied();
        assert_eq!(["alarm", "test", "lease"].map(has), [Some(true), Some(true), Some(false)]);
        let expected = [
            ("BUCKET_UNKNOWN", "bucket test is unknown"),
            ("KEY_BUCKET_MISSING", "there is no bucket key"),
            ("BUCKET_MISSING", "there is no bucket lease"),
        ];
        assert_eq!(ids, expected.map(|(id, message)| (id, message.to_owned())));
    }

    #[test]
    fn what_was_not_read_is_neither_missing_nor_empty() {
        let (mut buckets, mut ids) = (Buckets::default(), Vec::new());
        let mut report = |finding: Finding| ids.push(finding.kind.id);
        for name in ["alarm", "auth", "lease"] {
            buckets.read_bucket(name.as_bytes(), &mut report);
        }
        buckets.miss_bucket(b"lease");
        buckets.miss_buckets();
        buckets.finish(&mut report);
        assert!(ids.is_empty(), "{ids:?}");
        assert_eq!(buckets.alarms.all(), Some(&Vec::new()));
        assert_eq!(buckets.auth.enabled.all(), Some(&false));
        assert!(buckets.leases.all().is_none() && buckets.meta.all().is_none());
        assert!(buckets.members.listed.all().is_none() && buckets.auth.users.all().is_none());
        assert_eq!(buckets.has("lease").all(), Some(&true));
        assert_eq!(buckets.has("members").all(), None);
        assert_eq!(buckets.unread().count(), EXPECTED.len() - 2);
    }

    #[test]
    fn records_and_unknown_buckets_are_not_read() {
        let (_, ids) = read(&[("key", b"anything", b"at all"), ("other", b"x", b"y")]);
        assert!(ids.is_empty());
    }
}
