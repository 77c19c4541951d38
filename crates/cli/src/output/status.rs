//! What `status` prints: the numbers of one backup.

use etcdsnap_quote::quote;
use etcdsnap_snapshot::known::Known;
use etcdsnap_snapshot::report::{AlarmFacts, BucketFacts, DatabaseFacts, MemberFacts, SourceFacts, StoreFacts};
use serde::Serialize;

use super::sheet::{FAINT, Sheet};
use super::source::{Source, packing};
use super::words::{at_least, known, label, size, utc};

/// The document of `-o json`.
#[derive(Debug, Serialize)]
pub struct Document<'a> {
    source: Source<'a>,
    database: &'a DatabaseFacts,
    store: &'a StoreFacts,
}

impl<'a> Document<'a> {
    /// The document about one backup.
    pub fn new(source: &'a SourceFacts, database: &'a DatabaseFacts, store: &'a StoreFacts) -> Self {
        Self { source: source.into(), database, store }
    }
}

/// Lays out the numbers, one a line.
pub fn text(source: &SourceFacts, database: &DatabaseFacts, store: &StoreFacts, sheet: &mut Sheet) {
    sheet.heading(&label(&source.path));
    row(sheet, "file", &file(source));
    row(sheet, "hash", &store.status_hash.map(|hash| format!("{hash:x}")).to_string());
    row(sheet, "revision", &revision(store));
    row(sheet, "compaction", &compaction(store));
    row(sheet, "keys", &keys(store));
    row(sheet, "database", &used(database));
    row(sheet, "pages", &pages(database));
    row(sheet, "storage version", &or_absent(&store.storage_version));
    row(sheet, "cluster version", &or_absent(&store.cluster_version));
    row(sheet, "raft", &raft(store));
    rows(sheet, "members", &store.members.map(|members| members.iter().map(member).collect()));
    rows(sheet, "removed members", &store.members_removed);
    let alarm = |alarm: &AlarmFacts| format!("{} {}", alarm.member, alarm.alarm);
    rows(sheet, "alarms", &store.alarms.map(|alarms| alarms.iter().map(alarm).collect()));
    row(sheet, "leases", &fewest(&store.leases));
    row(sheet, "auth", &auth(store));
    rows(sheet, "buckets", &store.buckets.map(|buckets| buckets.iter().map(bucket).collect()));
    if !store.unread.is_empty() {
        row(sheet, "not read", &format!("all, or a part, of {}", store.unread.join(", ")));
    }
}

fn row(sheet: &mut Sheet, name: &str, value: &str) {
    sheet.line(&[(FAINT, &format!("  {name:<17}"))], value);
}

/// Adds rows to the sheet, one for each value, of which the first has the name; `none` when there is no value, and
/// `unknown` when none could be read although there may be some.
fn rows(sheet: &mut Sheet, name: &str, values: &Known<Vec<String>>) {
    let none = if values.is_whole() { "none" } else { "unknown" };
    let first = values.part().first().map_or(none, String::as_str);
    row(sheet, name, first);
    for value in values.part().iter().skip(1) {
        row(sheet, "", value);
    }
    if !values.is_whole() && !values.part().is_empty() {
        row(sheet, "", "and perhaps more, which could not be read");
    }
}

/// A count as text: `at least` so many when a part of what is counted could not be read.
fn fewest(count: &Known<u64>) -> String {
    match (count.all(), *count.part()) {
        (None, part) if part > 0 => format!("at least {part}"),
        _ => count.to_string(),
    }
}

fn bucket(bucket: &BucketFacts) -> String {
    let BucketFacts { name, pairs, bytes } = bucket;
    match bytes.all() {
        Some(bytes) => format!("{name}: {}, {}", known(pairs, "pair"), size(*bytes)),
        None => format!("{name}: {}", at_least(pairs, "pair")),
    }
}

fn file(source: &SourceFacts) -> String {
    let packed = packing(source);
    let modified = source.modified.and_then(utc).map(|time| format!(", modified {time}")).unwrap_or_default();
    format!("{}{packed}, {} ({} bytes){modified}", source.kind, size(source.size), source.size)
}

fn revision(store: &StoreFacts) -> String {
    let highest = store.revision.part();
    match (store.revision.all(), store.current_revision.all()) {
        (Some(last), Some(current)) if last == current => last.to_string(),
        (Some(last), _) => format!("{last} in the last record, {} after a start", store.current_revision),
        (None, _) if *highest > 0 => format!("unknown; {highest} in the last record that could be read"),
        (None, _) => "unknown".to_owned(),
    }
}

