//! The length of a backup compared with the database in it, which explains why a SHA-256 is missing.

use etcdsnap_bbolt::Db;
use etcdsnap_snapshot::cause::Explanation;
use etcdsnap_snapshot::container::Container;
use etcdsnap_snapshot::length::{Length, is_snapshot};

use crate::error::RestoreError;

/// The result of a comparison of lengths, and its explanation in words; `None` where nothing is wrong.
pub(crate) type ExplainedLength = (Length, Option<Explanation>);

/// Compares the length of a backup with the database in it, for which the whole backup is read. `None` without a database.
pub(crate) fn explain_length(container: &Container) -> Result<Option<ExplainedLength>, RestoreError> {
    let file = container.image().bytes();
    let Ok(db) = Db::open(container.database()) else { return Ok(None) };
    container.image().prefetch(0..file.len() as u64)?;
    let is_snapshot = is_snapshot(container, &db);
    let length = Length::of(file, &db, is_snapshot).or_displaced(file, &db, is_snapshot);
    Ok(Some((length, length.explain(container))))
}
