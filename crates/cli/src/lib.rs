//! etcd v3 backups without etcd: verified, read and restored.
//!
//! This crate is the front door of the crates that the `etcdsnap` program is made of. Start here:
//!
//! | you want | use |
//! |---|---|
//! | to know whether a backup is whole and restorable | [`verify`], or [`Snapshot::verify`] |
//! | its keys, at any readable revision, and their history | [`Snapshot::read`] and [`Reader`] |
//! | the Kubernetes objects in it | [`Reader::kubernetes`] and [`kubernetes`] |
//! | the data directory of a new member | [`Snapshot::restore`] and [`restore`] |
//! | the parts: pages, records, logs | [`backup`], [`mvcc`], and the crates `etcdsnap-bbolt` and `etcdsnap-wal` |
//!
//! A backup is a snapshot (`etcdctl snapshot save`), as it is or compressed, or the database file of a member. It is mapped, never
//! copied into memory, and never changed. Work runs on the rayon pool that it is called in.
//!
//! ```
//! # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/etcd/etcd-3.7.1-seed2.db");
//! let report = etcdsnap::verify(path)?;
//! assert!(report.is_sound(), "{:?}", report.findings);
//! # Ok::<(), etcdsnap::ReadError>(())
//! ```
//!
//! The folder `examples` has a program for each row of the table.

mod reader;
mod snapshot;

use std::path::Path;

pub use etcdsnap_mvcc as mvcc;
pub use etcdsnap_restore as restore;
pub use etcdsnap_snapshot as backup;
pub use etcdsnap_snapshot::report::Report;
pub use reader::Reader;
pub use snapshot::{ReadError, Snapshot};

/// The Kubernetes objects in a backup.
pub mod kubernetes {
    pub use etcdsnap_kube::encryption::Keyring;
    pub use etcdsnap_kube::{json, yaml};
    pub use etcdsnap_objects::*;
}

/// Proves that the backup at `path` is whole and restorable, as far as one file can prove it. What is wrong in it stands in the
/// report; ask [`Report::is_sound`] first.
///
/// # Errors
/// The file cannot be opened as a backup, or not be read, or it changed meanwhile.
pub fn verify(path: impl AsRef<Path>) -> Result<Report, ReadError> {
    Snapshot::open(path)?.verify()
}
