//! The report of `unpack`: what was written, and from which source.

use std::path::PathBuf;

use etcdsnap_quote::shell_word;
use etcdsnap_rewrite::unpack::Unpacked;
use etcdsnap_snapshot::report::SourceFacts;
use serde::Serialize;

use super::sheet::{FAINT, Sheet};
use super::source::{Source, packing};
use super::words::{TextOrBase64, label, quantity, size};

/// A backup that was unpacked.
#[derive(Debug)]
pub struct Outcome {
    /// What was read.
    pub source: SourceFacts,
    /// What was written.
    pub target: PathBuf,
    /// What [`unpack`](etcdsnap_rewrite::unpack::unpack) answered.
    pub unpacked: Unpacked,
}

/// The document of `-o json`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Document<'a> {
    source: Source<'a>,
    target: TextOrBase64<'a>,
    size: u64,
    left_out: u64,
    removed_leftovers: Vec<TextOrBase64<'a>>,
}

impl<'a> Document<'a> {
    /// The document about one run.
    pub fn new(outcome: &'a Outcome) -> Self {
        let Outcome { source, target, unpacked } = outcome;
        Self {
            source: source.into(),
            target: TextOrBase64::path(target),
            size: unpacked.size,
            left_out: unpacked.left_out,
            removed_leftovers: unpacked.removed_leftovers.iter().map(|path| TextOrBase64::path(path)).collect(),
        }
    }
}

/// Lays out the outcome.
pub fn text(outcome: &Outcome, sheet: &mut Sheet) {
    let Outcome { source, target, unpacked } = outcome;
    sheet.heading(&label(target));
    sheet.line(&[(FAINT, "  size  ")], &format!("{} ({} bytes)", size(unpacked.size), unpacked.size));
    let from = format!("{} in {}{}", source.kind, label(&source.path), packing(source));
    sheet.line(&[(FAINT, "  from  ")], &from);
    if unpacked.left_out > 0 {
        let what = "behind the snapshot, which its SHA-256 proves";
        sheet.line(&[(FAINT, "  without  ")], &format!("{} {what}", quantity(unpacked.left_out, "byte")));
    }
    sheet.line(
        &[(FAINT, "  next  ")],
        &format!("etcdsnap verify {}", shell_word(target.as_os_str().as_encoded_bytes())),
    );
}
