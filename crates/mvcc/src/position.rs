//! [`Position`]: where a record is in the `key` bucket, in eight bytes.

/// The position of a record: the rank of its leaf, and its index on the leaf. Of two records of one file the newer one
/// has the greater position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(u64);

impl Position {
    /// The position after all records.
    pub(crate) const END: Self = Self(u64::MAX);

    /// The position of the record with this index on the leaf of this rank.
    pub(crate) fn new(rank: u32, index: u16) -> Self {
        Self(u64::from(rank) << 32 | u64::from(index) << 16)
    }

    /// Rank of the leaf.
    pub(crate) fn rank(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// Index on the leaf.
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
