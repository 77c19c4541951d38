//! `restore` for people: what was made, of what, what to look at, and how to start it.

use etcdsnap_mvcc::{ENOUGH_REVISIONS, revisions_after};
use etcdsnap_quote::quote;
use etcdsnap_restore::{DatabaseChange, PlannedDirectory, PlannedFile};
use etcdsnap_snapshot::boot::BootVerdict;
use etcdsnap_snapshot::report::{Report, StoreFacts};

use super::{Story, as_given, losses, start};
use crate::output::sheet::{BAD, FAINT, GOOD, NEWS, ODD, PLAIN, STRONG, Sheet};
use crate::output::source::packing;
use crate::output::words::known;
use crate::output::{column, label, quantity, size};

/// Lays out everything; `directories` are those of the plan.
pub fn text(story: &Story<'_>, directories: &[PlannedDirectory], sheet: &mut Sheet) {
    headline(story, directories, sheet);
    for directory in directories {
        sheet.blank();
        files(story, directory, sheet);
    }
    if let Some(missing) = &story.preflight.losses {
        sheet.blank();
        losses::text(missing, story.dry_run, sheet);
    }
    warnings(&story.warnings, sheet);
    sheet.blank();
    backup(&story.preflight.report, sheet);
    sheet.blank();
    changes(story, sheet);
    sheet.blank();
    boot(&story.preflight.boot, sheet);
    sheet.blank();
    start::text(story, directories, sheet);
}

fn headline(story: &Story<'_>, directories: &[PlannedDirectory], sheet: &mut Sheet) {
    let in_part = story.preflight.losses.as_ref().is_some_and(|losses| !losses.is_none());
    let (color, word) = match (story.dry_run, in_part) {
        (true, false) => (NEWS, "WOULD RESTORE"),
        (true, true) => (ODD, "WOULD RESTORE IN PART"),
        (false, false) => (GOOD, "RESTORED"),
        (false, true) => (ODD, "RESTORED IN PART"),
    };
    let file = label(&story.preflight.report.source.path);
    let cluster = story.plan.membership().cluster_id();
    let members = quantity(directories.len() as u64, "member");
    sheet.line(
        &[(color, word), (PLAIN, "  "), (STRONG, &file)],
        &format!("  to {members} of the new cluster {cluster:016x}"),
    );
    if story.dry_run {
        sheet.line(&[(PLAIN, "  ")], "Nothing was written. Without --dry-run this would be made:");
    }
}

fn files(story: &Story<'_>, directory: &PlannedDirectory, sheet: &mut Sheet) {
    let member = &directory.member;
    let learner = if member.learner { ", a learner" } else { "" };
    let name = quote(member.name.as_bytes());
    sheet.line(&[(STRONG, &name)], &format!("  {:016x} at {}{learner}", member.id, member.peer_urls));
    let paths: Vec<_> = directory.files.iter().map(|file| (label(&as_given(&file.path, directory)), file)).collect();
    let widest = column(paths.iter().map(|(path, _)| path.len()));
    for (path, PlannedFile { bytes, written, .. }) in paths {
        let hole = if written < bytes { format!(", all but {} a hole", size(*written)) } else { String::new() };
        sheet.line(&[(PLAIN, &format!("  {path:widest$}  "))], &format!("{}{hole}", size(*bytes)));
    }
    for (from, to) in &directory.moved_aside {
        let verb = if story.dry_run { "would be moved to" } else { "was moved to" };
        sheet.line(&[(ODD, "  replaced  ")], &format!("what was {} {verb} {}", label(from), label(to)));
    }
    let verb = if story.dry_run { "would be removed" } else { "was removed" };
    let left = if story.dry_run { directory.leftovers.as_slice() } else { &[] };
    for path in left.iter().chain(story.removed) {
        sheet.line(&[(FAINT, "  cleaned   ")], &format!("{}, left by a run that was killed, {verb}", label(path)));
    }
}

