//! A finished edit as a list of writes in an order that survives a crash after any of them.
//!
//! New pages go behind the high-water mark, where no tree reaches, and are made durable. Then a meta that leads to them
//! goes into the slot that is not in force. Until it is whole the other one wins: a torn meta has no valid checksum.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use super::ApplyError;
use crate::build::meta_page;
use crate::db::Db;
use crate::format::{META, PAGE_HEADER};
use crate::meta::{Meta, MetaError};

/// One step of applying an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitStep<'e> {
    /// Write these bytes.
    Write {
        /// Byte offset in the file.
        offset: u64,
        /// The bytes.
        bytes: &'e [u8],
    },
    /// Wait until everything written before is on the disk.
    Sync,
}

/// Changes to a file that are worked out but not yet made.
#[derive(Clone, Debug)]
pub struct PreparedCommit {
    /// The metas that the file must have for the edit to fit.
    before: [Result<Meta, MetaError>; 2],
    meta: Meta,
    pages_offset: u64,
    pages: Vec<u8>,
    /// Offset and page of each meta to be written.
    metas: Vec<(u64, Vec<u8>)>,
}

impl PreparedCommit {
    /// An edit of `db` that adds `pages` behind its high-water mark and then puts `meta` in force.
    pub(super) fn new(db: &Db<'_>, pages: Vec<u8>, meta: Meta) -> Self {
        let metas = vec![page_of(&meta)];
        Self { before: *db.metas(), meta, pages_offset: db.size(), pages, metas }
    }

    /// Also replaces the meta that was in force before, so that nothing leads to the old content any more.
    ///
    /// Without this the other meta still has the state before the edit, which can be got back from it until bbolt
    /// writes to the file. The old pages themselves stay in the file either way, as free pages; only
    /// [building](crate::build) a new file leaves them behind.
    #[must_use]
    pub fn without_undo(mut self) -> Self {
        if self.metas.len() == 1 {
            let slot = 1 - self.meta.slot;
            self.meta = Meta { slot, txid: self.meta.txid + 1, header_id: slot.into(), ..self.meta };
            self.metas.push(page_of(&self.meta));
        }
        self
    }

    /// Least length of the file afterwards, in bytes.
    pub fn size(&self) -> u64 {
        self.pages_offset + self.pages.len() as u64
    }

    /// What has to be done, in this order.
    pub fn steps(&self) -> impl Iterator<Item = CommitStep<'_>> {
        let pages = (!self.pages.is_empty()).then_some((self.pages_offset, &self.pages));
        let metas = self.metas.iter().map(|(offset, page)| (*offset, page));
        let writes = pages.into_iter().chain(metas);
        writes.flat_map(|(offset, bytes)| [CommitStep::Write { offset, bytes }, CommitStep::Sync])
    }
}

fn page_of(meta: &Meta) -> (u64, Vec<u8>) {
    (u64::from(meta.slot) * u64::from(meta.page_size), meta_page(meta))
}

/// Makes an edit in a file that is open for reading and writing.
///
/// The file must still have the metas that it had when the edit was worked out, and no other process may have it open: that
/// is for the caller to ensure, by the lock that etcd and bbolt take (`flock`, exclusive). A snapshot's trailing SHA-256
/// has to be cut off before. When it is interrupted at any point, the file has either the old or the new content.
pub fn apply(file: &File, edit: &PreparedCommit) -> Result<(), ApplyError> {
    let at = |offset| move |source| ApplyError::Io { offset, source };
    let length = file.metadata().map_err(at(0))?.len();
    for (slot, before) in (0..).zip(&edit.before) {
        let offset = u64::from(slot) * u64::from(edit.meta.page_size);
        let found = read_meta(file, slot, offset).map_err(at(offset))?;
        if found != *before || length < edit.pages_offset {
            return Err(ApplyError::Changed);
        }
    }
    let mut end = edit.pages_offset;
    for step in edit.steps() {
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
