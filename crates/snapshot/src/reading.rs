//! Walking over a database while its pages come in: every command's pass over a file goes through here.

use std::ops::{ControlFlow, Range};
use std::sync::{Mutex, PoisonError};

use etcdsnap_bbolt::Db;
use etcdsnap_bbolt::check::{self, BucketInfo, Leaf, Observer, Walk};
use etcdsnap_image::{Image, ImageError};

use crate::container::Container;
use crate::progress::Progress;

/// Checks the structure of `db`, which is in `container`, and shows every leaf to `observer`; keeps at most `limit` problems of
/// each code and tells `advance` how many bytes are about to be read, which may put an end to the walk: what was found is not
/// all then. Runs on the rayon pool it is called in.
///
/// # Errors
/// The system could not read the file.
pub fn walk<'a, O: Observer<'a>>(
    container: &Container,
    db: &Db<'a>,
    observer: &O,
    limit: u64,
    advance: &Advance<'_>,
) -> Result<Walk<'a, O::Chunk>, ImageError> {
    let reading = Reading { observer, image: container.image(), advance, failure: Mutex::new(None) };
    let walk = check::check(db, &reading, limit);
    reading.failure.into_inner().unwrap_or_default().map_or(Ok(walk), Err)
}

/// Hears how many bytes are about to be read, and says whether to go on.
pub(crate) type Advance<'p> = dyn Fn(u64) -> ControlFlow<()> + Sync + 'p;

/// Tells `progress`, and never stops.
pub(crate) fn telling(progress: &dyn Progress) -> impl Fn(u64) -> ControlFlow<()> + Sync {
    |bytes| {
        progress.advance(bytes);
        ControlFlow::Continue(())
    }
}

/// Asks the system for the pages ahead, so that a bad sector or a shrunken file is an error and not a signal.
struct Reading<'o, O> {
    observer: &'o O,
    image: &'o Image,
    advance: &'o Advance<'o>,
    failure: Mutex<Option<ImageError>>,
}

impl<'a, O: Observer<'a>> Observer<'a> for Reading<'_, O> {
    type Chunk = O::Chunk;

    fn chunk(&self) -> O::Chunk {
        self.observer.chunk()
    }

    fn leaf(&self, chunk: &mut O::Chunk, bucket: &BucketInfo<'a>, leaf: &Leaf<'a>) {
        self.observer.leaf(chunk, bucket, leaf);
    }

    fn finish(&self, chunk: &mut O::Chunk) {
        self.observer.finish(chunk);
    }

    fn prepare(&self, bytes: Range<u64>) -> ControlFlow<()> {
        let length = bytes.end.saturating_sub(bytes.start);
        if let Err(error) = self.image.prefetch(bytes) {
            self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            return ControlFlow::Break(());
        }
        (self.advance)(length)
    }
}
