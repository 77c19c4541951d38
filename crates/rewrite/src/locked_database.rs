//! The database of a member that is not running, held so that none starts meanwhile.
//!
//! etcd locks its database (`flock`, exclusive) for as long as it runs, and waits for the lock when it starts. A new file
//! that takes the name of the old one brings a danger: an etcd that began to wait before has the *old* file open, gets its
//! lock when that is let go, and would run on a file without a name, whose content is gone with the process. So a file that
//! was replaced is [retired](LockedDatabase::retire): an etcd that waited for it finds no database in it and stops.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use etcdsnap_publish::{Owner, is_at};

use crate::Error;

/// How often a file is opened that was replaced before it could be locked.
const ATTEMPTS: usize = 20;

/// The database of a member, open for reading and writing, and locked.
#[derive(Debug)]
pub struct LockedDatabase {
    path: PathBuf,
    file: File,
}

impl LockedDatabase {
    /// Takes the lock without waiting for it. Symbolic links are followed.
    pub fn take(path: &Path) -> Result<Self, Error> {
        let error = |source| Error::Write { path: path.to_owned(), source };
        for _ in 0..ATTEMPTS {
            let path = fs::canonicalize(path).map_err(error)?;
            // Opening a device may already do something to it.
            if !fs::metadata(&path).map_err(error)?.is_file() {
                return Err(error(io::Error::other("not a regular file")));
            }
            let file = File::options().read(true).write(true).open(&path).map_err(error)?;
            if let Some(held) = Self::lock(path, file)? {
                return Ok(held);
            }
        }
        Err(Error::InUse { path: path.to_owned() })
    }

    /// `None` when another file has taken the name since this one was opened.
    fn lock(path: PathBuf, file: File) -> Result<Option<Self>, Error> {
        match file.try_lock() {
            Ok(()) => Ok(is_at(&file, &path).then_some(Self { path, file })),
            Err(TryLockError::WouldBlock) => Err(Error::InUse { path }),
            Err(TryLockError::Error(source)) => Err(Error::Write { path, source }),
        }
    }

    /// Where it really is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Whose it is.
    pub fn owner(&self) -> io::Result<Owner> {
        let metadata = self.file.metadata()?;
        Ok(Owner { user: Some(metadata.uid()), group: Some(metadata.gid()) })
    }

    /// Makes the file useless, now that another one has its name: to be called before the lock is let go. Does nothing when
    /// the file has a name still, be it another one.
    pub fn retire(self, page_size: u32) -> io::Result<()> {
        if self.file.metadata()?.nlink() > 0 {
            return Ok(());
        }
        let page = vec![0; page_size as usize];
        self.file.write_all_at(&page, 0)?;
        self.file.write_all_at(&page, page_size.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("db");
        assert!(matches!(LockedDatabase::take(&path), Err(Error::Write { .. })));
        fs::write(&path, "pages").expect("written");
        let held = LockedDatabase::take(&path).expect("free");
        assert!(matches!(LockedDatabase::take(&path), Err(Error::InUse { .. })));
        drop(held);
        LockedDatabase::take(&path).expect("free again");
    }

    #[test]
    fn a_file_that_was_replaced_is_not_the_database() {
        let folder = tempfile::tempdir().expect("a folder");
        let [path, new] = ["db", "new"].map(|name| folder.path().join(name));
        fs::write(&path, "old pages").expect("written");
        fs::write(&new, "new").expect("written");
        let old = File::open(&path).expect("open");
        fs::rename(&new, &path).expect("replaced");
        assert!(LockedDatabase::lock(path.clone(), old).expect("free").is_none());
        assert_eq!(LockedDatabase::take(&path).expect("free").file.metadata().expect("open").len(), 3);
        let current = File::open(&path).expect("open");
        assert!(LockedDatabase::lock(path, current).expect("free").is_some());
    }

    #[test]
    fn only_a_file_without_a_name_is_retired() {
        let folder = tempfile::tempdir().expect("a folder");
        let [path, other] = ["db", "other"].map(|name| folder.path().join(name));
        fs::write(&path, [7; 1100]).expect("written");
        fs::hard_link(&path, &other).expect("linked");
        let waiting = File::open(&path).expect("open");
        fs::remove_file(&path).expect("removed");
        LockedDatabase::take(&other).expect("free").retire(512).expect("left alone");
        assert_eq!(fs::read(&other).expect("readable"), [7; 1100]);
        let held = LockedDatabase::take(&other).expect("free");
        fs::remove_file(&other).expect("removed");
        held.retire(512).expect("retired");
        let mut bytes = [1; 1100];
        waiting.read_exact_at(&mut bytes, 0).expect("readable");
        assert!(bytes[..1024].iter().all(|byte| *byte == 0) && bytes[1024..].iter().all(|byte| *byte == 7));
    }
}
