//! `datadir check`: the directory of a member, and what servers would do with it.

use anstyle::Style;
use etcdsnap_datadir::{
    DirectoryReport, Indexes, LockState, MemberView, ServerRelease, StartOutcome, StartVerdict, UnappliedEntries,
};
use etcdsnap_quote::quote;
use etcdsnap_snapshot::finding::Severity;
use etcdsnap_snapshot::first_of::first_of;
use etcdsnap_snapshot::report::{DatabaseFacts, Omitted, StoreFacts};
use serde::Serialize;

use super::findings::{Explained, groups, tally};
use super::sheet::{BAD, FAINT, GOOD, ODD, PLAIN, STRONG, Sheet};
use super::words::TextOrBase64;
use super::words::known;
use super::{column, label, quantity};

/// The document of `-o json`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Document<'a> {
    format_version: u32,
    verdict: &'static str,
    #[serde(flatten)]
    path: TextOrBase64<'a>,
    #[serde(flatten)]
    wal: TextOrBase64<'a>,
    in_use: Option<bool>,
    in_use_by: Option<u32>,
    member_id: Option<String>,
    cluster_id: Option<String>,
    indexes: &'a Indexes,
    newer: Option<&'a UnappliedEntries>,
    members: &'a [MemberView],
    database: Option<&'a DatabaseFacts>,
    store: Option<&'a StoreFacts>,
    findings: Vec<Explained<'a>>,
    omitted: &'a [Omitted],
    starts: Vec<Start<'a>>,
}

/// What a release would do.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Start<'a> {
    version: String,
    starts: bool,
    outcome: &'static str,
    /// Where the log is cut off.
    #[serde(skip_serializing_if = "Option::is_none")]
    cut: Option<Cut>,
    reasons: &'a [String],
    /// Words of its last message.
    said: Option<&'a str>,
    needs_others: bool,
    snapshot_index: u64,
    voters: Vec<String>,
    learners: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Cut {
    file: String,
    offset: u64,
}

impl<'a> Document<'a> {
    /// The document about one directory.
    pub fn new(report: &'a DirectoryReport) -> Self {
        let wal = report.wal_directory.as_os_str().as_encoded_bytes();
        let (in_use, in_use_by) = match &report.lock {
            LockState::No => (Some(false), None),
            LockState::By(holder) => (Some(true), holder.pid),
            LockState::Unknown => (None, None),
        };
        Self {
            format_version: 1,
            verdict: verdict(report).0,
            path: TextOrBase64::path(&report.directory),
            wal: TextOrBase64 { key: "walPath", base64_key: "walPathBase64", bytes: wal },
            in_use,
            in_use_by,
            member_id: report.identity.map(|identity| hex(identity.node_id)),
            cluster_id: report.identity.map(|identity| hex(identity.cluster_id)),
            indexes: &report.indexes,
            newer: report.unapplied.as_ref(),
            members: &report.members,
            database: report.database.as_ref(),
            store: report.store.as_ref(),
            findings: report.findings.iter().map(Explained::new).collect(),
            omitted: &report.omitted,
            starts: report.starts.iter().map(Start::new).collect(),
        }
    }
}

impl<'a> Start<'a> {
    fn new(verdict: &'a StartVerdict) -> Self {
        let cut = match verdict.outcome {
            StartOutcome::Repairs { cut } => Some(cut),
            StartOutcome::DiscardsData { cut } => cut,
            _ => None,
        };
        let cut = cut.map(|cut| Cut { file: cut.segment.to_string(), offset: cut.offset });
        Self {
            version: verdict.server.to_string(),
            starts: verdict.starts(),
            outcome: outcome(verdict.outcome).0,
            cut,
            reasons: &verdict.reasons,
            said: verdict.message.as_deref(),
            needs_others: verdict.needs_others(),
            snapshot_index: verdict.snapshot_index,
            voters: verdict.voters.iter().copied().map(hex).collect(),
            learners: verdict.learners.iter().copied().map(hex).collect(),
        }
    }
}

fn hex(id: u64) -> String {
    format!("{id:016x}")
}

/// In JSON, in text, and the colour of it.
fn outcome(outcome: StartOutcome) -> (&'static str, &'static str, Style) {
    match outcome {
        StartOutcome::Starts => ("starts", "starts", GOOD),
        StartOutcome::Repairs { .. } => ("repairs", "repairs and starts", GOOD),
        StartOutcome::DiscardsData { .. } => ("throwsAway", "throws data away", BAD),
        StartOutcome::StartsAsNewMember => ("beginsAnew", "begins anew", ODD),
        StartOutcome::NotReady => ("notReady", "is not ready", BAD),
        StartOutcome::Exits => ("exits", "exits", BAD),
        StartOutcome::Panics => ("panics", "panics", BAD),
        StartOutcome::Unpredictable => ("unpredictable", "cannot be foretold", BAD),
    }
}

/// In JSON, in text, what it means, and the colour of it.
fn verdict(report: &DirectoryReport) -> (&'static str, &'static str, &'static str, Style) {
    match () {
        () if report.is_empty => ("empty", "EMPTY", "Nothing of a member is there; a server begins anew in it.", ODD),
        () if !report.is_sound() => {
            ("damaged", "DAMAGED", "Do not start a member on it before reading what was found.", BAD)
        }
        () if !report.boots() => ("unbootable", "WOULD NOT START", "None of these releases would start from it.", BAD),
        () => ("sound", "SOUND", whole(report), GOOD),
    }
}

