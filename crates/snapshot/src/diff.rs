//! What differs between two states of a keyspace: two backups, or two revisions of one.
//!
//! Most of what lives in two snapshots of one cluster is the same record in both, and much of it on the same page: such pages are
//! compared as bytes, and what lives on them on both sides is out ([`Contents::index_after`]). The other live records of
//! both sides are matched in the order of their revisions, which is the order they lie in; what has a twin of the same bytes is
//! out too. Only the rest is brought into the order of keys and merged. Between two revisions of one file a record is its own twin, and no byte of
//! it has to be read; two files of equal bytes are one.
//!
//! Memory is that of the indexes ([`Contents::index`]), 8 bytes for each live key while twins are looked for, and 32 for each
//! difference. Values are read where they lie, when a difference is asked for.

use etcdsnap_image::ImageError;
use etcdsnap_mvcc::{Index, KeyFilter, Position, Record, Revision, UnchangedLeaves};
use rayon::prelude::*;

use crate::contents::Contents;

/// Live records that one thread looks for twins of at a time.
const CHUNK: usize = 4096;

/// Which keys are compared, and what of them.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Only keys that begin with one of these; all when there is none.
    pub prefixes: Vec<Vec<u8>>,
    /// No keys that begin with one of these.
    pub excluded: Vec<Vec<u8>>,
    /// Keys that differ in their revisions and versions alone count as equal.
    pub ignore_revisions: bool,
    /// Keys that differ in their leases alone count as equal.
    pub ignore_leases: bool,
}

impl Scope {
    /// Is the key compared?
    pub fn has(&self, key: &[u8]) -> bool {
        let begins = |prefix: &Vec<u8>| key.starts_with(prefix);
        (self.prefixes.is_empty() || self.prefixes.iter().any(begins)) && !self.excluded.iter().any(begins)
    }

    /// What an index of it has to hold, given [`has`](Self::has): nothing is left out when all keys are compared.
    fn wanted<'w>(&self, has: &'w KeyFilter<'w>) -> Option<&'w KeyFilter<'w>> {
        (!self.prefixes.is_empty() || !self.excluded.is_empty()).then_some(has)
    }
}

/// One side: the keyspace of a backup at a revision, which has to be a [readable](Contents::readable) one.
#[derive(Clone, Copy, Debug)]
pub struct Side<'c, 'a> {
    /// The backup.
    pub contents: &'c Contents<'a>,
    /// The revision.
    pub revision: i64,
}

/// All differences, in the order of keys.
#[derive(Debug)]
pub struct Diff<'a> {
    /// None when both sides are the same state of the same bytes.
    before: Option<Index<'a>>,
    /// None when both sides are in one index.
    after: Option<Index<'a>>,
    pairs: Vec<Pair>,
}

/// Where the newest puts of a key are before and after, if it lives there.
pub type Pair = (Option<Position>, Option<Position>);

/// How one key differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Difference<'a> {
    /// The key.
    pub key: &'a [u8],
    /// What lives under it before; `None` when it was added.
    pub before: Option<Record<'a>>,
    /// What lives under it after; `None` when it was removed.
    pub after: Option<Record<'a>>,
}

/// What became of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It lives after, and not before.
    Added,
    /// It lives before, and not after.
    Removed,
    /// It lives in both and differs.
    Changed,
}

/// A field of a live key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Its value.
    Value,
    /// The lease it is attached to.
    Lease,
    /// The revision that it was created at.
    CreateRevision,
    /// The revision of its last change.
    ModRevision,
    /// Its version.
    Version,
}

impl<'a> Difference<'a> {
    /// What became of the key.
    pub fn change(&self) -> Change {
        match (self.before, self.after) {
            (None, _) => Change::Added,
            (_, None) => Change::Removed,
            _ => Change::Changed,
        }
    }

