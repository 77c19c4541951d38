//! The kinds of files by name, for error messages, and the test for mount points.

use std::fs::FileType;
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;

/// The name of a file type with its article, for an error message.
pub(crate) fn kind_name(found: FileType) -> &'static str {
    match found {
        _ if found.is_dir() => "a folder",
        _ if found.is_fifo() => "a FIFO",
        _ if found.is_char_device() => "a character device",
        _ if found.is_block_device() => "a block device",
        _ if found.is_socket() => "a socket",
        _ if found.is_symlink() => "a symbolic link",
        _ if found.is_file() => "a file",
        _ => "of an unknown kind",
    }
}

/// Whether something is mounted at `path`. Device numbers do not tell, because a part of the same file system can be
/// mounted too.
#[cfg(target_os = "linux")]
pub fn is_mount_point(path: &Path) -> bool {
    use rustix::fs::{AtFlags, CWD, StatxAttributes, StatxFlags, statx};
    let attributes = statx(CWD, path, AtFlags::empty(), StatxFlags::empty()).map(|stat| stat.stx_attributes);
    attributes.is_ok_and(|attributes| attributes.contains(StatxAttributes::MOUNT_ROOT))
}

/// Whether something is mounted at `path`. Not known on this system.
#[cfg(not(target_os = "linux"))]
pub fn is_mount_point(_: &Path) -> bool {
    false
}
