//! What lost records mean for the keys of users.
//!
//! Whose records are lost cannot be read. But a key that was written or deleted in a lost revision, and not since, is now as it
//! was before. A compaction narrows that down: it leaves one record of a key at most up to its revision, so a key that
//! has one there lost none there.

use std::collections::{BTreeMap, HashMap};

use etcdsnap_mvcc::{Compaction, Revision, RevisionKey};
use etcdsnap_proto::KeyValueRef;

use super::losses::{LostRange, Names, ranges, revision_name};
use super::stretch::Left;

/// What is known of keys.
#[derive(Debug)]
pub(super) struct Keys {
    pub ranges: Vec<LostRange>,
    pub last_revision: Option<i64>,
    pub newest_lost: bool,
    pub lost_up_to: Option<i64>,
    pub maybe_old: Names,
    pub surely_lost: Names,
}

/// The newest record of a key that can be read.
#[derive(Clone, Copy)]
struct Newest {
    main: i64,
    is_put: bool,
}

impl Keys {
    pub fn new(left: &Left<'_>, compaction: Compaction) -> Self {
        let mut lost = ranges("key", left, revision_name);
        let revisions: Vec<_> = left.entries.iter().filter_map(|entry| RevisionKey::parse(entry.key).ok()).collect();
        add_holes(&mut lost, &revisions, compaction.compacted());
        let last = revisions.last().map(|key| key.revision);
        let end =
            |(_, before): &(usize, usize)| revisions.get(*before).map_or(i64::MAX, |next| last_before(next.revision));
        let up_to = lost.keys().map(end).max().unwrap_or(0);
        // What an unfinished compaction would remove may be there still.
        let compacted = compaction.finished.unwrap_or(0);
        let newest = newest(left);
        let old = newest.iter().filter(|(_, newest)| newest.is_put && up_to > newest.main.max(compacted));
        let maybe_old = Names::new(old.map(|(key, _)| *key).collect());
        let gone = left.named.iter().filter(|(key, main)| newest.get(key).is_none_or(|newest| newest.main < *main));
        let surely_lost = Names::new(gone.map(|(key, _)| *key).collect());
        Self {
            ranges: lost.into_values().collect(),
            last_revision: last.map(|last| last.main),
            newest_lost: up_to == i64::MAX,
            lost_up_to: Some(up_to).filter(|up_to| *up_to > compacted && *up_to < i64::MAX),
            maybe_old,
            surely_lost,
        }
    }
}

/// The last main revision that can have a record before this one.
fn last_before(next: Revision) -> i64 {
    if next.sub > 0 { next.main } else { next.main.saturating_sub(1) }
}

/// Above the compacted revision every one has its records. Where some are missing though every page can be read, they were
/// lost before.
fn add_holes(lost: &mut BTreeMap<(usize, usize), LostRange>, revisions: &[RevisionKey], compacted: i64) {
    let mut previous: Option<Revision> = None;
    for (at, RevisionKey { revision, .. }) in revisions.iter().enumerate() {
        let (before, floor) = (previous.replace(*revision), compacted.max(1));
        let follows = match before {
            Some(before) if before.main == revision.main => revision.sub == before.sub.saturating_add(1),
            _ => {
                let expected = before.map_or(1, |before| before.main).max(floor).saturating_add(1);
                revision.sub == 0 && revision.main <= expected
            }
        };
        let known = || lost.range(..=(at, usize::MAX)).next_back().is_some_and(|((_, end), _)| at <= *end);
        if revision.main > compacted && !follows && !known() {
            lost.insert(
                (at, at),
                LostRange {
                    bucket: "key".into(),
                    after: before.map(|before| before.to_string()),
                    before: Some(revision.to_string()),
                    pages: Vec::new(),
                    entries: None,
                },
            );
        }
    }
}

fn newest<'a>(left: &Left<'a>) -> HashMap<&'a [u8], Newest> {
    let mut newest = HashMap::new();
    for entry in &left.entries {
        let (Ok(key), Ok(record)) = (RevisionKey::parse(entry.key), KeyValueRef::parse(entry.value)) else { continue };
        if !record.key.is_empty() {
            newest.insert(record.key, Newest { main: key.revision.main, is_put: !key.tombstone });
        }
    }
    newest
}