    /// The fields that differ of a key that lives on both sides; none of one that was added or removed.
    pub fn fields(&self) -> impl Iterator<Item = Field> + use<'a> {
        let fields = self.before.zip(self.after).map(|(Record { kv: one, .. }, Record { kv: other, .. })| {
            [
                (Field::Value, one.value != other.value),
                (Field::Lease, one.lease != other.lease),
                (Field::CreateRevision, one.create_revision != other.create_revision),
                (Field::ModRevision, one.mod_revision != other.mod_revision),
                (Field::Version, one.version != other.version),
            ]
        });
        fields.into_iter().flatten().filter_map(|(field, differs)| differs.then_some(field))
    }

    /// Is it a difference in this scope?
    fn counts(&self, scope: &Scope) -> bool {
        let counts = |field| match field {
            Field::Value => true,
            Field::Lease => !scope.ignore_leases,
            Field::CreateRevision | Field::ModRevision | Field::Version => !scope.ignore_revisions,
        };
        self.change() != Change::Changed || self.fields().any(counts)
    }
}

/// Compares two states. Works on the rayon pool it is called in.
///
/// # Errors
/// The system could not read a file.
pub fn diff<'a>(before: Side<'_, 'a>, after: Side<'_, 'a>, scope: &Scope) -> Result<Diff<'a>, ImageError> {
    if before.contents.db.bytes() == after.contents.db.bytes() {
        return within(before.contents, before.revision, after.revision, scope);
    }
    let wanted = |key: &[u8]| scope.has(key);
    let wanted = scope.wanted(&wanted);
    let one = before.contents.index(before.revision, wanted)?;
    let (other, shared) = after.contents.index_after(before.contents, &one, after.revision, wanted)?;
    let pairs = pairs((&one, before.revision), (&other, after.revision), &shared, scope);
    Ok(Diff { before: Some(one), after: Some(other), pairs })
}

/// The live keys that differ between two indexes, each at a revision, in the order of keys: where their newest puts are before
/// and after. For who has the indexes already; they need not be made with the scope. `shared` are leaves that are known to be in
/// both.
pub fn pairs(
    before: (&Index<'_>, i64),
    after: (&Index<'_>, i64),
    shared: &UnchangedLeaves,
    scope: &Scope,
) -> Vec<Pair> {
    let ((one, at), (other, then)) = (before, after);
    let (mut old, mut new) = (live(one, at), live(other, then));
    without_shared(&mut old, &mut new, shared);
    let (old, new) = without_twins(one, &old, other, &new);
    merged(one, old, other, new, scope)
}

/// Compares two revisions of one backup.
fn within<'a>(contents: &Contents<'a>, before: i64, after: i64, scope: &Scope) -> Result<Diff<'a>, ImageError> {
    if before == after {
        return Ok(Diff { before: None, after: None, pairs: Vec::new() });
    }
    let has = |key: &[u8]| scope.has(key);
    let index = contents.index(before.max(after), scope.wanted(&has))?;
    let (mut old, mut new) = (live(&index, before), live(&index, after));
    let kept = new.clone();
    subtract(&mut new, &old);
    subtract(&mut old, &kept);
    let pairs = merged(&index, old, &index, new, scope);
    Ok(Diff { before: Some(index), after: None, pairs })
}

/// The newest puts of all live keys, in the order of revisions.
fn live(index: &Index<'_>, revision: i64) -> Vec<Position> {
    let mut live = index.live_at(revision);
    live.par_sort_unstable();
    live
}

/// Takes out of `from` what is in `what`; both ascend.
fn subtract(from: &mut Vec<Position>, what: &[Position]) {
    let mut what = what.iter().peekable();
    from.retain(|position| {
        while what.next_if(|taken| *taken < position).is_some() {}
        what.peek() != Some(&position)
    });
}

/// Takes out of both sides what lives on both on a shared leaf: it is the same, and need not be read.
fn without_shared(old: &mut Vec<Position>, new: &mut Vec<Position>, shared: &UnchangedLeaves) {
    let moved: Vec<Position> = old.iter().filter_map(|position| shared.later_position(*position)).collect();
    let mut alone = moved.clone();
    subtract(&mut alone, new);
    subtract(new, &moved);
    let mut alone = alone.into_iter().peekable();
    old.retain(|position| shared.later_position(*position).is_none_or(|moved| alone.next_if_eq(&moved).is_some()));
}

