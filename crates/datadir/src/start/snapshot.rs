//! Which snapshot a server starts from, and whether the database goes with it (`docs/format/boot.md#snapshot-to-start-from`).

use std::collections::BTreeSet;

use etcdsnap_snapshot::place::quote;
use etcdsnap_wal::snap::{SnapFile, V2Store};
use etcdsnap_wal::{SnapshotPosition, WalReader};

use super::{StartFailure, StartOutcome, StartSimulation, openable};
use crate::contents::DatabaseState;

/// The v2 store and the voters of a `.snap` file.
pub(super) struct LoadedSnap<'a> {
    pub file: SnapFile<'a>,
    pub store: V2Store,
}

impl<'a> StartSimulation<'_, 'a> {
    /// The snapshot to start from; up to 3.6 with the file it is in.
    pub(super) fn snapshot(&self) -> Result<(SnapshotPosition, Option<LoadedSnap<'a>>), StartFailure> {
        let reader = self.server.reader();
        let markers = self.log.wal.valid_snapshots(reader).map_err(|error| {
            let said = if error.to_string().contains("checksum of the record") { "crc mismatch" } else { "" };
            StartFailure::exits(said, format!("It cannot read the log: {error}."))
        })?;
        if reader >= WalReader::V3_7 {
            return Ok((markers.last().map(|marker| marker.start).unwrap_or_default(), None));
        }
        let told: BTreeSet<SnapshotPosition> = markers.iter().map(|marker| marker.start).collect();
        let Some((name, file)) = self.evidence.newest_snap(|start| told.contains(&start)) else {
            return Ok((SnapshotPosition::default(), None));
        };
        let store = file.store().ok().filter(|store| store.members().is_ok());
        let Some(store) = store else {
            return Err(StartFailure::panics(
                "",
                format!("The v2 store in {} cannot be read.", quote(name.as_bytes())),
            ));
        };
        if let (6, Some(path)) = (self.server.minor, store.custom_content()) {
            return Err(StartFailure::exits(
                "detected disallowed custom content in v2store",
                format!(
                    "There are keys of the v2 API below {path}: it exits with \"detected disallowed custom content in v2store for stage \
                     --v2-deprecation=write-only\"."
                ),
            ));
        }
        Ok((file.start, Some(LoadedSnap { file, store })))
    }

    /// From 3.7 on a server cannot do without a snapshot record, be it that of the empty snapshot a log begins with.
    pub(super) fn any_marker(&self) -> Result<(), StartFailure> {
        let reader = self.server.reader();
        if reader < WalReader::V3_7 || self.log.wal.valid_snapshots(reader).is_ok_and(|markers| !markers.is_empty()) {
            return Ok(());
        }
        let reason = "The log tells of no snapshot, not even of the empty one it begins with: it panics with \"invalid memory address or nil pointer \
                      dereference\".";
        Err(StartFailure::panics("nil pointer dereference", reason))
    }

    /// The database it goes on with: the one received with the snapshot if its own is older.
    pub(super) fn database(&self, start: SnapshotPosition, from_file: bool) -> Result<&DatabaseState, StartFailure> {
        let (own, received) = (&self.evidence.database, &self.evidence.received);
        let uses_snapshot = from_file || self.server.minor >= 7;
        if !uses_snapshot || start.index <= own.consistent_index() {
            return Ok(own);
        }
        match received {
            Some((index, database)) if *index == start.index => self.renamed(*index, database).map(|()| database),
            _ => Err(StartFailure::panics(
                "failed to find database snapshot file",
                format!(
                    "The snapshot contains everything up to entry {}, the database up to entry {}, and there is no {:016x}.snap.db: it panics \
                     with \"failed to recover v3 backend from snapshot\".",
                    start.index,
                    own.consistent_index(),
                    start.index
                ),
            )),
        }
    }

    /// The database received with the snapshot at this index, which a server puts in the place of its own before it looks into it.
    fn renamed(&self, index: u64, database: &DatabaseState) -> Result<(), StartFailure> {
        let name = format!("{index:016x}.snap.db");
        let gone = if self.evidence.database.is_blank() { "" } else { ", so that the old db is gone" };
        let renames = format!("It renames {name} to db{gone}");
        let lost = |reason| StartFailure { outcome: StartOutcome::ThrowsAway { cut: None }, said: None, reason };
        openable(database, &name)
            .map_err(|stop| StartFailure { reason: format!("{renames}. {}", stop.reason), ..stop })?;
        match database {
            DatabaseState::New(what) => Err(lost(format!(
                "{renames}, and goes on without what was written up to entry {index}: {name} {what}."
            ))),
            _ if !database.serves(index) => Err(lost(format!(
                "{renames}, and goes on without entries {} to {index}: {name} has applied entry {}.",
                database.consistent_index().saturating_add(1),
                database.consistent_index()
            ))),
            _ => match self.evidence.goes_back() {
                Some((received, own)) => {
                    Err(lost(format!("{renames}, and goes on at revision {received} instead of {own}.")))
                }
                None => Ok(()),
            },
        }
    }
}
