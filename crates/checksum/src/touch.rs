//! Fetching memory before it is needed.

use std::hint::black_box;

/// What the processor fetches at once, in bytes.
const CACHE_LINE: usize = 64;

/// Reads one byte of every cache line. A processor waits for many lines at once when nothing depends on what they hold, so a short
/// block that is touched before it is worked on costs what memory gives in a stream, not one delay after another.
#[inline]
pub fn touch(bytes: &[u8]) {
    black_box(bytes.iter().step_by(CACHE_LINE).fold(0_u8, |all, byte| all ^ byte));
}
