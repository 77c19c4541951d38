//! The SHA-256 behind a source. It is compared while a copy is made, by a thread that would wait otherwise, and in any case
//! before the copy gets its name.

use std::sync::{Mutex, MutexGuard, PoisonError};

use etcdsnap_snapshot::container::{Container, Trailer};
use etcdsnap_snapshot::finding::Finding;
use etcdsnap_snapshot::image_hash::{ImageHash, mismatch};
use etcdsnap_snapshot::interrupt::Interrupted;

use crate::Error;
use crate::context::{RewriteContext, Tolerance};

/// Bytes hashed before looking for other work.
const STEP: usize = 256 << 10;

/// What is still to be known of a source whose pages were verified.
#[derive(Debug)]
pub(crate) struct SourceTrailer<'a> {
    source: &'a Container,
    /// `None` when there is no SHA-256 behind the source. A thread hashes a little at a time, whichever has nothing else to do.
    hash: Option<Mutex<ImageHash<'a>>>,
}

impl<'a> SourceTrailer<'a> {
    pub fn of(source: &'a Container) -> Self {
        Self { source, hash: (source.trailer != Trailer::Absent).then(|| Mutex::new(ImageHash::new(source))) }
    }

    /// Is there a SHA-256 behind the source, right or wrong?
    pub fn is_there(&self) -> bool {
        self.hash.is_some()
    }

    /// Bytes that are not hashed yet.
    pub fn left(&self) -> u64 {
        self.hash.as_ref().map_or(0, |hash| lock(hash).left())
    }

    /// Hashes a little more, as long as that works: [`finish`](Self::finish) says when it does not. `false` when there is
    /// nothing more to do here.
    pub fn step(&self) -> bool {
        let step = |mut hash: MutexGuard<'_, ImageHash<'_>>| hash.left() > 0 && hash.step(STEP).is_ok();
        self.hash.as_ref().is_some_and(|hash| step(lock(hash)))
    }

    /// Hashes what is left, and says what is wrong, if anything.
    pub fn finish(self, context: &RewriteContext<'_>) -> Result<Option<Finding>, Error> {
        let Some(hash) = self.hash else { return Ok(None) };
        let hash = hash.into_inner().unwrap_or_else(PoisonError::into_inner);
        let digest = hash.finish(&|| context.interrupt.is_set(), &|bytes| context.progress.advance(bytes))?;
        let digest = digest.ok_or(Interrupted)?;
        // A file that changed meanwhile is told before what was found in it.
        self.source.recheck().map_err(etcdsnap_image::ImageError::from)?;
        Ok(mismatch(self.source, &digest))
    }

    /// As [`finish`](Self::finish), but what is wrong is an error when it is not to be put up with.
    pub fn verify(self, context: &RewriteContext<'_>) -> Result<Option<Finding>, Error> {
        match (self.finish(context)?, context.tolerance) {
            (Some(mismatch), Tolerance::Nothing) => {
                Err(Error::Damaged { name: context.name.to_owned(), findings: vec![mismatch] })
            }
            (mismatch, _) => Ok(mismatch),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
