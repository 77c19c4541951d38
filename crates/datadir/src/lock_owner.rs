//! [`lock_state`]: finds out whether a server is running on the directory, by its locks.
//!
//! A server holds a `flock` on its database and, on Linux, an open-file-description lock on the segments it writes to.
//! The second can be queried. The first is listed in `/proc/locks` with its owner, but not for a process in another
//! container, and under another device number on file systems such as btrfs and overlayfs. So a shared lock is tried
//! too, and released at once. A server that starts at that moment is only delayed: bbolt tries again every 50 ms,
//! without a limit in a server.

use std::path::{Path, PathBuf};

/// The process that has locked a file of the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockOwner {
    /// The file.
    pub file: PathBuf,
    /// The process id, if the system tells it.
    pub pid: Option<u32>,
    /// Name of its program.
    pub program: Option<String>,
}

/// Whether a server is running on the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LockState {
    /// No lock was found.
    No,
    /// A process has a lock.
    By(LockOwner),
    /// This system has no way to find out.
    Unknown,
}

/// Looks for locks on the database and on the last segment.
#[cfg(target_os = "linux")]
pub(crate) fn lock_state(database: &Path, segment: Option<&Path>) -> LockState {
    let owner = linux::flock_owner(database).map(|pid| (database, Some(pid)));
    let owner = owner.or_else(|| linux::has_flock(database).then_some((database, None)));
    let owner = owner.or_else(|| segment.filter(|path| linux::is_locked(path)).map(|path| (path, None)));
    let Some((file, pid)) = owner else { return LockState::No };
    let program = pid.and_then(|pid| std::fs::read_to_string(format!("/proc/{pid}/comm")).ok());
    LockState::By(LockOwner { file: file.to_owned(), pid, program: program.map(|name| name.trim_end().to_owned()) })
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn held(_database: &Path, _segment: Option<&Path>) -> LockState {
    LockState::Unknown
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs::{File, TryLockError};
    use std::os::linux::fs::MetadataExt as _;
    use std::path::Path;

    use etcdsnap_image::open_file;
    use rustix::fs::{major, minor};
    use rustix::process::{Flock, FlockType, fcntl_getlk};

    /// The process that has a `flock` on a file.
    pub fn flock_owner(file: &Path) -> Option<u32> {
        let metadata = file.metadata().ok()?;
        let (device, inode) = (metadata.st_dev(), metadata.st_ino());
        let id = format!("{:02x}:{:02x}:{inode}", major(device), minor(device));
        owner(&std::fs::read_to_string("/proc/locks").ok()?, &id)
    }

    /// Finds the owner of a `flock` in lines such as `4: FLOCK  ADVISORY  WRITE 4711 fe:00:3279 0 EOF`; a request that
    /// waits has an arrow after the number.
    pub fn owner(locks: &str, id: &str) -> Option<u32> {
        locks.lines().find_map(|line| {
            let mut words = line.split_whitespace().skip(1);
            let is_held = words.next() == Some("FLOCK");
            let (pid, file) = (words.nth(2)?, words.next()?);
            pid.parse().ok().filter(|_| is_held && file == id)
        })
    }

    /// Is there an exclusive `flock` on a file?
    pub fn has_flock(file: &Path) -> bool {
        open_file(file).is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// Is there an open-file-description lock on a file?
    pub fn is_locked(file: &Path) -> bool {
        let asked = File::open(file).map(|file| fcntl_getlk(&file, &Flock::from(FlockType::WriteLock)));
        matches!(asked, Ok(Ok(Some(_))))
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::fs::File;

    use super::*;

    #[test]
    fn the_list_of_locks_is_read() {
        let locks = "1: POSIX  ADVISORY  WRITE 7 fe:00:3279 0 EOF\n\
                     2: FLOCK  ADVISORY  WRITE 4711 fe:00:3279 0 EOF\n\
                     2: -> FLOCK  ADVISORY  WRITE 99 fe:00:3280 0 EOF\n";
        assert_eq!(linux::owner(locks, "fe:00:3279"), Some(4711));
        assert_eq!(linux::owner(locks, "fe:00:3280"), None);
    }

    #[test]
    fn a_locked_database_has_a_holder() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("db");
        let file = File::create(&path).expect("file");
        assert_eq!(lock_state(&path, None), LockState::No);
        file.try_lock().expect("free");
        assert!(linux::has_flock(&path), "however the list of locks calls the file");
        // In a sandbox that list may be empty.
        match lock_state(&path, None) {
            LockState::By(holder) => {
                assert!(holder.file == path && holder.pid.is_none_or(|pid| pid == std::process::id()), "{holder:?}");
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn nothing_is_locked_by_asking() {
        let folder = tempfile::tempdir().expect("folder");
        let [database, segment] = ["db", "0.wal"].map(|name| folder.path().join(name));
        assert_eq!(lock_state(&database, None), LockState::No);
        for path in [&database, &segment] {
            File::create(path).expect("file");
        }
        assert_eq!(lock_state(&database, Some(&segment)), LockState::No);
        for path in [&database, &segment] {
            File::open(path).expect("file").try_lock().expect("free");
        }
    }
}
