//! [`WalPlace`]: a place in a log, which findings and errors name.

use std::fmt;

use crate::segment_name::SegmentName;

/// A place in a log: a segment, and an offset in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WalPlace {
    /// The segment.
    pub segment: SegmentName,
    /// Offset in bytes from the start of the segment; for a record that of its length word.
    pub offset: u64,
}

impl fmt::Display for WalPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at offset {}", self.segment, self.offset)
    }
}
