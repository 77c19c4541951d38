//! What `defrag` prints: the sizes before and after, and that nothing else changed.

use std::path::PathBuf;

use etcdsnap_checksum::sha256::hex;
use etcdsnap_rewrite::defrag::Defragmented;
use etcdsnap_snapshot::finding::Finding;
use etcdsnap_snapshot::report::SourceFacts;
use serde::Serialize;

use super::sheet::{FAINT, Sheet};
use super::source::Source;
use super::words::{TextOrBase64, label, quantity, size};

/// A database that was defragmented.
#[derive(Debug)]
pub struct Outcome {
    /// What was read.
    pub source: SourceFacts,
    /// What was written.
    pub target: PathBuf,
    /// What came of it.
    pub defragmented: Defragmented,
}

/// The document of `-o json`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Document<'a> {
    source: Source<'a>,
    target: TextOrBase64<'a>,
    size_before: u64,
    size_in_use_before: u64,
    size: u64,
    buckets: u64,
    pairs: u64,
    status_hash: u32,
    sha256: Option<String>,
    tolerated: &'a [Finding],
    removed_leftovers: Vec<TextOrBase64<'a>>,
}

impl<'a> Document<'a> {
    /// The document about one run.
    pub fn new(outcome: &'a Outcome) -> Self {
        let Outcome { source, target, defragmented } = outcome;
        Self {
            source: source.into(),
            target: TextOrBase64::path(target),
            size_before: defragmented.size_before,
            size_in_use_before: defragmented.in_use_before,
            size: defragmented.size,
            buckets: defragmented.buckets,
            pairs: defragmented.entries,
            status_hash: defragmented.status_hash,
            sha256: defragmented.sha256.map(|hash| hex(&hash)),
            tolerated: &defragmented.tolerated,
            removed_leftovers: defragmented.removed_leftovers.iter().map(|path| TextOrBase64::path(path)).collect(),
        }
    }
}

/// Lays out the outcome.
pub fn text(outcome: &Outcome, sheet: &mut Sheet) {
    let Outcome { source, target, defragmented } = outcome;
    let (before, after) = (defragmented.size_before, defragmented.size);
    sheet.heading(&label(target));
    row(sheet, "size", &format!("{} ({after} bytes), {} than {}", size(after), change(before, after), size(before)));
    let (pairs, buckets) = (quantity(defragmented.entries, "pair"), quantity(defragmented.buckets, "bucket"));
    let from = if source.path == *target { "before".to_owned() } else { format!("in {}", label(&source.path)) };
    row(sheet, "content", &format!("{pairs} in {buckets}, status hash {:x}, as {from}", defragmented.status_hash));
    let sha256 = match (&defragmented.sha256, source.kind) {
        (Some(hash), _) => format!("{}, behind the database", hex(hash)),
        (None, "snapshot") => "none: that of the source is wrong".to_owned(),
        (None, _) => "none, as in the source".to_owned(),
    };
    row(sheet, "sha256", &sha256);
}

fn row(sheet: &mut Sheet, name: &str, value: &str) {
    sheet.line(&[(FAINT, &format!("  {name:<9}"))], value);
}

/// `23 % less`, `2 % more`
fn change(before: u64, after: u64) -> String {
    let percent = u128::from(before.abs_diff(after)) * 100 / u128::from(before.max(1));
    format!("{percent} % {}", if after > before { "more" } else { "less" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::rendered::assert_rendered;
    use crate::output::sample;

    fn outcome() -> Outcome {
        let defragmented = Defragmented {
            size_before: 2_147_483_648,
            in_use_before: 1_955_581_952,
            size: 1_649_758_208,
            buckets: 10,
            entries: 1_199_726,
            status_hash: 0xcdc7_2ce7,
            sha256: Some([0x92; 32]),
            tolerated: Vec::new(),
            removed_leftovers: vec![PathBuf::from("backups/.etcdsnap-0123456789abcdef")],
        };
        Outcome { source: sample::sound().source, target: PathBuf::from("backups/small.db"), defragmented }
    }

    #[test]
    fn both_forms_are_as_expected() {
        let outcome = outcome();
        let mut sheet = Sheet::new(None);
        text(&outcome, &mut sheet);
        assert_rendered("defrag.txt", &sheet.finish());
        let json = serde_json::to_string_pretty(&Document::new(&outcome)).expect("json");
        assert_rendered("defrag.json", &(json + "\n"));
    }

    #[test]
    fn sizes_are_compared_in_whole_percents() {
        assert_eq!(change(2000, 1501), "24 % less");
        assert_eq!(change(2000, 2000), "0 % less");
        assert_eq!(change(0, 8192), "819200 % more");
        assert_eq!(change(u64::MAX, 1), "99 % less");
    }
}
