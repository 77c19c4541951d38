//! Reading one bucket as far as that is possible: its entries, and the stretches of keys in which some are lost.

use std::ops::{Bound, RangeBounds};

use etcdsnap_bbolt::check::{BucketLeaves, KeyInterval};
use etcdsnap_bbolt::{Db, LeafElement, Page, Problems};
use etcdsnap_mvcc::RevisionKey;
use etcdsnap_proto::KeyValueRef;
use etcdsnap_snapshot::container::Container;
use etcdsnap_snapshot::interrupt::Interrupt;

use crate::Error;

/// The longest key that bbolt accepts.
const MAX_KEY: usize = 32_768;
/// Leaves between two looks at the interrupt.
const PIECE: usize = 1024;

/// What a bucket holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BucketKind {
    /// Records under revisions; a record that etcd could not read is as good as lost.
    Records,
    /// Anything.
    Entries,
}

/// A value under its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry<'a> {
    pub key: &'a [u8],
    pub value: &'a [u8],
}

/// The lowest and the highest key of a stretch; unbounded when it can be any. They are never copied: branches of a damaged file
/// can have keys as long as itself, and many of them.
pub(super) type Bounds<'a> = (Bound<&'a [u8]>, Bound<&'a [u8]>);

/// A stretch of keys in which entries are lost.
#[derive(Clone, Debug)]
pub(super) struct LostSpan<'a> {
    pub bounds: Bounds<'a>,
    /// The page that cannot be read, or holds what cannot.
    pub page: Option<u64>,
    pub amount: Amount,
}

/// How many entries are lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Amount {
    Entries(u64),
    /// As many as a page has.
    Page,
    Unknown,
}

/// What is left of a bucket.
#[derive(Debug, Default)]
pub(super) struct ReadableBucket<'a> {
    /// In key order, each key once.
    pub entries: Vec<Entry<'a>>,
    pub lost: Vec<LostSpan<'a>>,
    /// Leaves that could be read.
    pub leaves: u64,
    /// User keys of lost records whose keys alone are damaged, and their main revisions.
    pub named: Vec<(&'a [u8], i64)>,
}

impl<'a> ReadableBucket<'a> {
    /// Bytes of all keys and values.
    pub fn bytes(&self) -> u64 {
        self.entries.iter().map(|entry| (entry.key.len() + entry.value.len()) as u64).sum()
    }

    fn lose(&mut self, bounds: Bounds<'a>, page: Option<u64>, amount: Amount) {
        self.lost.push(LostSpan { bounds, page, amount });
    }
}

pub(super) struct BucketReader<'r, 'a> {
    pub source: &'r Container,
    pub db: &'r Db<'a>,
    pub interrupt: &'r Interrupt,
}

impl<'a> BucketReader<'_, 'a> {
    /// Reads all that can be reached of the bucket `name`.
    pub fn read(&self, name: &[u8], kind: BucketKind) -> Result<ReadableBucket<'a>, Error> {
        let Ok(leaves) = BucketLeaves::of(self.db, name, 0) else { return Ok(ReadableBucket::default()) };
        let mut reading = Reading { kind, left: ReadableBucket::default(), misplaced: Vec::new() };
        let mut problems = Problems::new(0);
        for index in 0..leaves.len() {
            if index % PIECE == 0 {
                self.interrupt.check()?;
            }
            let bytes = leaves.bytes(index);
            self.source.image().prefetch(bytes.clone())?;
            let bounds = between(leaves.key_interval(index));
            if let Some(page) = leaves.read(index, &mut problems) {
                reading.leaf(page, bounds);
            } else {
                let page = bytes.start / u64::from(self.db.page_size());
                reading.left.lose(bounds, Some(page), Amount::Page);
            }
        }
        for gap in leaves.missing_intervals() {
            reading.left.lose(between(gap), None, Amount::Unknown);
        }
        Ok(reading.finish())
    }
}

struct Reading<'a> {
    kind: BucketKind,
    left: ReadableBucket<'a>,
    /// By leaf, entries outside the bounds that the branches set.
    misplaced: Vec<(Option<u64>, Vec<Entry<'a>>)>,
}

