//! The mode and owner of everything that is published.

use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;

use crate::owner::Owner;

/// Mode of every folder.
pub(crate) const FOLDER_MODE: u32 = 0o700;
/// Mode of every file.
pub(crate) const FILE_MODE: u32 = 0o600;

/// Sets the mode, regardless of the umask, and the owner. An error comes with what was to be done.
pub(crate) fn set_permissions(file: &File, mode: u32, owner: Option<Owner>) -> Result<(), (&'static str, io::Error)> {
    file.set_permissions(Permissions::from_mode(mode)).map_err(|error| ("set its rights", error))?;
    owner.map_or(Ok(()), |owner| owner.give(file)).map_err(|error| ("change its owner", error))
}
