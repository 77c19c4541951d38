//! Findings of the same rule and severity brought together, so that a thousand of them read as one.

use etcdsnap_snapshot::finding::{Finding, Kind, Severity};
use etcdsnap_snapshot::report::Report;

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
pub fn groups(report: &Report) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for finding in &report.findings {
        let same = |group: &&mut Group<'_>| group.kind.id == finding.kind.id && group.severity == finding.severity;
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
    for omitted in &report.omitted {
        if let Some(group) = groups.iter_mut().find(|group| group.kind.id == omitted.id) {
            group.omitted = group.omitted.saturating_add(omitted.count);
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.severity));
    groups
}

/// How many findings of this severity there were.
pub fn count(groups: &[Group<'_>], severity: Severity) -> u64 {
    groups.iter().filter(|group| group.severity == severity).map(Group::total).sum()
}
