//! `wal verify`: what is wrong with a log, and what the servers of each release do with it.

use std::path::Path;

use etcdsnap_datadir::{DiscardedLog, LogReport, ReaderVerdict};
use etcdsnap_snapshot::finding::Severity;
use etcdsnap_snapshot::report::Omitted;
use etcdsnap_wal::WalOutcome;
use serde::Serialize;

use super::ls::Log;
use crate::output::findings::{Explained, groups, tally};
use crate::output::sheet::{BAD, FAINT, GOOD, ODD, PLAIN, STRONG, Sheet};
use crate::output::words::TextOrBase64;
use crate::output::{label, quantity};

/// A log that was verified.
#[derive(Debug)]
pub struct Verified<'a> {
    /// Where it is.
    pub directory: &'a Path,
    /// What was found.
    pub report: &'a LogReport,
}

/// The document of `-o json`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Document<'a> {
    verdict: &'static str,
    #[serde(flatten)]
    path: TextOrBase64<'a>,
    #[serde(flatten)]
    log: Log,
    findings: Vec<Explained<'a>>,
    omitted: &'a [Omitted],
    servers: Vec<Servers>,
}

/// What some servers do.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Servers {
    releases: &'static str,
    starts_from: u64,
    outcome: &'static str,
    /// Where the log is cut off.
    #[serde(flatten)]
    cut: Option<Cut>,
    /// The part of the log that the repair throws away.
    #[serde(skip_serializing_if = "Option::is_none")]
    lost: Option<LostRecords>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// The entries that a start throws away, as far as the search found them: there may be more.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LostRecords {
    file: String,
    offset: u64,
    records: u64,
    entries: u64,
    first_index: Option<u64>,
    last_index: Option<u64>,
    commit: Option<u64>,
}

#[derive(Debug, Serialize)]
struct Cut {
    file: String,
    offset: u64,
}

impl<'a> Document<'a> {
    /// The document about one log.
    pub fn new(verified: &Verified<'a>) -> Self {
        let report = verified.report;
        Self {
            verdict: verdict(report),
            path: TextOrBase64::path(verified.directory),
            log: Log::new(report),
            findings: report.findings.iter().map(Explained::new).collect(),
            omitted: &report.omitted,
            servers: report.verdicts.iter().map(Servers::new).collect(),
        }
    }
}

impl Servers {
    fn new(verdict: &ReaderVerdict) -> Self {
        let (outcome, cut, reason) = match verdict.outcome {
            WalOutcome::Reads | WalOutcome::Repairs { .. } if verdict.discarded.is_some() => ("throwsAway", None, None),
            WalOutcome::Reads => ("reads", None, None),
            WalOutcome::Repairs { cut } => {
                ("repairs", Some(Cut { file: cut.segment.to_string(), offset: cut.offset }), None)
            }
            WalOutcome::Refuses(refusal) => ("refuses", None, Some(refusal.to_string())),
        };
        let (releases, starts_from) = (verdict.reader.releases(), verdict.start.index);
        Self { releases, starts_from, outcome, cut, lost: verdict.discarded.map(LostRecords::new), reason }
    }
}

impl LostRecords {
    fn new(lost: DiscardedLog) -> Self {
        let DiscardedLog { from, trailing: remains } = lost;
        Self {
            file: from.segment.to_string(),
            offset: remains.offset.unwrap_or(from.offset),
            records: remains.records,
            entries: remains.entries,
            first_index: remains.first_index,
            last_index: remains.last_index,
            commit: remains.commit,
        }
    }
}

fn verdict(report: &LogReport) -> &'static str {
    match () {
        () if !report.is_sound() => "damaged",
        () if report.is_torn() => "torn",
        () => "sound",
    }
}

/// Lays out verdict, findings and outcomes.
pub fn text(verified: &Verified<'_>, sheet: &mut Sheet) {
    let report = verified.report;
    let (color, word, meaning) = match verdict(report) {
        "damaged" => (BAD, "DAMAGED", "Do not start a member on it before reading what was found."),
        "torn" => (ODD, "TORN", "Sound up to its last write, which was not finished; servers cut it off."),
        _ if report.worst() == Some(Severity::Warning) => {
            (GOOD, "SOUND", "Every record can be read; see the warnings.")
        }
        _ => (GOOD, "SOUND", "Every record is as it was written."),
    };
    let groups = groups(&report.findings, &report.omitted);
    sheet.line(&[(color, word), (PLAIN, "  "), (STRONG, &label(verified.directory))], &tally(&groups));
    sheet.line(&[(PLAIN, "  ")], meaning);
    sheet.styled(&[(PLAIN, "  ")], FAINT, &Log::new(report).line());
    let segments = report.inspection.segments.len() as u64;
    let records = report.inspection.segments.iter().map(|segment| segment.records).sum();
    sheet.styled(
        &[(PLAIN, "  ")],
        FAINT,
        &format!("{} in {}", quantity(records, "record"), quantity(segments, "segment")),
    );
    for group in &groups {
        sheet.blank();
        group.lay_out(sheet);
    }
    sheet.blank();
    sheet.heading("What does etcd do with it?");
    let all_alike = report.verdicts.windows(2).all(|pair| matches!(pair, [one, next] if one.outcome == next.outcome));
    for verdict in report.verdicts.iter().take(if all_alike { 1 } else { usize::MAX }) {
        let (color, word, rest) = match (verdict.outcome, verdict.discarded) {
            (_, Some(DiscardedLog { from, trailing: remains })) => {
                (BAD, "throws entries away", format!("ends the log at {from}; after it follow {remains}"))
            }
            (WalOutcome::Reads, None) => (GOOD, "reads it", String::new()),
            (WalOutcome::Repairs { cut }, None) => {
                (ODD, "repairs it", format!("cuts off what follows offset {} of {}", cut.offset, cut.segment))
            }
            (WalOutcome::Refuses(refusal), None) => (BAD, "refuses it", refusal.to_string()),
        };
        let releases = if all_alike { "every version" } else { verdict.reader.releases() };
        let gap = if rest.is_empty() { "" } else { ": " };
        sheet.line(&[(PLAIN, &format!("  {releases:<23}")), (color, word), (PLAIN, gap)], &rest);
    }
}
