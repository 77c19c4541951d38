//! Temporary names, and the lock that says that their maker is alive.

use std::collections::hash_map::RandomState;
use std::ffi::OsStr;
use std::fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::hash::BuildHasher as _;
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use crate::error::Error;
use crate::owner::Owner;
use crate::parents::open_folder;

/// How every name begins that is not meant to stay.
pub(crate) const MARK: &str = ".etcdsnap-";
const DIGITS: usize = 16;
const ATTEMPTS: usize = 20;

/// Rights of every folder.
pub(crate) const FOLDER_MODE: u32 = 0o700;
/// Rights of every file.
pub(crate) const FILE_MODE: u32 = 0o600;

/// A file or folder under a temporary name, locked. Removed when dropped before it was given away.
#[derive(Debug)]
pub(crate) struct Temporary {
    pub(crate) path: PathBuf,
    pub(crate) file: File,
    /// The folder that it is in. It is open from the start, so that what gets its own name is then only left to the disk, and not
    /// to rights.
    pub(crate) parent: File,
    folder: bool,
    kept: bool,
}

impl Temporary {
    /// Makes a file in `parent`, open for reading and writing.
    pub(crate) fn file(parent: &Path, owner: Option<Owner>) -> Result<Self, Error> {
        Self::make(parent, "create a file in it", owner, false)
    }

    /// Makes a folder in `parent`.
    pub(crate) fn folder(parent: &Path, owner: Option<Owner>) -> Result<Self, Error> {
        Self::make(parent, "create a folder in it", owner, true)
    }

    fn make(parent: &Path, action: &'static str, owner: Option<Owner>, folder: bool) -> Result<Self, Error> {
        let around = open_folder(parent)?;
        let mut made = try_make(parent, folder);
        // In the moment before it is locked another run may take it for a leftover.
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
        settle(&made.file, mode, owner).map_err(|(action, error)| Error::io(action, &made.path)(error))?;
        Ok(made)
    }

    /// It has its own name now, or is somebody else's to remove.
    pub(crate) fn keep(&mut self) {
        self.kept = true;
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.kept {
            // Nothing more can be done about it here; the next run tries again.
            _ = if self.folder { std::fs::remove_dir_all(&self.path) } else { std::fs::remove_file(&self.path) };
        }
    }
}

/// Something new under a temporary name, locked.
fn try_make(parent: &Path, folder: bool) -> io::Result<(PathBuf, File)> {
    let path = parent.join(fresh_name());
    let file = open_new(&path, folder)?;
    let taken = matches!(file.try_lock(), Err(TryLockError::WouldBlock)) || !is_at(&file, &path);
    if taken { Err(io::ErrorKind::NotFound.into()) } else { Ok((path, file)) }
}

/// Sets rights, whatever the umask is, and the owner.
pub(crate) fn settle(file: &File, mode: u32, owner: Option<Owner>) -> Result<(), (&'static str, io::Error)> {
    file.set_permissions(Permissions::from_mode(mode)).map_err(|error| ("set its rights", error))?;
    owner.map_or(Ok(()), |owner| owner.give(file)).map_err(|error| ("change its owner", error))
}

fn open_new(path: &Path, folder: bool) -> io::Result<File> {
    if folder {
        DirBuilder::new().mode(FOLDER_MODE).create(path)?;
        return File::open(path);
    }
    OpenOptions::new().read(true).write(true).create_new(true).mode(FILE_MODE).open(path)
}

/// The file or folder at `path`, locked, when nobody else has it locked; `None` too when that cannot be found out.
pub(crate) fn lock_if_free(path: &Path) -> Option<File> {
    // Whatever else may have such a name: a link is not followed, a FIFO not waited for.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    let flags = i32::try_from(flags.bits()).ok()?;
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path).ok()?;
    (file.try_lock().is_ok() && is_at(&file, path)).then_some(file)
}

/// Does the path, links not followed, name this open file?
pub fn is_at(file: &File, path: &Path) -> bool {
    let (Ok(open), Ok(named)) = (file.metadata(), path.symlink_metadata()) else { return false };
    (open.dev(), open.ino()) == (named.dev(), named.ino())
}

pub(crate) fn fresh_name() -> String {
    // Seeded anew by the system for every process, and counted up within one.
    let random = RandomState::new().hash_one(std::process::id());
    format!("{MARK}{random:0DIGITS$x}")
}

/// Is it one of the temporary names that outputs have before they get their own?
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
    fn own_names_are_told_from_others() {
        assert!(is_temporary(fresh_name().as_ref()));
        assert_ne!(fresh_name(), fresh_name());
        for other in
            [".etcdsnap-", ".etcdsnap-0123456789abcde", ".etcdsnap-0123456789abcdeg", "etcdsnap-0123456789abcdef"]
        {
            assert!(!is_temporary(other.as_ref()), "{other}");
        }
    }
}
