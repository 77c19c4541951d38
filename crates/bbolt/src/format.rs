//! The bytes of the format: sizes, flags and byte order (`docs/format/bbolt.md`).
//!
//! A file is an array of pages. All integers are in the byte order of the machine that wrote them; the meta's magic tells
//! which. Every page begins with the same header:
//!
//! ```text
//! 0        8       10      12         16
//! | id u64 | flags | count | overflow | elements or meta or free ids …
//! ```

use byteorder::{BE, ByteOrder as _, LE};

/// Offset in a meta page of the id of the root page.
pub const META_ROOT: u64 = 32;

/// Bytes of a page header.
pub const PAGE_HEADER: usize = 16;
/// Bytes of one entry of the element table of a branch or leaf page.
pub const ELEMENT: usize = 16;
/// Bytes of an element of a branch page before the place of its key.
pub const BRANCH_POS: usize = 0;
/// Bytes of an element of a leaf page before the place of its key.
pub const LEAF_POS: usize = 4;
/// Bytes of a bucket header: root page id and sequence.
pub const BUCKET_HEADER: usize = 16;
/// Bytes of a meta after the page header.
pub const META: usize = 64;
/// First four bytes of a meta.
pub const MAGIC: u32 = 0xED0C_DAED;
/// The only version of the format.
pub const VERSION: u32 = 2;
/// Page id of the freelist in a meta whose file has no freelist page.
pub const NO_FREELIST: u64 = u64::MAX;
/// Longest key that bbolt accepts on a put, in bytes.
pub const MAX_KEY: u32 = 32_768;
/// Longest value that bbolt accepts on a put, in bytes.
pub const MAX_VALUE: u32 = (1 << 31) - 2;
/// Element count of a freelist with more ids than the field can hold; no other page may have it.
pub const COUNT_OVERFLOW: u16 = 0xFFFF;
/// Deepest tree that is followed.
pub const MAX_DEPTH: u32 = 64;
/// Smallest and largest page size that is accepted, in bytes.
pub const PAGE_SIZES: std::ops::RangeInclusive<u32> = 512..=16 << 20;
/// Flag of a leaf element whose value is a bucket.
pub const BUCKET_FLAG: u32 = 1;

/// Byte order of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteOrder {
    /// Written on x86, ARM, RISC-V, ppc64le …
    Little,
    /// Written on s390x, ppc64, mips64 …
    Big,
}

impl ByteOrder {
    /// The byte order of this machine, the only one that an etcd running on it can open.
    pub const HOST: Self = if cfg!(target_endian = "big") { Self::Big } else { Self::Little };

    /// `little` or `big`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Little => "little",
            Self::Big => "big",
        }
    }

    /// Reads two bytes at `at`; `None` when they are not all there.
    #[inline]
    pub(crate) fn u16(self, bytes: &[u8], at: usize) -> Option<u16> {
        let field = bytes.get(at..)?.get(..2)?;
        Some(match self {
            Self::Little => LE::read_u16(field),
            Self::Big => BE::read_u16(field),
        })
    }

    /// Reads four bytes at `at`; `None` when they are not all there.
    #[inline]
    pub(crate) fn u32(self, bytes: &[u8], at: usize) -> Option<u32> {
        let field = bytes.get(at..)?.get(..4)?;
        Some(match self {
            Self::Little => LE::read_u32(field),
            Self::Big => BE::read_u32(field),
        })
    }

    /// Reads eight bytes at `at`; `None` when they are not all there.
    #[inline]
    pub(crate) fn u64(self, bytes: &[u8], at: usize) -> Option<u64> {
        let field = bytes.get(at..)?.get(..8)?;
        Some(match self {
            Self::Little => LE::read_u64(field),
            Self::Big => BE::read_u64(field),
        })
    }
}

/// The kind of a page, from its flags. Exactly one flag may be set; anything else is [`Unknown`](PageKind::Unknown).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageKind {
    /// Keys and child pages.
    Branch,
    /// Keys and values.
    Leaf,
    /// Page size, root page, freelist and high-water mark of a transaction; pages 0 and 1.
    Meta,
    /// Ids of free pages.
    Freelist,
    /// None of the four, which only damage causes.
    Unknown(u16),
}

impl PageKind {
    /// The kind with these flags.
    pub(crate) fn from_flags(flags: u16) -> Self {
        match flags {
            0x01 => Self::Branch,
            0x02 => Self::Leaf,
            0x04 => Self::Meta,
            0x10 => Self::Freelist,
            other => Self::Unknown(other),
        }
    }
}

impl std::fmt::Display for PageKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Branch => f.write_str("branch"),
            Self::Leaf => f.write_str("leaf"),
            Self::Meta => f.write_str("meta"),
            Self::Freelist => f.write_str("freelist"),
            Self::Unknown(flags) => write!(f, "unknown<{flags:02x}>"),
        }
    }
}
