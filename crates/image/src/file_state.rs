//! [`FileState`]: identity, length and time of modification of a file, to notice that it changed while it was read.

use etcdsnap_quantity::quantity;
use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What distinguishes one state of a file from another without reading its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileState {
    identity: Identity,
    pub(crate) len: u64,
    pub(crate) modified: Option<SystemTime>,
}

/// Device and inode number.
#[cfg(unix)]
type Identity = (u64, u64);
/// The standard library gives no such numbers on this system.
#[cfg(not(unix))]
type Identity = ();

impl FileState {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        Self { identity: identity(metadata), len: metadata.len(), modified: metadata.modified().ok() }
    }

    /// Compares with the current state of the open file, and checks that the name still refers to this file.
    pub(crate) fn recheck(&self, path: &Path, file: &File) -> Result<(), FileChanged> {
        match self.change(path, file) {
            None => Ok(()),
            Some(change) => Err(FileChanged { path: path.to_owned(), change }),
        }
    }

    fn change(&self, path: &Path, file: &File) -> Option<FileChange> {
        let now = match file.metadata() {
            Ok(metadata) => Self::of(&metadata),
            Err(error) => return Some(FileChange::Unreadable(error.kind())),
        };
        let (before, after) = (self.len, now.len);
        if after > before {
            return Some(FileChange::Grew { before, after });
        }
        if after < before {
            return Some(FileChange::Shrank { before, after });
        }
        if now.modified != self.modified {
            return Some(FileChange::Written);
        }
        match path.metadata() {
            Ok(named) if identity(&named) == self.identity => None,
            Ok(_) => Some(FileChange::Replaced),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Some(FileChange::Removed),
            Err(error) => Some(FileChange::Unreadable(error.kind())),
        }
    }
}

#[cfg(unix)]
fn identity(metadata: &Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> Identity {}

/// The error that a file changed since it was opened, so that what was read may belong to no single state of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {change} while it was read; read a copy that nothing writes to")]
pub struct FileChanged {
    /// The file.
    pub path: PathBuf,
    /// The change.
    pub change: FileChange,
}

/// How a file changed since it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileChange {
    /// Bytes were appended, or the file was extended.
    #[error("grew from {before} to {}", quantity(*.after, "byte"))]
    Grew {
        /// Length at open, in bytes.
        before: u64,
        /// Length now, in bytes.
        after: u64,
    },
    /// The file was truncated.
    #[error("shrank from {before} to {}", quantity(*.after, "byte"))]
    Shrank {
        /// Length at open, in bytes.
        before: u64,
        /// Length now, in bytes.
        after: u64,
    },
    /// The length is the same, but the time of modification is not.
    #[error("was written to")]
    Written,
    /// The name refers to another file now; the bytes read are those of the old one.
    #[error("was replaced by another file")]
    Replaced,
    /// The name does not exist any more; the bytes read are those of the removed file.
    #[error("was removed")]
    Removed,
    /// The state cannot be read any more.
    #[error("became unreadable ({0})")]
    Unreadable(io::ErrorKind),
}
