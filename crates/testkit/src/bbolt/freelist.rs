//! Writes the freelist page.

use super::ByteOrder;
use super::page::{FREELIST, HEADER, Header};

/// From this many ids on, the header's count says 0xFFFF and the first id is the real count
/// (`docs/format/bbolt.md#freelist-page`).
const LONG: usize = 0xFFFF;

/// Pages bbolt allocates for a list of `ids` ids: one more than needed when they fit exactly.
pub(crate) fn freelist_pages(ids: usize, page_size: usize) -> usize {
    freelist_bytes(ids) / page_size + 1
}

/// Bytes of a freelist page with `ids` ids.
pub(crate) fn freelist_bytes(ids: usize) -> usize {
    HEADER + 8 * (ids + usize::from(ids >= LONG))
}

/// Appends a freelist page, not padded; `ids` are ascending in a sound file.
pub(crate) fn write_freelist(out: &mut Vec<u8>, order: ByteOrder, id: u64, overflow: u32, ids: &[u64]) {
    let count = u16::try_from(ids.len().min(LONG)).expect("at most 0xFFFF");
    Header { id, flags: FREELIST, count, overflow }.write(out, order);
    if ids.len() >= LONG {
        out.extend_from_slice(&order.u64(ids.len().try_into().expect("usize fits 64 bits")));
    }
    for id in ids {
        out.extend_from_slice(&order.u64(*id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_moves_into_the_list_at_65535() {
        for (len, count, bytes) in [(65_534, 65_534_u16, 16 + 8 * 65_534), (65_535, 0xFFFF, 16 + 8 * 65_536)] {
            let ids: Vec<u64> = (2..2 + len).collect();
            let mut page = Vec::new();
            write_freelist(&mut page, ByteOrder::Little, 3, 0, &ids);
            assert_eq!(page[10..12], count.to_le_bytes());
            assert_eq!(page.len(), bytes);
            assert_eq!(page[16..24], if count == 0xFFFF { len.to_le_bytes() } else { 2_u64.to_le_bytes() });
        }
    }

    /// The long list of `docs/format/bbolt.md#freelist-page`: 92 301 ids have overflow 180.
    #[test]
    fn size_of_a_real_list() {
        assert_eq!(freelist_pages(92_301, 4096), 181);
        assert_eq!(freelist_pages(510, 4096), 2);
    }
}
