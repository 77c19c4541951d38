//! Encoding the parts of new pages: integers, page headers, bucket values and metas (`docs/format/bbolt.md`).

use etcdsnap_checksum::fnv::fnv1a_64;

use crate::format::{ByteOrder, COUNT_OVERFLOW, ELEMENT, MAGIC, META, PAGE_HEADER, PageKind, VERSION};
use crate::meta::Meta;

/// [`PAGE_HEADER`](crate::format::PAGE_HEADER), in the type that sizes inside a page have.
#[expect(clippy::cast_possible_truncation, reason = "it is 16")]
pub(crate) const PAGE_HEADER_SIZE: u32 = PAGE_HEADER as u32;
/// [`ELEMENT`](crate::format::ELEMENT), in the type that sizes inside a page have.
#[expect(clippy::cast_possible_truncation, reason = "it is 16")]
pub(crate) const ELEMENT_SIZE: u32 = ELEMENT as u32;

/// Most elements that a page may have.
pub(crate) const MOST_ELEMENTS: u16 = COUNT_OVERFLOW - 1;

impl ByteOrder {
    pub(crate) fn bytes_of_u16(self, number: u16) -> [u8; 2] {
        match self {
            Self::Little => number.to_le_bytes(),
            Self::Big => number.to_be_bytes(),
        }
    }

    pub(crate) fn bytes_of_u32(self, number: u32) -> [u8; 4] {
        match self {
            Self::Little => number.to_le_bytes(),
            Self::Big => number.to_be_bytes(),
        }
    }

    pub(crate) fn bytes_of_u64(self, number: u64) -> [u8; 8] {
        match self {
            Self::Little => number.to_le_bytes(),
            Self::Big => number.to_be_bytes(),
        }
    }
}

impl PageKind {
    /// The flags of this kind; the inverse of [`from_flags`](Self::from_flags).
    pub(crate) fn flags(self) -> u16 {
        match self {
            Self::Branch => 0x01,
            Self::Leaf => 0x02,
            Self::Meta => 0x04,
            Self::Freelist => 0x10,
            Self::Unknown(flags) => flags,
        }
    }
}

/// Appends a page header.
pub(crate) fn header(out: &mut Vec<u8>, order: ByteOrder, id: u64, kind: PageKind, count: u16, overflow: u32) {
    out.extend_from_slice(&order.bytes_of_u64(id));
    out.extend_from_slice(&order.bytes_of_u16(kind.flags()));
    out.extend_from_slice(&order.bytes_of_u16(count));
    out.extend_from_slice(&order.bytes_of_u32(overflow));
}

/// Encodes the whole page of a meta. Flags, page header and checksum of `meta` are ignored: the flags are 0, the others
/// are computed.
pub(crate) fn meta_page(meta: &Meta) -> Vec<u8> {
    let order = meta.order;
    let mut page = Vec::with_capacity(meta.page_size as usize);
    header(&mut page, order, meta.slot.into(), PageKind::Meta, 0, 0);
    for field in [MAGIC, VERSION, meta.page_size, 0] {
        page.extend_from_slice(&order.bytes_of_u32(field));
    }
    for field in [meta.root, meta.sequence, meta.freelist, meta.high_water_mark, meta.txid] {
        page.extend_from_slice(&order.bytes_of_u64(field));
    }
    let checksum = fnv1a_64(page.get(PAGE_HEADER..).unwrap_or_default());
    page.extend_from_slice(&order.bytes_of_u64(checksum));
    debug_assert_eq!(page.len(), PAGE_HEADER + META);
    page.resize(meta.page_size as usize, 0);
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::NO_FREELIST;

    #[test]
    fn flags_are_read_as_they_are_written() {
        for kind in [PageKind::Branch, PageKind::Leaf, PageKind::Meta, PageKind::Freelist, PageKind::Unknown(7)] {
            assert_eq!(PageKind::from_flags(kind.flags()), kind);
        }
    }

    /// The metas of a real snapshot: the example of `docs/format/bbolt.md#meta-page`.
    #[test]
    fn metas_of_a_real_snapshot() {
        for (slot, txid, checksum) in [(0, 21, 0xc125_d3fc_8dfe_a950), (1, 20, 0xe020_9b05_98ed_f371)] {
            let meta = Meta {
                slot,
                order: ByteOrder::Little,
                page_size: 4096,
                flags: 0,
                root: 83,
                sequence: 0,
                freelist: NO_FREELIST,
                high_water_mark: 85,
                txid,
                checksum,
                header_id: slot.into(),
                header_kind: PageKind::Meta,
            };
            assert_eq!(Meta::parse(&meta_page(&meta), slot, 0), Ok(meta));
        }
    }
}
