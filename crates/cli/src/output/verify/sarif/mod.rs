//! `verify -o sarif`: SARIF 2.1.0, one run over all files.
//!
//! Findings, failed policies and files that are no backup are results. Boot verdicts and policies that hold are no problems,
//! so they stand among the run's properties. A file that could not be read is a notification of the invocation.

mod model;

use std::fmt::Write as _;
use std::path::Path;

use etcdsnap_snapshot::finding::{Finding, Kind};
use serde_json::json;

use self::model::{
    Artifact, ArtifactLocation, Configuration, Driver, Invocation, Location, Log, LogicalLocation, Notification,
    PhysicalLocation, Region, ResultObject, Rule, Run, SCHEMA, Text, Tool, VERSION,
};
use super::{Outcome, Verdict, Verified, exit};
use crate::output::label;
use crate::policy::Assertion;

/// The log about these files.
pub fn sarif(outcomes: &[Outcome]) -> impl serde::Serialize + use<> {
    let mut rules = Rules::default();
    let mut results = Vec::new();
    for (index, outcome) in outcomes.iter().enumerate() {
        let file = artifact_location(outcome, index);
        match &outcome.result {
            Ok(verified) => verified.add_results(&file, &mut rules, &mut results),
            Err(failure) => {
                let finding = failure.finding.iter();
                results.extend(finding.map(|finding| rules.result_of(finding, &file, true)));
            }
        }
    }
    let driver = Driver {
        name: "etcdsnap",
        semantic_version: env!("CARGO_PKG_VERSION"),
        information_uri: env!("CARGO_PKG_HOMEPAGE"),
        rules: rules.0,
    };
    let run = Run {
        tool: Tool { driver },
        invocations: vec![invocation(outcomes)],
        artifacts: outcomes.iter().enumerate().map(|(index, outcome)| artifact(outcome, index)).collect(),
        results,
        properties: json!({ "files": outcomes.iter().filter_map(properties).collect::<Vec<_>>() }),
    };
    Log { schema: SCHEMA, version: VERSION, runs: vec![run] }
}

/// The rules met so far; results point into them.
#[derive(Default)]
struct Rules(Vec<Rule>);

impl Rules {
    fn index_of(&mut self, id: &str, rule: impl FnOnce() -> Rule) -> usize {
        self.0.iter().position(|known| known.id == id).unwrap_or_else(|| {
            self.0.push(rule());
            self.0.len() - 1
        })
    }

    fn result_of(&mut self, finding: &Finding, file: &ArtifactLocation, offsets: bool) -> ResultObject {
        ResultObject {
            rule_id: finding.kind.id.to_owned(),
            rule_index: self.index_of(finding.kind.id, || finding_rule(finding.kind)),
            level: finding.severity.as_str(),
            message: text(&finding.message),
            locations: vec![finding_location(file, finding, offsets)],
        }
    }
}

impl Verified {
    fn add_results(&self, file: &ArtifactLocation, rules: &mut Rules, results: &mut Vec<ResultObject>) {
        // Offsets of a compressed file's findings count in what it holds, not in the file itself.
        let offsets = self.report.source.compression == "none";
        for finding in &self.report.findings {
            let mut result = rules.result_of(finding, file, offsets);
            if let Some(cause) = self.report.cause.as_ref().filter(|cause| cause.explains(finding.kind)) {
                result.message = text(&format!("{} (it follows from this: {})", finding.message, cause.message));
            }
            results.push(result);
        }
        for assertion in self.assertions.iter().filter(|assertion| !assertion.holds) {
            let id = format!("POLICY_{}", assertion.name.replace('-', "_").to_uppercase());
            let rule_index = rules.index_of(&id, || policy_rule(&id, assertion));
            results.push(ResultObject {
                rule_id: id,
                rule_index,
                level: "error",
                message: Text { text: format!("expected {}; found {}", assertion.expected, assertion.actual) },
                locations: vec![whole(file)],
            });
        }
    }
}

