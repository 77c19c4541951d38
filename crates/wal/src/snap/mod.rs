//! `.snap` files: raft snapshots of a member's applied state (`docs/format/wal.md#snapshot-files`).
//!
//! The data of etcd 3 is in the database; a `.snap` file only has the v2 store, in which servers up to 3.5 find the
//! members of the cluster. 3.6 reads the file but uses the members of the database; later versions do not read it.

mod file_name;
mod snap_file;
mod v2_store;

pub use file_name::{SnapFileKind, SnapName};
pub use snap_file::{SnapError, SnapFile};
pub use v2_store::{V2JsonError, V2Member, V2Node, V2Store, V2StoreError};

pub(crate) use snap_file::write;
pub(crate) use v2_store::RaftAttributes;

use crate::raft_log::SnapshotPosition;

/// Selects the snapshot that a server loads: the last by file name that can be read and that `wanted` accepts, with its
/// name.
///
/// Takes the files of the directory, names and contents, in any order. Files that cannot be read are skipped, as servers
/// do, which also rename them.
pub fn newest<'n, 'a>(
    files: impl IntoIterator<Item = (&'n str, &'a [u8])>,
    wanted: impl Fn(SnapshotPosition) -> bool,
) -> Option<(&'n str, SnapFile<'a>)> {
    let mut files: Vec<_> = files.into_iter().filter(|(name, _)| file_name::is_snap(name)).collect();
    files.sort_unstable_by_key(|(name, _)| std::cmp::Reverse(*name));
    let read = files.into_iter().filter_map(|(name, bytes)| Some((name, SnapFile::parse(bytes).ok()?)));
    { read }.find(|(_, file)| wanted(file.start))
}
