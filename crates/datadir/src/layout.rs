//! [`DirectoryLayout`]: finds the directories of a member's files.
//!
//! ```text
//! DIR                                 data directory
//! +-- member
//!     +-- snap                        db, <term>-<index>.snap, <index>.snap.db
//!     +-- wal                         <sequence>-<index>.wal, 0.tmp; elsewhere with --wal-dir
//! ```

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use etcdsnap_wal::WalFileKind;
use thiserror::Error;

/// The directories of one member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryLayout {
    /// The directory of the log; it need not exist.
    pub wal: PathBuf,
    /// The directory of the database and the `.snap` files; `None` when only a log was given.
    pub snap: Option<PathBuf>,
    /// Is there a directory of a proxy next to that of the member?
    pub has_proxy: bool,
    /// The only segment to read, if one was given.
    pub segment: Option<OsString>,
}

/// Why a path does not lead to a member's files.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LayoutError {
    /// The path does not exist.
    #[error("{path}: no such file or directory; check the name")]
    Missing {
        /// The path.
        path: PathBuf,
    },
    /// There is no log at the path.
    #[error("{path}: no write-ahead log there; name a data directory, its member/wal, or a .wal file")]
    NoLog {
        /// The path.
        path: PathBuf,
    },
    /// The path is not a data directory.
    #[error("{path}: not the data directory of a member, which has member/snap or member/wal in it")]
    NoMember {
        /// The path.
        path: PathBuf,
    },
}

impl DirectoryLayout {
    /// Finds a log by the path of a data directory, its `member`, its WAL directory or one of its segments.
    ///
    /// # Errors
    /// There is no log at the path.
    pub fn of_log(path: &Path) -> Result<Self, LayoutError> {
        exists(path)?;
        if !path.is_dir() {
            let segment = path.file_name().filter(|name| matches!(kind(name), WalFileKind::Segment(_)));
            let segment = segment.ok_or_else(|| LayoutError::NoLog { path: path.to_owned() })?;
            let wal = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
            return Ok(Self { wal: wal.to_owned(), snap: None, has_proxy: false, segment: Some(segment.to_owned()) });
        }
        let inside = ["member/wal", "wal"].map(|inside| path.join(inside)).into_iter().find(|wal| wal.is_dir());
        let wal = match inside {
            Some(wal) => wal,
            None if holds_log(path) => path.to_owned(),
            None => return Err(LayoutError::NoLog { path: path.to_owned() }),
        };
        let snap = wal.parent().map(|member| member.join("snap")).filter(|snap| snap.is_dir());
        Ok(Self { wal, snap, has_proxy: false, segment: None })
    }

    /// Finds the directories of a member by the path of its data directory or its `member`. `wal_dir` is the server's
    /// `--wal-dir`.
    ///
    /// # Errors
    /// There is no member at the path.
    pub fn of_member(path: &Path, wal_dir: Option<&Path>) -> Result<Self, LayoutError> {
        exists(path)?;
        if let Some(wal_dir) = wal_dir {
            exists(wal_dir)?;
        }
        let inner = path.join("member");
        let is_member = |member: &Path| member.join("snap").is_dir() || member.join("wal").is_dir();
        let member = if !inner.is_dir() && is_member(path) { path.to_owned() } else { inner };
        if !member.is_dir() && !is_empty(path) {
            return Err(LayoutError::NoMember { path: path.to_owned() });
        }
        let wal = wal_dir.map_or_else(|| member.join("wal"), ToOwned::to_owned);
        let has_proxy = path.join("proxy").is_dir() && member.is_dir();
        Ok(Self { wal, snap: Some(member.join("snap")), has_proxy, segment: None })
    }
}

/// The kind of a file in a WAL directory.
pub(crate) fn kind(name: &std::ffi::OsStr) -> WalFileKind {
    name.to_str().map_or(WalFileKind::Foreign, WalFileKind::of)
}

fn exists(path: &Path) -> Result<(), LayoutError> {
    match path.symlink_metadata() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(LayoutError::Missing { path: path.to_owned() })
        }
        _ => Ok(()),
    }
}

fn holds_log(directory: &Path) -> bool {
    let Ok(entries) = directory.read_dir() else { return false };
    entries.flatten().any(|entry| matches!(kind(&entry.file_name()), WalFileKind::Segment(_) | WalFileKind::Broken))
}

/// Is the directory empty, apart from `lost+found`?
fn is_empty(directory: &Path) -> bool {
    let is_own = |entry: std::io::Result<std::fs::DirEntry>| entry.is_ok_and(|entry| entry.file_name() == "lost+found");
    directory.read_dir().is_ok_and(|mut entries| entries.all(is_own))
}
