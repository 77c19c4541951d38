//! The SHA-256 of the image, and whether the trailer agrees.

use std::ops::ControlFlow;

use etcdsnap_checksum::sha256::{self, hex};
use etcdsnap_image::Error;

use crate::container::{Container, Trailer};
use crate::report::Sha256Facts;

/// How far ahead of the hash the system is asked for pages, in bytes.
const AHEAD: u64 = 8 << 20;

/// Hashes the database from front to back, telling how far it is; `None` when `stopped` says so meanwhile.
///
/// # Errors
/// The system could not read the file.
pub(crate) fn compute(
    container: &Container,
    stopped: &dyn Fn() -> bool,
    advance: &dyn Fn(u64),
) -> Result<Option<[u8; 32]>, Error> {
    let bytes = container.database();
    let length = bytes.len() as u64;
    let image = container.image();
    image.prefetch(0..AHEAD.min(length))?;
    let (mut before, mut failure) = (0, None);
    let digest = sha256::digest(bytes, &mut |done| {
        advance(done - before);
        before = done;
        failure = image.prefetch(done..(done + AHEAD).min(length)).err();
        if failure.is_some() || stopped() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    failure.map_or(Ok(digest), Err)
}

/// The digest in words, compared with the trailer.
pub(crate) fn facts(container: &Container, digest: &[u8; 32]) -> Sha256Facts {
    let trailer = match container.trailer {
        Trailer::Absent => "absent",
        Trailer::Present(written) if written == *digest => "match",
        Trailer::Present(_) => "mismatch",
    };
    Sha256Facts { digest: hex(digest), trailer }
}
