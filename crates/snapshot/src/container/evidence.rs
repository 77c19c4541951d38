//! Is this a bbolt database at all, whole or damaged?
//!
//! A meta page is enough, and where both are destroyed, two pages that carry their own number: position and number are 64
//! bits that agree by no accident.

/// First bytes of a meta page after its header (`docs/format/bbolt.md#meta-page`).
pub(super) const MAGIC: u32 = 0xed0c_daed;
/// Length of a page header: id u64, flags u16, count u16, overflow u32 (`docs/format/bbolt.md#page-header`).
const HEADER_LEN: usize = 16;
/// Every page size that bbolt may use, in bytes (`docs/format/bbolt.md#page-size`).
const PAGE_SIZES: std::ops::RangeInclusive<u32> = 9..=24;
/// Flags of the pages that hold content: branch, leaf, freelist.
const CONTENT: [u16; 3] = [0x01, 0x02, 0x10];
/// How far into a file something may stand before the database, in bytes.
const PREFIX_LIMIT: usize = 64 << 10;

/// What a page says of itself, in one of the two byte orders that databases come in.
struct Header {
    id: u64,
    flags: u16,
}

/// Whether `bytes` are those of a database, in whatever state.
pub(super) fn is_database(bytes: &[u8]) -> bool {
    has_magic(bytes, 0) || second_meta(bytes) || numbered_pages(bytes)
}

/// Where in `bytes` a database begins that has something standing before it, such as log lines.
pub(super) fn shifted_database(bytes: &[u8]) -> Option<usize> {
    /// Header and magic of meta page 0, in both byte orders: id 0, meta flag 4, nothing else.
    const LITTLE: [u8; 20] = *b"\0\0\0\0\0\0\0\0\x04\0\0\0\0\0\0\0\xed\xda\x0c\xed";
    const BIG: [u8; 20] = *b"\0\0\0\0\0\0\0\0\0\x04\0\0\0\0\0\0\xed\x0c\xda\xed";
    let head = &bytes[..bytes.len().min(PREFIX_LIMIT)];
    head.windows(LITTLE.len()).position(|window| window == LITTLE || window == BIG)
}

/// Meta page 1 stands at the page size, whichever that is. A page 0 there is one in a shifted file.
fn second_meta(bytes: &[u8]) -> bool {
    PAGE_SIZES.map(|power| 1 << power).any(|at| has_magic(bytes, at) && bytes.get(at..at + 8) != Some(&[0; 8]))
}

pub(super) fn has_magic(bytes: &[u8], page: usize) -> bool {
    let magic = bytes.get(page + HEADER_LEN..).and_then(|meta| meta.first_chunk());
    magic.is_some_and(|&magic| u32::from_le_bytes(magic) == MAGIC || u32::from_be_bytes(magic) == MAGIC)
}

/// Whether two pages stand where their own number says, for one page size and byte order.
fn numbered_pages(bytes: &[u8]) -> bool {
    let mut seen = [[0u8; 2]; 32];
    for (position, chunk) in (0u64..).zip(bytes.chunks(1 << PAGE_SIZES.start())) {
        for (order, header) in Header::both_orders(chunk).into_iter().flatten().enumerate() {
            if let Some(power) = header.page_size(position << PAGE_SIZES.start()) {
                let count = &mut seen[power as usize][order];
                *count += 1;
                if *count == 2 {
                    return true;
                }
            }
        }
    }
    false
}

impl Header {
    /// The first bytes of a page as a little-endian and as a big-endian machine wrote them.
    fn both_orders(page: &[u8]) -> Option<[Self; 2]> {
        let (&id, rest) = page.split_first_chunk()?;
        let &flags = rest.first_chunk()?;
        Some([
            Self { id: u64::from_le_bytes(id), flags: u16::from_le_bytes(flags) },
            Self { id: u64::from_be_bytes(id), flags: u16::from_be_bytes(flags) },
        ])
    }

    /// The page size, as a power of two, for which this page with content is numbered as it stands at byte `at`.
    fn page_size(&self, at: u64) -> Option<u32> {
        if self.id < 2 || !CONTENT.contains(&self.flags) || !at.is_multiple_of(self.id) {
            return None;
        }
        let size = at / self.id;
        let power = size.checked_ilog2()?;
        (size.is_power_of_two() && PAGE_SIZES.contains(&power)).then_some(power)
    }
}
