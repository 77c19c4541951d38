//! Names of the files in a snapshot directory (`docs/format/wal.md#snapshot-files`).

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
    /// Reads a file name; `None` if it is not a snapshot's.
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

/// Do servers read a file of this name as a snapshot? Verified against etcd 3.5.
pub(crate) fn is_snap(name: &str) -> bool {
    name.strip_suffix(".snap").is_some()
}

/// What a file in a snapshot directory is, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SnapFileKind {
    /// The database.
    Database,
    /// A snapshot of the applied state. Servers read every file whose name ends as theirs do, so it may have no name of theirs.
    Snapshot(Option<SnapName>),
    /// A database received from a leader, that belongs to the snapshot at this index.
    ReceivedDatabase(u64),
    /// An unfinished defragmentation under the only name it has before 3.4.4, which opens it at the next one.
    OldDefragmentation,
    /// An unfinished write or defragmentation, which the next server that starts removes.
    Temporary,
    /// A snapshot that a server could not read.
    Broken,
    /// Nothing of etcd's; servers ignore it.
    Foreign,
}

impl SnapFileKind {
    /// Tells by the file name, without its directory.
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
