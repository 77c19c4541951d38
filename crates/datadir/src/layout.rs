//! Where the files of a member are.
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
    /// Where the log is; it need not exist.
    pub wal: PathBuf,
    /// Where database and `.snap` files are; `None` where only a log was named.
    pub snap: Option<PathBuf>,
    /// There is a folder of a proxy beside that of the member.
    pub has_proxy: bool,
    /// The only segment to look at.
    pub segment: Option<OsString>,
}

/// What was named is not what was asked for.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LayoutError {
    /// Nothing is there.
    #[error("{path}: no such file or directory; check the name")]
    Missing {
        /// The path.
        path: PathBuf,
    },
    /// It holds no log.
    #[error("{path}: no write-ahead log there; name a data directory, its member/wal, or a .wal file")]
    NoLog {
        /// The path.
        path: PathBuf,
    },
    /// It is no data directory.
    #[error("{path}: not the data directory of a member, which has member/snap or member/wal in it")]
    NoMember {
        /// The path.
        path: PathBuf,
    },
}

impl DirectoryLayout {
    /// Finds a log by a data directory, its `member`, its WAL directory or one of its segments.
    ///
    /// # Errors
    /// Nothing there looks like a log.
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

    /// The directories of the member that a data directory, or its `member`, is of. `wal_dir` is what its server is given as
    /// `--wal-dir`.
    ///
    /// # Errors
    /// Nothing there looks like a member.
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

/// What a file in a WAL directory is.
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

/// Is the folder empty, but for `lost+found`?
fn is_empty(directory: &Path) -> bool {
    let is_own = |entry: std::io::Result<std::fs::DirEntry>| entry.is_ok_and(|entry| entry.file_name() == "lost+found");
    directory.read_dir().is_ok_and(|mut entries| entries.all(is_own))
}
