//! Where in a log something is.

use std::fmt;

use crate::segment_name::SegmentName;

/// A byte of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WalPlace {
    /// The segment.
    pub segment: SegmentName,
    /// Offset in bytes from its start; of a record, that of the length word before it.
    pub offset: u64,
}

impl fmt::Display for WalPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at offset {}", self.segment, self.offset)
    }
}
