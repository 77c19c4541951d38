//! Findings of the same rule and severity brought together, so that a thousand of them read as one.

use anstyle::Style;
use etcdsnap_snapshot::finding::{Finding, Kind, Layer, Severity};
use etcdsnap_snapshot::place::Place;
use etcdsnap_snapshot::report::Omitted;
use serde::Serialize;

use super::quantity;
use super::sheet::{BAD, FAINT, NEWS, ODD, PLAIN, STRONG, Sheet};

/// Findings of one rule that are shown one by one.
const SHOWN: usize = 5;

/// All findings of one rule at one severity.
#[derive(Debug)]
pub struct Group<'a> {
    /// The rule.
    pub kind: &'static Kind,
    /// How bad they are.
    pub severity: Severity,
    /// Those that were kept, in the report's order; never empty.
    pub findings: Vec<&'a Finding>,
    /// How many more there were.
    pub omitted: u64,
}

impl Group<'_> {
    /// How many there were altogether.
    pub fn total(&self) -> u64 {
        self.omitted.saturating_add(self.findings.len() as u64)
    }
}

/// The groups of a report: worst first, and where that is equal in the report's order.
pub fn groups<'a>(findings: &'a [Finding], omitted: &[Omitted]) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    for finding in findings {
        let same = |group: &&mut Group<'a>| group.kind.id == finding.kind.id && group.severity == finding.severity;
        match groups.iter_mut().find(same) {
            Some(group) => group.findings.push(finding),
            None => groups.push(Group {
                kind: finding.kind,
                severity: finding.severity,
                findings: vec![finding],
                omitted: 0,
            }),
        }
    }
    for omitted in omitted {
        if let Some(group) = groups.iter_mut().find(|group| group.kind.id == omitted.id) {
            group.omitted = group.omitted.saturating_add(omitted.count);
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.severity));
    groups
}

/// How many findings of this severity there were.
fn count(groups: &[Group<'_>], severity: Severity) -> u64 {
    groups.iter().filter(|group| group.severity == severity).map(Group::total).sum()
}

/// A finding with its rule's words.
#[derive(Debug, Serialize)]
pub struct Explained<'a> {
    id: &'static str,
    severity: Severity,
    layer: Layer,
    title: &'static str,
    message: &'a str,
    place: &'a Place,
    explanation: &'static str,
    remedy: &'static str,
}

impl<'a> Explained<'a> {
    /// With the words of the catalogue.
    pub fn new(finding: &'a Finding) -> Self {
        Self {
            id: finding.kind.id,
            severity: finding.severity,
            layer: finding.kind.layer,
            title: finding.kind.title,
            message: &finding.message,
            place: &finding.place,
            explanation: finding.kind.explanation,
            remedy: finding.kind.remedy,
        }
    }
}

impl Group<'_> {
    /// Lays out the group: its rule, the first of its findings, what they mean and what to do.
    pub fn lay_out(&self, sheet: &mut Sheet) {
        let color = severity_color(self.severity);
        let title = match self.total() {
            1 => format!("  {}", self.kind.title),
            total => format!("  {} ({total} times)", self.kind.title),
        };
        sheet.line(&[(color, self.severity.as_str()), (PLAIN, " "), (STRONG, self.kind.id)], &title);
        for finding in self.findings.iter().take(SHOWN) {
            sheet.line(&[(PLAIN, "    ")], &placed(finding));
        }
        let shown = self.findings.len().min(SHOWN) as u64;
        sheet.rest("    ", self.total() - shown);
        sheet.styled(&[(FAINT, "  means "), (PLAIN, "")], FAINT, self.kind.explanation);
        sheet.line(&[(FAINT, "  do    ")], self.kind.remedy);
    }
}

/// `  (2 errors, 1 warning)`, or nothing.
pub fn tally(groups: &[Group<'_>]) -> String {
    let kinds = [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Note, "note")];
    let counted = kinds.map(|(severity, noun)| (count(groups, severity), noun));
    let parts: Vec<_> =
        counted.iter().filter(|(count, _)| *count > 0).map(|(count, noun)| quantity(*count, noun)).collect();
    if parts.is_empty() { String::new() } else { format!("  ({})", parts.join(", ")) }
}

/// A finding's sentence with its place in front, for forms that have no field for a place.
pub fn placed(finding: &Finding) -> String {
    if finding.place.is_file() { finding.message.clone() } else { format!("{}: {}", finding.place, finding.message) }
}

fn severity_color(severity: Severity) -> Style {
    match severity {
        Severity::Error => BAD,
        Severity::Warning => ODD,
        Severity::Note => NEWS,
    }
}