fn compaction(store: &StoreFacts) -> String {
    match store.compacted_revision.zip(store.compaction_unfinished).all() {
        None => "unknown".to_owned(),
        Some((at, _)) if *at < 0 => "never".to_owned(),
        Some((at, true)) => format!("at {at}, unfinished"),
        Some((at, false)) => format!("at {at}"),
    }
}

fn keys(store: &StoreFacts) -> String {
    let records = at_least(&store.records, "record");
    let tombstones = at_least(&store.tombstones, "tombstone");
    let pairs = at_least(&store.total_pairs, "pair");
    match store.live_keys.all() {
        Some(live) => format!("{live} live in {records} ({tombstones}); {pairs} in all buckets"),
        None => format!("unknown; {records} ({tombstones}), {pairs} in all buckets"),
    }
}

fn used(database: &DatabaseFacts) -> String {
    let whole = size(database.size);
    match database.size_in_use.all() {
        Some(used) => format!("{whole}, {} in use, {} free", size(*used), size(database.size.saturating_sub(*used))),
        None => format!("{whole}, at least {} in use", size(*database.size_in_use.part())),
    }
}

fn pages(database: &DatabaseFacts) -> String {
    let DatabaseFacts { branch_pages, leaf_pages, overflow_pages, free_pages, .. } = database;
    let [branch, leaf, overflow] = [branch_pages, leaf_pages, overflow_pages].map(fewest);
    format!(
        "{} of {} bytes: {branch} branch, {leaf} leaf, {overflow} overflow, {free_pages} free; transaction {}",
        database.high_water_mark, database.page_size, database.txid
    )
}

fn or_absent(text: &Known<String>) -> String {
    let shown = |text: &String| if text.is_empty() { "absent".to_owned() } else { quote(text.as_bytes()) };
    text.map(shown).to_string()
}

fn raft(store: &StoreFacts) -> String {
    let number = |number: &Option<u64>| number.map_or_else(|| "absent".to_owned(), |number| number.to_string());
    format!("index {}, term {}", store.consistent_index.map(number), store.term.map(number))
}

fn member(member: &MemberFacts) -> String {
    let urls = |urls: &[String]| urls.iter().map(|url| quote(url.as_bytes())).collect::<Vec<_>>().join(",");
    let name = if member.name.is_empty() { "(no name yet)".to_owned() } else { quote(member.name.as_bytes()) };
    let learner = if member.learner { " learner" } else { "" };
    let clients = urls(&member.client_urls);
    let clients = if clients.is_empty() { String::new() } else { format!(" clients {clients}") };
    format!("{} {name}{learner} peers {}{clients}", member.id, urls(&member.peer_urls))
}

fn auth(store: &StoreFacts) -> String {
    let state = store.auth_enabled.map(|enabled| if *enabled { "on" } else { "off" });
    if !state.is_whole() && *store.users.part() + *store.roles.part() == 0 {
        return state.to_string();
    }
    format!("{state}; {}, {}", at_least(&store.users, "user"), at_least(&store.roles, "role"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::rendered::assert_rendered;
    use crate::output::sample;

    #[test]
    fn both_forms_are_as_expected() {
        let report = sample::sound();
        let (database, store) = (report.database.as_ref().expect("database"), report.store.as_ref().expect("store"));
        let mut sheet = Sheet::new(None);
        text(&report.source, database, store, &mut sheet);
        assert_rendered("status.txt", &sheet.finish());
        let json = serde_json::to_string_pretty(&Document::new(&report.source, database, store)).expect("json");
        assert_rendered("status.json", &(json + "\n"));
    }

    #[test]
    fn odd_stores_are_told_plainly() {
        let mut store = sample::sound().store.expect("store");
        store.current_revision = Known::whole(97);
        store.compaction_unfinished = Known::whole(true);
        store.storage_version = Known::whole("\u{1b}[2J".into());
        assert_eq!(revision(&store), "95 in the last record, 97 after a start");
        assert_eq!(compaction(&store), "at 38, unfinished");
        assert_eq!(or_absent(&store.storage_version), "\"\\x1b[2J\"");
        store.compacted_revision = Known::whole(-1);
        assert_eq!(compaction(&store), "never");
    }
}
