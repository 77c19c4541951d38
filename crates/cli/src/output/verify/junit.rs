//! `verify -o junit`: one test suite a file; one test case a layer, one for the boot verdicts, one a policy.

use std::collections::BTreeSet;

use etcdsnap_snapshot::boot::BootVerdict;
use etcdsnap_snapshot::finding::{Layer, Severity};
use etcdsnap_snapshot::report;
use quick_junit::{NonSuccessKind, Report, SerializeError, TestCase, TestCaseStatus, TestSuite};

use super::{Outcome, Verdict, Verified};
use crate::output::findings::{Group, groups, placed};
use crate::output::label;
use crate::policy::Assertion;

/// The document about these files; no times in it, so the same files give the same bytes.
pub fn junit(outcomes: &[Outcome]) -> Result<String, SerializeError> {
    let mut document = Report::new("etcdsnap verify");
    document.add_test_suites(outcomes.iter().map(suite));
    document.to_string().map(|xml| without_root_skipped(&xml))
}

/// The schema that Jenkins publishes knows the attribute `skipped` on suites only, not on the root.
fn without_root_skipped(xml: &str) -> String {
    let (root, suites) = xml.split_at(xml.find("<testsuite ").unwrap_or(xml.len()));
    let Some((before, attribute)) = root.split_once(" skipped=\"") else { return xml.to_owned() };
    let (_count, after) = attribute.split_once('"').unwrap_or_default();
    [before, after, suites].concat()
}

fn suite(outcome: &Outcome) -> TestSuite {
    let mut suite = TestSuite::new(label(&outcome.path));
    match &outcome.result {
        Ok(verified) => _ = suite.add_test_cases(verified.cases()),
        Err(failure) => {
            let refused = outcome.verdict() == Verdict::Damaged;
            let kind = if refused { NonSuccessKind::Failure } else { NonSuccessKind::Error };
            let mut status = TestCaseStatus::non_success(kind);
            status.set_message(failure.to_string());
            if let Some(finding) = &failure.finding {
                status.set_type(finding.kind.id);
            }
            _ = suite.add_test_case(case("container", status));
        }
    }
    suite
}

impl Verified {
    fn cases(&self) -> Vec<TestCase> {
        // Those that every file is judged by, found or not, and whatever else was found.
        let every = [Layer::Container, Layer::Structure, Layer::Mvcc, Layer::Cluster, Layer::Kubernetes];
        let found = self.report.findings.iter().map(|finding| finding.kind.layer);
        let layers: BTreeSet<Layer> = every.into_iter().chain(found).collect();
        let mut cases: Vec<_> = layers.into_iter().map(|layer| layer_case(&self.report, layer)).collect();
        cases.push(boot_case(&self.report));
        cases.extend(self.assertions.iter().map(policy_case));
        cases
    }
}

fn case(name: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(name, status);
    case.set_classname("etcdsnap.verify");
    case
}

fn layer_case(report: &report::Report, layer: Layer) -> TestCase {
    let groups = groups(&report.findings, &report.omitted).into_iter().filter(|group| group.kind.layer == layer);
    let (errors, others): (Vec<_>, Vec<_>) = groups.partition(|group| group.severity == Severity::Error);
    let reached = match layer {
        Layer::Container => true,
        Layer::Structure => report.database.is_some(),
        _ => report.store.is_some(),
    };
    let first = errors.first().and_then(|group| group.findings.first());
    let status = match first {
        Some(first) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            let message = match report.cause.as_ref().filter(|cause| cause.explains(first.kind)) {
                Some(cause) => format!("{}; {}: {}", cause.message, cause.advice, placed(first)),
                None => placed(first),
            };
            status.set_type(first.kind.id).set_message(message).set_description(lines(&errors));
            status
        }
        None if reached => TestCaseStatus::success(),
        None => {
            let mut status = TestCaseStatus::skipped();
            status.set_message("not reached: the layer below it is damaged");
            status
        }
    };
    let mut case = case(layer.as_str(), status);
    if !others.is_empty() {
        case.set_system_out(lines(&others));
    }
    case
}

/// One line a finding, then how many more there were and what to do about them.
fn lines(groups: &[Group<'_>]) -> String {
    let mut lines = Vec::new();
    for group in groups {
        let (severity, id) = (group.severity.as_str(), group.kind.id);
        lines.extend(group.findings.iter().map(|finding| format!("{severity} {id}: {}", placed(finding))));
        if group.omitted > 0 {
            lines.push(format!("{severity} {id}: {} more", group.omitted));
        }
        lines.push(format!("    {}", group.kind.remedy));
    }
    lines.join("\n")
}

fn boot_case(report: &report::Report) -> TestCase {
    let status = if report.boot.is_empty() {
        let mut status = TestCaseStatus::skipped();
        status.set_message("not reached: the store could not be read");
        status
    } else if report.boot.iter().any(|verdict| verdict.starts) {
        TestCaseStatus::success()
    } else {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_type("BOOT").set_message("no version of etcd would start from a restore of it");
        status
    };
    let mut case = case("boot", status);
    let line = |verdict: &BootVerdict| {
        let word = if verdict.starts { "starts" } else { "does not start" };
        let reasons =
            if verdict.reasons.is_empty() { String::new() } else { format!(": {}", verdict.reasons.join(" ")) };
        format!("etcd {} {word}{reasons}", verdict.version)
    };
    if !report.boot.is_empty() {
        case.set_system_out(report.boot.iter().map(line).collect::<Vec<_>>().join("\n"));
    }
    case
}

fn policy_case(assertion: &Assertion) -> TestCase {
    let Assertion { name, expected, actual, holds } = assertion;
    let mut case = case(&format!("policy {name}: {expected}"), TestCaseStatus::success());
    if *holds {
        case.set_system_out(format!("found {actual}"));
    } else {
        case.status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        case.status.set_type("POLICY").set_message(format!("expected {expected}; found {actual}"));
    }
    case
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::rendered::assert_rendered;
    use crate::output::sample;

    #[test]
    fn suites_and_cases_are_as_expected() {
        let outcomes = [
            sample::outcome(sample::sound()),
            sample::outcome_with_policies(sample::damaged()),
            sample::outcome(sample::unreadable_store()),
            sample::missing(),
            sample::foreign(),
        ];
        assert_rendered("verify-several.xml", &junit(&outcomes).expect("xml"));
    }
}
