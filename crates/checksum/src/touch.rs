//! [`touch()`]: prefetches memory into the processor's cache.

use std::hint::black_box;

/// Bytes of a cache line.
const CACHE_LINE: usize = 64;

/// Reads one byte of every cache line of a short block before the block is used. The processor overlaps these accesses,
/// because nothing depends on their results, so the block costs the latency of memory once and not once for each line.
#[inline]
pub fn touch(bytes: &[u8]) {
    black_box(bytes.iter().step_by(CACHE_LINE).fold(0_u8, |all, byte| all ^ byte));
}
