//! [`DirectoryContents`]: everything that was read of a directory, which the checks compare.

use etcdsnap_snapshot::boot::Serving;
use etcdsnap_snapshot::buckets::Buckets;
use etcdsnap_snapshot::catalogue::container::{BIG_ENDIAN, LITTLE_ENDIAN};
use etcdsnap_snapshot::finding::{Finding, Kind, Layer, Severity};
use etcdsnap_snapshot::known::Known;
use etcdsnap_wal::snap::SnapFile;
use etcdsnap_wal::{LoggedEntry, SnapshotPosition, Wal, WalInspection};

use crate::snap_files::SnapFiles;

/// The database file, as far as it could be read.
#[derive(Debug)]
pub(crate) enum DatabaseState {
    /// There is no such file.
    Missing,
    /// A file without content, which bbolt initialises like a missing one; the text says why, to follow the file name in
    /// a sentence.
    New(&'static str),
    /// A file that is not a database, or cannot be opened.
    Unusable,
    /// A database whose pages could be walked.
    Read(Box<DatabaseContent>),
}

/// The content of a database.
#[derive(Debug)]
pub(crate) struct DatabaseContent {
    /// All buckets but `key`, decoded.
    pub buckets: Buckets,
    /// The findings of its verification.
    pub findings: Vec<Finding>,
    /// The current revision of a server that starts with it.
    pub revision: Known<i64>,
    /// Whether started servers serve it, by minor version.
    pub serving: Vec<Serving>,
}

/// The contents of the files of a directory.
#[derive(Debug)]
pub(crate) struct DirectoryContents<'a> {
    /// The log; `None` if there is no file that servers take for a segment.
    pub log: Option<LogContent<'a>>,
    /// The `.snap` files.
    pub snaps: &'a SnapFiles,
    /// Index of the newest `.snap` file to consider; files with a higher index are treated as missing.
    pub newest_snap_index: u64,
    /// Is there a directory of a proxy next to that of the member?
    pub has_proxy: bool,
    /// The database.
    pub database: DatabaseState,
    /// The database received with the newest snapshot, if it is there, with the index of that snapshot.
    pub received: Option<(u64, DatabaseState)>,
}

/// The content of a log.
#[derive(Debug)]
pub(crate) struct LogContent<'a> {
    /// Its segments.
    pub wal: Wal<'a>,
    /// Its current entries.
    pub entries: Vec<LoggedEntry<'a>>,
    /// The result of its inspection.
    pub inspection: WalInspection,
}

impl<'a> DirectoryContents<'a> {
    /// The snapshot that a server up to 3.6 loads, of those that `wanted` accepts.
    pub fn newest_snap(&self, wanted: impl Fn(SnapshotPosition) -> bool) -> Option<(&'a str, SnapFile<'a>)> {
        self.snaps.newest(|start| start.index <= self.newest_snap_index && wanted(start))
    }

    /// The database received with the newest snapshot, with its index, if a server replaces its own database by it.
    pub fn replacement(&self) -> Option<(u64, &DatabaseState)> {
        let (index, database) = self.received.as_ref()?;
        (*index > self.database.consistent_index()).then_some((*index, database))
    }

    /// Is the database received with the newest snapshot complete and of the same history, so that a server can use it?
    pub fn has_usable_replacement(&self) -> bool {
        self.received.as_ref().is_some_and(|(index, database)| database.is_usable_from(*index))
            && self.revision_decrease().is_none()
    }

    /// The revisions of the received database and of the member's own, if the first is lower: revisions only increase,
    /// so the two are of different histories.
    pub fn revision_decrease(&self) -> Option<(i64, i64)> {
        let (_, received) = self.received.as_ref()?;
        let revision = |database: &DatabaseState| database.content()?.revision.all().copied();
        let (received, own) = (revision(received)?, revision(&self.database)?);
        (received < own).then_some((received, own))
    }
}

impl<'a> LogContent<'a> {
    /// Reads a log.
    pub fn new(wal: Wal<'a>) -> Self {
        Self { entries: wal.current_entries(), inspection: wal.inspect(), wal }
    }
}

impl DatabaseContent {
    /// Is there a finding of this kind?
    pub fn found(&self, kind: &Kind) -> bool {
        self.findings.iter().any(|finding| finding.kind.id == kind.id)
    }

    /// Ids of the errors found in the file and its pages, each once.
    pub fn damage(&self) -> Vec<&'static str> {
        let is_damage = |finding: &&Finding| {
            finding.severity == Severity::Error && matches!(finding.kind.layer, Layer::Container | Layer::Structure)
        };
        let mut ids: Vec<_> = self.findings.iter().filter(is_damage).map(|finding| finding.kind.id).collect();
        ids.dedup();
        ids
    }

    /// Its byte order, if it is not that of the machine on which the server is to run.
    pub fn foreign_byte_order(&self) -> Option<&'static str> {
        match (self.found(&BIG_ENDIAN), self.found(&LITTLE_ENDIAN)) {
            (true, _) => Some("big"),
            (_, true) => Some("little"),
            _ => None,
        }
    }

    /// Raft index of the last applied entry; 0 if there is none. Unknown if the bucket `meta` could not be read completely.
    pub fn consistent_index(&self) -> Known<u64> {
        self.buckets.meta.entry(|meta| meta.consistent_index).map(|index| index.unwrap_or(0))
    }
}

impl DatabaseState {
    /// Its content, if it could be read.
    pub fn content(&self) -> Option<&DatabaseContent> {
        match self {
            Self::Read(content) => Some(content),
            Self::Missing | Self::New(_) | Self::Unusable => None,
        }
    }

    /// Is it certain that it has no content?
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Missing | Self::New(_))
    }

    /// Is it undamaged, of the right byte order, and has it applied all entries up to this index?
    pub fn is_usable_from(&self, index: u64) -> bool {
        let Some(content) = self.content() else { return false };
        content.damage().is_empty() && content.foreign_byte_order().is_none() && self.consistent_index() >= index
    }

    /// Raft index of the last applied entry as a server reads it; 0 if there is none.
    pub fn consistent_index(&self) -> u64 {
        self.content().map_or(0, |content| *content.consistent_index().part())
    }
}
