//! `verify -o json`: one object, whatever the number of files. `docs/json.md` describes it for users.

use etcdsnap_snapshot::boot::BootVerdict;
use etcdsnap_snapshot::cause::Cause;
use etcdsnap_snapshot::report::{DatabaseFacts, Omitted, Sha256Facts, StoreFacts, Unchecked};
use serde::Serialize;

use super::{Outcome, Verified, exit};
use crate::output::findings::Explained;
use crate::output::source::Source;
use crate::output::words::TextOrBase64;
use crate::policy::Assertion;

/// Grows when a field changes its meaning or goes away; new fields do not change it.
const FORMAT_VERSION: u32 = 1;

/// The whole document.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Document<'a> {
    format_version: u32,
    tool: Tool,
    exit_code: u8,
    reports: Vec<Judged<'a>>,
    failures: Vec<Unread<'a>>,
}

#[derive(Debug, Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

/// A file that was verified.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Judged<'a> {
    verdict: &'static str,
    cause: Option<&'a Cause>,
    source: Source<'a>,
    sha256: &'a Sha256Facts,
    database: Option<&'a DatabaseFacts>,
    store: Option<&'a StoreFacts>,
    findings: Vec<Explained<'a>>,
    omitted: &'a [Omitted],
    boot: &'a [BootVerdict],
    assertions: &'a [Assertion],
    unchecked: &'a [Unchecked],
}

/// A file that was not verified.
#[derive(Debug, Serialize)]
struct Unread<'a> {
    #[serde(flatten)]
    path: TextOrBase64<'a>,
    verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'static str>,
    message: String,
}

impl<'a> Document<'a> {
    /// The document about these files.
    pub fn new(outcomes: &'a [Outcome]) -> Self {
        let reports = outcomes.iter().filter_map(|outcome| outcome.result.as_ref().ok()).map(Judged::new).collect();
        let unread = |outcome: &'a Outcome| {
            let failure = outcome.result.as_ref().err()?;
            let path = TextOrBase64::path(&outcome.path);
            let id = failure.finding.as_ref().map(|finding| finding.kind.id);
            Some(Unread { path, verdict: outcome.verdict().as_str(), id, message: failure.to_string() })
        };
        Self {
            format_version: FORMAT_VERSION,
            tool: Tool { name: "etcdsnap", version: env!("CARGO_PKG_VERSION") },
            exit_code: exit(outcomes).code(),
            reports,
            failures: outcomes.iter().filter_map(unread).collect(),
        }
    }
}

impl<'a> Judged<'a> {
    fn new(verified: &'a Verified) -> Self {
        let Verified { report, assertions } = verified;
        Self {
            verdict: verified.verdict().as_str(),
            cause: report.cause.as_ref(),
            source: Source::from(&report.source),
            sha256: &report.sha256,
            database: report.database.as_ref(),
            store: report.store.as_ref(),
            findings: report.findings.iter().map(Explained::new).collect(),
            omitted: &report.omitted,
            boot: &report.boot,
            assertions,
            unchecked: &report.unchecked,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::rendered::assert_rendered;
    use crate::output::sample;

    #[test]
    fn the_document_is_as_documented() {
        let outcomes = [sample::outcome_with_policies(sample::damaged()), sample::missing(), sample::foreign()];
        let json = serde_json::to_string_pretty(&Document::new(&outcomes)).expect("json");
        assert_rendered("verify-damaged.json", &(json + "\n"));
    }
}
