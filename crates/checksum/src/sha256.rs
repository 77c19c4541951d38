//! SHA-256 of a large mapped file, with prefetching so that it is limited by the hash and not by memory.
//!
//! SHA-256 is serial, and on a freshly written file the latency of every new 4 KiB page adds up to half of the run time.
//! So while one block is hashed, a byte of every cache line of the block some KiB ahead is read: the page fault and the
//! memory access overlap with the computation.

use std::ops::ControlFlow;

use sha2::{Digest, Sha256};

use crate::touch;

/// Bytes between two calls of the progress callback.
const WINDOW: usize = 4 << 20;
/// Bytes hashed between two touches.
const BLOCK: usize = 1 << 10;
/// How far ahead of the hash the touched block lies, in bytes.
const AHEAD: usize = 4 << 10;

/// A SHA-256 that is computed in steps, for callers that do other work in between.
#[derive(Clone, Debug)]
pub struct IncrementalSha256<'b> {
    bytes: &'b [u8],
    hash: Sha256,
    done: usize,
}

impl<'b> IncrementalSha256<'b> {
    /// Starts a hash of `bytes`, of which nothing is hashed yet.
    pub fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, hash: Sha256::new(), done: 0 }
    }

    /// Hashes `length` more bytes, or all that are left. Returns the number of bytes hashed so far.
    pub fn step(&mut self, length: usize) -> usize {
        let end = self.done.saturating_add(length).min(self.bytes.len());
        for block in self.bytes.get(self.done..end).unwrap_or_default().chunks(BLOCK) {
            let ahead = self.bytes.get(self.done + AHEAD..).unwrap_or_default();
            touch(&ahead[..ahead.len().min(BLOCK)]);
            self.hash.update(block);
            self.done += block.len();
        }
        self.done
    }

    /// Number of bytes that are not hashed yet.
    pub fn left(&self) -> usize {
        self.bytes.len() - self.done
    }

    /// The SHA-256 of the bytes hashed so far.
    pub fn finish(self) -> [u8; 32] {
        self.hash.finalize().into()
    }
}

/// The SHA-256 of `bytes`, or `None` when `on_progress` returns [`ControlFlow::Break`].
///
/// `on_progress` is called with the number of bytes hashed so far, after every 4 MiB and at the end.
pub fn digest(bytes: &[u8], on_progress: &mut dyn FnMut(u64) -> ControlFlow<()>) -> Option<[u8; 32]> {
    let mut hashing = IncrementalSha256::new(bytes);
    while hashing.left() > 0 {
        if on_progress(hashing.step(WINDOW) as u64).is_break() {
            return None;
        }
    }
    Some(hashing.finish())
}

/// Encodes a digest in lower-case hex digits.
pub fn hex(digest: &[u8]) -> String {
    use std::fmt::Write as _;
    digest.iter().fold(String::with_capacity(digest.len() * 2), |mut out, byte| {
        _ = write!(out, "{byte:02x}");
        out
    })
}
