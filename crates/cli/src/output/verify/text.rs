//! `verify` for people: the verdict first, then what is wrong and what to do, then what was learned.

use anstyle::Style;
use etcdsnap_quote::quote;
use etcdsnap_snapshot::boot::BootVerdict;
use etcdsnap_snapshot::catalogue::mvcc::V2_KEYS_POSSIBLE;
use etcdsnap_snapshot::cause::{Cause, CauseId};
use etcdsnap_snapshot::known::Known;
use etcdsnap_snapshot::report::{Report, StoreFacts};

use super::{Outcome, Verdict, Verified};
use crate::output::findings::{Group, groups, tally};
use crate::output::sheet::{BAD, FAINT, GOOD, ODD, PLAIN, STRONG, Sheet};
use crate::output::source::packing;
use crate::output::words::{at_least, known};
use crate::output::{label, quantity, size};
use crate::policy::Assertion;

/// Lays out all outcomes. With `quiet`, files that need nobody's attention are left out.
pub fn text(outcomes: &[Outcome], quiet: bool, sheet: &mut Sheet) {
    for outcome in outcomes {
        match &outcome.result {
            Ok(verified) if quiet && !verified.needs_attention() => {}
            Ok(verified) => {
                sheet.blank();
                verified.lay_out(&label(&outcome.path), sheet);
            }
            Err(failure) if outcome.verdict() == Verdict::Damaged => {
                sheet.blank();
                sheet.line(&[(BAD, words(Verdict::Damaged)), (PLAIN, "  ")], &failure.to_string());
            }
            // Not a result: it was told on standard error.
            Err(_) => {}
        }
    }
    if outcomes.len() > 1 && !quiet {
        sheet.blank();
        summary(outcomes, sheet);
    }
}

fn words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Sound => "SOUND",
        Verdict::PolicyFailed => "POLICY FAILED",
        Verdict::Unbootable => "WOULD NOT START",
        Verdict::Damaged => "DAMAGED",
        Verdict::Unread => "NOT READ",
    }
}

fn meaning(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Sound => "Whole and restorable, as far as a file alone can tell.",
        Verdict::PolicyFailed => "Whole and restorable, but not what the policy asks for.",
        Verdict::Unbootable => "Whole, but no version of etcd would start from it.",
        Verdict::Damaged => "Do not restore from it before reading what was found.",
        Verdict::Unread => "",
    }
}

/// The sentence after the verdict SOUND where keys may be in the v2 store only.
const WITHOUT_V2: &str = "Whole, but it has no keys, and none of those that clients of the v2 API may have written.";

fn color(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Sound => GOOD,
        Verdict::PolicyFailed => ODD,
        Verdict::Unbootable | Verdict::Damaged | Verdict::Unread => BAD,
    }
}

impl Verified {
    fn lay_out(&self, file: &str, sheet: &mut Sheet) {
        let verdict = self.verdict();
        let groups = groups(&self.report.findings, &self.report.omitted);
        sheet.line(&[(color(verdict), words(verdict)), (PLAIN, "  "), (STRONG, file)], &tally(&groups));
        let lacks_v2 = verdict == Verdict::Sound
            && self.report.findings.iter().any(|finding| finding.kind.id == V2_KEYS_POSSIBLE.id);
        match &self.report.cause {
            Some(Cause { message, advice, .. }) => {
                sheet.styled(&[(PLAIN, "  ")], STRONG, &format!("{message}; {advice}."));
            }
            None if lacks_v2 => sheet.line(&[(PLAIN, "  ")], WITHOUT_V2),
            None => sheet.line(&[(PLAIN, "  ")], meaning(verdict)),
        }
        facts(&self.report, sheet);
        let consequences = self.report.cause.as_ref().map_or(&[][..], |cause| &cause.consequences);
        let (follow, own): (Vec<_>, Vec<_>) = groups.iter().partition(|group| consequences.contains(&group.kind.id));
        for group in own {
            sheet.blank();
            group.lay_out(sheet);
        }
        folded(&follow, sheet);
        assertions(&self.assertions, sheet);
        boot(&self.report, sheet);
        unchecked(&self.report, sheet);
    }
}

