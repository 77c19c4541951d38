//! Names of the files in a snapshot directory (`docs/format/wal.md#snapshot-files`).

use std::fmt;

use crate::log::Start;
use crate::name::{parse_hex, parse_pair};

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

impl From<Start> for SnapName {
    fn from(Start { index, term }: Start) -> Self {
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
pub enum SnapDirFile {
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

impl SnapDirFile {
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
        assert_eq!(SnapDirFile::of(&name.to_string()), SnapDirFile::Snapshot(Some(name)));
        assert_eq!(SnapDirFile::of("000000000000003d.snap.db"), SnapDirFile::ReceivedDatabase(0x3d));
        assert_eq!(SnapDirFile::of("db"), SnapDirFile::Database);
        assert_eq!(SnapDirFile::of("db.tmp.1234"), SnapDirFile::Temporary);
        assert_eq!(SnapDirFile::of("tmp987"), SnapDirFile::Temporary);
        assert_eq!(SnapDirFile::of("0000000000000002-000000000000003d.snap.broken"), SnapDirFile::Broken);
        assert_eq!(SnapDirFile::of("2-3d.snap"), SnapDirFile::Snapshot(None));
        assert_eq!(SnapDirFile::of("2-3d.snap.gz"), SnapDirFile::Foreign);
    }
}