impl<'a> Reading<'a> {
    fn leaf(&mut self, page: Page<'a>, bounds: Bounds<'a>) {
        self.left.leaves += 1;
        let mut misplaced = Vec::new();
        let (low, high) = bounds;
        // The last entry, or the bound before the first, and how many are lost since.
        let (mut last, mut lost) = (low, 0);
        for index in 0..page.count {
            let Some(entry) = self.entry(page.leaf_element(index)) else {
                lost += 1;
                continue;
            };
            if !RangeBounds::<[u8]>::contains(&bounds, entry.key) {
                misplaced.push(entry);
                continue;
            }
            if lost > 0 {
                self.left.lose((last, Bound::Excluded(entry.key)), page.position, Amount::Entries(lost));
            }
            (last, lost) = (Bound::Excluded(entry.key), 0);
            self.left.entries.push(entry);
        }
        if lost == u64::from(page.count) && (lost > 0 || low != Bound::Unbounded) {
            self.left.lose(bounds, page.position, Amount::Page);
        } else if lost > 0 {
            self.left.lose((last, high), page.position, Amount::Entries(lost));
        }
        if !misplaced.is_empty() {
            misplaced.sort_unstable();
            self.misplaced.push((page.position, misplaced));
        }
    }

    /// The element, when all of it can be read and etcd could use it.
    fn entry(&mut self, element: Option<LeafElement<'a>>) -> Option<Entry<'a>> {
        let element = element?;
        let entry = Entry { key: element.key, value: element.value };
        if element.is_bucket() || entry.key.is_empty() || entry.key.len() > MAX_KEY {
            return None;
        }
        if self.kind == BucketKind::Entries || is_record(entry) {
            return Some(entry);
        }
        let record = KeyValueRef::parse_canonical(entry.value);
        let whole = record.filter(|record| record.create_revision > 0 && record.mod_revision > 1);
        self.left.named.extend(whole.map(|record| (record.key, record.mod_revision)));
        None
    }

    /// Puts all in order. Of what the branches do not expect where it is, only what fits between its neighbours is taken: the
    /// rest may be of another time, or of another bucket.
    fn finish(mut self) -> ReadableBucket<'a> {
        self.sort();
        let mut runs = std::mem::take(&mut self.misplaced);
        runs.sort_unstable_by(|(_, one), (_, other)| one.cmp(other));
        let (mut fitting, mut end) = (Vec::new(), None);
        for (page, run) in runs {
            let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
            let at = self.left.entries.partition_point(|entry| entry.key < first.key);
            let is_alone = self.left.entries.get(at).is_none_or(|next| last.key < next.key);
            if is_alone && end < Some(first.key) {
                end = Some(last.key);
                fitting.extend(run);
            } else {
                let bounds = (Bound::Included(first.key), Bound::Included(last.key));
                self.left.lose(bounds, page, Amount::Entries(run.len() as u64));
            }
        }
        self.left.entries.extend(fitting);
        self.sort();
        self.left
    }

    fn sort(&mut self) {
        if !self.left.entries.is_sorted_by(|one, next| one.key < next.key) {
            self.left.entries.sort_by_key(|entry| entry.key);
        }
        let kind = self.kind;
        let mut doubles = Vec::new();
        self.left.entries.dedup_by(|next, one| {
            let same = match kind {
                BucketKind::Records => next.key.get(..RevisionKey::PUT_LEN) == one.key.get(..RevisionKey::PUT_LEN),
                BucketKind::Entries => next.key == one.key,
            };
            if same && next != one {
                doubles.push(next.key);
            }
            same
        });
        for key in doubles {
            self.left.lose((Bound::Included(key), Bound::Included(key)), None, Amount::Entries(1));
        }
    }
}

/// Can etcd read it? A put without a value is one only as the marker of a bumped revision, whose sub revision is 0.
fn is_record(entry: Entry<'_>) -> bool {
    let (Ok(key), Ok(record)) = (RevisionKey::parse(entry.key), KeyValueRef::parse(entry.value)) else { return false };
    let marker = entry.value.is_empty() && !key.tombstone && key.revision.sub == 0;
    key.revision.main > 0 && (marker || !record.key.is_empty())
}

/// The bounds that branches set.
fn between(KeyInterval { low, high }: KeyInterval<'_>) -> Bounds<'_> {
    (low.map_or(Bound::Unbounded, Bound::Included), high.map_or(Bound::Unbounded, Bound::Excluded))
}
