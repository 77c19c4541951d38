//! The missing folders above an output, created with it.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::folder_sync::{folder_of, sync_folder};
use crate::owner::Owner;
use crate::permissions::{FOLDER_MODE, set_permissions};

/// Folders that were created above outputs. They are removed when this is dropped, unless [`keep`](Self::keep) was called or
/// they are not empty.
///
/// Every output creates its own. A caller that creates several outputs first creates the folders above all of them, and drops
/// this last: otherwise the first output to fail could not remove a folder that contains the others.
#[derive(Debug, Default)]
pub struct Parents {
    /// Each after the one that contains it.
    made: Vec<PathBuf>,
}

impl Parents {
    /// Creates the missing folders above `target` with mode 0700, durably.
    pub fn make(&mut self, target: &Path, owner: Option<Owner>) -> Result<(), Error> {
        let folder = folder_of(target);
        let missing: Vec<_> =
            folder.ancestors().take_while(|path| !path.as_os_str().is_empty() && !path.exists()).collect();
        for path in missing.into_iter().rev() {
            match DirBuilder::new().mode(FOLDER_MODE).create(path) {
                Ok(()) => {
                    self.made.push(path.to_owned());
                    let made = File::open(path).map_err(Error::io("open the folder", path))?;
                    set_permissions(&made, FOLDER_MODE, owner)
                        .map_err(|(action, error)| Error::io(action, path)(error))?;
                    sync_folder(folder_of(path))?;
                }
                // Another run created it meanwhile.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
                Err(error) => return Err(Error::io("create the folder", path)(error)),
            }
        }
        Ok(())
    }

    /// Keeps the folders.
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
