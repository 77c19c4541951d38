//! [`Position`]: where a record is in the `key` bucket, in eight bytes.

/// Place of a record in the order of revisions: rank of its leaf, index on it. Of two records of one file the newer one has the
/// greater position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(u64);

impl Position {
    /// One past every record.
    pub(crate) const END: Self = Self(u64::MAX);

    pub(crate) fn new(rank: u32, index: u16) -> Self {
        Self(u64::from(rank) << 32 | u64::from(index) << 16)
    }

    pub(crate) fn rank(self) -> u32 {
        (self.0 >> 32) as u32
    }

    pub(crate) fn index(self) -> u16 {
        (self.0 >> 16 & 0xFFFF) as u16
    }

    /// Its order as a number, whose low 16 bits are 0.
    pub(crate) fn bits(self) -> u64 {
        self.0
    }

    /// The position with this [number](Self::bits); the low 16 bits are ignored.
    pub(crate) fn from_bits(bits: u64) -> Self {
        Self(bits & !0xFFFF)
    }
}
