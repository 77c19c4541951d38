//! What the system holds of a file in memory.

use std::fs::File;
use std::io;
use std::path::Path;

/// Has the system hold all of a file, as it does once a program has read it from front to back.
///
/// The same bytes take several times as long to map when they came into memory in another order, and in small pieces: so it
/// forgets them first, where it can.
pub fn fill(path: &Path) -> io::Result<()> {
    _ = forget(path);
    io::copy(&mut File::open(path)?, &mut io::sink()).map(|_| ())
}

/// Drops the cached pages of a file; those that wait to be written are written first, because they cannot be dropped.
///
/// It is a request: a file system in memory keeps its pages all the same. Whether it was heeded shows in the bytes that the
/// next run reads from disk.
pub fn forget(path: &Path) -> io::Result<()> {
    let file = File::open(path)?;
    file.sync_all()?;
    drop_pages(&file)
}

#[cfg(target_os = "linux")]
fn drop_pages(file: &File) -> io::Result<()> {
    Ok(rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed)?)
}

#[cfg(not(target_os = "linux"))]
fn drop_pages(_: &File) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
