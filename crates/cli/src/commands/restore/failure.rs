//! Why nothing was restored, in one line with advice. What is wrong with a damaged backup comes on lines of its own before it.

use std::path::Path;

use crate::output::quantity;
use etcdsnap_publish::Error as Unpublished;
use etcdsnap_restore::RestoreError;
use etcdsnap_snapshot::report::Report;

use crate::exit::Failure;
use crate::output::label;

/// Findings that are shown before the reason.
const SHOWN: usize = 5;

/// The failure that this error is for the user who named `file`.
pub fn explained(error: &RestoreError, file: &Path) -> Failure {
    if let Some(report) = error.report() {
        show(report, file);
    }
    if let RestoreError::Publish(unpublished @ Unpublished::NotDurable { .. }) = error {
        return Failure::unconfirmed(unpublished.to_string());
    }
    let what = match error {
        RestoreError::HashMismatch { expected, report, .. } => {
            let expected: String = expected.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
            format!("its SHA-256 is {}, but the one saved with it is {expected}", report.sha256.digest)
        }
        // Not in upstream's words, which read as if a flag were the way out whatever the file is.
        RestoreError::MissingHash { .. } => "no SHA-256 at its end proves it".to_owned(),
        error => error.to_string(),
    };
    let about_file = error.is_damage() || matches!(error, RestoreError::MissingHash { .. });
    let what = if about_file { format!("{}: {what}", label(file)) } else { what };
    let what = what.trim_end_matches('.');
    let message = match error.hint() {
        Some(hint) => format!("{what}. {hint} Nothing was written."),
        None => format!("{what}; nothing was written"),
    };
    match error {
        RestoreError::Interrupted(_) => Failure::interrupted("interrupted; nothing was written"),
        error if error.is_usage() => Failure::usage(message),
        error if error.is_damage() => Failure::damaged(message),
        _ => Failure::new(message),
    }
}

fn show(report: &Report, file: &Path) {
    for finding in report.errors().take(SHOWN) {
        let place = if finding.place.is_file() { String::new() } else { format!("{}: ", finding.place) };
        Failure::new(format!("{}: {place}{} ({})", label(file), finding.message, finding.kind.id)).print();
    }
    let more = report.errors().count().saturating_sub(SHOWN);
    if more > 0 {
        Failure::new(format!(
            "{}: and {}; `etcdsnap verify` shows them",
            label(file),
            quantity(more as u64, "more error")
        ))
        .print();
    }
}
