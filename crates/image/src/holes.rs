//! Finds the holes of a sparse file: ranges that read as zeros and take no space on the disk.
//!
//! A sparse file can be gigabytes long and have only a few blocks; the same is true of a member's log, whose segments are
//! preallocated. Memory must not grow with the length of such a file, so its holes are not read.

use std::fs::File;
use std::ops::Range;

#[cfg(target_os = "linux")]
use rustix::fs::{SeekFrom, seek};

/// Bytes of the smallest hole that is mapped separately; holes are cut to multiples of it, which are multiples of every
/// system's page size.
#[cfg(target_os = "linux")]
const MIN_HOLE: u64 = 1 << 20;
/// The most holes that are searched for; further holes are read like data.
#[cfg(target_os = "linux")]
const MAX_HOLES: usize = 1024;

/// The large holes among the first `len` bytes, ascending, each from one multiple of [`MIN_HOLE`] to another. There are
/// none where the system or the file system does not support finding them.
///
/// Moves the position of the file.
#[cfg(target_os = "linux")]
pub(crate) fn holes(file: &File, len: u64) -> Vec<Range<u64>> {
    let mut holes = Vec::new();
    let mut next = 0;
    for _ in 0..MAX_HOLES {
        let Some(hole) = seek(file, SeekFrom::Hole(next)).ok().filter(|hole| *hole < len) else { break };
        // After the last data the search fails, and the hole reaches to the end.
        let data = seek(file, SeekFrom::Data(hole)).map_or(len, |data| data.min(len));
        let cut = hole.next_multiple_of(MIN_HOLE)..data - data % MIN_HOLE;
        if !cut.is_empty() {
            holes.push(cut);
        }
        if data >= len {
            break;
        }
        next = data;
    }
    holes
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn holes(_: &File, _: u64) -> Vec<Range<u64>> {
    Vec::new()
}

/// The ranges among the first `len` bytes that are not in `holes`.
pub(crate) fn data_ranges(holes: &[Range<u64>], len: u64) -> impl Iterator<Item = Range<u64>> {
    let starts = std::iter::once(0).chain(holes.iter().map(|hole| hole.end));
    let ends = holes.iter().map(|hole| hole.start).chain(std::iter::once(len));
    starts.zip(ends).map(|(start, end)| start..end).filter(|data| !data.is_empty())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::os::unix::fs::FileExt as _;

    use super::*;

    #[test]
    fn what_is_written_is_no_hole() {
        let file = tempfile::tempfile().expect("a file");
        let len = 40 * MIN_HOLE + 5;
        file.set_len(len).expect("a long file");
        file.write_all_at(b"data", 10 * MIN_HOLE + 100).expect("written");
        file.write_all_at(b"data", 30 * MIN_HOLE - 2).expect("written");
        let holes = holes(&file, len);
        let data: Vec<_> = data_ranges(&holes, len).collect();
        for place in [10 * MIN_HOLE + 100, 30 * MIN_HOLE - 2, 30 * MIN_HOLE + 1, len - 1] {
            assert!(data.iter().any(|data| data.contains(&place)), "{place}: {data:?}");
        }
        let bytes: u64 = data.iter().map(|data| data.end - data.start).sum();
        assert!(bytes < 6 * MIN_HOLE, "{data:?}");
        assert!(holes.iter().all(|hole| hole.start % MIN_HOLE == 0 && hole.end % MIN_HOLE == 0));
    }

    #[test]
    fn no_length_overflows() {
        let file = tempfile::tempfile().expect("a file");
        assert_eq!(holes(&file, 0), []);
        assert_eq!(data_ranges(&[], 0).count(), 0);
        file.write_all_at(b"data", 0).expect("written");
        let rest = MIN_HOLE..u64::MAX - u64::MAX % MIN_HOLE;
        assert_eq!(holes(&file, u64::MAX), std::slice::from_ref(&rest));
    }
}
