//! [`Scanner`]: reads every record once, during the structural check and on its threads.
//!
//! [`Scanner`] is an observer of the check. It computes the digest of every leaf of every bucket; of the `key` bucket it
//! also decodes each record, checks the rules about the record alone and about the one before it, and keeps a
//! [`RecordState`] for the rules that need all records of a key. [`Keyspace`](crate::Keyspace) merges the chunks and
//! applies those rules.

use std::fmt;

use etcdsnap_bbolt::check::{BucketInfo, Leaf, Observer};
use etcdsnap_bbolt::{LeafElement, Page};
use etcdsnap_fault::Collector;
use etcdsnap_proto::KeyValueRef;
use etcdsnap_proto::go_decoders::{DecodeOutcomes, KEY_VALUE};

use crate::digest::LeafDigest;
use crate::key_leaf::KeyLeaf;
use crate::position::Position;
use crate::record_code::RecordCode;
use crate::record_state::{self, RecordState};
use crate::violation::{Violation, ViolationDetail};
use crate::{Compaction, Revision, RevisionKey, RevisionKeyError};

/// The observer of a check that computes digests and scans records.
#[derive(Clone, Copy, Debug)]
pub struct Scanner {
    compacted: i64,
    records: bool,
    limit: u64,
    prefilter: Option<&'static dyn ValuePrefilter>,
}

/// A cheap test of the value of every put while it is in the cache, implemented by a caller that knows what the values mean.
pub trait ValuePrefilter: Sync + fmt::Debug {
    /// Does something seem wrong with this value of this key? The caller examines the suspect values of live keys again
    /// ([`Keyspace::suspects`](crate::Keyspace::suspects)).
    fn is_suspect(&self, key: &[u8], value: &[u8]) -> bool;
}

/// The most suspects that are kept of one chunk of leaves; there are more only when the prefilter does not fit the content.
const MAX_SUSPECTS: usize = 1024;

/// The result of scanning one chunk of leaves.
#[derive(Debug)]
pub struct ScanChunk<'a> {
    pub(crate) digests: Vec<LeafDigest>,
    pub(crate) leaves: Vec<KeyLeaf>,
    pub(crate) inline: Option<Page<'a>>,
    /// Grouped by partition when the chunk is finished.
    pub(crate) states: Vec<RecordState>,
    pub(crate) violations: Collector<Violation>,
    pub(crate) suspects: Vec<Position>,
    pub(crate) counts: RecordCounts,
}

/// Number of records of each kind.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RecordCounts {
    pub puts: u64,
    pub tombstones: u64,
    pub bump_markers: u64,
    pub at_compaction: u64,
    pub undecodable: DecodeOutcomes,
}

impl Scanner {
    /// Makes a scanner for a store with these compaction marks; at most `limit` violations of each rule are kept.
    pub fn new(compaction: Compaction, limit: u64) -> Self {
        Self { compacted: compaction.compacted(), records: true, limit, prefilter: None }
    }

    /// Adds a test of the values.
    #[must_use]
    pub fn with_prefilter(self, glance: Option<&'static dyn ValuePrefilter>) -> Self {
        Self { prefilter: glance, ..self }
    }

    /// Makes a scanner that computes digests only.
    pub fn digests_only() -> Self {
        Self { compacted: -1, records: false, limit: 0, prefilter: None }
    }

