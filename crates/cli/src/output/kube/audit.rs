//! `kube audit encryption`: names and counts, never values.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use etcdsnap_objects::encryption_audit::{AuditReport, AuditRow, EncryptionVerdict, KmsKey};
use etcdsnap_quote::{excerpt, quote};
use etcdsnap_snapshot::first_of::first_of;
use etcdsnap_snapshot::known::Known;
use serde::Serialize;

use crate::output::sheet::{BAD, FAINT, GOOD, PLAIN, Sheet};
use crate::output::{column, quantity};

/// The document of `-o json`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Document<'a> {
    revision: Known<i64>,
    holds: bool,
    rows: Vec<Listed<'a>>,
    kms: Vec<Kms<'a>>,
    absent: &'a [String],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed<'a> {
    resource: &'a str,
    verdict: &'static str,
    fails: bool,
    objects: u64,
    provider: Option<&'a str>,
    key: Option<&'a str>,
    wanted: Option<&'a str>,
    names: &'a [String],
    reason: Option<&'a str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Kms<'a> {
    provider: &'a str,
    fingerprint: String,
    key_id: Option<&'a str>,
    sealed_key: String,
    objects: u64,
}

impl<'a> Document<'a> {
    /// The document about one backup.
    pub fn new(report: &'a AuditReport, revision: Known<i64>) -> Self {
        Self {
            revision,
            holds: report.holds(),
            rows: report.rows.iter().map(Listed::new).collect(),
            kms: report.kms.iter().map(Kms::new).collect(),
            absent: &report.absent,
        }
    }
}

impl<'a> Listed<'a> {
    fn new(row: &'a AuditRow) -> Self {
        Self {
            resource: &row.resource,
            verdict: id(row.verdict),
            fails: row.verdict.fails(),
            objects: row.objects,
            provider: row.provider.as_deref(),
            key: row.key.as_deref(),
            wanted: row.wanted.as_deref(),
            names: &row.names,
            reason: row.reason.as_deref(),
        }
    }
}

impl<'a> Kms<'a> {
    fn new(key: &'a KmsKey) -> Self {
        Self {
            provider: &key.provider,
            fingerprint: key.fingerprint.to_string(),
            key_id: key.key_id.as_deref(),
            sealed_key: BASE64_STANDARD.encode(&key.sealed),
            objects: key.objects,
        }
    }
}

fn id(verdict: EncryptionVerdict) -> &'static str {
    match verdict {
        EncryptionVerdict::InClear => "inClear",
        EncryptionVerdict::Unopened => "unopened",
        EncryptionVerdict::KeyNotConfigured => "keyNotConfigured",
        EncryptionVerdict::StaleKey => "staleKey",
        EncryptionVerdict::Encrypted => "encrypted",
        EncryptionVerdict::FirstKey => "firstKey",
        EncryptionVerdict::NotAsked => "notAsked",
    }
}

fn words(row: &AuditRow) -> String {
    let wanted =
        || row.wanted.as_deref().map_or(String::new(), |wanted| format!("; the configuration writes {wanted}"));
    match row.verdict {
        EncryptionVerdict::InClear if row.wanted.as_deref() == Some("in clear") => {
            "in clear, because the configuration has identity first".to_owned()
        }
        EncryptionVerdict::InClear => format!("in clear{}", wanted()),
        EncryptionVerdict::Unopened => {
            row.reason.as_deref().map_or_else(String::new, |reason| quote(reason.as_bytes()))
        }
        EncryptionVerdict::KeyNotConfigured => "a key that the configuration does not give to this resource".to_owned(),
        EncryptionVerdict::StaleKey => format!("not the first key{}", wanted()),
        EncryptionVerdict::Encrypted => "encrypted".to_owned(),
        EncryptionVerdict::FirstKey => "the first key of the configuration".to_owned(),
        EncryptionVerdict::NotAsked => "in clear, as nothing asks for more".to_owned(),
    }
}

/// Lays out the report for people: what is asked for row by row, what is not in one line.
pub fn text(report: &AuditReport, sheet: &mut Sheet) {
    let (word, style) = if report.holds() { ("HOLDS", GOOD) } else { ("FAILS", BAD) };
    let meaning = if report.holds() {
        "everything that must be encrypted is"
    } else {
        "objects are not encrypted as they must be"
    };
    sheet.line(&[(style, word), (PLAIN, "  ")], meaning);
    let (rest, asked): (Vec<&AuditRow>, Vec<&AuditRow>) =
        report.rows.iter().partition(|row| row.verdict == EncryptionVerdict::NotAsked);
    let stored = |row: &AuditRow| match (&row.provider, &row.key) {
        (Some(provider), Some(key)) => format!("{provider} {}", quote(key.as_bytes())),
        _ => "in clear".to_owned(),
    };
    let resource = column(asked.iter().map(|row| quote(row.resource.as_bytes()).len()));
    let storing = column(asked.iter().map(|row| stored(row).len()));
    for row in &asked {
        let (mark, style) = if row.verdict.fails() { ("fails", BAD) } else { ("holds", GOOD) };
        let name = quote(row.resource.as_bytes());
        let columns = format!("  {name:<resource$}  {:<storing$}  {:>7}  ", stored(row), row.objects);
        sheet.line(&[(PLAIN, "  "), (style, mark), (PLAIN, &columns)], &words(row));
        if row.verdict.fails() && !row.names.is_empty() {
            let names = row.names.iter().map(|name| quote(name.as_bytes()));
            sheet.styled(&[(PLAIN, "         ")], FAINT, &first_of(names, row.objects));
        }
    }
    for resource in &report.absent {
        sheet.styled(
            &[(PLAIN, "  "), (FAINT, "-    ")],
            FAINT,
            &format!("  {}: there are none", quote(resource.as_bytes())),
        );
    }
    if !rest.is_empty() {
        let objects = rest.iter().map(|row| row.objects).sum();
        let (objects, resources) = (quantity(objects, "object"), quantity(rest.len() as u64, "other resource"));
        sheet.styled(&[(PLAIN, "  ")], FAINT, &format!("{objects} of {resources} in clear, as nothing asks for more"));
    }
    for key in &report.kms {
        let id = key.key_id.as_deref().map_or(String::new(), |id| format!(", key id {}", excerpt(id.as_bytes())));
        let lead = format!("  kms provider {}{id}: ", quote(key.provider.as_bytes()));
        let body = format!("{} under the sealed key with SHA-256 {}", quantity(key.objects, "object"), key.fingerprint);
        sheet.styled(&[(PLAIN, &lead)], FAINT, &body);
    }
}
