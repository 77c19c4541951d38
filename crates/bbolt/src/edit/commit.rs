//! [`PreparedCommit`]: a finished edit as a list of writes, in an order that survives a crash after any of them.
//!
//! New pages are written after the high-water mark, where no tree refers to, and made durable. Then a meta that refers
//! to them is written to the slot that is not in force. Until that is complete the other meta stays in force, because a
//! partly written meta has no valid checksum.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use super::ApplyError;
use crate::build::meta_page;
use crate::db::Db;
use crate::format::{META, PAGE_HEADER};
use crate::meta::{Meta, MetaError};

/// One step of writing a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitStep<'e> {
    /// Write these bytes.
    Write {
        /// Byte offset in the file.
        offset: u64,
        /// The bytes.
        bytes: &'e [u8],
    },
    /// Wait until everything written so far is on the disk.
    Sync,
}

/// The new pages and metas of an edit, ready to be written by [`apply`] or by the caller.
#[derive(Clone, Debug)]
pub struct PreparedCommit {
    /// The metas that the file must have before the commit.
    before: [Result<Meta, MetaError>; 2],
    meta: Meta,
    pages_offset: u64,
    pages: Vec<u8>,
    /// Offset and page of each meta to be written.
    metas: Vec<(u64, Vec<u8>)>,
}

impl PreparedCommit {
    /// A commit to `db` that adds `pages` after its high-water mark and then puts `meta` in force.
    pub(super) fn new(db: &Db<'_>, pages: Vec<u8>, meta: Meta) -> Self {
        let metas = vec![page_of(&meta)];
        Self { before: *db.metas(), meta, pages_offset: db.size(), pages, metas }
    }

    /// Also replaces the meta that was in force before, so that no meta refers to the old content any more.
    ///
    /// Without this the other meta still describes the state before the commit, which can be recovered from it until
    /// bbolt writes to the file. The old pages stay in the file in both cases, as free pages; only
    /// [building](crate::build) a new file removes them.
    #[must_use]
    pub fn without_undo(mut self) -> Self {
        if self.metas.len() == 1 {
            let slot = 1 - self.meta.slot;
            self.meta = Meta { slot, txid: self.meta.txid + 1, header_id: slot.into(), ..self.meta };
            self.metas.push(page_of(&self.meta));
        }
        self
    }

    /// The length that the file must have afterwards at least, in bytes.
    pub fn size(&self) -> u64 {
        self.pages_offset + self.pages.len() as u64
    }

    /// The steps of the commit, which must be done in this order.
    pub fn steps(&self) -> impl Iterator<Item = CommitStep<'_>> {
        let pages = (!self.pages.is_empty()).then_some((self.pages_offset, &self.pages));
        let metas = self.metas.iter().map(|(offset, page)| (*offset, page));
        let writes = pages.into_iter().chain(metas);
        writes.flat_map(|(offset, bytes)| [CommitStep::Write { offset, bytes }, CommitStep::Sync])
    }
}

/// Offset and bytes of a meta's page.
fn page_of(meta: &Meta) -> (u64, Vec<u8>) {
    (u64::from(meta.slot) * u64::from(meta.page_size), meta_page(meta))
}

/// Writes a commit to a file that is open for reading and writing.
///
/// The file must still have the metas that it had when the commit was prepared, and no other process may have it open:
/// the caller must hold the lock that etcd and bbolt take (`flock`, exclusive). The SHA-256 at the end of a snapshot
/// must be cut off before. When this is interrupted at any point, the file has either the old or the new content.
pub fn apply(file: &File, commit: &PreparedCommit) -> Result<(), ApplyError> {
    let at = |offset| move |source| ApplyError::Io { offset, source };
    let length = file.metadata().map_err(at(0))?.len();
    for (slot, before) in (0..).zip(&commit.before) {
        let offset = u64::from(slot) * u64::from(commit.meta.page_size);
        let found = read_meta(file, slot, offset).map_err(at(offset))?;
        if found != *before || length < commit.pages_offset {
            return Err(ApplyError::Changed);
        }
    }
    let mut end = commit.pages_offset;
    for step in commit.steps() {
        match step {
            CommitStep::Write { offset, bytes } => {
                write_at(file, offset, bytes).map_err(at(offset))?;
                end = offset;
            }
            CommitStep::Sync => file.sync_data().map_err(at(end))?,
        }
    }
    Ok(())
}

fn read_meta(mut file: &File, slot: u8, offset: u64) -> io::Result<Result<Meta, MetaError>> {
    let mut page = Vec::with_capacity(PAGE_HEADER + META);
    file.seek(SeekFrom::Start(offset))?;
    file.take((PAGE_HEADER + META) as u64).read_to_end(&mut page)?;
    Ok(Meta::parse(&page, slot, 0))
}

fn write_at(mut file: &File, offset: u64, bytes: &[u8]) -> io::Result<()> {
    file.seek(SeekFrom::Start(offset))?;
    file.write_all(bytes)
}
