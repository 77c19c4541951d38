//! The folder of an output, opened and made durable.

use std::fs::File;
use std::io;
use std::path::Path;

use rustix::fs::{Mode, OFlags};

use crate::error::Error;

/// The folder that contains `path`; `.` for a bare name.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes the entries of a folder durable.
pub(crate) fn sync_folder(path: &Path) -> Result<(), Error> {
    sync_open(&open_folder(path)?, path)
}

/// Opens a folder. Anything else is refused at once, even a FIFO that nobody writes to.
pub(crate) fn open_folder(path: &Path) -> Result<File, Error> {
    let opened = rustix::fs::open(path, OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty());
    opened.map(File::from).map_err(|error| Error::io("open the folder", path)(error.into()))
}

/// Makes the entries of an open folder durable. A file system that cannot do so for folders reports that; nothing more can be
/// done then, so that counts as success.
pub(crate) fn sync_open(folder: &File, path: &Path) -> Result<(), Error> {
    match folder.sync_all() {
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        result => result.map_err(Error::io("make the folder durable", path)),
    }
}
