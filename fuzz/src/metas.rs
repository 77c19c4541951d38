//! Metas whose checksums are true.
//!
//! Nothing of a database is looked at before one of its metas is valid, and mutation does not find checksums. So it changes the
//! fields, and the checksums follow.

use etcdsnap_checksum::fnv::fnv1a_64;

/// Magic of a meta (`docs/format/bbolt.md#meta-page`).
const MAGIC: u32 = 0xed0c_daed;
/// Where the meta begins on its page, its checksum, and where that ends.
const META: usize = 16;
const CHECKSUM: usize = 72;
const END: usize = 80;
/// Page sizes at which the second meta is looked for, as powers of two.
const PAGE_SIZES: std::ops::RangeInclusive<u32> = 9..=16;

/// Makes the checksums of both metas of a database true, wherever there is the magic of one.
pub fn make_true(file: &mut [u8]) {
    for page in std::iter::once(0).chain(PAGE_SIZES.map(|power| 1 << power)) {
        let Some(page) = file.get_mut(page..).and_then(|rest| rest.get_mut(..END)) else { return };
        let checksum = fnv1a_64(&page[META..CHECKSUM]);
        let Some(&magic) = page[META..].first_chunk() else { return };
        let checksum = match (u32::from_le_bytes(magic), u32::from_be_bytes(magic)) {
            (MAGIC, _) => checksum.to_le_bytes(),
            (_, MAGIC) => checksum.to_be_bytes(),
            _ => continue,
        };
        page[CHECKSUM..END].copy_from_slice(&checksum);
    }
}
