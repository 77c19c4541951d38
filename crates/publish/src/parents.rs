//! The folders on the way to an output, made when they are missing.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::owner::Owner;
use crate::temporary::{FOLDER_MODE, settle};

/// The folder an output stands in, and those that were made to get there. These go away again when dropped, unless kept or in
/// use.
#[derive(Debug)]
pub(crate) struct Parents {
    pub(crate) folder: PathBuf,
    /// Outermost first.
    made: Vec<PathBuf>,
}

impl Parents {
    /// Makes the folders above `target` that are missing.
    pub(crate) fn make(target: &Path, owner: Option<Owner>) -> Result<Self, Error> {
        let folder = match target.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        let missing: Vec<_> =
            folder.ancestors().take_while(|path| !path.as_os_str().is_empty() && !path.exists()).collect();
        let mut parents = Self { folder: folder.clone(), made: Vec::new() };
        for path in missing.into_iter().rev() {
            match DirBuilder::new().mode(FOLDER_MODE).create(path) {
                Ok(()) => {
                    parents.made.push(path.to_owned());
                    let made = File::open(path).map_err(Error::io("open the folder", path))?;
                    settle(&made, FOLDER_MODE, owner).map_err(|(action, error)| Error::io(action, path)(error))?;
                }
                // Another run was faster.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
                Err(error) => return Err(Error::io("create the folder", path)(error)),
            }
        }
        Ok(parents)
    }

    /// Makes what stands in the folder durable, and the folders made on the way to it; they stay.
    pub(crate) fn keep(&mut self) -> Result<(), Error> {
        sync_folder(&self.folder)?;
        for path in std::mem::take(&mut self.made).iter().rev() {
            sync_folder(path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")))?;
        }
        Ok(())
    }
}

impl Drop for Parents {
    fn drop(&mut self) {
        for path in self.made.iter().rev() {
            _ = fs::remove_dir(path);
        }
    }
}

/// Makes the names in a folder durable. File systems that cannot do so for folders say so; there is nothing better then.
pub(crate) fn sync_folder(path: &Path) -> Result<(), Error> {
    let error = |error| Error::io("make the folder durable", path)(error);
    match File::open(path).map_err(error)?.sync_all() {
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        result => result.map_err(error),
    }
}