fn text(text: &str) -> Text {
    Text { text: text.to_owned() }
}

fn finding_rule(kind: &Kind) -> Rule {
    Rule {
        id: kind.id.to_owned(),
        short_description: text(kind.title),
        full_description: text(kind.explanation),
        help: text(kind.remedy),
        default_configuration: Configuration { level: kind.severity.as_str() },
    }
}

fn policy_rule(id: &str, assertion: &Assertion) -> Rule {
    Rule {
        id: id.to_owned(),
        short_description: Text { text: format!("the policy {} does not hold", assertion.name) },
        full_description: text("The backup is not what its owner's policy asks for."),
        help: text("Find out why the backup changed; change the policy only when the change was meant."),
        default_configuration: Configuration { level: "error" },
    }
}

fn whole(file: &ArtifactLocation) -> Location {
    let physical_location = PhysicalLocation { artifact_location: file.clone(), region: None };
    Location { physical_location, logical_locations: Vec::new() }
}

fn finding_location(file: &ArtifactLocation, finding: &Finding, offsets: bool) -> Location {
    let mut location = whole(file);
    location.physical_location.region =
        finding.place.offset.filter(|_| offsets).map(|byte_offset| Region { byte_offset });
    if !finding.place.is_file() {
        location.logical_locations.push(LogicalLocation { fully_qualified_name: finding.place.to_string() });
    }
    location
}

fn artifact_location(outcome: &Outcome, index: usize) -> ArtifactLocation {
    ArtifactLocation { uri: uri(&outcome.path), index }
}

fn artifact(outcome: &Outcome, index: usize) -> Artifact {
    let length = outcome.result.as_ref().ok().map(|verified| &verified.report.source);
    Artifact {
        location: artifact_location(outcome, index),
        length: length.filter(|source| source.compression == "none").map(|source| source.size),
        roles: vec!["analysisTarget"],
    }
}

fn invocation(outcomes: &[Outcome]) -> Invocation {
    let notification = |(index, outcome): (usize, &Outcome)| {
        let failure = outcome.result.as_ref().err().filter(|_| outcome.verdict() == Verdict::Unread)?;
        let locations = vec![whole(&artifact_location(outcome, index))];
        Some(Notification { level: "error", message: text(&failure.to_string()), locations })
    };
    let notifications: Vec<_> = outcomes.iter().enumerate().filter_map(notification).collect();
    Invocation {
        execution_successful: notifications.is_empty(),
        exit_code: exit(outcomes).code(),
        tool_execution_notifications: notifications,
    }
}

fn properties(outcome: &Outcome) -> Option<serde_json::Value> {
    let verified = outcome.result.as_ref().ok()?;
    Some(json!({
        "file": label(&outcome.path),
        "verdict": verified.verdict().as_str(),
        "cause": verified.report.cause,
        "boot": verified.report.boot,
        "assertions": verified.assertions,
        "omitted": verified.report.omitted,
    }))
}

/// A path as a URI: absolute ones as `file:`, relative ones relative; bytes outside the unreserved set percent-encoded.
fn uri(path: &Path) -> String {
    let mut uri = String::from(if path.is_absolute() { "file://" } else { "" });
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(*byte)),
            other => _ = write!(uri, "%{other:02X}"),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::rendered::assert_rendered;
    use crate::output::sample;

    #[test]
    fn results_point_at_their_rules_and_places() {
        let outcomes = [sample::outcome_with_policies(sample::damaged()), sample::missing(), sample::foreign()];
        let json = serde_json::to_string_pretty(&sarif(&outcomes)).expect("json");
        assert_rendered("verify-several.sarif", &(json + "\n"));
    }

    #[test]
    fn a_path_becomes_a_uri() {
        assert_eq!(uri(Path::new("/var/lib/a b.db")), "file:///var/lib/a%20b.db");
        assert_eq!(uri(Path::new("backups/16:30.db")), "backups/16%3A30.db");
    }
}
