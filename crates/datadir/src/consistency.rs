//! Compares log, `.snap` files and database with one another (`docs/format/boot.md#start-steps`).

use std::collections::BTreeSet;

use etcdsnap_quote::excerpt;
use etcdsnap_snapshot::catalogue::directory::{
    DATABASE_MISSING, DATABASE_UNUSABLE, ETCD_2_DIRECTORY, INDEX_AHEAD_OF_COMMIT, INDEX_AHEAD_OF_LOG, INDEX_BEHIND_LOG,
    INDEX_BEHIND_SNAPSHOT, INDEX_MISSING, LOG_ENDS_BEFORE_SNAPSHOT, MEMBER_NOT_IN_DATABASE, MEMBER_NOT_IN_LOG,
    MEMBER_ROLE_DIFFERS, RECEIVED_DATABASE_FOREIGN, SELF_REMOVED, SELF_UNKNOWN, SNAPSHOT_DAMAGED, SNAPSHOT_MISNAMED,
    SNAPSHOT_MISSING, SNAPSHOT_UNKNOWN, TERM_AHEAD_OF_LOG, TERM_NOT_OF_ENTRY, V2_CONTENT,
};
use etcdsnap_snapshot::finding::{Finding, Findings, Kind, Severity};
use etcdsnap_snapshot::known::Known;
use etcdsnap_snapshot::place::Place;
use etcdsnap_wal::snap::{SnapFile, SnapName};
use etcdsnap_wal::{EntryPayload, SnapshotPosition};

use crate::blocking_snaps::BlockingSnaps;
use crate::contents::{DatabaseContent, DatabaseState, DirectoryContents, LogContent};
use crate::membership::{MemberChange, Membership};
use crate::report::{Indexes, MemberView};
use crate::v2_keys::V2Keys;

/// Compares the raft index of the database with the log; also reports a missing database.
pub(crate) fn check_indexes(
    contents: &DirectoryContents<'_>,
    indexes: &Indexes,
    aside: Option<&BlockingSnaps>,
    findings: &mut Findings,
) {
    let Some(log) = &contents.log else { return };
    let what = match &contents.database {
        DatabaseState::Read(content) => return check_index(content, log, contents, indexes, aside, findings),
        DatabaseState::Missing => "there is no member/snap/db".to_owned(),
        DatabaseState::New(what) => format!("member/snap/db {what}"),
        DatabaseState::Unusable => return,
    };
    let first = log.entries.first().map_or(0, |logged| logged.entry.index);
    let there = format!("{what}; the log is there, from entry {first} on");
    let message = match aside {
        _ if first > 1 => format!("{there}, and entries 1 to {} are not", first - 1),
        Some(aside) => format!("{there}. {}", aside.advice(indexes.last_index, 0)),
        None => there,
    };
    findings.push(Finding::new(&DATABASE_MISSING, Place::file(), message));
}

/// Compares the raft index of a readable database with the log and the newest snapshot.
fn check_index(
    content: &DatabaseContent,
    log: &LogContent<'_>,
    contents: &DirectoryContents<'_>,
    indexes: &Indexes,
    aside: Option<&BlockingSnaps>,
    findings: &mut Findings,
) {
    let mut found = |kind: &'static Kind, key: &[u8], message: String| {
        let place = Place { file: Some("db".to_owned()), ..Place::entry("meta", key) };
        findings.push(Finding::new(kind, place, message));
    };
    let Indexes { commit, last_index, snapshot_index, .. } = *indexes;
    let Some(&index) = content.consistent_index().all() else { return };
    if index == 0 && last_index > 0 {
        found(&INDEX_MISSING, b"consistent_index", format!("no consistent index, and the log ends at {last_index}"));
    }
    let is_received = contents.has_usable_replacement();
    if index < snapshot_index && !is_received {
        let message = format!(
            "the database has applied entry {index}, the newest snapshot is at {snapshot_index}; {}",
            missing_entries(log, indexes, index, aside)
        );
        found(&INDEX_BEHIND_SNAPSHOT, b"consistent_index", message);
    } else if index > last_index {
        let message = format!("the database has applied entry {index}, the log ends at {last_index}");
        found(&INDEX_AHEAD_OF_LOG, b"consistent_index", message);
    } else if index > commit {
        let message = format!("the database has applied entry {index}, entry {commit} is known to be committed");
        found(&INDEX_AHEAD_OF_COMMIT, b"consistent_index", message);
    }
    // A start does not apply the log if part of it is lost, or if there is a newer snapshot in between.
    if index < last_index && !is_damaged(log) && (index >= snapshot_index || is_received) {
        let message = format!("the database has applied entry {index}, the log ends at {last_index}");
        found(&INDEX_BEHIND_LOG, b"consistent_index", message);
    }
    check_term(log, content, indexes, &mut found);
}