/// Findings that follow from the cause, a line for each rule.
fn folded(groups: &[&Group<'_>], sheet: &mut Sheet) {
    if groups.is_empty() {
        return;
    }
    sheet.blank();
    sheet.heading("It follows from that");
    for group in groups {
        let times = if group.total() > 1 { format!(" ({} times)", group.total()) } else { String::new() };
        let lead = format!("  {:<7} {}  ", group.severity.as_str(), group.kind.id);
        sheet.styled(&[(PLAIN, &lead)], FAINT, &format!("{}{times}", group.kind.title));
    }
}

/// What the file is, in two or three lines.
fn facts(report: &Report, sheet: &mut Sheet) {
    let source = &report.source;
    let packed = packing(source);
    let sha256 = match (report.cause.as_ref().map(|cause| cause.id), report.sha256.trailer) {
        (Some(CauseId::CutOff), _) => "its SHA-256 is not here",
        (Some(CauseId::HashZero), _) => "SHA-256 is all zeros",
        (Some(CauseId::BytesFollow), _) => "no SHA-256 at its end",
        (Some(CauseId::PagesDisplaced | CauseId::LineEndsLost), "absent") => "no SHA-256 at its place",
        (_, "match") => "SHA-256 matches the trailer",
        (_, "mismatch") => "SHA-256 does NOT match the trailer",
        _ => "no SHA-256 trailer to compare with",
    };
    sheet.styled(&[(PLAIN, "  ")], FAINT, &format!("{}{packed}, {}, {sha256}", source.kind, size(source.size)));
    if let Some(store) = &report.store {
        sheet.styled(&[(PLAIN, "  ")], FAINT, &history(store));
        sheet.styled(&[(PLAIN, "  ")], FAINT, &cluster(store));
    }
}

fn history(store: &StoreFacts) -> String {
    let compacted = match store.compacted_revision.zip(store.compaction_unfinished).all() {
        None => "compaction unknown".to_owned(),
        Some((at, _)) if *at < 0 => "never compacted".to_owned(),
        Some((at, true)) => format!("compaction at {at} unfinished"),
        Some((at, false)) => format!("compacted at {at}"),
    };
    let (keys, records) = (known(&store.live_keys, "live key"), at_least(&store.records, "record"));
    format!("revision {}, {compacted}; {keys} in {records}", store.current_revision)
}

fn cluster(store: &StoreFacts) -> String {
    let versions = [("cluster version", &store.cluster_version), ("storage version", &store.storage_version)];
    let versions = versions.into_iter().filter(|(_, version)| version.all().is_none_or(|version| !version.is_empty()));
    let shown = |version: &Known<String>| version.map(|version| quote(version.as_bytes())).to_string();
    let mut parts: Vec<_> = versions.map(|(name, version)| format!("{name} {}", shown(version))).collect();
    let names: Vec<_> = store.members.part().iter().map(|member| quote(member.name.as_bytes())).collect();
    let count = store.members.map(|members| members.len() as u64);
    parts.push(match names.as_slice() {
        [] if count.is_whole() => "no members".to_owned(),
        [] => "members unknown".to_owned(),
        names => format!("{}: {}", at_least(&count, "member"), names.join(", ")),
    });
    parts.join("; ")
}

fn assertions(assertions: &[Assertion], sheet: &mut Sheet) {
    let Some(widest) = assertions.iter().map(|assertion| assertion.name.len()).max() else { return };
    sheet.blank();
    sheet.heading("Policy");
    for assertion in assertions {
        let (color, word) = if assertion.holds { (GOOD, "holds ") } else { (BAD, "fails ") };
        let name = format!(" {:widest$}  ", assertion.name);
        let body = format!("{}, found {}", assertion.expected, assertion.actual);
        sheet.line(&[(PLAIN, "  "), (color, word), (PLAIN, &name)], &body);
    }
}

fn boot(report: &Report, sheet: &mut Sheet) {
    if report.boot.is_empty() {
        return;
    }
    sheet.blank();
    sheet.heading("Would etcd start from a restore of it?");
    let common = [true, false].map(|starts| (starts, common_reasons(&report.boot, starts)));
    for verdict in &report.boot {
        let said_below =
            |reason: &&str| common.iter().any(|(starts, all)| *starts == verdict.starts && all.contains(reason));
        let own: Vec<_> = verdict.reasons.iter().map(String::as_str).filter(|reason| !said_below(reason)).collect();
        boot_line(verdict.version, verdict.starts, PLAIN, &own, sheet);
    }
    for (starts, reasons) in common.iter().filter(|(_, reasons)| !reasons.is_empty()) {
        boot_line("all", *starts, FAINT, reasons, sheet);
    }
}

fn boot_line(version: &str, starts: bool, style: Style, reasons: &[&str], sheet: &mut Sheet) {
    let (color, word, gap) = if starts { (GOOD, "yes", "  ") } else { (BAD, "no", "   ") };
    sheet.styled(&[(PLAIN, &format!("  {version:<4} ")), (color, word), (PLAIN, gap)], style, &reasons.join(" "));
}

/// The reasons of every version with this answer, if there are several such; said once, not once a version.
fn common_reasons(verdicts: &[BootVerdict], starts: bool) -> Vec<&str> {
    let alike: Vec<_> = verdicts.iter().filter(|verdict| verdict.starts == starts).collect();
    let Some((first, rest @ [_, ..])) = alike.split_first() else { return Vec::new() };
    let everywhere = |reason: &&String| rest.iter().all(|verdict| verdict.reasons.contains(reason));
    first.reasons.iter().filter(everywhere).map(String::as_str).collect()
}

fn unchecked(report: &Report, sheet: &mut Sheet) {
    if report.unchecked.is_empty() {
        return;
    }
    sheet.blank();
    sheet.heading("Not checked");
    for unchecked in &report.unchecked {
        sheet.styled(&[(PLAIN, "  ")], FAINT, &format!("{}: {}", unchecked.what, unchecked.why));
    }
}

fn summary(outcomes: &[Outcome], sheet: &mut Sheet) {
    const ORDER: [(Verdict, &str); 5] = [
        (Verdict::Damaged, "damaged"),
        (Verdict::Unbootable, "would not start"),
        (Verdict::Unread, "not read"),
        (Verdict::PolicyFailed, "against the policy"),
        (Verdict::Sound, "sound"),
    ];
    let counted =
        ORDER.map(|(verdict, name)| (outcomes.iter().filter(|outcome| outcome.verdict() == verdict).count(), name));
    let parts: Vec<_> =
        counted.iter().filter(|(count, _)| *count > 0).map(|(count, name)| format!("{count} {name}")).collect();
    let lead = format!("{}: ", quantity(outcomes.len() as u64, "file"));
    sheet.line(&[(STRONG, &lead)], &parts.join(", "));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::rendered::assert_rendered;
    use crate::output::sample;

    fn render(outcomes: &[Outcome], quiet: bool, width: Option<usize>) -> String {
        let mut sheet = Sheet::new(width);
        text(outcomes, quiet, &mut sheet);
        sheet.finish()
    }

    #[test]
    fn a_sound_backup_is_short() {
        assert_rendered("verify-sound.txt", &render(&[sample::outcome(sample::sound())], false, None));
    }

    #[test]
    fn a_damaged_backup_tells_what_where_and_what_to_do() {
        assert_rendered("verify-damaged.txt", &render(&[sample::outcome(sample::damaged())], false, None));
    }

    #[test]
    fn a_narrow_terminal_is_respected() {
        let rendered = render(&[sample::outcome(sample::damaged())], false, Some(60));
        assert_rendered("verify-damaged-60-columns.txt", &rendered);
        let plain = anstream::adapter::strip_str(&rendered).to_string();
        assert!(plain.lines().all(|line| line.chars().count() <= 60));
    }

    #[test]
    fn several_files_end_in_a_summary() {
        let outcomes = [
            sample::outcome_with_policies(sample::sound()),
            sample::outcome(sample::unreadable_store()),
            sample::missing(),
            sample::foreign(),
            sample::outcome(sample::sound()),
        ];
        assert_rendered("verify-several.txt", &render(&outcomes, false, None));
    }

    #[test]
    fn quiet_leaves_out_what_is_fine() {
        assert_eq!(render(&[sample::outcome(sample::sound())], true, None), "");
        let both = [sample::outcome(sample::sound()), sample::outcome(sample::damaged())];
        assert_eq!(render(&both, true, None), render(&both[1..], false, None));
    }
}
