//! [`SegmentName`] and [`WalFileKind`]: the names of the files in a `wal` directory (`docs/format/wal.md#segments`).

use std::fmt;

/// Name of a segment: `%016x-%016x.wal`.
///
/// Ordered as the log is, and as the names sort.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentName {
    /// Sequence number of the segment in the log, from 0, without gaps.
    pub sequence: u64,
    /// Index of the first entry that may be in it: 0 for the first segment, otherwise the last index before it plus one.
    pub index: u64,
}

impl SegmentName {
    /// The first segment of a new log.
    pub const FIRST: Self = Self { sequence: 0, index: 0 };

    /// Parses a file name; `None` if it is not that of a segment.
    pub fn parse(name: &str) -> Option<Self> {
        let (sequence, index) = parse_pair(name.strip_suffix(".wal")?)?;
        Some(Self { sequence, index })
    }
}

impl fmt::Display for SegmentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}-{:016x}.wal", self.sequence, self.index)
    }
}

/// The kind of a file in a `wal` directory, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WalFileKind {
    /// A segment of the log.
    Segment(SegmentName),
    /// A segment prepared for later, `0.tmp` or `1.tmp`; it has no meaning after a crash.
    Temporary,
    /// A copy of a segment that a server made before it repaired the segment.
    Broken,
    /// A file that is not etcd's; servers ignore it with a warning.
    Foreign,
}

impl WalFileKind {
    /// The kind of a file by its name, which is without its directory.
    pub fn of(name: &str) -> Self {
        if let Some(segment) = SegmentName::parse(name) {
            return Self::Segment(segment);
        }
        match name.rsplit_once('.') {
            Some((_, "tmp")) => Self::Temporary,
            Some((segment, "broken")) if SegmentName::parse(segment).is_some() => Self::Broken,
            _ => Self::Foreign,
        }
    }
}

/// Parses two numbers of 16 lower-case hexadecimal digits each, with a hyphen between them.
pub(crate) fn parse_pair(text: &str) -> Option<(u64, u64)> {
    let (left, right) = text.split_once('-')?;
    Some((parse_hex(left)?, parse_hex(right)?))
}

/// Parses a number of 16 lower-case hexadecimal digits.
pub(crate) fn parse_hex(text: &str) -> Option<u64> {
    let digits = text.len() == 16 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    digits.then(|| u64::from_str_radix(text, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_as_written() {
        let name = SegmentName { sequence: 18, index: u64::MAX };
        assert_eq!(name.to_string(), "0000000000000012-ffffffffffffffff.wal");
        assert_eq!(SegmentName::parse(&name.to_string()), Some(name));
        assert_eq!(SegmentName::FIRST.to_string(), "0000000000000000-0000000000000000.wal");
    }

    #[test]
    fn every_other_name_is_told_apart() {
        let first = "0000000000000000-0000000000000000.wal";
        assert_eq!(WalFileKind::of(first), WalFileKind::Segment(SegmentName::FIRST));
        assert_eq!(WalFileKind::of("0.tmp"), WalFileKind::Temporary);
        assert_eq!(WalFileKind::of(&format!("{first}.broken")), WalFileKind::Broken);
        let foreign =
            ["1-2.wal", "x.broken", "lost+found", "0000000000000000-000000000000000G.wal", "+000000000000000-"];
        assert!(foreign.iter().all(|name| WalFileKind::of(name) == WalFileKind::Foreign));
    }
}
