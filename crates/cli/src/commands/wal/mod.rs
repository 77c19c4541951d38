//! `wal`: the commands that look at a write-ahead log.

mod dump;
mod ls;
mod verify;

use std::path::Path;

use etcdsnap_bbolt::check::DEFAULT_LIMIT;
use etcdsnap_datadir::{DirectoryLayout, LayoutError, ListError, LogReport, SnapFiles, WalFiles};

use super::Session;
use crate::args::Wal;
use crate::exit::{Exit, Failure};

pub fn run(session: &Session, command: &Wal) -> Result<Exit, Failure> {
    match command {
        Wal::Ls(args) => ls::run(session, args),
        Wal::Dump(args) => dump::run(session, args),
        Wal::Verify(args) => verify::run(session, args),
    }
}

/// A log, and the `.snap` files beside it where their directory is known.
struct Source {
    wal: WalFiles,
    snaps: Option<SnapFiles>,
}

impl Source {
    fn open(session: &Session, path: &Path) -> Result<Self, Failure> {
        let layout = DirectoryLayout::of_log(path)?;
        let mapping = session.mapping();
        let mut wal = WalFiles::open(&layout.wal, layout.segment.as_deref(), mapping)?;
        if let Some((_, error)) = wal.unreadable.pop() {
            return Err(Failure::new(error.to_string()));
        }
        let snaps = layout.snap.map(|snap| SnapFiles::open(&snap, mapping)).transpose()?;
        Ok(Self { wal, snaps })
    }

    fn report(&self) -> LogReport {
        LogReport::new(&self.wal.wal(), self.snaps.as_ref(), DEFAULT_LIMIT)
    }

    /// Says so when a segment changed while it was read: a member is writing to it.
    fn recheck(&self) -> Result<(), Failure> {
        self.wal.recheck().map_err(|changed| Failure::new(changed.to_string()))
    }
}

impl From<LayoutError> for Failure {
    fn from(error: LayoutError) -> Self {
        Self::new(error.to_string())
    }
}

impl From<ListError> for Failure {
    fn from(error: ListError) -> Self {
        Self::new(error.to_string())
    }
}
