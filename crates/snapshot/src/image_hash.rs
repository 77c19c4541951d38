//! The SHA-256 of the image, and whether the trailer agrees.

use std::fmt;

use etcdsnap_checksum::sha256::{IncrementalSha256, hex};
use etcdsnap_image::ImageError;

use crate::catalogue::container::SHA256_MISMATCH;
use crate::container::{Container, Trailer};
use crate::finding::Finding;
use crate::place::Place;
use crate::report::Sha256Facts;

/// How far ahead of the hash the system is asked for pages, in bytes.
const AHEAD: u64 = 8 << 20;
/// Bytes between two looks at whether to go on.
const STEP: usize = 4 << 20;

/// The SHA-256 of an image, taken from front to back in steps by whoever has the time.
pub struct ImageHash<'c> {
    container: &'c Container,
    hashing: IncrementalSha256<'c>,
}

impl fmt::Debug for ImageHash<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImageHash").field("left", &self.left()).finish_non_exhaustive()
    }
}

impl<'c> ImageHash<'c> {
    /// Nothing is hashed yet.
    pub fn new(container: &'c Container) -> Self {
        Self { container, hashing: IncrementalSha256::new(container.database()) }
    }

    /// Bytes that are not hashed yet.
    pub fn left(&self) -> u64 {
        self.hashing.left() as u64
    }

    /// Hashes `length` more bytes, or all that are left.
    ///
    /// # Errors
    /// The system could not read the file.
    pub fn step(&mut self, length: usize) -> Result<(), ImageError> {
        let size = self.container.database().len() as u64;
        let from = size - self.left();
        self.container.image().prefetch(from..from.saturating_add(AHEAD.max(length as u64)).min(size))?;
        self.hashing.step(length);
        Ok(())
    }

    /// Hashes all that is left, telling `advance` the length of every step; `None` when `stopped` says so meanwhile.
    ///
    /// # Errors
    /// The system could not read the file.
    pub fn finish(mut self, stopped: &dyn Fn() -> bool, advance: &dyn Fn(u64)) -> Result<Option<[u8; 32]>, ImageError> {
        while self.left() > 0 {
            let before = self.left();
            self.step(STEP)?;
            advance(before - self.left());
            if stopped() {
                return Ok(None);
            }
        }
        Ok(Some(self.hashing.finish()))
    }
}

/// The digest in words, compared with the trailer; without a digest as much as there is to say.
pub(crate) fn facts(container: &Container, digest: Option<&[u8; 32]>) -> Sha256Facts {
    let trailer = match (container.trailer, digest) {
        (Trailer::Absent, _) => "absent",
        (Trailer::Present(_), None) => "unread",
        (Trailer::Present(written), Some(digest)) if written == *digest => "match",
        (Trailer::Present(_), Some(_)) => "mismatch",
    };
    Sha256Facts { digest: digest.map(|digest| hex(digest)).unwrap_or_default(), trailer }
}

/// What is to be said when the trailer does not agree with the digest.
pub fn mismatch(container: &Container, digest: &[u8; 32]) -> Option<Finding> {
    let Trailer::Present(written) = container.trailer else { return None };
    let place = Place::offset(container.database().len() as u64);
    let message = format!("the trailer says {}, the image hashes to {}", hex(&written), hex(digest));
    (written != *digest).then(|| Finding::new(&SHA256_MISMATCH, place, message))
}
