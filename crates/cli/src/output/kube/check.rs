//! `kube check`: findings, as `verify` has them.

use std::path::Path;

use etcdsnap_objects::object_check::CheckOutcome;
use etcdsnap_snapshot::finding::Severity;
use etcdsnap_snapshot::known::Known;
use etcdsnap_snapshot::report::Omitted;
use serde::Serialize;

use crate::output::findings::{Explained, groups, tally};
use crate::output::sheet::{BAD, FAINT, GOOD, PLAIN, STRONG, Sheet};
use crate::output::words::TextOrBase64;
use crate::output::{label, quantity};

/// What a check found out.
#[derive(Debug)]
pub struct Checked<'a> {
    /// The file.
    pub path: &'a Path,
    /// The revision that was looked at.
    pub revision: Known<i64>,
    /// What was found.
    pub outcome: CheckOutcome,
}

/// The document of `-o json`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Document<'a> {
    sound: bool,
    #[serde(flatten)]
    path: TextOrBase64<'a>,
    revision: Known<i64>,
    objects: u64,
    sealed: u64,
    findings: Vec<Explained<'a>>,
    omitted: Vec<Omitted>,
}

impl Checked<'_> {
    /// Is no finding an error?
    pub fn is_sound(&self) -> bool {
        !self.outcome.findings.kept().iter().any(|finding| finding.severity == Severity::Error)
    }

    /// The document of `-o json`.
    pub fn document(&self) -> Document<'_> {
        Document {
            sound: self.is_sound(),
            path: TextOrBase64::path(self.path),
            revision: self.revision,
            objects: self.outcome.objects,
            sealed: self.outcome.sealed,
            findings: self.outcome.findings.kept().iter().map(Explained::new).collect(),
            omitted: self.outcome.findings.omitted().map(Omitted::from).collect(),
        }
    }
}

/// Lays out the outcome for people.
pub fn text(checked: &Checked<'_>, sheet: &mut Sheet) {
    let omitted: Vec<_> = checked.outcome.findings.omitted().map(Omitted::from).collect();
    let groups = groups(checked.outcome.findings.kept(), &omitted);
    let (word, style) = if checked.is_sound() { ("SOUND", GOOD) } else { ("DAMAGED", BAD) };
    sheet.line(&[(style, word), (PLAIN, "  "), (STRONG, &label(checked.path))], &tally(&groups));
    let objects = quantity(checked.outcome.objects, "object");
    sheet.styled(&[(PLAIN, "  ")], FAINT, &format!("{objects} at revision {}", checked.revision));
    if checked.outcome.sealed > 0 {
        let text = "without a key, and only looked at from outside; --encryption-config opens them";
        sheet.styled(
            &[(PLAIN, "  ")],
            FAINT,
            &format!("{} encrypted {text}", quantity(checked.outcome.sealed, "object")),
        );
    }
    for group in &groups {
        sheet.blank();
        group.lay_out(sheet);
    }
}
