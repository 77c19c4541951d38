//! Metas: the two root records of a file (`docs/format/bbolt.md#meta-page`), and how one of them is chosen
//! (`docs/format/bbolt.md#choosing-a-meta`).
//!
//! ```text
//! 16      20        24          28      32     40         48         56                64     72
//! | magic | version | page size | flags | root | sequence | freelist | high-water mark | txid | checksum
//! ```
//!
//! A commit overwrites the older of the two metas, so one of them always survives a torn write. The valid one with the
//! higher transaction id is the truth. Only the metas carry a checksum: FNV-1a over everything before it.

use etcdsnap_checksum::fnv::fnv1a_64;

use crate::format::{ByteOrder, MAGIC, META, PAGE_HEADER, PAGE_SIZES, PageKind, VERSION};

/// A meta with the right magic, version and checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meta {
    /// The page that it is on: 0 or 1.
    pub slot: u8,
    /// Byte order of the whole file.
    pub order: ByteOrder,
    /// Page size in bytes as written, which may be impossible.
    pub page_size: u32,
    /// Flags; bbolt writes 0.
    pub flags: u32,
    /// Root page of the root bucket.
    pub root: u64,
    /// Sequence number of the root bucket.
    pub sequence: u64,
    /// Page of the freelist, or [`NO_FREELIST`](crate::format::NO_FREELIST).
    pub freelist: u64,
    /// First page id never used.
    pub high_water_mark: u64,
    /// Transaction that wrote it.
    pub txid: u64,
    /// Checksum as written.
    pub checksum: u64,
    /// Page id in the page header, which the checksum does not cover.
    pub header_id: u64,
    /// Page kind in the page header.
    pub header_kind: PageKind,
}

/// Why a meta page is invalid. The variants are in the order in which they are tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetaError {
    /// The file ends before the meta does.
    #[error("the file ends before this meta does")]
    Truncated,
    /// The magic is wrong in both byte orders.
    #[error("wrong magic {0:08x}")]
    Magic(u32),
    /// The version is not 2.
    #[error("version {0} instead of 2")]
    Version(u32),
    /// The checksum is wrong.
    #[error("its checksum is {stored:016x}, the right one is {computed:016x}")]
    Checksum {
        /// As written.
        stored: u64,
        /// As it should be.
        computed: u64,
    },
}

impl Meta {
    /// Reads the meta of a slot, whose page starts at byte `at`.
    pub fn parse(bytes: &[u8], slot: u8, at: u64) -> Result<Self, MetaError> {
        let page =
            usize::try_from(at).ok().and_then(|at| bytes.get(at..)).and_then(|page| page.get(..PAGE_HEADER + META));
        let page = page.ok_or(MetaError::Truncated)?;
        let magic = ByteOrder::Little.u32(page, 16).ok_or(MetaError::Truncated)?;
        let order = match magic {
            MAGIC => ByteOrder::Little,
            _ if magic.swap_bytes() == MAGIC => ByteOrder::Big,
            _ => return Err(MetaError::Magic(magic)),
        };
        Self::parse_fields(page, slot, order).ok_or(MetaError::Truncated)?
    }

    /// Reads version, checksum and fields in a known byte order; `None` when the page is too short.
    fn parse_fields(page: &[u8], slot: u8, order: ByteOrder) -> Option<Result<Self, MetaError>> {
        let version = order.u32(page, 20)?;
        if version != VERSION {
            return Some(Err(MetaError::Version(version)));
        }
        let stored = order.u64(page, 72)?;
        let computed = fnv1a_64(page.get(16..72)?);
        if stored != computed {
            return Some(Err(MetaError::Checksum { stored, computed }));
        }
        Some(Ok(Self {
            slot,
            order,
            page_size: order.u32(page, 24)?,
            flags: order.u32(page, 28)?,
            root: order.u64(page, 32)?,
            sequence: order.u64(page, 40)?,
            freelist: order.u64(page, 48)?,
            high_water_mark: order.u64(page, 56)?,
            txid: order.u64(page, 64)?,
            checksum: stored,
            header_id: order.u64(page, 0)?,
            header_kind: PageKind::from_flags(order.u16(page, 8)?),
        }))
    }

    /// Is the page size possible: a power of two from 512 bytes to 16 MiB?
    pub fn has_plausible_page_size(&self) -> bool {
        PAGE_SIZES.contains(&self.page_size) && self.page_size.is_power_of_two()
    }
}

/// Finds the page size as bbolt does (`docs/format/bbolt.md#page-size`): from meta 0, otherwise from the first valid
/// meta at a power of two. Unlike bbolt it also looks at 512, and does not accept an impossible page size.
pub(crate) fn detect_page_size(bytes: &[u8]) -> Option<u32> {
    if let Ok(meta) = Meta::parse(bytes, 0, 0)
        && meta.has_plausible_page_size()
    {
        return Some(meta.page_size);
    }
    let sizes = std::iter::successors(Some(*PAGE_SIZES.start()), |size| size.checked_mul(2));
    // Meta 1 is on the second page, so the offset at which it is found is more reliable than its page size field.
    sizes.take_while(|size| PAGE_SIZES.contains(size)).find(|size| Meta::parse(bytes, 1, u64::from(*size)).is_ok())
}

/// Chooses the meta in force: the valid one with the higher transaction id, the one in slot 0 when the ids are equal.
pub(crate) fn choose(metas: &[Result<Meta, MetaError>; 2]) -> Option<Meta> {
    match (&metas[0], &metas[1]) {
        (Ok(zero), Ok(one)) => Some(if one.txid > zero.txid { *one } else { *zero }),
        (Ok(meta), Err(_)) | (Err(_), Ok(meta)) => Some(*meta),
        (Err(_), Err(_)) => None,
    }
}