    /// Scans the records of one leaf of the `key` bucket.
    pub(crate) fn records<'a>(&self, chunk: &mut ScanChunk<'a>, page: Page<'a>, rank: u32) {
        let mut ends: Option<(Revision, Revision)> = None;
        for index in 0..page.count {
            let Some(element) = page.leaf_element(index) else { continue };
            let place = RecordPlace { page, index, position: Position::new(rank, index) };
            if element.is_bucket() {
                report_nested_bucket(chunk, &place, &element);
                continue;
            }
            let Some(revision) = self.record(chunk, &place, &element) else { continue };
            if let Some((_, last)) = ends {
                check_step(Some(last), revision, self.compacted, |code, found, expected| {
                    chunk.violations.push(place.violation(Some(revision), code, found, expected));
                });
            }
            ends = Some((ends.map_or(revision, |(first, _)| first), revision));
        }
        if let Some((first, last)) = ends {
            chunk.leaves.push(KeyLeaf::new(rank, page, first, last));
        }
        if page.position.is_none() {
            chunk.inline = Some(page);
        }
    }

    /// Checks one record alone; returns its revision, `None` when its key is not a revision.
    #[inline]
    fn record(
        &self,
        chunk: &mut ScanChunk<'_>,
        place: &RecordPlace<'_>,
        element: &LeafElement<'_>,
    ) -> Option<Revision> {
        let RevisionKey { revision, tombstone } = match RevisionKey::parse(element.key) {
            Ok(key) => key,
            Err(error) => {
                report_invalid_key(chunk, place, element.key, error);
                return None;
            }
        };
        if revision.main < 2 {
            let (code, found) = (RecordCode::MainRevisionTooLow, ViolationDetail::Number(revision.main));
            chunk.violations.push(place.violation(Some(revision), code, found, ViolationDetail::Number(2)));
        }
        let record = match KeyValueRef::parse(element.value) {
            Ok(record) => record,
            Err(error) => {
                let (code, words) = (RecordCode::RecordUndecodable, ViolationDetail::Words(error.to_string()));
                chunk.violations.push(place.violation(Some(revision), code, words, ViolationDetail::None));
                chunk.counts.undecodable.add(element.value, &KEY_VALUE, has_no_key);
                return Some(revision);
            }
        };
        chunk.counts.at_compaction += u64::from(revision.main == self.compacted);
        let state = if element.value.is_empty() && !tombstone {
            // A bump schedules a compaction at its marker, so a marker is never above the compacted revision.
            if revision.sub == 0 && revision.main <= self.compacted {
                chunk.counts.bump_markers += 1;
            } else {
                let code = RecordCode::RecordEmpty;
                chunk.violations.push(place.violation(
                    Some(revision),
                    code,
                    ViolationDetail::None,
                    ViolationDetail::None,
                ));
            }
            chunk.counts.puts += 1;
            RecordState::marker(place.position)
        } else if tombstone {
            chunk.counts.tombstones += 1;
            check_tombstone(chunk, place, revision, &record);
            RecordState::tombstone(place.position, record.key, revision.main, self.compacted)
        } else {
            chunk.counts.puts += 1;
            check_put(chunk, place, revision, &record);
            if let Some(glance) = self.prefilter
                && chunk.suspects.len() < MAX_SUSPECTS
                && glance.is_suspect(record.key, record.value)
            {
                chunk.suspects.push(place.position);
            }
            RecordState::put(place.position, &record, revision.main, self.compacted)
        };
        chunk.states.push(state);
        Some(revision)
    }
}

/// Does a server read this record as one of the key "", so that its real key is lost?
#[cold]
fn has_no_key(record: &[u8]) -> bool {
    KeyValueRef::parse(record).is_ok_and(|record| record.key.is_empty())
}

/// Reports a bucket in place of a record. Servers read its name as the key of a record with an empty value.
#[cold]
fn report_nested_bucket(chunk: &mut ScanChunk<'_>, place: &RecordPlace<'_>, element: &LeafElement<'_>) {
    let revision = RevisionKey::parse(element.key);
    let of = revision.ok().map(|key| key.revision);
    chunk.violations.push(place.violation(
        of,
        RecordCode::RecordIsBucket,
        ViolationDetail::None,
        ViolationDetail::None,
    ));
    if let Err(error) = revision {
        report_invalid_key(chunk, place, element.key, error);
    }
}

#[cold]
fn report_invalid_key(chunk: &mut ScanChunk<'_>, place: &RecordPlace<'_>, key: &[u8], error: RevisionKeyError) {
    // Keys outside the range that servers load do not stop them, whatever their form.
    let code = if RevisionKey::is_loaded(key) { error.code() } else { RecordCode::MainRevisionTooLow };
    chunk.violations.push(place.violation(
        None,
        code,
        ViolationDetail::Words(error.to_string()),
        ViolationDetail::None,
    ));
}

impl<'a> Observer<'a> for Scanner {
    type Chunk = ScanChunk<'a>;

    fn chunk(&self) -> ScanChunk<'a> {
        ScanChunk {
            digests: Vec::new(),
            leaves: Vec::new(),
            inline: None,
            states: Vec::new(),
            violations: Collector::new(self.limit),
            suspects: Vec::new(),
            counts: RecordCounts::default(),
        }
    }

    fn leaf(&self, chunk: &mut ScanChunk<'a>, bucket: &BucketInfo<'a>, leaf: &Leaf<'a>) {
        if bucket.parent != Some(0) {
            return;
        }
        chunk.digests.push(LeafDigest::of(bucket, leaf));
        if self.records && bucket.name == b"key" {
            self.records(chunk, leaf.page, leaf.rank);
        }
    }

    fn finish(&self, chunk: &mut ScanChunk<'a>) {
        chunk.states = record_state::grouped_by_partition(&chunk.states);
        chunk.digests.shrink_to_fit();
        chunk.leaves.shrink_to_fit();
    }
}

/// A record under check, with its position and page.
pub(crate) struct RecordPlace<'a> {
    pub page: Page<'a>,
    pub index: u16,
    pub position: Position,
}

