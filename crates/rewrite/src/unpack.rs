//! Writes a backup as it was saved: decompressed, taken out of its archive, with its own line ends and nothing after it.

use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;

use etcdsnap_bbolt::Db;
use etcdsnap_snapshot::container::Container;
use etcdsnap_snapshot::length::{Length, is_snapshot};

use crate::{Error, RewriteContext, Target};

/// Bytes that are written between two checks of the interrupt.
const PIECE: usize = 4 << 20;

/// The result of [`unpack`].
#[derive(Debug)]
pub struct Unpacked {
    /// Its length in bytes.
    pub size: u64,
    /// How many bytes followed the snapshot and were left out.
    pub left_out: u64,
    /// What killed runs had left beside the target, and was removed.
    pub removed_leftovers: Vec<PathBuf>,
}

/// Writes the bytes of a backup to a new file: decompressed, out of its archive, with the line ends it had, and without
/// what follows a snapshot that its SHA-256 proves. Nothing else is verified and nothing else is changed.
///
/// # Errors
/// Nothing has appeared under the target's name then, and what was there is as it was, unless the error
/// [says otherwise](Error::has_appeared).
pub fn unpack(source: &Container, target: &Target, context: &RewriteContext<'_>) -> Result<Unpacked, Error> {
    target.check()?;
    let all = source.image().bytes();
    let bytes = saved(source)?;
    let (size, left_out) = (bytes.len() as u64, (all.len() - bytes.len()) as u64);
    let mut new = target.create(size)?;
    context.progress.phase("copy", size);
    let mut done = 0;
    for piece in bytes.chunks(PIECE) {
        context.interrupt.check()?;
        let end = done + piece.len() as u64;
        source.image().prefetch(done..end)?;
        new.file().write_all_at(piece, done).map_err(|source| target.write_error(source))?;
        context.progress.advance(piece.len() as u64);
        done = end;
    }
    context.progress.finished();
    source.recheck().map_err(etcdsnap_image::ImageError::from)?;
    context.interrupt.check()?;
    let removed_leftovers = new.removed_leftovers().to_vec();
    new.publish()?;
    Ok(Unpacked { size, left_out, removed_leftovers })
}

/// The bytes as they were saved: those of the snapshot alone, where its SHA-256 proves that others follow.
fn saved(source: &Container) -> Result<&[u8], Error> {
    let file = source.image().bytes();
    let Ok(db) = Db::open(source.database()) else { return Ok(file) };
    source.image().prefetch(0..file.len() as u64)?;
    let end = match Length::of(file, &db, is_snapshot(source, &db)) {
        Length::Followed { snapshot: Some(end), .. } => usize::try_from(end).ok(),
        _ => None,
    };
    Ok(end.and_then(|end| file.get(..end)).unwrap_or(file))
}
