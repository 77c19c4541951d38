//! `wal ls`: segments, files beside them, and `.snap` files.

use std::ffi::OsStr;

use etcdsnap_datadir::{LogReport, SnapFiles, WalFiles};
use etcdsnap_wal::snap::SnapFile;
use etcdsnap_wal::{SegmentChain, SegmentFacts, WalFileKind};
use serde::Serialize;

use super::hex;
use crate::output::sheet::{BAD, FAINT, GOOD, ODD, PLAIN, STRONG, Sheet};
use crate::output::words::TextOrBase64;
use crate::output::{label, quantity, size};

/// What there is to list.
#[derive(Debug)]
pub struct Listing<'a> {
    /// The WAL directory.
    pub wal: &'a WalFiles,
    /// The `snap` directory, if it is known.
    pub snaps: Option<&'a SnapFiles>,
    /// What is in the log.
    pub report: &'a LogReport,
}

/// The document of `-o json`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Document<'a> {
    #[serde(flatten)]
    path: TextOrBase64<'a>,
    #[serde(flatten)]
    log: Log,
    segments: Vec<Segment>,
    others: Vec<Other<'a>>,
    /// `null` where only a log was named.
    snaps: Option<Vec<Snap>>,
}

/// Whose log it is and how far it goes.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Log {
    member_id: Option<String>,
    cluster_id: Option<String>,
    term: u64,
    vote: String,
    commit: u64,
    last_index: u64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Segment {
    name: String,
    sequence: u64,
    index: u64,
    first_index: Option<u64>,
    last_index: Option<u64>,
    records: u64,
    entries: u64,
    snapshots: u64,
    used: u64,
    size: u64,
    chain: &'static str,
    damaged: bool,
}

#[derive(Debug, Serialize)]
struct Other<'a> {
    #[serde(flatten)]
    name: TextOrBase64<'a>,
    kind: &'static str,
    size: u64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Snap {
    name: String,
    /// As in the name; null when it is not one that servers give.
    index: Option<u64>,
    term: Option<u64>,
    size: u64,
    /// The log tells of this snapshot.
    in_log: bool,
    /// Why it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

impl<'a> Document<'a> {
    /// The document about one log.
    pub fn new(listing: &Listing<'a>) -> Self {
        let other = |(name, kind, size): (&'a OsStr, WalFileKind, u64)| Other {
            name: TextOrBase64 { key: "name", base64_key: "nameBase64", bytes: name.as_encoded_bytes() },
            kind: word(kind),
            size,
        };
        Self {
            path: TextOrBase64::path(&listing.wal.directory),
            log: Log::new(listing.report),
            segments: listing.report.inspection.segments.iter().map(Segment::new).collect(),
            others: listing.others().map(other).collect(),
            snaps: listing.snaps.map(|snaps| listing.snaps_of(snaps).collect()),
        }
    }
}

impl Log {
    /// The facts of an inspection.
    pub fn new(report: &LogReport) -> Self {
        let inspection = &report.inspection;
        Self {
            member_id: inspection.metadata.map(|metadata| hex(metadata.node_id)),
            cluster_id: inspection.metadata.map(|metadata| hex(metadata.cluster_id)),
            term: inspection.hard_state.term,
            vote: hex(inspection.hard_state.vote),
            commit: inspection.hard_state.commit,
            last_index: inspection.last_index,
        }
    }

    /// The same for people.
    pub fn line(&self) -> String {
        let whose = match (&self.member_id, &self.cluster_id) {
            (Some(member), Some(cluster)) => format!("member {member} of cluster {cluster}"),
            _ => "nobody's log".to_owned(),
        };
        format!("{whose}; term {}, committed up to entry {}, last entry {}", self.term, self.commit, self.last_index)
    }
}

impl Segment {
    fn new(facts: &SegmentFacts) -> Self {
        Self {
            name: facts.name.to_string(),
            sequence: facts.name.sequence,
            index: facts.name.index,
            first_index: facts.first_index,
            last_index: facts.last_index,
            records: facts.records,
            entries: facts.entries,
            snapshots: facts.snapshots,
            used: facts.end,
            size: facts.len,
            chain: match facts.chain {
                SegmentChain::Begins => "begins",
                SegmentChain::Continues => "continues",
                SegmentChain::Broken => "broken",
                SegmentChain::Believed => "believed",
            },
            damaged: facts.damaged,
        }
    }
}

impl<'a> Listing<'a> {
    fn others(&self) -> impl Iterator<Item = (&'a OsStr, WalFileKind, u64)> {
        self.wal.others.iter().map(|file| (file.name.as_os_str(), file.kind, file.size))
    }

    fn snaps_of(&self, snaps: &'a SnapFiles) -> impl Iterator<Item = Snap> {
        let starts = &self.report.inspection.snapshots;
        snaps.snaps().map(move |(name, parsed, bytes)| {
            let read = SnapFile::parse(bytes);
            Snap {
                name: name.to_owned(),
                index: parsed.map(|name| name.index),
                term: parsed.map(|name| name.term),
                size: bytes.len() as u64,
                in_log: read.as_ref().is_ok_and(|file| starts.contains(&file.start)),
                problem: read.err().map(|error| error.to_string()),
            }
        })
    }
}

fn word(kind: WalFileKind) -> &'static str {
    match kind {
        WalFileKind::Segment(_) => "segment",
        WalFileKind::Temporary => "temporary",
        WalFileKind::Broken => "broken",
        WalFileKind::Foreign => "foreign",
    }
}

