//! Finds the database or the backups in a directory that is named in place of a backup.

use std::fmt;
use std::fs::{self, DirEntry};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use etcdsnap_image::open_file;

use super::compression::Compression;
use super::evidence::is_database;
use crate::first_of::first_of;

/// The most entries of a directory that are examined.
const MOST_ENTRIES: usize = 1000;
/// How much of a file is examined, in bytes.
const HEAD: u64 = 64 << 10;
/// The most names that a message repeats.
const MOST_NAMES: usize = 3;

/// The database of a data directory, given that directory, its `member` or its `member/snap`.
///
/// Also a database that may not be read: opening it then gives the reason.
pub(super) fn database_in(directory: &Path) -> Option<PathBuf> {
    use std::io::ErrorKind::{NotADirectory, NotFound};
    ["member/snap/db", "snap/db", "db"].into_iter().map(|inside| directory.join(inside)).find(|path| {
        match path.metadata() {
            Ok(metadata) => !metadata.is_dir(),
            Err(error) => !matches!(error.kind(), NotFound | NotADirectory),
        }
    })
}

/// The backups and data directories in a directory that has no database itself, for the message that advises to name
/// one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Holding {
    /// In the order of their names.
    pub meant: Vec<PathBuf>,
}

impl Holding {
    /// Looks at the entries of a directory, and at the beginning of every file among them.
    pub(super) fn of(directory: &Path) -> Self {
        let Ok(entries) = fs::read_dir(directory) else { return Self::default() };
        let entries = entries.take(MOST_ENTRIES).flatten();
        let mut meant: Vec<_> = entries.filter(could_be_meant).map(|entry| entry.path()).collect();
        meant.sort();
        Self { meant }
    }
}

fn could_be_meant(entry: &DirEntry) -> bool {
    let path = entry.path();
    if path.is_dir() { database_in(&path).is_some() } else { is_backup(&path) }
}

/// Is a file a backup by its first bytes? Compressed tar archives are not, such as the one that OpenShift puts beside a
/// snapshot.
fn is_backup(path: &Path) -> bool {
    let mut head = Vec::new();
    let read = open_file(path).map(|file| file.take(HEAD).read_to_end(&mut head));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_archive = name.contains(".tar.") || path.extension().is_some_and(|ending| ending == "tgz");
    read.is_ok() && (is_database(&head) || (Compression::of(&head) != Compression::None && !is_archive))
}

impl fmt::Display for Holding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = first_of(self.meant.iter().take(MOST_NAMES).map(|path| path.display()), self.meant.len() as u64);
        match self.meant.len() {
            0 => f.write_str("name a snapshot file, or the data directory of a member"),
            1 => write!(f, "name what is in it: {names}"),
            _ => write!(f, "name one of what is in it: {names}"),
        }
    }
}
