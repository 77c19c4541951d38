//! The choice between refusing, replacing and moving aside what exists at the path of an output.

use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::file_kind::{is_mount_point, kind_name};

/// What to do about something that exists at the path of an output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Existing {
    /// Leave it and fail.
    Refuse,
    /// Replace it with the new file. Only for files.
    Replace,
    /// Move it to another name in the same folder, which must be free; see [`vacant_beside`](crate::vacant_beside).
    MoveTo(PathBuf),
}

/// Checks that what is at `path` can be moved aside for a new folder: it must be a folder and not a mount point.
///
/// # Errors
/// It is something else, a mount point, or missing.
pub fn check_movable(path: &Path) -> Result<(), Error> {
    let found = path.symlink_metadata().map_err(Error::io("look at it", path))?;
    if !found.is_dir() {
        return Err(Error::NotAFolder { path: path.to_owned(), kind: kind_name(found.file_type()) });
    }
    if is_mount_point(path) { Err(Error::MountPoint { path: path.to_owned() }) } else { Ok(()) }
}
