//! Is a server running on the directory? Looked up without taking a lock, so that no server that is about to start is in the way.
//!
//! A server holds a `flock` on its database and, on Linux, an open-file-description lock on the segments it writes to. The
//! second can be asked for; the first is listed in `/proc/locks`, unless its owner is in another container.

use std::path::{Path, PathBuf};

/// Who has a file of the directory locked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The file.
    pub file: PathBuf,
    /// The process, where the system tells.
    pub pid: Option<u32>,
    /// Name of its program.
    pub program: Option<String>,
}

/// The answer to the question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// Nobody has a lock that could be seen.
    No,
    /// A process has.
    By(Holder),
    /// This system has no way to tell.
    Unknown,
}

#[cfg(target_os = "linux")]
pub(crate) fn held(database: &Path, segment: Option<&Path>) -> Held {
    let owner = linux::flock_owner(database).map(|pid| (database, Some(pid)));
    let owner = owner.or_else(|| segment.filter(|path| linux::is_locked(path)).map(|path| (path, None)));
    let Some((file, pid)) = owner else { return Held::No };
    let program = pid.and_then(|pid| std::fs::read_to_string(format!("/proc/{pid}/comm")).ok());
    Held::By(Holder { file: file.to_owned(), pid, program: program.map(|name| name.trim_end().to_owned()) })
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn held(_database: &Path, _segment: Option<&Path>) -> Held {
    Held::Unknown
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs::File;
    use std::os::linux::fs::MetadataExt as _;
    use std::path::Path;

    use rustix::fs::{major, minor};
    use rustix::process::{Flock, FlockType, fcntl_getlk};

    /// The process that has a `flock` on a file.
    pub fn flock_owner(file: &Path) -> Option<u32> {
        let metadata = file.metadata().ok()?;
        let (device, inode) = (metadata.st_dev(), metadata.st_ino());
        let id = format!("{:02x}:{:02x}:{inode}", major(device), minor(device));
        owner(&std::fs::read_to_string("/proc/locks").ok()?, &id)
    }

    /// `4: FLOCK  ADVISORY  WRITE 4711 fe:00:3279 0 EOF`; a request that waits has an arrow in front.
    pub fn owner(locks: &str, id: &str) -> Option<u32> {
        locks.lines().find_map(|line| {
            let mut words = line.split_whitespace().skip(1);
            let is_held = words.next() == Some("FLOCK");
            let (pid, file) = (words.nth(2)?, words.next()?);
            pid.parse().ok().filter(|_| is_held && file == id)
        })
    }

    /// Would a lock for writing have to wait?
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
        assert_eq!(held(&path, None), Held::No);
        file.try_lock().expect("free");
        // In a sandbox the list may be empty.
        match held(&path, None) {
            Held::By(holder) => assert_eq!((holder.file, holder.pid), (path, Some(std::process::id()))),
            other => {
                assert!(
                    !std::fs::read_to_string("/proc/locks").is_ok_and(|locks| locks.contains("FLOCK")),
                    "{other:?}"
                );
            }
        }
    }

    #[test]
    fn nothing_is_locked_by_asking() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("0.wal");
        File::create(&path).expect("file");
        assert_eq!(held(&folder.path().join("db"), Some(&path)), Held::No);
        File::open(&path).expect("file").try_lock().expect("free");
    }
}
