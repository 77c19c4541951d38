//! The bytes of the backup into the files of the members, while others read them too.
//!
//! From a file, the backup itself or the temporary one of its long content, the kernel copies by itself: by sharing
//! blocks where the file system can, else from its cache, through which verification goes at the same time. From
//! anything else the bytes are in memory.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

use etcdsnap_image::FileChanged;
use etcdsnap_snapshot::container::Container;
use etcdsnap_snapshot::interrupt::{Interrupt, Interrupted};
use rustix::io::Errno;

/// Bytes between two looks at the interrupts.
const CHUNK: u64 = 16 << 20;

/// Why a copy is not whole.
#[derive(Debug)]
pub(crate) enum CopyError {
    Io(io::Error),
    Changed(FileChanged),
    Image(etcdsnap_image::ImageError),
    Interrupted(Interrupted),
}

/// Copies the first `len` bytes of the backup into an empty file. They are not durable yet.
pub(crate) fn copy(container: &Container, len: u64, to: &File, interrupts: &[&Interrupt]) -> Result<(), CopyError> {
    let from = container.image().file();
    let mut kernel = from;
    if let Some(from) = from
        && share(from, to, len).map_err(CopyError::Io)?
    {
        return Ok(());
    }
    let mut done = 0;
    // Ends, because a round copies a byte or more; none at all is the end of a file that has shrunk.
    while done < len {
        interrupts.iter().try_for_each(|interrupt| interrupt.check()).map_err(CopyError::Interrupted)?;
        let chunk = CHUNK.min(len - done);
        let copied = match kernel {
            Some(from) => by_kernel(from, to, done, chunk).map_err(CopyError::Io)?,
            None => None,
        };
        done += match copied {
            Some(0) => {
                container.recheck().map_err(CopyError::Changed)?;
                return Err(CopyError::Io(io::ErrorKind::UnexpectedEof.into()));
            }
            Some(copied) => copied,
            None => {
                kernel = None;
                from_memory(container, to, done, chunk)?;
                chunk
            }
        };
    }
    Ok(())
}

/// Lets both files have the same blocks, as long as neither is written to. Tells whether the file system could do it.
#[cfg(target_os = "linux")]
fn share(from: &File, to: &File, len: u64) -> io::Result<bool> {
    if rustix::fs::ioctl_ficlone(to, from).is_err() {
        return Ok(false);
    }
    to.set_len(len)?;
    Ok(true)
}

#[cfg(not(target_os = "linux"))]
fn share(_: &File, _: &File, _: u64) -> io::Result<bool> {
    Ok(false)
}

/// How many bytes the kernel copied, none at the end of the file; `None` where it cannot copy between these two files.
#[cfg(target_os = "linux")]
fn by_kernel(from: &File, to: &File, offset: u64, len: u64) -> io::Result<Option<u64>> {
    let (mut read, mut write) = (offset, offset);
    let len = usize::try_from(len).unwrap_or(usize::MAX);
    // Ends, because only a signal has it tried again, and signals that do not end the process are few.
    loop {
        return match rustix::fs::copy_file_range(from, Some(&mut read), to, Some(&mut write), len) {
            Ok(copied) => Ok(Some(copied as u64)),
            Err(Errno::INTR) => continue,
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP | Errno::PERM | Errno::XDEV) => Ok(None),
            Err(error) => Err(error.into()),
        };
    }
}

#[cfg(not(target_os = "linux"))]
fn by_kernel(_: &File, _: &File, _: u64, _: u64) -> io::Result<Option<u64>> {
    Ok(None)
}

fn from_memory(container: &Container, to: &File, offset: u64, len: u64) -> Result<(), CopyError> {
    container.image().prefetch(offset..offset + len).map_err(CopyError::Image)?;
    let bytes = usize::try_from(offset).ok().and_then(|start| container.database().get(start..)).unwrap_or_default();
    let bytes = usize::try_from(len).ok().and_then(|len| bytes.get(..len)).unwrap_or_default();
    to.write_all_at(bytes, offset).map_err(CopyError::Io)
}
