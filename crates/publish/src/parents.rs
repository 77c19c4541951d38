//! The folders on the way to an output, made when they are missing.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

use crate::error::Error;
use crate::owner::Owner;
use crate::temporary::{FOLDER_MODE, settle};

/// Folders that were made on the way to outputs. They go away again when dropped, unless kept or in use.
///
/// Every output makes its own way. Who makes several makes the way to all of them first, and drops it last: else the first
/// output to fail cannot remove a folder that the others stand in.
#[derive(Debug, Default)]
pub struct Parents {
    /// Each behind the one it stands in.
    made: Vec<PathBuf>,
}

impl Parents {
    /// Makes the folders above `target` that are missing, rights 0700, durable.
    pub fn make(&mut self, target: &Path, owner: Option<Owner>) -> Result<(), Error> {
        let folder = folder_of(target);
        let missing: Vec<_> =
            folder.ancestors().take_while(|path| !path.as_os_str().is_empty() && !path.exists()).collect();
        for path in missing.into_iter().rev() {
            match DirBuilder::new().mode(FOLDER_MODE).create(path) {
                Ok(()) => {
                    self.made.push(path.to_owned());
                    let made = File::open(path).map_err(Error::io("open the folder", path))?;
                    settle(&made, FOLDER_MODE, owner).map_err(|(action, error)| Error::io(action, path)(error))?;
                    sync_folder(folder_of(path))?;
                }
                // Another run was faster.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
                Err(error) => return Err(Error::io("create the folder", path)(error)),
            }
        }
        Ok(())
    }

    /// They stay.
    pub fn keep(mut self) {
        self.made.clear();
    }
}

impl Drop for Parents {
    fn drop(&mut self) {
        for path in self.made.iter().rev() {
            _ = fs::remove_dir(path);
        }
    }
}

/// The folder that something stands in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes the names in a folder durable.
pub(crate) fn sync_folder(path: &Path) -> Result<(), Error> {
    sync_open(&open_folder(path)?, path)
}

/// What is no folder is not waited for.
pub(crate) fn open_folder(path: &Path) -> Result<File, Error> {
    let opened = rustix::fs::open(path, OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty());
    opened.map(File::from).map_err(|error| Error::io("open the folder", path)(error.into()))
}

/// Makes the names in a folder durable that is open. File systems that cannot do so for folders say so; there is nothing better
/// then.
pub(crate) fn sync_open(folder: &File, path: &Path) -> Result<(), Error> {
    match folder.sync_all() {
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        result => result.map_err(Error::io("make the folder durable", path)),
    }
}
