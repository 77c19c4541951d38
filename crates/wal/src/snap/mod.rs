//! `.snap` files: what raft's log had applied at some index (`docs/format/wal.md#snapshot-files`).
//!
//! The data of etcd lives in the database; what a `.snap` file still carries is the v2 store, in which servers up to 3.5 find
//! the members of the cluster. 3.6 reads the file and trusts the database, later versions do not read it.

mod file;
mod name;
mod store;

pub use file::{SnapError, SnapFile};
pub use name::{SnapDirFile, SnapName};
pub use store::{JsonError, Node, Store, StoreError, StoreMember};

pub(crate) use file::write;
pub(crate) use store::RaftAttributes;

use crate::log::Start;

/// Picks the snapshot a server loads: the last by file name that can be read and that `wanted` accepts, with its name.
///
/// Takes the files of the directory, names and contents, in any order. Files that cannot be read are passed over, as by
/// servers, which rename them.
pub fn newest<'n, 'a>(
    files: impl IntoIterator<Item = (&'n str, &'a [u8])>,
    wanted: impl Fn(Start) -> bool,
) -> Option<(&'n str, SnapFile<'a>)> {
    let mut files: Vec<_> = files.into_iter().filter(|(name, _)| name::is_snap(name)).collect();
    files.sort_unstable_by_key(|(name, _)| std::cmp::Reverse(*name));
    let read = files.into_iter().filter_map(|(name, bytes)| Some((name, SnapFile::parse(bytes).ok()?)));
    { read }.find(|(_, file)| wanted(file.start))
}
