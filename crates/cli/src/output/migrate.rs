//! What `migrate` prints: the storage version before and after.

use std::path::PathBuf;

use etcdsnap_checksum::sha256::hex;
use etcdsnap_rewrite::migrate::Migrated;
use etcdsnap_snapshot::finding::Finding;
use etcdsnap_snapshot::report::SourceFacts;
use semver::Version;
use serde::Serialize;

use super::sheet::{FAINT, ODD, PLAIN, Sheet};
use super::source::Source;
use super::words::{TextOrBase64, label};

/// A database that was migrated.
#[derive(Debug)]
pub struct Outcome {
    /// What was read.
    pub source: SourceFacts,
    /// What was written.
    pub target: PathBuf,
    /// The storage version that was wanted.
    pub wanted: Version,
    /// Was there a log to look at?
    pub log_read: bool,
    /// What came of it.
    pub migrated: Migrated,
}

/// The document of `-o json`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Document<'a> {
    source: Source<'a>,
    target: TextOrBase64<'a>,
    storage_version_before: Option<String>,
    storage_version: String,
    steps: Vec<String>,
    changed: bool,
    forced: Option<String>,
    log_read: bool,
    warnings: Vec<String>,
    sha256: Option<String>,
    tolerated: &'a [Finding],
    removed_leftovers: Vec<TextOrBase64<'a>>,
}

impl<'a> Document<'a> {
    /// The document about one run.
    pub fn new(outcome: &'a Outcome) -> Self {
        let Outcome { source, target, wanted, log_read, migrated } = outcome;
        Self {
            source: source.into(),
            target: TextOrBase64::path(target),
            storage_version_before: migrated.from.as_ref().map(ToString::to_string),
            storage_version: wanted.to_string(),
            steps: migrated.steps.iter().map(ToString::to_string).collect(),
            changed: migrated.change.is_some(),
            forced: migrated.forced.as_ref().map(ToString::to_string),
            log_read: *log_read,
            warnings: migrated.start_obstacles.iter().map(ToString::to_string).collect(),
            sha256: migrated.sha256.map(|hash| hex(&hash)),
            tolerated: &migrated.tolerated,
            removed_leftovers: migrated.removed_leftovers.iter().map(|path| TextOrBase64::path(path)).collect(),
        }
    }
}

/// Lays out the outcome.
pub fn text(outcome: &Outcome, sheet: &mut Sheet) {
    let Outcome { target, wanted, log_read, migrated, .. } = outcome;
    sheet.heading(&label(target));
    let from = migrated.from.as_ref().map_or_else(|| "unknown".to_owned(), ToString::to_string);
    let storage = match (&migrated.change, &migrated.forced) {
        (None, _) => format!("{wanted}, as before"),
        (Some(_), None) => format!("{wanted}, from {from}"),
        (Some(_), Some(reason)) => format!("{wanted}, forced ({reason}), from {from}"),
    };
    sheet.line(&[(FAINT, "  storage version  ")], &storage);
    if !log_read {
        let text = "none at hand; entries that only newer servers can read would not have been noticed";
        sheet.line(&[(FAINT, "  log              ")], text);
    }
    if let Some(hash) = &migrated.sha256 {
        sheet.line(&[(FAINT, "  sha256           ")], &format!("{}, behind the database", hex(hash)));
    }
    for caution in &migrated.start_obstacles {
        sheet.line(&[(PLAIN, "  "), (ODD, "warning"), (PLAIN, "          ")], &caution.to_string());
    }
}

#[cfg(test)]
mod tests {
    use etcdsnap_rewrite::schema::{Migration, StartObstacle};

    use super::*;
    use crate::output::rendered::assert_rendered;
    use crate::output::sample;

    fn outcome() -> Outcome {
        let (v3_6, v3_7, v3_8) = (Version::new(3, 6, 0), Version::new(3, 7, 0), Version::new(3, 8, 0));
        let migrated = Migrated {
            from: Some(v3_8.clone()),
            steps: vec![v3_7, v3_6.clone()],
            change: Some(Migration::forced(&v3_6, "the storage version was 3.8.0".into())),
            forced: None,
            start_obstacles: vec![StartObstacle::ClusterVersion { cluster: v3_8, server: v3_6.clone() }],
            sha256: Some([0x92; 32]),
            tolerated: Vec::new(),
            removed_leftovers: Vec::new(),
        };
        let target = PathBuf::from("backups/for-3.6.db");
        Outcome { source: sample::sound().source, target, wanted: v3_6, log_read: false, migrated }
    }

    #[test]
    fn both_forms_are_as_expected() {
        let outcome = outcome();
        let mut sheet = Sheet::new(None);
        text(&outcome, &mut sheet);
        assert_rendered("migrate.txt", &sheet.finish());
        let json = serde_json::to_string_pretty(&Document::new(&outcome)).expect("json");
        assert_rendered("migrate.json", &(json + "\n"));
    }
}
