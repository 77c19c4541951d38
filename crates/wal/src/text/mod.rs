//! Prints logs as text like `etcd-dump-logs` (`docs/format/tools.md#dump-of-a-log`).
//!
//! [`Dump`], [`EntryLine`] and [`RecordLine`] are for output that a user asked for: they show values, and the passwords
//! that 3.4 writes when a user is added. Like the tool they hide only those of password changes. [`PayloadText`] and
//! [`payload_json`] show one entry, with values only when asked to.

mod auth_requests;
mod fields;
mod json_object;
mod kv_requests;
mod payload;
mod proto_text;
mod raft_messages;
mod value_display;

use std::fmt::{self, Display};

use etcdsnap_proto::etcdserverpb::Request;
use etcdsnap_proto::raftpb::ConfChange;
use etcdsnap_quote::go_excerpt;
use jiff::Timestamp;

use self::fields::VisitFields;
use self::payload::CHANGES;
use self::proto_text::{ProtoText, TextStyle};
use crate::entry::RaftEntry;
use crate::entry_kind::RaftEntryKind;
use crate::go_json::conf_state_json;
use crate::payload::EntryPayload;
use crate::raft_log::{HardState, RaftLog, SnapshotRecord, WalMetadata};
use crate::record::{WalRecord, WalRecordKind};
use crate::snap::SnapFile;

pub use self::payload::{PayloadText, payload_json};
pub use self::value_display::ValueDisplay;

/// The output of the tool for a log after a snapshot, with the line break at its end.
#[derive(Clone, Copy, Debug)]
pub struct Dump<'d, 'a> {
    /// The `.snap` file from which reading started, if there is one.
    pub snap: Option<&'d SnapFile<'a>>,
    /// The log after it.
    pub log: &'d RaftLog<'a>,
}

/// The tool's line for one entry, without a line break; empty for entries that the tool skips.
#[derive(Clone, Copy, Debug)]
pub struct EntryLine<'e, 'a>(pub &'e RaftEntry<'a>);

/// The tool's line for one record with `-raw`, without a line break; empty for an undefined type.
#[derive(Clone, Copy, Debug)]
pub struct RecordLine<'r, 'a>(pub &'r WalRecord<'a>);

impl EntryLine<'_, '_> {
    /// Does the tool print this entry? It skips changes of several members.
    pub fn is_printed(&self) -> bool {
        matches!(self.0.kind, RaftEntryKind::Normal | RaftEntryKind::ConfChange)
    }
}

impl Display for Dump<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Snapshot:\n")?;
        match self.snap {
            Some(snap) => writeln!(f, "{}", SnapLine(snap))?,
            None => f.write_str("empty\n")?,
        }
        let metadata = self.log.metadata.unwrap_or_default();
        let state = self.log.hard_state;
        f.write_str("Start dumping log entries from snapshot.\nWAL metadata:\n")?;
        write!(f, "nodeID={:x} clusterID={:x} ", metadata.node_id, metadata.cluster_id)?;
        writeln!(f, "term={} commitIndex={} vote={:x}", state.term, state.commit, state.vote)?;
        writeln!(f, "WAL entries: {}", self.log.entries.len())?;
        if let Some(last) = self.log.entries.last() {
            writeln!(f, "lastIndex={}", last.entry.index)?;
        }
        writeln!(f, "{:>4}\t{:>10}\ttype\tdata", "term", "index")?;
        let mut printed = 0;
        for line in self.log.entries.iter().map(|logged| EntryLine(&logged.entry)).filter(EntryLine::is_printed) {
            writeln!(f, "{line}")?;
            printed += 1;
        }
        writeln!(f, "\nEntry types (Normal,ConfigChange) count is : {printed}")
    }
}

struct SnapLine<'s, 'a>(&'s SnapFile<'a>);

impl Display for SnapLine<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (start, conf_state) = (self.0.start, &self.0.conf_state);
        write!(f, "term={} index={} nodes=[", start.term, start.index)?;
        for (number, voter) in conf_state.voters.iter().enumerate() {
            let space = if number == 0 { "" } else { " " };
            write!(f, "{space}{voter:x}")?;
        }
        write!(f, "] confstate={}", conf_state_json(conf_state))
    }
}

impl Display for EntryLine<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.0.kind == RaftEntryKind::Normal { "norm" } else { "conf" };
        write!(f, "{:>4}\t{:>10}\t{kind}\t", self.0.term, self.0.index)?;
        match self.0.payload() {
            EntryPayload::Empty => Ok(()),
            EntryPayload::Request(request) => ProtoText(&*request, TextStyle::TOOL).fmt(f),
            EntryPayload::LegacyRequest(request) => legacy(&request, f),
            EntryPayload::ConfChange(change) => conf_change(&change, f),
            EntryPayload::ConfChangeV2(_) | EntryPayload::Undecodable => f.write_str("???"),
        }
    }
}

impl Display for RecordLine<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let data = self.0.data();
        match self.0.kind {
            WalRecordKind::Checksum => write!(f, "CRC: {}", self.0.crc),
            WalRecordKind::Metadata => decoded(f, "Metadata", WalMetadata::parse(data).ok().as_ref()),
            WalRecordKind::Entry => decoded(f, "Entry", RaftEntry::parse(data).ok().as_ref()),
            WalRecordKind::HardState => decoded(f, "HardState", HardState::parse(data).ok().as_ref()),
            WalRecordKind::Snapshot => decoded(f, "Snapshot", SnapshotRecord::parse(self.0.place, data).as_ref()),
            WalRecordKind::Unknown(_) => Ok(()),
        }
    }
}

fn decoded(f: &mut fmt::Formatter<'_>, name: &str, message: Option<&impl VisitFields>) -> fmt::Result {
    match message {
        Some(message) => write!(f, "{name}: {}", ProtoText(message, TextStyle::TOOL)),
        None => write!(f, "{name}: ???"),
    }
}

fn conf_change(change: &ConfChange, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let number = change.change_type.unwrap_or_default();
    match usize::try_from(number).ok().and_then(|number| CHANGES.get(number)) {
        Some(name) => write!(f, "method={name} ")?,
        None => write!(f, "method={number} ")?,
    }
    write!(f, "id={:x}", change.node_id())
}

fn legacy(request: &Request, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let path = go_excerpt(request.path(), 64, 64);
    match request.method() {
        "" => f.write_str("noop"),
        "SYNC" => {
            let time = Timestamp::from_nanosecond(request.time().into()).unwrap_or_default();
            write!(f, "method=SYNC time=\"{}\"", time.strftime("%Y-%m-%d %H:%M:%S%.f +0000 UTC"))
        }
        method @ ("QGET" | "DELETE") => write!(f, "method={method} path={path}"),
        method => write!(f, "method={method} path={path} val={}", go_excerpt(request.val(), 128, 0)),
    }
}
