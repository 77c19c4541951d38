//! [`SnapName`] and [`SnapFileKind`]: the names of the files in a `snap` directory (`docs/format/wal.md#snapshot-files`).

use std::fmt;

use crate::raft_log::SnapshotPosition;
use crate::segment_name::{parse_hex, parse_pair};

/// Name of a `.snap` file: `%016x-%016x.snap`.
///
/// Ordered as the names sort.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SnapName {
    /// Term of the last entry in the snapshot.
    pub term: u64,
    /// Index of that entry.
    pub index: u64,
}

impl SnapName {
    /// Parses a file name; `None` if it is not that of a `.snap` file.
    pub fn parse(name: &str) -> Option<Self> {
        let (term, index) = parse_pair(name.strip_suffix(".snap")?)?;
        Some(Self { term, index })
    }
}

impl From<SnapshotPosition> for SnapName {
    fn from(SnapshotPosition { index, term }: SnapshotPosition) -> Self {
        Self { term, index }
    }
}

impl fmt::Display for SnapName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}-{:016x}.snap", self.term, self.index)
    }
}

/// Do servers read a file with this name as a `.snap` file? Verified against etcd 3.5.
pub(crate) fn is_snap(name: &str) -> bool {
    name.strip_suffix(".snap").is_some()
}

/// The kind of a file in a `snap` directory, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SnapFileKind {
    /// The database.
    Database,
    /// A `.snap` file. Servers read every file with this ending, so its name may not be one that they give.
    Snapshot(Option<SnapName>),
    /// A database received from the leader, which belongs to the snapshot at this index.
    ReceivedDatabase(u64),
    /// An unfinished defragmentation with the name that versions before 3.4.4 use; these open it again at their next
    /// defragmentation.
    OldDefragmentation,
    /// An unfinished write or defragmentation, which a starting server removes.
    Temporary,
    /// A `.snap` file that a server could not read and has renamed.
    Broken,
    /// A file that is not etcd's; servers ignore it.
    Foreign,
}

impl SnapFileKind {
    /// The kind of a file by its name, which is without its directory.
    pub fn of(name: &str) -> Self {
        match name.strip_suffix(".snap.db").and_then(parse_hex) {
            Some(index) => Self::ReceivedDatabase(index),
            None if name == "db" => Self::Database,
            None if is_snap(name) => Self::Snapshot(SnapName::parse(name)),
            None if name == "db.tmp" => Self::OldDefragmentation,
            None if name.starts_with("db.tmp") || name.starts_with("tmp") => Self::Temporary,
            None if name.ends_with(".snap.broken") => Self::Broken,
            None => Self::Foreign,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_told_apart() {
        let name = SnapName { term: 2, index: 0x3d };
        assert_eq!(name.to_string(), "0000000000000002-000000000000003d.snap");
        assert_eq!(SnapFileKind::of(&name.to_string()), SnapFileKind::Snapshot(Some(name)));
        assert_eq!(SnapFileKind::of("000000000000003d.snap.db"), SnapFileKind::ReceivedDatabase(0x3d));
        assert_eq!(SnapFileKind::of("db"), SnapFileKind::Database);
        assert_eq!(SnapFileKind::of("db.tmp.1234"), SnapFileKind::Temporary);
        assert_eq!(SnapFileKind::of("tmp987"), SnapFileKind::Temporary);
        assert_eq!(SnapFileKind::of("0000000000000002-000000000000003d.snap.broken"), SnapFileKind::Broken);
        assert_eq!(SnapFileKind::of("2-3d.snap"), SnapFileKind::Snapshot(None));
        assert_eq!(SnapFileKind::of("2-3d.snap.gz"), SnapFileKind::Foreign);
    }
}