impl RecordPlace<'_> {
    /// The violation of a rule by this record.
    #[cold]
    pub fn violation(
        &self,
        revision: Option<Revision>,
        code: RecordCode,
        found: ViolationDetail,
        expected: ViolationDetail,
    ) -> Violation {
        let key = self.page.leaf_element(self.index).map(|element| user_key(&element)).unwrap_or_default();
        let key = key.get(..256).unwrap_or(key).into();
        Violation { revision, page: self.page.position, element: self.index, code, key, found, expected }
    }
}

/// The user key of a record, when it is certain to be one; empty otherwise. One flipped bit can make a value look like a
/// second key, so it is certain only in a record that is encoded as etcd encodes it and has all fields of its kind.
fn user_key<'a>(element: &LeafElement<'a>) -> &'a [u8] {
    let tombstone = element.key.len() == RevisionKey::TOMBSTONE_LEN;
    let bare = |record: &KeyValueRef<'_>| *record == KeyValueRef { key: record.key, ..KeyValueRef::default() };
    let whole = |record: &KeyValueRef<'_>| record.create_revision != 0 && record.mod_revision != 0;
    let record = KeyValueRef::parse_canonical(element.value);
    record.filter(|record| if tombstone { bare(record) } else { whole(record) }).map_or(&[], |record| record.key)
}

/// Checks that no revision is missing between `previous` and `next`. Only revisions above the compacted one must be
/// complete.
pub(crate) fn check_step(
    previous: Option<Revision>,
    next: Revision,
    compacted: i64,
    mut breach: impl FnMut(RecordCode, ViolationDetail, ViolationDetail),
) {
    if previous == Some(next) {
        breach(RecordCode::RevisionRepeated, ViolationDetail::None, ViolationDetail::None);
        return;
    }
    if next.main <= compacted {
        return;
    }
    let same = previous.filter(|previous| previous.main == next.main);
    let sub = same.map_or(0, |previous| previous.sub.saturating_add(1));
    if next.sub != sub {
        breach(RecordCode::SubRevisionGap, ViolationDetail::Number(next.sub), ViolationDetail::Number(sub));
    }
    let main = previous.map_or(1, |previous| previous.main).max(compacted).max(1).saturating_add(1);
    if same.is_none() && next.main > main {
        breach(RecordCode::RevisionGap, ViolationDetail::Number(next.main), ViolationDetail::Number(main));
    }
}

/// Checks the rules about a put alone.
#[inline]
fn check_put(chunk: &mut ScanChunk<'_>, place: &RecordPlace<'_>, revision: Revision, record: &KeyValueRef<'_>) {
    let sound = record.mod_revision == revision.main
        && (1..=record.mod_revision).contains(&record.create_revision)
        && is_version_possible(record)
        && !record.key.is_empty();
    if sound {
        return;
    }
    let mut breach = |code, found, expected| {
        chunk.violations.push(place.violation(Some(revision), code, ViolationDetail::Number(found), expected));
    };
    if record.mod_revision != revision.main {
        breach(RecordCode::ModRevisionMismatch, record.mod_revision, ViolationDetail::Number(revision.main));
    }
    if !(1..=record.mod_revision).contains(&record.create_revision) {
        breach(RecordCode::CreateRevisionInvalid, record.create_revision, ViolationDetail::Number(record.mod_revision));
    } else if !is_version_possible(record) {
        let since = record.mod_revision.saturating_sub(record.create_revision);
        breach(RecordCode::VersionInvalid, record.version, ViolationDetail::Number(since));
    }
    if record.key.is_empty() {
        breach(RecordCode::UserKeyEmpty, 0, ViolationDetail::None);
    }
}

/// Is the version possible? It counts the puts of a generation: it is 1 at its creation only, and each later put has a
/// revision of its own.
#[inline]
fn is_version_possible(record: &KeyValueRef<'_>) -> bool {
    let since = record.mod_revision.saturating_sub(record.create_revision);
    record.version >= 1 && (record.version == 1) == (since == 0) && record.version - 1 <= since
}

/// Checks the rules about a tombstone alone.
fn check_tombstone(chunk: &mut ScanChunk<'_>, place: &RecordPlace<'_>, revision: Revision, record: &KeyValueRef<'_>) {
    let bare = KeyValueRef { key: record.key, ..KeyValueRef::default() };
    if *record != bare {
        let code = RecordCode::TombstoneNotBare;
        chunk.violations.push(place.violation(Some(revision), code, ViolationDetail::None, ViolationDetail::None));
    }
    if record.key.is_empty() {
        let (code, found) = (RecordCode::UserKeyEmpty, ViolationDetail::Number(0));
        chunk.violations.push(place.violation(Some(revision), code, found, ViolationDetail::None));
    }
}
