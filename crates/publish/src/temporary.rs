//! Files and folders under temporary names, and the lock that shows that the run which made them is alive.

use std::collections::hash_map::RandomState;
use std::ffi::OsStr;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::hash::BuildHasher as _;
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use crate::error::Error;
use crate::folder_sync::open_folder;
use crate::owner::Owner;
use crate::permissions::{FILE_MODE, FOLDER_MODE, set_permissions};

/// The beginning of every temporary name.
pub(crate) const MARK: &str = ".etcdsnap-";
/// Hexadecimal digits in a temporary name.
const DIGITS: usize = 16;
/// How often a temporary name is tried.
const ATTEMPTS: usize = 20;

/// A file or folder under a temporary name, locked. It is removed when this is dropped, unless [`keep`](Self::keep) was called.
#[derive(Debug)]
pub(crate) struct Temporary {
    pub(crate) path: PathBuf,
    pub(crate) file: File,
    /// The folder that contains it. It is opened at the start, so that after the rename only the disk can fail, and not missing
    /// permissions.
    pub(crate) parent: File,
    folder: bool,
    kept: bool,
}

impl Temporary {
    /// Creates a file in `parent`, open for reading and writing.
    pub(crate) fn file(parent: &Path, owner: Option<Owner>) -> Result<Self, Error> {
        Self::make(parent, "create a file in it", owner, false)
    }

    /// Creates a folder in `parent`.
    pub(crate) fn folder(parent: &Path, owner: Option<Owner>) -> Result<Self, Error> {
        Self::make(parent, "create a folder in it", owner, true)
    }

    fn make(parent: &Path, action: &'static str, owner: Option<Owner>, folder: bool) -> Result<Self, Error> {
        let around = open_folder(parent)?;
        let mut made = try_make(parent, folder);
        // Before it is locked, another run may take it for a leftover and remove it.
        for _ in 0..ATTEMPTS {
            match &made {
                Err(error) if matches!(error.kind(), io::ErrorKind::AlreadyExists | io::ErrorKind::NotFound) => {}
                _ => break,
            }
            made = try_make(parent, folder);
        }
        let (path, file) = made.map_err(Error::io(action, parent))?;
        let made = Self { path, file, parent: around, folder, kept: false };
        let mode = if folder { FOLDER_MODE } else { FILE_MODE };
        set_permissions(&made.file, mode, owner).map_err(|(action, error)| Error::io(action, &made.path)(error))?;
        Ok(made)
    }

    /// Leaves it when this is dropped: it has its final name now, or the caller removes it.
    pub(crate) fn keep(&mut self) {
        self.kept = true;
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.kept {
            // When this fails nothing more can be done here; the next run removes it.
            _ = if self.folder { std::fs::remove_dir_all(&self.path) } else { std::fs::remove_file(&self.path) };
        }
    }
}

/// Creates a file or folder under a new temporary name and locks it.
fn try_make(parent: &Path, folder: bool) -> io::Result<(PathBuf, File)> {
    let path = parent.join(fresh_name());
    let file = open_new(&path, folder)?;
    let taken = matches!(file.try_lock(), Err(TryLockError::WouldBlock)) || !is_at(&file, &path);
    if taken { Err(io::ErrorKind::NotFound.into()) } else { Ok((path, file)) }
}

fn open_new(path: &Path, folder: bool) -> io::Result<File> {
    if folder {
        DirBuilder::new().mode(FOLDER_MODE).create(path)?;
        return File::open(path);
    }
    OpenOptions::new().read(true).write(true).create_new(true).mode(FILE_MODE).open(path)
}

/// Opens and locks the file or folder at `path`. `None` when another process has it locked, or when that cannot be found out.
pub(crate) fn lock_if_free(path: &Path) -> Option<File> {
    // Anything can have this name: a link is not followed, and a FIFO not waited for.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    let flags = i32::try_from(flags.bits()).ok()?;
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path).ok()?;
    (file.try_lock().is_ok() && is_at(&file, path)).then_some(file)
}

/// Whether `path`, without following links, names this open file. Used after locking, to find out whether the file was replaced
/// meanwhile.
pub fn is_at(file: &File, path: &Path) -> bool {
    let (Ok(open), Ok(named)) = (file.metadata(), path.symlink_metadata()) else { return false };
    (open.dev(), open.ino()) == (named.dev(), named.ino())
}

/// A new random temporary name.
pub(crate) fn fresh_name() -> String {
    // The system seeds it for every process, and every call gives another number.
    let random = RandomState::new().hash_one(std::process::id());
    format!("{MARK}{random:0DIGITS$x}")
}

/// Whether `name` is a temporary name, which an output has before it is published.
pub(crate) fn is_temporary(name: &OsStr) -> bool {
    let digits = name.as_encoded_bytes().strip_prefix(MARK.as_bytes());
    digits.is_some_and(|digits| {
        digits.len() == DIGITS && digits.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temporary_names_are_recognised() {
        assert!(is_temporary(fresh_name().as_ref()));
        assert_ne!(fresh_name(), fresh_name());
        for other in
            [".etcdsnap-", ".etcdsnap-0123456789abcde", ".etcdsnap-0123456789abcdeg", "etcdsnap-0123456789abcdef"]
        {
            assert!(!is_temporary(other.as_ref()), "{other}");
        }
    }
}