/// The sentence after the verdict SOUND.
fn whole(report: &DirectoryReport) -> &'static str {
    if report.worst() < Some(Severity::Warning) {
        "Log, snapshots and database are whole and fit together."
    } else {
        "Log, snapshots and database are whole; read the warnings before starting a member on them."
    }
}

/// Lays out verdict, facts, findings, members and starts.
pub fn text(report: &DirectoryReport, sheet: &mut Sheet) {
    let (_, word, meaning, color) = verdict(report);
    let groups = groups(&report.findings, &report.omitted);
    sheet.line(&[(color, word), (PLAIN, "  "), (STRONG, &label(&report.directory))], &tally(&groups));
    sheet.line(&[(PLAIN, "  ")], meaning);
    for fact in facts(report) {
        sheet.styled(&[(PLAIN, "  ")], FAINT, &fact);
    }
    for group in &groups {
        sheet.blank();
        group.lay_out(sheet);
    }
    if let Some(newer) = report.unapplied.as_ref().filter(|newer| newer.entries() > 0) {
        sheet.blank();
        newer_text(newer, sheet);
    }
    if !report.members.is_empty() {
        sheet.blank();
        members(&report.members, sheet);
    }
    sheet.blank();
    sheet.heading("What would etcd do with it?");
    if report.starts.iter().map(|start| start.server).eq(ServerRelease::NEWEST) {
        sheet.styled(
            &[(PLAIN, "  ")],
            FAINT,
            "By the newest patch of each version known here; --server-version asks about others.",
        );
    }
    for start in &report.starts {
        let (_, word, color) = outcome(start.outcome);
        let (version, gap) =
            (format!("  {:<8}", start.server.to_string()), " ".repeat(20_usize.saturating_sub(word.len())));
        sheet.styled(&[(PLAIN, &version), (color, word), (PLAIN, &gap)], PLAIN, &start.reasons.join(" "));
    }
}

/// What is there, a line each.
fn facts(report: &DirectoryReport) -> Vec<String> {
    let mut facts = Vec::new();
    if let Some(identity) = report.identity {
        facts.push(format!("member {} of cluster {}", hex(identity.node_id), hex(identity.cluster_id)));
    }
    let indexes = &report.indexes;
    if let Some(store) = &report.store {
        let index = match indexes.consistent_index.all() {
            None => "an unknown entry".to_owned(),
            Some(None) => "no entry".to_owned(),
            Some(Some(index)) => format!("entry {index}"),
        };
        let keys = known(&store.live_keys, "live key");
        facts.push(format!("database: applied up to {index}; revision {}, {keys}", store.current_revision));
    }
    if let Some(log) = &report.log {
        let segments = quantity(log.inspection.segments.len() as u64, "segment");
        let first = indexes.first_index.map_or_else(|| "none".to_owned(), |first| first.to_string());
        let Indexes { last_index, commit, hard_state_term, snapshot_index, .. } = indexes;
        facts.push(format!(
            "log: {segments}, entries {first} to {last_index}, committed up to {commit}, term {hard_state_term}; newest snapshot at \
             {snapshot_index}"
        ));
    }
    facts
}

fn newer_text(newer: &UnappliedEntries, sheet: &mut Sheet) {
    sheet.heading("What is only in the log?");
    let span = match (newer.first_index, newer.last_index) {
        (Some(first), Some(last)) => format!("entries {first} to {last}"),
        _ => String::new(),
    };
    let kinds: Vec<_> = newer.kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    let open = if newer.uncommitted > 0 {
        format!(" ({} not known to be committed)", newer.uncommitted)
    } else {
        String::new()
    };
    sheet.line(&[(PLAIN, "  ")], &format!("{span}{open}: {}", kinds.join(", ")));
    let revisions = match (newer.revisions_min, newer.revisions_max) {
        (least, most) if least == most => quantity(most, "revision"),
        (least, most) => format!("{least} to {most} revisions"),
    };
    if newer.keys_touched > 0 {
        let keys = first_of(&newer.keys, newer.keys_touched);
        sheet.line(&[(PLAIN, "  ")], &format!("{revisions}, of the keys {keys}"));
    }
}

fn members(members: &[MemberView], sheet: &mut Sheet) {
    let names: Vec<_> = members.iter().map(|member| quote_or_dash(&member.name)).collect();
    let width = column(names.iter().map(|name| name.chars().count())).max("NAME".len());
    sheet.line(
        &[(STRONG, &format!("  {:<16}  {:<width$}  {:<8}  {:<8}  PEER URLS", "MEMBER", "NAME", "LOG", "DATABASE"))],
        "",
    );
    for (member, name) in members.iter().zip(&names) {
        let own = if member.is_self { "  this member" } else { "" };
        let urls: Vec<_> = member.peer_urls.iter().map(|url| quote(url.as_bytes())).collect();
        let agrees = member.in_log == member.in_database || [member.in_log, member.in_database].contains(&"unknown");
        let gone = |role| matches!(role, "removed" | "absent");
        let color = if agrees || (gone(member.in_log) && gone(member.in_database)) { PLAIN } else { ODD };
        let roles = format!("{:<8}  {:<8}", member.in_log, member.in_database);
        let lead = format!("  {}  {name:<width$}  ", member.id);
        sheet.styled(&[(PLAIN, &lead), (color, &roles), (PLAIN, "  "), (PLAIN, &urls.join(","))], FAINT, own);
    }
}

fn quote_or_dash(name: &str) -> String {
    if name.is_empty() { "-".to_owned() } else { quote(name.as_bytes()) }
}
