//! [`LogReport`]: checks a write-ahead log alone: what is wrong with it, and what servers of each release do with it.

use std::collections::BTreeSet;

use etcdsnap_snapshot::catalogue;
use etcdsnap_snapshot::finding::{Finding, Findings, Severity};
use etcdsnap_snapshot::place::Place;
use etcdsnap_snapshot::report::Omitted;
use etcdsnap_wal::{LogReadError, SnapshotPosition, Wal, WalInspection, WalOutcome, WalProblem, WalReader, WalRefusal};

use crate::discarded::DiscardedLog;
use crate::snap_files::SnapFiles;

/// The result of checking a log.
#[derive(Clone, Debug)]
pub struct LogReport {
    /// The result of its inspection.
    pub inspection: WalInspection,
    /// The findings, worst first.
    pub findings: Vec<Finding>,
    /// Findings that were counted but not kept.
    pub omitted: Vec<Omitted>,
    /// What servers with each reader do with it, oldest reader first.
    pub verdicts: Vec<ReaderVerdict>,
}

/// What the servers with one reader do with a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReaderVerdict {
    /// The reader.
    pub reader: WalReader,
    /// The snapshot from which they start; the empty one if they can use none.
    pub start: SnapshotPosition,
    /// What they do.
    pub outcome: WalOutcome,
    /// The part of the log that they discard, other than an unfinished last write.
    pub discarded: Option<DiscardedLog>,
}

impl LogReport {
    /// Checks a log; keeps at most `limit` findings of each rule. `snaps` are its `.snap` files, if they are known;
    /// servers up to 3.6 start from one of them.
    pub fn new(wal: &Wal<'_>, snaps: Option<&SnapFiles>, limit: u64) -> Self {
        let inspection = wal.inspect();
        let mut findings = Findings::new(limit);
        for problem in inspection.problems.kept() {
            findings.push(finding(problem));
        }
        let omitted = inspection.problems.counts().filter_map(|(code, count)| {
            let listed = findings.count(code.as_str()).min(limit);
            (count > listed).then(|| Omitted::from((code.as_str(), count - listed)))
        });
        let omitted = omitted.collect();
        let mut findings = findings.into_kept();
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        let verdicts = WalReader::ALL.map(|reader| verdict(wal, snaps, reader, &inspection)).to_vec();
        Self { inspection, findings, omitted, verdicts }
    }

    /// The worst severity among the findings.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }

    /// Is nothing of it damaged or lost? An unfinished last write is not damage.
    pub fn is_sound(&self) -> bool {
        self.worst() < Some(Severity::Error)
    }

    /// Do servers cut off its end?
    pub fn is_torn(&self) -> bool {
        self.verdicts.iter().any(|verdict| matches!(verdict.outcome, WalOutcome::Repairs { .. }))
    }
}

/// The snapshot from which servers with this reader start: up to 3.6 the newest `.snap` file that has a record in the
/// log, later the newest snapshot that has a record. When the files are not known, one is assumed for each record.
pub(crate) fn start_of(
    wal: &Wal<'_>,
    snaps: Option<&SnapFiles>,
    reader: WalReader,
) -> Result<SnapshotPosition, LogReadError> {
    let markers = wal.valid_snapshots(reader)?;
    let start = match snaps {
        Some(snaps) if reader < WalReader::V3_7 => {
            let told: BTreeSet<SnapshotPosition> = markers.iter().map(|marker| marker.start).collect();
            snaps.newest(|start| told.contains(&start)).map(|(_, file)| file.start)
        }
        _ => markers.last().map(|marker| marker.start),
    };
    Ok(start.unwrap_or_default())
}

fn verdict(wal: &Wal<'_>, snaps: Option<&SnapFiles>, reader: WalReader, inspection: &WalInspection) -> ReaderVerdict {
    let (start, outcome) = match start_of(wal, snaps, reader) {
        Ok(start) => (start, wal.outcome(reader, start)),
        Err(error) => (SnapshotPosition::default(), WalOutcome::Refuses(WalRefusal::from(error))),
    };
    ReaderVerdict { reader, start, outcome, discarded: DiscardedLog::of_outcome(outcome, wal, inspection) }
}

/// Converts a problem of the log to a finding.
pub(crate) fn finding(problem: &WalProblem) -> Finding {
    let place = problem.place.map_or_else(Place::file, |place| Place {
        file: Some(place.segment.to_string()),
        ..Place::offset(place.offset)
    });
    Finding::new(catalogue::wal::of(problem.code), place, problem.message.clone())
}
