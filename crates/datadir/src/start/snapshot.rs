//! Simulates how a starting server selects its snapshot and the database for it
//! (`docs/format/boot.md#snapshot-to-start-from`).

use std::collections::BTreeSet;

use etcdsnap_quote::quote;
use etcdsnap_wal::snap::{SnapFile, V2Store};
use etcdsnap_wal::{LogReadError, SnapshotPosition, WalDamage, WalDamageKind, WalReader};

use super::failure::StartFailure;
use super::simulation::{StartSimulation, check_database};
use super::verdict::StartOutcome;
use crate::contents::DatabaseState;

/// A `.snap` file with its decoded v2 store.
pub(super) struct LoadedSnap<'a> {
    pub file: SnapFile<'a>,
    pub store: V2Store,
}

impl<'a> StartSimulation<'_, 'a> {
    /// The snapshot from which the server starts; up to 3.6 with its `.snap` file.
    pub(super) fn snapshot(&self) -> Result<(SnapshotPosition, Option<LoadedSnap<'a>>), StartFailure> {
        let reader = self.server.reader();
        let markers = self.log.wal.valid_snapshots(reader).map_err(|error| {
            let message = if is_checksum(&error) { "crc mismatch" } else { "" };
            StartFailure::exits(message, format!("It cannot read the log: {error}."))
        })?;
        if reader >= WalReader::V3_7 {
            return Ok((markers.last().map(|marker| marker.start).unwrap_or_default(), None));
        }
        let recorded: BTreeSet<SnapshotPosition> = markers.iter().map(|marker| marker.start).collect();
        let Some((name, file)) = self.contents.newest_snap(|start| recorded.contains(&start)) else {
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

    /// Checks that there is a snapshot record, which servers from 3.7 on require; that of the empty snapshot at the
    /// start of the log is enough.
    pub(super) fn require_snapshot_record(&self) -> Result<(), StartFailure> {
        let reader = self.server.reader();
        if reader < WalReader::V3_7 || self.log.wal.valid_snapshots(reader).is_ok_and(|markers| !markers.is_empty()) {
            return Ok(());
        }
        let reason = "The log tells of no snapshot, not even of the empty one it begins with: it panics with \"invalid memory address or nil pointer \
                      dereference\".";
        Err(StartFailure::panics("nil pointer dereference", reason))
    }

    /// The database with which the server continues: the one received with the snapshot, if its own is older.
    pub(super) fn database(&self, start: SnapshotPosition, from_file: bool) -> Result<&DatabaseState, StartFailure> {
        let (own, received) = (&self.contents.database, &self.contents.received);
        let uses_snapshot = from_file || self.server.minor >= 7;
        if !uses_snapshot || start.index <= own.consistent_index() {
            return Ok(own);
        }
        match received {
            Some((index, database)) if *index == start.index => {
                self.check_received_database(*index, database).map(|()| database)
            }
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

    /// Checks the database received with the snapshot at this index, by which a server replaces its own before it opens it.
    fn check_received_database(&self, index: u64, database: &DatabaseState) -> Result<(), StartFailure> {
        let name = format!("{index:016x}.snap.db");
        let gone = if self.contents.database.is_empty() { "" } else { ", so that the old db is gone" };
        let renames = format!("It renames {name} to db{gone}");
        let lost = |reason| StartFailure { outcome: StartOutcome::DiscardsData { cut: None }, message: None, reason };
        check_database(database, &name)
            .map_err(|stop| StartFailure { reason: format!("{renames}. {}", stop.reason), ..stop })?;
        match database {
            DatabaseState::New(what) => Err(lost(format!(
                "{renames}, and goes on without what was written up to entry {index}: {name} {what}."
            ))),
            _ if !database.is_usable_from(index) => Err(lost(format!(
                "{renames}, and goes on without entries {} to {index}: {name} has applied entry {}.",
                database.consistent_index().saturating_add(1),
                database.consistent_index()
            ))),
            _ => match self.contents.revision_decrease() {
                Some((received, own)) => {
                    Err(lost(format!("{renames}, and goes on at revision {received} instead of {own}.")))
                }
                None => Ok(()),
            },
        }
    }
}

/// Is it a wrong checksum that ends the reading of a log?
fn is_checksum(error: &LogReadError) -> bool {
    matches!(error, LogReadError::Damage(WalDamage { kind: WalDamageKind::Checksum { .. }, .. }))
}
