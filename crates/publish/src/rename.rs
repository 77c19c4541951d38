//! The renames that outputs are published with: to a free name, and by exchange of two names.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use crate::error::Error;

/// Renames `from` to `to`, unless something exists at `to`.
pub(crate) fn rename_to_free(from: &Path, to: &Path) -> Result<(), Error> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // Not every file system can do it in one step. Then another process can take the name between the two steps; even
        // then a rename never replaces a folder that is not empty.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => match to.symlink_metadata() {
            Ok(_) => Err(Error::Exists { path: to.to_owned() }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::rename(from, to).map_err(Error::io("give it its name", to))
            }
            Err(error) => Err(Error::io("look at it", to)(error)),
        },
        Err(Errno::EXIST | Errno::NOTEMPTY) => Err(Error::Exists { path: to.to_owned() }),
        result => result.map_err(|error| Error::io("give it its name", to)(error.into())),
    }
}

/// Exchanges the names of two files or folders in one step.
pub(crate) fn exchange_names(one: &Path, other: &Path) -> Result<(), Errno> {
    renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)
}

/// A free name in the folder of `path`: its own name with `suffix`, and with a number when that is taken too.
pub fn vacant_beside(path: &Path, suffix: &str) -> PathBuf {
    let named = |number: u32| {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(suffix);
        if number > 1 {
            name.push(format!("-{number}"));
        }
        path.with_file_name(name)
    };
    (1..u32::MAX).map(named).find(|path| path.symlink_metadata().is_err()).unwrap_or_else(|| named(u32::MAX))
}