fn meaning(kind: WalFileKind) -> &'static str {
    match kind {
        WalFileKind::Temporary => "prepared for a later segment, without meaning",
        WalFileKind::Broken => "a segment as it was before a server cut off its end",
        WalFileKind::Segment(_) | WalFileKind::Foreign => "not etcd's",
    }
}

/// Lays out the table of segments, and what else is there.
pub fn text(listing: &Listing<'_>, sheet: &mut Sheet) {
    sheet.heading(&label(&listing.wal.directory));
    sheet.styled(&[(PLAIN, "  ")], FAINT, &Log::new(listing.report).line());
    sheet.blank();
    let head = format!(
        "{:>5}  {:>10}  {:>10}  {:>9}  {:>7}  {:>7}  {:<9}  {}",
        "SEQ", "FIRST", "LAST", "RECORDS", "USED", "SIZE", "CHAIN", "NAME"
    );
    sheet.line(&[(STRONG, &head)], "");
    for segment in listing.report.inspection.segments.iter().map(Segment::new) {
        let numbers = format!(
            "{:>5}  {:>10}  {:>10}  {:>9}  {:>7}  {:>7}  ",
            segment.sequence,
            number(segment.first_index),
            number(segment.last_index),
            segment.records,
            size(segment.used),
            size(segment.size)
        );
        let color = match segment.chain {
            "broken" => BAD,
            "believed" => ODD,
            _ => GOOD,
        };
        let damaged = if segment.damaged { "  DAMAGED" } else { "" };
        let chain = format!("{:<9}", segment.chain);
        sheet.line(&[(PLAIN, &numbers), (color, &chain), (PLAIN, "  "), (PLAIN, &segment.name), (BAD, damaged)], "");
    }
    for (name, kind, bytes) in listing.others() {
        let name = label(name.as_ref());
        sheet.styled(
            &[(PLAIN, "  "), (PLAIN, &name), (PLAIN, "  ")],
            FAINT,
            &format!("{}, {}", size(bytes), meaning(kind)),
        );
    }
    let Some(snaps) = listing.snaps else { return };
    sheet.blank();
    sheet.heading(&format!("{} in {}", quantity(snaps.snaps().count() as u64, ".snap file"), label(&snaps.directory)));
    for snap in listing.snaps_of(snaps) {
        let (color, state) = match &snap.problem {
            Some(problem) => (BAD, problem.as_str()),
            None if snap.in_log => (GOOD, "the log tells of it"),
            None => (ODD, "the log does not tell of it"),
        };
        let (index, term) = (number(snap.index), number(snap.term));
        let line = format!("  {}  index {index}, term {term}, {}, ", label(snap.name.as_ref()), size(snap.size));
        sheet.styled(&[(PLAIN, &line)], color, state);
    }
}

fn number(index: Option<u64>) -> String {
    index.map_or_else(|| "-".to_owned(), |index| index.to_string())
}
