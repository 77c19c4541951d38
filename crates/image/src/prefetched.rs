//! [`PrefetchedBlocks`]: the blocks of a file that were prefetched already, with one bit for each MiB, shared by all
//! threads.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes of a block.
const BLOCK: usize = 1 << 20;

/// A set of blocks. Threads need not see the same set at every moment: at worst a block is prefetched twice.
pub(crate) struct PrefetchedBlocks {
    words: Vec<AtomicU64>,
}

impl PrefetchedBlocks {
    /// Makes the empty set for a file of `len` bytes.
    pub fn new(len: usize) -> Self {
        let words = len.div_ceil(BLOCK).div_ceil(u64::BITS as usize);
        Self { words: (0..words).map(|_| AtomicU64::new(0)).collect() }
    }

    /// The ranges of whole blocks around `bytes` that are not in the set, in bytes; the last may end after the end of
    /// the file.
    pub fn missing(&self, bytes: Range<usize>) -> impl Iterator<Item = Range<usize>> {
        let end = if bytes.is_empty() { 0 } else { bytes.end.div_ceil(BLOCK) };
        let mut next = bytes.start / BLOCK;
        std::iter::from_fn(move || {
            let start = (next..end).find(|block| !self.has(*block))?;
            next = (start..end).find(|block| self.has(*block)).unwrap_or(end);
            Some(start * BLOCK..next.saturating_mul(BLOCK))
        })
    }

    /// Adds a range of whole blocks to the set.
    pub fn add(&self, bytes: Range<usize>) {
        for block in bytes.start / BLOCK..bytes.end / BLOCK {
            if let Some(word) = self.words.get(block / u64::BITS as usize) {
                word.fetch_or(bit(block), Ordering::Relaxed);
            }
        }
    }

    fn has(&self, block: usize) -> bool {
        let word = self.words.get(block / u64::BITS as usize);
        word.is_some_and(|word| word.load(Ordering::Relaxed) & bit(block) != 0)
    }
}

fn bit(block: usize) -> u64 {
    1 << (block % u64::BITS as usize)
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, PrefetchedBlocks};

    #[test]
    fn blocks_are_asked_for_once() {
        let blocks = PrefetchedBlocks::new(200 * BLOCK + 5);
        let missing = |range| blocks.missing(range).map(|run| (run.start, run.end)).collect::<Vec<_>>();
        assert_eq!(missing(BLOCK - 1..BLOCK + 1), [(0, 2 * BLOCK)]);
        blocks.add(BLOCK..2 * BLOCK);
        blocks.add(70 * BLOCK..71 * BLOCK);
        assert_eq!(missing(0..3 * BLOCK), [(0, BLOCK), (2 * BLOCK, 3 * BLOCK)]);
        assert_eq!(missing(BLOCK + 7..2 * BLOCK), []);
        assert_eq!(missing(70 * BLOCK..72 * BLOCK), [(71 * BLOCK, 72 * BLOCK)]);
        assert_eq!(missing(200 * BLOCK + 1..200 * BLOCK + 5), [(200 * BLOCK, 201 * BLOCK)]);
        assert_eq!(missing(9 * BLOCK..9 * BLOCK), []);
    }
}