fn backup(report: &Report, sheet: &mut Sheet) {
    sheet.heading("Backup");
    let source = &report.source;
    let packed = packing(source);
    let sha256 = match report.sha256.trailer {
        "match" => "SHA-256 matches",
        "mismatch" => "SHA-256 does NOT match",
        _ => "no SHA-256 to compare with",
    };
    let errors = match report.errors().count() {
        0 => "verified in full".to_owned(),
        errors => format!("DAMAGED ({})", quantity(errors as u64, "error")),
    };
    sheet.line(&[(PLAIN, "  ")], &format!("{}{packed}, {}, {sha256}, {errors}", source.kind, size(source.size)));
    if let Some(store) = &report.store {
        sheet.line(&[(PLAIN, "  ")], &contents(store));
    }
}

fn contents(store: &StoreFacts) -> String {
    let keys = known(&store.live_keys, "live key");
    let version = store.cluster_version.all().filter(|version| !version.is_empty()).map_or("unknown", String::as_str);
    format!("revision {}, {keys}, cluster version {version}", store.current_revision)
}

fn changes(story: &Story<'_>, sheet: &mut Sheet) {
    sheet.heading(if story.dry_run { "Would change in the database" } else { "Changed in the database" });
    let all = story.plan.changes();
    let widest = column(all.iter().map(|change| change.entry.len()));
    for DatabaseChange { entry, before, after, reason } in all {
        let what = match (before, after) {
            (Some(before), Some(after)) if before == after => before.clone(),
            (Some(before), Some(after)) => format!("{before} → {after}"),
            (None, Some(after)) => format!("now {after}"),
            (before, None) => format!("{} → none", before.as_deref().unwrap_or("none")),
        };
        sheet.line(&[(PLAIN, &format!("  {entry:widest$}  "))], &format!("{what}; {reason}"));
    }
    let Some(bump) = story.plan.bump() else {
        let lead = format!("  {:widest$}  ", "revision");
        return sheet.styled(&[(FAINT, &lead)], FAINT, &stays(&story.preflight.report));
    };
    if let Some(reason) = &bump.reason {
        sheet.styled(&[(FAINT, &format!("  {:widest$}  ", ""))], FAINT, &format!("Why by so much: {reason}."));
    }
}

/// What it means that the revision is not raised.
fn stays(report: &Report) -> String {
    let revision = report.store.as_ref().and_then(|store| store.current_revision.all().copied());
    let (what, later) = match revision {
        Some(revision) => (format!("{revision} as in the backup"), "later ones"),
        None => ("not raised".to_owned(), "later revisions"),
    };
    // Close to the largest revision there is no room left to raise it.
    let can_grow = revision.is_none_or(|revision| revisions_after(revision) > ENOUGH_REVISIONS);
    let advice = if can_grow { " --bump-revision auto spares them that." } else { "" };
    format!(
        "{what}; clients that have seen {later} of the lost cluster, such as Kubernetes' caches and controllers, may take \
         old for new until they start anew.{advice}"
    )
}

fn warnings(warnings: &[String], sheet: &mut Sheet) {
    if warnings.is_empty() {
        return;
    }
    sheet.blank();
    sheet.heading("Look at this first");
    for warning in warnings {
        sheet.line(&[(ODD, "  ! ")], &sentence(warning));
    }
}

/// With a full stop behind.
fn sentence(text: &str) -> String {
    let stop = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{text}{stop}")
}

fn boot(verdicts: &[BootVerdict], sheet: &mut Sheet) {
    sheet.heading("Would etcd start from it?");
    let starting: Vec<_> = verdicts.iter().filter(|verdict| verdict.starts).collect();
    let everywhere = |reason: &&String| starting.iter().all(|verdict| verdict.reasons.contains(reason));
    let common: Vec<&str> = match starting.as_slice() {
        [first, _, ..] => first.reasons.iter().filter(everywhere).map(String::as_str).collect(),
        _ => Vec::new(),
    };
    for verdict in verdicts {
        let (color, word, gap) = if verdict.starts { (GOOD, "yes", "  ") } else { (BAD, "no", "   ") };
        let own: Vec<_> =
            verdict.reasons.iter().map(String::as_str).filter(|reason| !common.contains(reason)).collect();
        sheet.line(&[(PLAIN, &format!("  {:<4} ", verdict.version)), (color, word), (PLAIN, gap)], &own.join(" "));
    }
    if !common.is_empty() {
        sheet.line(&[(PLAIN, "  all       ")], &common.join(" "));
    }
}