/// Checks the received database by which servers replace their own: it must have applied all entries of its snapshot.
/// Its pages are checked by the verification.
pub(crate) fn check_replacement(contents: &DirectoryContents<'_>, findings: &mut Findings) {
    let Some((snapshot, database)) = contents.replacement() else { return };
    let place = Place::in_file(&format!("{snapshot:016x}.snap.db"));
    let taken = "servers put it in the place of db, and the old db is gone";
    if let DatabaseState::New(what) = database {
        let message = format!("the database received with the snapshot at {snapshot} {what}: {taken}");
        findings.push(Finding::new(&DATABASE_UNUSABLE, place.clone(), message));
    }
    let Some(&index) = database.content().map(DatabaseContent::consistent_index).as_ref().and_then(Known::all) else {
        return;
    };
    if index < snapshot {
        let message = format!(
            "the database received with the snapshot at {snapshot} has applied entry {index}: {taken}, and so are entries {} to \
             {snapshot}",
            index.saturating_add(1)
        );
        findings.push(Finding::new(&INDEX_BEHIND_SNAPSHOT, place, message));
    } else if let Some((received, own)) = contents.revision_decrease() {
        let message = format!(
            "the database received with the snapshot at {snapshot} is at revision {received}, and db, which has applied fewer entries, at \
             revision {own}: {taken}"
        );
        findings.push(Finding::new(&RECEIVED_DATABASE_FOREIGN, place, message));
    }
}

/// A part of a sentence that says where the entries are that the snapshot includes and the database has not applied.
fn missing_entries(log: &LogContent<'_>, indexes: &Indexes, index: u64, aside: Option<&BlockingSnaps>) -> String {
    let next = index.saturating_add(1);
    let first = log.entries.partition_point(|logged| logged.entry.index < next);
    let logged = log.entries.get(first..).unwrap_or_default().iter().map(|logged| logged.entry.index);
    let last = logged.zip(next..).take_while(|(index, expected)| index == expected).last().map(|(index, _)| index);
    match (last.filter(|last| *last >= indexes.snapshot_index), aside) {
        (Some(last), Some(aside)) => format!("the log has the entries it lacks. {}", aside.advice(last, index)),
        (Some(last), None) => {
            format!("the log has the entries it lacks, {next} to {last}, but no release asked about gets at them")
        }
        (None, _) => format!(
            "entries {} to {} are neither in the database nor in the log",
            last.unwrap_or(index).saturating_add(1),
            indexes.snapshot_index
        ),
    }
}

