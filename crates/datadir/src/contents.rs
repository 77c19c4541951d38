//! Everything that was read of a directory, for those who judge it.

use etcdsnap_snapshot::boot::Serving;
use etcdsnap_snapshot::buckets::Buckets;
use etcdsnap_snapshot::catalogue::container::{BIG_ENDIAN, LITTLE_ENDIAN};
use etcdsnap_snapshot::finding::{Finding, Kind, Layer, Severity};
use etcdsnap_snapshot::known::Known;
use etcdsnap_wal::snap::SnapFile;
use etcdsnap_wal::{LoggedEntry, SnapshotPosition, Wal, WalInspection};

use crate::snap_files::SnapFiles;

/// What there is of a database.
#[derive(Debug)]
pub(crate) enum DatabaseState {
    /// Nothing.
    Missing,
    /// A file in which nothing was ever written, which bbolt begins anew as it does one that is not there; with what shows that, to
    /// follow its name in a sentence.
    New(&'static str),
    /// A file that is none, or that cannot be opened.
    Unusable,
    /// One that could be walked.
    Read(Box<DatabaseContent>),
}

/// What a database holds.
#[derive(Debug)]
pub(crate) struct DatabaseContent {
    /// The small buckets.
    pub buckets: Buckets,
    /// What is wrong with it.
    pub findings: Vec<Finding>,
    /// The store's revision after a start.
    pub revision: Known<i64>,
    /// How servers serve it once they have started, by minor version.
    pub serving: Vec<Serving>,
}

/// What the files of a directory say.
#[derive(Debug)]
pub(crate) struct DirectoryContents<'a> {
    /// The log; `None` if there is no file that servers take for a part of one.
    pub log: Option<LogContent<'a>>,
    /// The `.snap` files.
    pub snaps: &'a SnapFiles,
    /// Index of the newest `.snap` file that servers are taken to find; those above are taken to be gone.
    pub newest_snap_index: u64,
    /// There is a folder of a proxy beside that of the member.
    pub has_proxy: bool,
    /// The database.
    pub database: DatabaseState,
    /// The database received with the newest snapshot, if it is there, with the index of that snapshot.
    pub received: Option<(u64, DatabaseState)>,
}

/// What a log says.
#[derive(Debug)]
pub(crate) struct LogContent<'a> {
    /// Its segments.
    pub wal: Wal<'a>,
    /// Its entries in force.
    pub entries: Vec<LoggedEntry<'a>>,
    /// Its facts.
    pub inspection: WalInspection,
}

impl<'a> DirectoryContents<'a> {
    /// The snapshot a server up to 3.6 loads of those that `wanted` accepts.
    pub fn newest_snap(&self, wanted: impl Fn(SnapshotPosition) -> bool) -> Option<(&'a str, SnapFile<'a>)> {
        self.snaps.newest(|start| start.index <= self.newest_snap_index && wanted(start))
    }

    /// The database received with the newest snapshot, with the index of that, if a server puts it in the place of its own.
    pub fn replacement(&self) -> Option<(u64, &DatabaseState)> {
        let (index, database) = self.received.as_ref()?;
        (*index > self.database.consistent_index()).then_some((*index, database))
    }

    /// Does the database received with the newest snapshot have everything up to that?
    pub fn is_received(&self) -> bool {
        self.received.as_ref().is_some_and(|(index, database)| database.serves(*index)) && self.goes_back().is_none()
    }

    /// The revisions of the received database and of the member's own, if the first is the lower one: revisions only grow, so the two
    /// are not of one history.
    pub fn goes_back(&self) -> Option<(i64, i64)> {
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
    /// Was anything of this kind found?
    pub fn found(&self, kind: &Kind) -> bool {
        self.findings.iter().any(|finding| finding.kind.id == kind.id)
    }

    /// Ids of the errors in the file and its pages, each once.
    pub fn damage(&self) -> Vec<&'static str> {
        let is_damage = |finding: &&Finding| {
            finding.severity == Severity::Error && matches!(finding.kind.layer, Layer::Container | Layer::Structure)
        };
        let mut ids: Vec<_> = self.findings.iter().filter(is_damage).map(|finding| finding.kind.id).collect();
        ids.dedup();
        ids
    }

    /// Its byte order, if that is not the one of the machine the server is to run on.
    pub fn foreign_order(&self) -> Option<&'static str> {
        match (self.found(&BIG_ENDIAN), self.found(&LITTLE_ENDIAN)) {
            (true, _) => Some("big"),
            (_, true) => Some("little"),
            _ => None,
        }
    }

    /// Raft index of the last applied entry; 0 if there is none. Not known if the bucket `meta` could not be read to
    /// its end.
    pub fn consistent_index(&self) -> Known<u64> {
        self.buckets.meta.entry(|meta| meta.consistent_index).map(|index| index.unwrap_or(0))
    }
}

impl DatabaseState {
    /// What could be read of it.
    pub fn content(&self) -> Option<&DatabaseContent> {
        match self {
            Self::Read(content) => Some(content),
            Self::Missing | Self::New(_) | Self::Unusable => None,
        }
    }

    /// Is there nothing in it, for certain?
    pub fn is_blank(&self) -> bool {
        matches!(self, Self::Missing | Self::New(_))
    }

    /// Is it whole, of this byte order, and does it have all entries up to this one?
    pub fn serves(&self, index: u64) -> bool {
        let Some(content) = self.content() else { return false };
        content.damage().is_empty() && content.foreign_order().is_none() && self.consistent_index() >= index
    }

    /// Raft index of the last applied entry as a server sees it that gets so far; 0 if it does not say.
    pub fn consistent_index(&self) -> u64 {
        self.content().map_or(0, |content| *content.consistent_index().part())
    }
}
