//! Writes and reads the meta pages.

use etcdsnap_checksum::fnv::fnv1a_64;

use super::byte_order::Reader;
use super::page::{HEADER, Header, META};
use super::{ByteOrder, Layout, MetaStyle};

/// The first field of a meta.
pub(crate) const MAGIC: u32 = 0xED0C_DAED;
const VERSION: u32 = 2;
/// Number of bytes of the meta that the checksum covers.
const CHECKED: usize = 56;
/// Bytes of a meta page that are in use: the page header and the meta.
pub(crate) const META_SIZE: usize = HEADER + CHECKED + 8;
/// The value of the freelist field when there is no freelist page.
pub(crate) const NO_FREELIST: u64 = u64::MAX;

/// The fields of a meta (`docs/format/bbolt.md#meta-page`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Meta {
    pub page_size: u32,
    pub flags: u32,
    pub root: u64,
    pub sequence: u64,
    /// Page id of the freelist, or [`NO_FREELIST`].
    pub freelist: u64,
    pub high_water: u64,
    pub txid: u64,
}

impl Meta {
    /// The page header and the meta with its checksum: [`META_SIZE`] bytes.
    pub fn page(&self, slot: u64, order: ByteOrder) -> Vec<u8> {
        let mut out = Vec::with_capacity(META_SIZE);
        Header { id: slot, flags: META, count: 0, overflow: 0 }.write(&mut out, order);
        for field in [MAGIC, VERSION, self.page_size, self.flags] {
            out.extend_from_slice(&order.u32(field));
        }
        for field in [self.root, self.sequence, self.freelist, self.high_water, self.txid] {
            out.extend_from_slice(&order.u64(field));
        }
        let checksum = fnv1a_64(&out[HEADER..]);
        out.extend_from_slice(&order.u64(checksum));
        out
    }

    /// The meta whose page starts at byte `at`, if its magic number, version and checksum are valid.
    pub fn read(file: &Reader<'_>, at: usize) -> Option<Meta> {
        let body = at + HEADER;
        let stored = file.u64(body + CHECKED)?;
        let valid = file.u32(body)? == MAGIC
            && file.u32(body + 4)? == VERSION
            && fnv1a_64(file.bytes.get(body..body + CHECKED)?) == stored;
        valid.then_some(Meta {
            page_size: file.u32(body + 8)?,
            flags: file.u32(body + 12)?,
            root: file.u64(body + 16)?,
            sequence: file.u64(body + 24)?,
            freelist: file.u64(body + 32)?,
            high_water: file.u64(body + 40)?,
            txid: file.u64(body + 48)?,
        })
    }
}

impl Layout {
    /// Transaction ids of slots 0 and 1.
    pub(crate) fn txids(&self) -> [u64; 2] {
        match self.metas {
            MetaStyle::Snapshot => [self.txid, self.txid - 1],
            MetaStyle::Live if self.txid.is_multiple_of(2) => [self.txid, self.txid - 1],
            MetaStyle::Live => [self.txid - 1, self.txid],
            MetaStyle::Equal => [self.txid; 2],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of `docs/format/bbolt.md#meta-page`.
    #[test]
    fn checksum_of_a_real_meta() {
        let meta =
            Meta { page_size: 4096, flags: 0, root: 83, sequence: 0, freelist: NO_FREELIST, high_water: 85, txid: 21 };
        let page = meta.page(0, ByteOrder::Little);
        assert_eq!(page[72..80], 0xc125_d3fc_8dfe_a950_u64.to_le_bytes());
        let older = Meta { txid: 20, ..meta }.page(1, ByteOrder::Little);
        assert_eq!(older[72..80], 0xe020_9b05_98ed_f371_u64.to_le_bytes());
        assert_eq!(Meta::read(&Reader { bytes: &page, order: ByteOrder::Little }, 0), Some(meta));
    }
}