/// Compares the term of the database with those of the log.
fn check_term(
    log: &LogContent<'_>,
    content: &DatabaseContent,
    indexes: &Indexes,
    found: &mut impl FnMut(&'static Kind, &[u8], String),
) {
    let Some(term) = content.buckets.meta.part().term.filter(|term| *term > 0) else { return };
    let last_term = indexes.hard_state_term.max(log.entries.last().map_or(0, |logged| logged.entry.term));
    if term > last_term {
        found(&TERM_AHEAD_OF_LOG, b"term", format!("the database is of term {term}, the log of term {last_term}"));
        return;
    }
    let index = *content.consistent_index().part();
    let at = log.entries.binary_search_by_key(&index, |logged| logged.entry.index).ok();
    let entry_term = at.and_then(|at| log.entries.get(at)).map(|logged| logged.entry.term);
    if let Some(entry_term) = entry_term.filter(|entry_term| *entry_term != term) {
        let message = format!("entry {index} is of term {entry_term} in the log and of term {term} in the database");
        found(&TERM_NOT_OF_ENTRY, b"term", message);
    }
}

/// Compares the `.snap` files with the snapshot records of the log.
pub(crate) fn check_snapshots(contents: &DirectoryContents<'_>, findings: &mut Findings) {
    let recorded: BTreeSet<SnapshotPosition> =
        contents.log.iter().flat_map(|log| log.inspection.snapshots.iter().copied()).collect();
    let mut usable = BTreeSet::new();
    for (name, parsed, bytes) in contents.snaps.snaps() {
        let place = Place::in_file(name);
        let file = match SnapFile::parse(bytes) {
            Ok(file) => file,
            Err(error) => {
                findings.push(Finding::new(&SNAPSHOT_DAMAGED, place, error.to_string()));
                continue;
            }
        };
        let inside = SnapName::from(file.start);
        if parsed != Some(inside) {
            let message = format!("inside it is {inside}");
            findings.push(Finding::new(&SNAPSHOT_MISNAMED, place.clone(), message));
        }
        let reaches_back = contents.log.as_ref().is_some_and(|log| reaches_back(log, file.start));
        if let Some(last) = log_end_before(contents, file.start) {
            // For a damaged log, other findings say which entries are lost.
            if !contents.log.as_ref().is_some_and(is_damaged) {
                let message = format!(
                    "the log ends at {last}, but a snapshot of entry {index} was written; entries {} to {index} are lost from the log",
                    last.saturating_add(1),
                    index = file.start.index
                );
                findings.push(Finding::new(&LOG_ENDS_BEFORE_SNAPSHOT, place.clone(), message));
            }
        } else if reaches_back && !recorded.contains(&file.start) {
            let message =
                format!("the log tells of no snapshot at index {} and term {}", file.start.index, file.start.term);
            findings.push(Finding::new(&SNAPSHOT_UNKNOWN, place.clone(), message));
        }
        if let Err(error) = file.store() {
            findings.push(Finding::new(&SNAPSHOT_DAMAGED, place, error.to_string()));
        }
        usable.insert(file.start);
    }
    let newest = recorded.iter().next_back().filter(|newest| newest.index > 0 && !usable.contains(newest));
    if let Some(newest) = newest {
        let message = format!("there is no {}", SnapName::from(*newest));
        findings.push(Finding::new(&SNAPSHOT_MISSING, Place::file(), message));
    }
}

/// Index of the last entry of the log, if the log had more entries when this snapshot was written; `None` if it has
/// them, or the snapshot was received from the leader.
fn log_end_before(contents: &DirectoryContents<'_>, snapshot: SnapshotPosition) -> Option<u64> {
    let log = contents.log.as_ref()?;
    let recorded = log.inspection.snapshots.iter().map(|recorded| recorded.index).max().unwrap_or(0);
    let last = log.entries.last().map_or(0, |logged| logged.entry.index).max(recorded);
    (snapshot.index > last && contents.snaps.received(snapshot.index).is_none()).then_some(last)
}

/// Is part of the log lost?
fn is_damaged(log: &LogContent<'_>) -> bool {
    log.inspection.problems.worst() == Some(Severity::Error)
}

/// Adds the finding about keys of the v2 API: an error unless there certainly are keys of the v3 API, since these may be
/// all keys.
pub(crate) fn check_v2_content(contents: &DirectoryContents<'_>, v3_keys: Option<u64>, findings: &mut Findings) {
    let found = V2Keys::of(contents);
    let is_etcd_2 = found.cluster_version.as_deref().is_some_and(|version| version.starts_with("2."));
    let is_unpadded = contents.log.as_ref().is_some_and(|log| log.inspection.is_unpadded);
    if matches!(contents.database, DatabaseState::Missing) && contents.log.is_some() && (is_etcd_2 || is_unpadded) {
        let version = found
            .cluster_version
            .as_ref()
            .map_or_else(String::new, |version| format!(", cluster version {}", excerpt(version.as_bytes())));
        let padding = if is_unpadded { "; its log is from before May 2016" } else { "" };
        findings.push(Finding::new(&ETCD_2_DIRECTORY, Place::file(), format!("no member/snap/db{version}{padding}")));
    }
    if found.is_empty() {
        if let (Some(path), Some(file)) = (&found.other, &found.file) {
            let message = format!("there is content of the v2 API below {}", excerpt(path.as_bytes()));
            findings.push(Finding::new(&V2_CONTENT, Place::in_file(file), message));
        }
        return;
    }
    let (v3, severity) = match v3_keys {
        Some(0) => ("; there is no key of the v3 API, so these are all the data", Severity::Error),
        Some(_) => ("", Severity::Warning),
        None => ("; whether there are keys of the v3 API is unknown", Severity::Error),
    };
    let place = found.file.as_deref().map_or_else(|| Place::in_file("wal"), Place::in_file);
    findings.push(Finding::new(&V2_CONTENT, place, format!("{}{v3}", found.sentence())).with_severity(severity));
}

/// Do the segments reach back to the record of this snapshot? Servers keep the last few segments and the last few
/// `.snap` files, so the segments with the records of older files may have been removed.
fn reaches_back(log: &LogContent<'_>, snapshot: SnapshotPosition) -> bool {
    let first = log.inspection.segments.first().map(|segment| segment.name);
    first.is_some_and(|first| first.sequence == 0 || first.index <= snapshot.index)
}

/// Compares the members according to the log with those according to the database, both at the raft index of the database.
pub(crate) fn compare_members(contents: &DirectoryContents<'_>, findings: &mut Findings) -> Vec<MemberView> {
    let own = contents.log.as_ref().and_then(|log| log.inspection.metadata).map(|metadata| metadata.node_id);
    let by_log = contents.log.as_ref().and_then(|log| membership_by_log(log, contents));
    let by_database = contents.database.content().and_then(|content| Membership::of_database(&content.buckets.members));
    if let (Some(own), Some(members)) = (own, &by_database) {
        check_identity(own, members, by_log.as_ref(), findings);
    }
    let known = [&by_log, &by_database].into_iter().flatten();
    let ids: BTreeSet<u64> = known.flat_map(|known| known.members().keys().chain(known.removed())).copied().collect();
    let views: Vec<_> = ids.iter().map(|id| member_view(*id, own, by_log.as_ref(), by_database.as_ref())).collect();
    for view in &views {
        let kind = match (view.in_log, view.in_database) {
            ("voter" | "learner", "absent" | "removed") => &MEMBER_NOT_IN_DATABASE,
            ("absent" | "removed", "voter" | "learner") => &MEMBER_NOT_IN_LOG,
            ("voter", "learner") | ("learner", "voter") => &MEMBER_ROLE_DIFFERS,
            _ => continue,
        };
        let message = format!("member {}: {} by the log, {} by the database", view.id, view.in_log, view.in_database);
        findings.push(Finding::new(kind, Place::in_file("db"), message));
    }
    views
}

/// Checks that this member is part of its own cluster.
fn check_identity(own: u64, database: &Membership, log: Option<&Membership>, findings: &mut Findings) {
    let is_removed = database.removed().contains(&own) || log.is_some_and(|log| log.removed().contains(&own));
    let place = Place { file: Some("db".to_owned()), ..Place::bucket("members") };
    if is_removed {
        let message = format!("member {own:016x}, whose log this is, was removed");
        findings.push(Finding::new(&SELF_REMOVED, place, message));
    } else if !database.members().is_empty() && !database.members().contains_key(&own) {
        let message = format!("member {own:016x}, whose log this is, is not listed");
        findings.push(Finding::new(&SELF_UNKNOWN, place, message));
    }
}

/// The members according to the newest `.snap` file that is not ahead of the database, and the entries after it that the
/// database has applied; `None` if the log does not have all of these entries.
fn membership_by_log(log: &LogContent<'_>, contents: &DirectoryContents<'_>) -> Option<Membership> {
    let applied = contents.database.content().and_then(|content| content.consistent_index().all().copied());
    let applied = applied.unwrap_or(u64::MAX);
    let recorded: BTreeSet<SnapshotPosition> = log.inspection.snapshots.iter().copied().collect();
    let snap = contents.newest_snap(|start| start.index <= applied && recorded.contains(&start));
    let start = snap.as_ref().map_or(0, |(_, file)| file.start.index);
    let mut members = match &snap {
        Some((_, file)) => Membership::of_store(&file.store().ok()?)?,
        None => Membership::default(),
    };
    let first = log.entries.partition_point(|logged| logged.entry.index <= start);
    let entries = log.entries.get(first..).unwrap_or_default();
    let reaches_back = match entries.first() {
        Some(first) => first.entry.index == start + 1,
        None => snap.is_some(),
    };
    if !reaches_back {
        return None;
    }
    for logged in entries.iter().take_while(|logged| logged.entry.index <= applied) {
        if let EntryPayload::ConfChange(change) = logged.entry.payload() {
            let change = MemberChange::new(&change);
            if members.accepts(&change) {
                members.apply(&change);
            }
        }
    }
    Some(members)
}

/// Describes a member according to log and database.
fn member_view(id: u64, own: Option<u64>, by_log: Option<&Membership>, by_database: Option<&Membership>) -> MemberView {
    let peer = [by_database, by_log].into_iter().flatten().find_map(|known| known.members().get(&id));
    let peer = peer.cloned().unwrap_or_default();
    MemberView {
        id: format!("{id:016x}"),
        name: peer.name,
        peer_urls: peer.urls,
        is_self: own == Some(id),
        in_log: role(id, by_log),
        in_database: role(id, by_database),
    }
}

/// The role of a member.
fn role(id: u64, known: Option<&Membership>) -> &'static str {
    let Some(known) = known else { return "unknown" };
    match known.members().get(&id) {
        Some(peer) if peer.learner => "learner",
        Some(_) => "voter",
        None if known.removed().contains(&id) => "removed",
        None => "absent",
    }
}
