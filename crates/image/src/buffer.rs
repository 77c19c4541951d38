//! Reads a stream into memory. The buffer grows with the bytes that arrive, whatever a length field says.

use std::io::{self, Read};

/// The smallest number of bytes by which a buffer grows.
const STEP: usize = 1 << 20;

/// Why reading into memory failed.
pub(crate) enum Failure {
    /// There is no memory for this many bytes in total.
    OutOfMemory { bytes: u64 },
    /// The reader failed after this many bytes.
    Read { offset: u64, source: io::Error },
}

/// Reads to the end of the stream, but at most `most` bytes.
pub(crate) fn read(mut reader: impl Read, most: u64) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    loop {
        let room = grow(&mut bytes, most)?;
        match reader.by_ref().take(room).read_to_end(&mut bytes) {
            Ok(0) => return Ok(bytes),
            Ok(_) => {}
            Err(source) => {
                let offset = bytes.len() as u64;
                return Err(match source.kind() {
                    io::ErrorKind::OutOfMemory => Failure::OutOfMemory { bytes: offset },
                    _ => Failure::Read { offset, source },
                });
            }
        }
    }
}

/// The number of bytes to read next, so that the total stays within `most`. When the buffer is full, its capacity is
/// doubled first.
fn grow(bytes: &mut Vec<u8>, most: u64) -> Result<u64, Failure> {
    let len = bytes.len() as u64;
    let wanted = most.saturating_sub(len);
    if bytes.len() == bytes.capacity() {
        let room = wanted.min(bytes.len().max(STEP) as u64);
        let out_of_memory = || Failure::OutOfMemory { bytes: len.saturating_add(room) };
        let additional = usize::try_from(room).map_err(|_| out_of_memory())?;
        bytes.try_reserve_exact(additional).map_err(|_| out_of_memory())?;
    }
    Ok(wanted.min((bytes.capacity() - bytes.len()) as u64))
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read};

    use super::{STEP, read};

    #[test]
    fn memory_follows_the_bytes_and_not_the_promise() {
        let Ok(bytes) = read(io::repeat(7).take(3 << 20), u64::MAX) else {
            panic!("three steps are readable");
        };
        assert_eq!(bytes, vec![7; 3 * STEP]);
        assert!(bytes.capacity() <= 4 * STEP);
    }
}
