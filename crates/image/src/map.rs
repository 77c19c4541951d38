//! Mapping a file, and handling SIGBUS: the only `unsafe` code of the project.
//!
//! There are three operations, each with the reason why it is sound.
#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::ops::Range;

use memmap2::{Mmap, MmapOptions};

/// Maps the first `len` bytes of a regular file for reading.
///
/// `len` must be the length that the file was seen to have, and not zero.
pub(crate) fn map(file: &File, len: usize) -> io::Result<Mmap> {
    // SAFETY: the map is private to this process and read-only, so nothing here can write through it; it outlives the file
    // handle by the rules of mmap(2). What the compiler is told, and nobody can promise, is that the bytes stay the same:
    // another process may write to the file or cut it. Both are contained as follows.
    // * Written bytes. A read gives old or new bytes, each a valid `u8`. The readers of this project are written for bytes
    //   that differ between two reads: they copy every header field into a local once, slice with bounds checks only, never
    //   skip UTF-8 or length checks, and bound every loop. So the worst outcome is a wrong report, which the caller's
    //   `recheck` then discards.
    // * A cut file. Reading beyond the new end raises SIGBUS, which ends the process (see `exit_on_sigbus`): no read
    //   returns, so no invalid value is ever seen. `Image::prefetch` finds most such ends, and bad sectors, beforehand.
    unsafe { MmapOptions::new().len(len).map(file) }
}

/// Maps zero pages over the `holes` of a map, so that they take no memory in the file system's cache either. The holes
/// begin and end at multiples of the page size. Where that fails they are read like the rest.
#[cfg(target_os = "linux")]
pub(crate) fn map_zeros(map: &Mmap, holes: &[Range<u64>]) {
    for hole in holes {
        let range = usize::try_from(hole.start).ok().zip(usize::try_from(hole.end).ok());
        let Some(covered) = range.and_then(|(start, end)| map.get(start..end)) else { continue };
        // SAFETY: the addresses are a slice of a map that this process made and that nothing else has borrowed, for it
        // was just made and is only lent as `&[u8]` later. The new pages are private, read-only like the old ones, and
        // as many; a slice of them is valid as before. They are taken down with the rest of the map, by its length. An
        // offset that is no multiple of the page size is refused by the system, and then nothing has changed.
        unsafe {
            libc::mmap(
                covered.as_ptr().cast_mut().cast(),
                covered.len(),
                libc::PROT_READ,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED | libc::MAP_NORESERVE,
                -1,
                0,
            );
        }
    }
}

/// Has no effect on this system, where no holes are found.
#[cfg(not(target_os = "linux"))]
pub(crate) fn cover(_: &Mmap, _: &[Range<u64>]) {}

/// Installs a handler for SIGBUS, which the system sends when a mapped file is truncated while it is read or its disk
/// fails: it writes `message` to standard error and exits with `code`.
///
/// It is for the start of a program, not for libraries, since the handler belongs to the whole process. Only the first
/// call has an effect. The system sends the same signal for other broken maps, and macOS also for an exhausted stack.
/// Has no effect where there is no SIGBUS.
#[cfg(unix)]
pub fn exit_on_sigbus(message: &'static [u8], code: i32) {
    if sigbus::REPORT.set((message, code)).is_err() {
        return;
    }
    let handler: extern "C" fn(libc::c_int) = sigbus::report_and_exit;
    // SAFETY: `sigaction` is a plain C structure for which all-zero bytes are a valid value (no flags, an empty mask); the
    // handler has the signature that is expected without SA_SIGINFO, lives as long as the program and does only what
    // signal handlers may do. SA_ONSTACK lets it run on the alternative stack that the runtime gives every thread.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler as libc::sighandler_t;
        action.sa_flags = libc::SA_ONSTACK;
        libc::sigemptyset(&raw mut action.sa_mask);
        libc::sigaction(libc::SIGBUS, &raw const action, std::ptr::null_mut());
    }
}

/// Has no effect on this system, which has no SIGBUS.
#[cfg(not(unix))]
pub fn exit_on_sigbus(_message: &'static [u8], _code: i32) {}

#[cfg(unix)]
mod sigbus {
    use std::sync::OnceLock;

    /// The message and the exit code. Set before the handler is installed, so the handler finds it set.
    pub(super) static REPORT: OnceLock<(&'static [u8], i32)> = OnceLock::new();

    pub(super) extern "C" fn report_and_exit(_signal: libc::c_int) {
        // `get` of a cell that is set is one atomic load: it takes no lock and waits for nobody.
        let (message, code) = REPORT.get().copied().unwrap_or((b"", 1));
        // SAFETY: write(2) and _exit(2) are async-signal-safe, the message lives as long as the program, and its length is
        // its own. Nothing is allocated, locked, formatted or unwound; _exit runs no exit handlers, and does not return to
        // the read that cannot be completed.
        unsafe {
            libc::write(libc::STDERR_FILENO, message.as_ptr().cast(), message.len());
            libc::_exit(code);
        }
    }
}
