//! What lost records mean for the keys of users.
//!
//! Whose records are lost cannot be read. But a key that was written or deleted in a lost revision, and not since, is now as it
//! was before. A compaction narrows that down: it leaves one record of a key at most up to its revision, so a key that
//! has one there lost none there.

use std::collections::HashMap;

use etcdsnap_mvcc::{Compaction, Revision, RevisionKey};
use etcdsnap_proto::KeyValueRef;

use super::bucket_reader::ReadableBucket;
use super::losses::{KeyNames, Ranges, revision_name};

/// What is known of keys.
#[derive(Debug)]
pub(super) struct AffectedKeys {
    pub ranges: Ranges,
    pub compaction_lost: bool,
    pub last_revision: Option<i64>,
    pub newest_lost: bool,
    pub lost_up_to: Option<i64>,
    pub maybe_old: KeyNames,
    pub surely_lost: KeyNames,
}

/// The newest record of a key that can be read.
#[derive(Clone, Copy)]
struct Newest {
    main: i64,
    is_put: bool,
}

impl AffectedKeys {
    /// `compaction` is `None` when its marks are lost.
    pub fn new(left: &ReadableBucket<'_>, compaction: Option<Compaction>) -> Self {
        let revisions: Vec<_> = left.entries.iter().filter_map(|entry| RevisionKey::parse(entry.key).ok()).collect();
        let holes = compaction.iter().flat_map(|compaction| holes(&revisions, compaction.compacted()));
        let ranges = Ranges::new("key", left, holes, revision_name);
        let last = revisions.last().map(|key| key.revision);
        let last_lost = |end: usize| revisions.get(end).map_or(i64::MAX, |next| last_before(next.revision));
        let up_to = ranges.end.map_or(0, last_lost);
        // What an unfinished compaction would remove may be there still.
        let compacted = compaction.and_then(|compaction| compaction.finished).unwrap_or(0);
        let newest = newest(left);
        let old = newest.iter().filter(|(_, newest)| newest.is_put && up_to > newest.main.max(compacted));
        let maybe_old = KeyNames::new(old.map(|(key, _)| *key).collect());
        let gone = left.named.iter().filter(|(key, main)| newest.get(key).is_none_or(|newest| newest.main < *main));
        let surely_lost = KeyNames::new(gone.map(|(key, _)| *key).collect());
        Self {
            ranges,
            compaction_lost: compaction.is_none(),
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

/// Above the compacted revision every one has its records. Where some are missing, in front of which they were, though every page
/// can be read, they were lost before.
fn holes(revisions: &[RevisionKey], compacted: i64) -> impl Iterator<Item = usize> {
    let follows = move |at: usize, revision: Revision| {
        let before = at.checked_sub(1).and_then(|at| revisions.get(at)).map(|key| key.revision);
        match before {
            Some(before) if before.main == revision.main => revision.sub == before.sub.saturating_add(1),
            _ => {
                let expected = before.map_or(1, |before| before.main).max(compacted).max(1).saturating_add(1);
                revision.sub == 0 && revision.main <= expected
            }
        }
    };
    let revisions = revisions.iter().enumerate();
    let missing = revisions.filter(move |(at, key)| key.revision.main > compacted && !follows(*at, key.revision));
    missing.map(|(at, _)| at)
}

fn newest<'a>(left: &ReadableBucket<'a>) -> HashMap<&'a [u8], Newest> {
    let mut newest = HashMap::new();
    for entry in &left.entries {
        let (Ok(key), Ok(record)) = (RevisionKey::parse(entry.key), KeyValueRef::parse(entry.value)) else { continue };
        if !record.key.is_empty() {
            newest.insert(record.key, Newest { main: key.revision.main, is_put: !key.tombstone });
        }
    }
    newest
}
