//! A temporary file without a name, which the system removes when the process ends, however that happens.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use crate::permissions::FILE_MODE;
use crate::temporary::fresh_name;

/// Creates an empty file without a name on the file system of `folder`, open for reading and writing.
///
/// Where the file system cannot do that, the file gets a temporary name, which is removed at once.
///
/// # Errors
/// The folder is missing or may not be written to, or its file system is full or read-only.
pub fn unnamed_file(folder: &Path) -> io::Result<File> {
    if let Some(file) = without_name(folder) {
        return Ok(file);
    }
    let path = folder.join(fresh_name());
    let file = OpenOptions::new().read(true).write(true).create_new(true).mode(FILE_MODE).open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

#[cfg(target_os = "linux")]
fn without_name(folder: &Path) -> Option<File> {
    let flags = i32::try_from(rustix::fs::OFlags::TMPFILE.bits()).ok()?;
    OpenOptions::new().read(true).write(true).custom_flags(flags).mode(FILE_MODE).open(folder).ok()
}

#[cfg(not(target_os = "linux"))]
fn without_name(_: &Path) -> Option<File> {
    None
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Seek as _, Write as _};

    use super::unnamed_file;

    #[test]
    fn it_is_written_and_read_and_leaves_no_name() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let mut file = unnamed_file(folder.path())?;
        file.write_all(b"pages")?;
        assert_eq!(std::fs::read_dir(folder.path())?.count(), 0);
        file.rewind()?;
        let mut read = String::new();
        file.read_to_string(&mut read)?;
        assert_eq!(read, "pages");
        unnamed_file(&folder.path().join("missing")).expect_err("no such folder");
        Ok(())
    }
}
