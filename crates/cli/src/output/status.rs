//! What `status` prints: the numbers of one backup.

use etcdsnap_snapshot::place::quote;
use etcdsnap_snapshot::report::{DatabaseFacts, SourceFacts, StoreFacts};
use serde::Serialize;

use super::sheet::{FAINT, Sheet};
use super::source::Source;
use super::words::{label, quantity, size, utc};

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
    row(sheet, "hash", &format!("{:x}", store.status_hash));
    row(sheet, "revision", &revision(store));
    row(sheet, "compaction", &compaction(store));
    row(sheet, "keys", &keys(store));
    row(sheet, "database", &used(database));
    row(sheet, "pages", &pages(database));
    row(sheet, "storage version", &or_absent(&store.storage_version));
    row(sheet, "cluster version", &or_absent(&store.cluster_version));
    row(sheet, "raft", &raft(store));
    rows(sheet, "members", &members(store));
    rows(sheet, "removed members", &store.members_removed);
    rows(
        sheet,
        "alarms",
        &store.alarms.iter().map(|alarm| format!("{} {}", alarm.member, alarm.alarm)).collect::<Vec<_>>(),
    );
    row(sheet, "leases", &store.leases.to_string());
    row(sheet, "auth", &auth(store));
    let bucket = |bucket: &etcdsnap_snapshot::report::BucketFacts| {
        format!("{}: {}, {}", bucket.name, quantity(bucket.pairs, "pair"), size(bucket.bytes))
    };
    rows(sheet, "buckets", &store.buckets.iter().map(bucket).collect::<Vec<_>>());
}

fn row(sheet: &mut Sheet, name: &str, value: &str) {
    sheet.line(&[(FAINT, &format!("  {name:<17}"))], value);
}

/// A row for the first value and one without a name for each other; `none` when there is no value.
fn rows(sheet: &mut Sheet, name: &str, values: &[String]) {
    let first = values.first().map_or("none", String::as_str);
    row(sheet, name, first);
    for value in values.iter().skip(1) {
        row(sheet, "", value);
    }
}

fn file(source: &SourceFacts) -> String {
    let packed =
        if source.compression == "none" { String::new() } else { format!(", {}-compressed", source.compression) };
    let modified = source.modified.and_then(utc).map(|time| format!(", modified {time}")).unwrap_or_default();
    format!("{}{packed}, {} ({} bytes){modified}", source.kind, size(source.size), source.size)
}

fn revision(store: &StoreFacts) -> String {
    if store.revision == store.current_revision {
        store.revision.to_string()
    } else {
        format!("{} in the last record, {} after a start", store.revision, store.current_revision)
    }
}

fn compaction(store: &StoreFacts) -> String {
    match store.compacted_revision {
        at if at < 0 => "never".to_owned(),
        at if store.compaction_unfinished => format!("at {at}, unfinished"),
        at => format!("at {at}"),
    }
}

fn keys(store: &StoreFacts) -> String {
    let records = quantity(store.records, "record");
    let tombstones = quantity(store.tombstones, "tombstone");
    format!(
        "{} live in {records} ({tombstones}); {} in all buckets",
        store.live_keys,
        quantity(store.total_pairs, "pair")
    )
}

fn used(database: &DatabaseFacts) -> String {
    let free = database.size.saturating_sub(database.size_in_use);
    format!("{}, {} in use, {} free", size(database.size), size(database.size_in_use), size(free))
}

fn pages(database: &DatabaseFacts) -> String {
    format!(
        "{} of {} bytes: {} branch, {} leaf, {} overflow, {} free; transaction {}",
        database.high_water_mark,
        database.page_size,
        database.branch_pages,
        database.leaf_pages,
        database.overflow_pages,
        database.free_pages,
        database.txid
    )
}

fn or_absent(text: &str) -> String {
    if text.is_empty() { "absent".to_owned() } else { quote(text.as_bytes()) }
}

fn raft(store: &StoreFacts) -> String {
    let number = |number: Option<u64>| number.map_or_else(|| "absent".to_owned(), |number| number.to_string());
    format!("index {}, term {}", number(store.consistent_index), number(store.term))
}

fn members(store: &StoreFacts) -> Vec<String> {
    let urls = |urls: &[String]| urls.iter().map(|url| quote(url.as_bytes())).collect::<Vec<_>>().join(",");
    let member = |member: &etcdsnap_snapshot::report::MemberFacts| {
        let name = if member.name.is_empty() { "(no name yet)".to_owned() } else { quote(member.name.as_bytes()) };
        let learner = if member.learner { " learner" } else { "" };
        let clients = urls(&member.client_urls);
        let clients = if clients.is_empty() { String::new() } else { format!(" clients {clients}") };
        format!("{} {name}{learner} peers {}{clients}", member.id, urls(&member.peer_urls))
    };
    store.members.iter().map(member).collect()
}

fn auth(store: &StoreFacts) -> String {
    let state = if store.auth_enabled { "on" } else { "off" };
    format!("{state}; {}, {}", quantity(store.users, "user"), quantity(store.roles, "role"))
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
        store.current_revision = 97;
        store.compaction_unfinished = true;
        store.storage_version = "\u{1b}[2J".into();
        assert_eq!(revision(&store), "95 in the last record, 97 after a start");
        assert_eq!(compaction(&store), "at 38, unfinished");
        assert_eq!(or_absent(&store.storage_version), "\"\\x1b[2J\"");
        store.compacted_revision = -1;
        assert_eq!(compaction(&store), "never");
    }
}