/// What is left of both sides without the records that are in both, with the same revision and the same bytes.
fn without_twins(
    one: &Index<'_>,
    old: &[Position],
    other: &Index<'_>,
    new: &[Position],
) -> (Vec<Position>, Vec<Position>) {
    let revision =
        |index: &Index<'_>, at: &Position| index.record(*at).map_or(Revision::default(), |found| found.revision);
    let chunks: Vec<_> = old
        .par_chunks(CHUNK)
        .map(|chunk| {
            let (mut left, mut twins) = (Vec::new(), Vec::new());
            let first = chunk.first().map_or(Revision::default(), |at| revision(one, at));
            let start = new.partition_point(|at| revision(other, at) < first);
            let mut candidates = new[start..].iter().map(|at| (*at, other.record(*at))).peekable();
            for at in chunk {
                let record = one.record(*at);
                let wanted = record.map_or(Revision::default(), |record| record.revision);
                let older = |candidate: &Option<Record<'_>>| candidate.is_none_or(|found| found.revision < wanted);
                while candidates.next_if(|(_, candidate)| older(candidate)).is_some() {}
                match candidates.peek() {
                    Some((twin, found)) if record.is_some() && *found == record => twins.push(*twin),
                    _ => left.push(*at),
                }
            }
            (left, twins)
        })
        .collect();
    let (mut left, mut twins) = (Vec::new(), Vec::new());
    for (some_left, some_twins) in chunks {
        left.extend(some_left);
        twins.extend(some_twins);
    }
    let mut new = new.to_vec();
    subtract(&mut new, &twins);
    (left, new)
}

/// Pairs up what is left of both sides by key.
fn merged(one: &Index<'_>, old: Vec<Position>, other: &Index<'_>, new: Vec<Position>, scope: &Scope) -> Vec<Pair> {
    let (old, new) = (one.sorted_by_key(old, |at| *at), other.sorted_by_key(new, |at| *at));
    let mut old = old.into_iter().peekable();
    let mut new = new.into_iter().peekable();
    let mut pairs = Vec::new();
    while let Some(order) = match (old.peek(), new.peek()) {
        (None, None) => None,
        (Some(_), None) => Some(std::cmp::Ordering::Less),
        (None, Some(_)) => Some(std::cmp::Ordering::Greater),
        (Some(before), Some(after)) => Some(key(one, *before).cmp(key(other, *after))),
    } {
        let before = if order.is_le() { old.next() } else { None };
        let after = if order.is_ge() { new.next() } else { None };
        let difference = difference(one, other, (before, after));
        if difference.is_some_and(|difference| scope.has(difference.key) && difference.counts(scope)) {
            pairs.push((before, after));
        }
    }
    pairs
}

fn key<'a>(index: &Index<'a>, at: Position) -> &'a [u8] {
    index.record(at).map_or(&[], |record| record.kv.key)
}

fn difference<'a>(
    one: &Index<'a>,
    other: &Index<'a>,
    (before, after): (Option<Position>, Option<Position>),
) -> Option<Difference<'a>> {
    let (before, after) = (before.and_then(|at| one.record(at)), after.and_then(|at| other.record(at)));
    let key = after.or(before)?.kv.key;
    Some(Difference { key, before, after })
}

impl<'a> Diff<'a> {
    /// How many keys differ.
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Is there no difference?
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// The differences, ascending by key.
    pub fn iter(&self) -> impl Iterator<Item = Difference<'a>> {
        let indexes = self.before.as_ref().map(|before| (before, self.after.as_ref().unwrap_or(before)));
        self.pairs.iter().filter_map(move |pair| {
            let (before, after) = indexes?;
            difference(before, after, *pair)
        })
    }
}
