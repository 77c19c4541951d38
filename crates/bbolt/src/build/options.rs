//! [`BuildOptions`]: the layout of a new file.

use super::error::BuildError;
use crate::db::Db;
use crate::format::{ByteOrder, PAGE_SIZES};

/// The layout of a new file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuildOptions {
    /// Page size in bytes: a power of two from 512 to 16 MiB.
    pub page_size: u32,
    /// Byte order of all integers; that of the machine that will open the file.
    pub order: ByteOrder,
    /// How full a page gets before the next one is begun, in percent, from 10 to 100. etcd's defragmentation uses 90.
    pub fill_percent: u32,
    /// Transaction id of the newer meta, at least 1.
    pub txid: u64,
    /// Sequence number of the root bucket; 0 in practice.
    pub sequence: u64,
    /// Whether the file has a freelist page.
    pub freelist: FreelistMode,
}

/// Whether a new file has a freelist page. It has no free pages to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FreelistMode {
    /// No freelist page, as etcd on Linux writes files: a server that opens the file finds the free pages by a walk.
    None,
    /// An empty freelist page, so that no walk is needed. etcd on Linux removes it at its first commit.
    Empty,
}

impl Default for BuildOptions {
    /// The layout that etcd on Linux uses: little-endian, pages of 4 KiB, filled to 90 percent, no freelist.
    fn default() -> Self {
        Self {
            page_size: 4096,
            order: ByteOrder::Little,
            fill_percent: 90,
            txid: 1,
            sequence: 0,
            freelist: FreelistMode::None,
        }
    }
}

impl BuildOptions {
    /// Page size, byte order, transaction id and root sequence number of an existing file; the rest as by default.
    pub fn like(db: &Db<'_>) -> Self {
        let meta = db.meta();
        let (txid, sequence) = (meta.txid.max(1), meta.sequence);
        Self { page_size: db.page_size(), order: db.order(), txid, sequence, ..Self::default() }
    }

    /// Refuses a page size, fill percentage or transaction id that no file can have.
    pub(super) fn validate(&self) -> Result<(), BuildError> {
        if !PAGE_SIZES.contains(&self.page_size) || !self.page_size.is_power_of_two() {
            return Err(BuildError::PageSize(self.page_size));
        }
        if !(10..=100).contains(&self.fill_percent) {
            return Err(BuildError::FillPercent(self.fill_percent));
        }
        if self.txid == 0 {
            return Err(BuildError::Txid);
        }
        Ok(())
    }
}
