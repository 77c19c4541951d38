//! What became of objects between two backups, or between two revisions of one.
//!
//! Keys that differ are found without decoding anything ([`diff::pairs`]); only their objects are opened, decoded and compared
//! field by field. What cannot be opened or decoded is compared as it is stored.

use etcdsnap_kube::decode::Object;
use etcdsnap_kube::manifest::{redact, redact_both};
use etcdsnap_mvcc::{Record, UnchangedLeaves};
use etcdsnap_snapshot::diff::{self, Pair, Scope};

use crate::difference::{FieldEdit, difference};
use crate::routine_changes::{IncludedChanges, RoutineChange};
use crate::{ObjectRecord, ObjectSelection, Objects, Plaintext, UnreadableObject, map_in_order};

/// Two states to be compared.
#[derive(Debug)]
pub struct ObjectComparison<'o, 'a> {
    /// What was.
    pub before: &'o Objects<'a>,
    /// What is.
    pub after: &'o Objects<'a>,
    /// Which objects are compared.
    pub selection: ObjectSelection,
    /// What is not left out.
    pub included: IncludedChanges,
    /// Whether values of Secrets are kept.
    pub show_secrets: bool,
}

/// What became of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectChangeKind {
    /// It is there after, and not before.
    Added,
    /// It is there before, and not after.
    Removed,
    /// It differs.
    Changed,
    /// Another object has its name: it was deleted and created again.
    Recreated,
}

/// An object that differs.
#[derive(Debug)]
pub struct ObjectDifference<'c, 'a> {
    /// Where it is: after, or before if it was removed.
    pub entry: ObjectRecord<'c, 'a>,
    /// What became of it.
    pub change_kind: ObjectChangeKind,
    /// How it was stored before.
    pub before: Option<Record<'a>>,
    /// How it is stored after.
    pub after: Option<Record<'a>>,
    /// The object before, without noise and secrets, if it can be read.
    pub old: Option<&'c Object<'c>>,
    /// The object after, without noise and secrets, if it can be read.
    pub new: Option<&'c Object<'c>>,
    /// The fields that differ; none of an object that was added or removed.
    pub edits: Vec<FieldEdit<'c>>,
    /// Whether there are differences in fields that have no names.
    pub unknown_differ: bool,
    /// Why stored bytes were compared instead of fields.
    pub unreadable: Option<UnreadableObject>,
}

/// What a comparison finds at a key.
#[derive(Debug)]
enum Found<T> {
    /// Nothing, or nothing that was asked for.
    Nothing,
    /// Noise.
    Routine,
    /// A key of no object.
    NoObject,
    /// A difference.
    Difference(T),
}

/// Differences that were left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IgnoredDifferences {
    /// Objects that differ by noise alone, or are noise.
    pub routine: u64,
    /// Keys of no object that differ; only counted where all objects are compared.
    pub no_objects: u64,
}

/// One side of an object.
struct Side<'c, 'a> {
    entry: ObjectRecord<'c, 'a>,
    clear: Result<Plaintext<'a>, UnreadableObject>,
}

impl<'o, 'a> ObjectComparison<'o, 'a> {
    /// Makes something of every object that differs, on all threads, and hands the results to `take` in the order of keys.
    ///
    /// # Errors
    /// As soon as `take` fails.
    pub fn each<T: Send, E>(
        &self,
        make: impl Fn(&ObjectDifference<'_, 'a>) -> T + Sync,
        mut take: impl FnMut(T) -> Result<(), E>,
    ) -> Result<IgnoredDifferences, E> {
        // That only revisions differ is a difference where they are listened to.
        let ignore_revisions = !self.included.has(RoutineChange::ResourceVersion);
        let scope = Scope { ignore_revisions, ignore_leases: true, ..Scope::default() };
        let (before, after) = (self.before, self.after);
        let pairs = diff::pairs(
            (before.index(), before.revision()),
            (after.index(), after.revision()),
            &UnchangedLeaves::default(),
            &scope,
        );
        let size = |objects: &Objects<'_>, at: Option<_>| at.map_or(0, |at| objects.stored_len(at));
        let weight = |pair: &Pair| size(before, pair.0) + size(after, pair.1);
        let mut left_out = IgnoredDifferences::default();
        map_in_order(
            &pairs,
            weight,
            |pair| self.look(*pair, &make),
            |found| {
                match found {
                    Found::Nothing => {}
                    Found::Routine => left_out.routine += 1,
                    Found::NoObject => left_out.no_objects += 1,
                    Found::Difference(made) => take(made)?,
                }
                Ok(())
            },
        )?;
        Ok(left_out)
    }

    fn look<T>(&self, (before, after): Pair, make: impl Fn(&ObjectDifference<'_, 'a>) -> T) -> Found<T> {
        let before = before.and_then(|at| self.before.entry(at));
        let after = after.and_then(|at| self.after.entry(at));
        let Some(entry) = after.or(before) else {
            return if self.selection == ObjectSelection::default() { Found::NoObject } else { Found::Nothing };
        };
        if ![before, after].into_iter().flatten().any(|entry| entry.is_selected(&self.selection)) {
            return Found::Nothing;
        }
        // Who names events or leases wants them.
        if self.selection.wanted.is_empty() && self.included.ignores(&entry.key) {
            return Found::Routine;
        }
        let side = |entry: ObjectRecord<'o, 'a>| Side { entry, clear: entry.open() };
        let (before, after) = (before.map(side), after.map(side));
        let (mut old, mut new) = match (self.object(before.as_ref()), self.object(after.as_ref())) {
            (Ok(old), Ok(new)) => (old, new),
            (Err(reason), _) | (_, Err(reason)) => return Self::stored(entry, before, after, reason, make),
        };
        if !self.show_secrets {
            hide_secrets(old.as_mut(), new.as_mut());
        }
        let both = old.as_ref().zip(new.as_ref());
        let edits = both.map(|(old, new)| difference(&old.value, &new.value)).unwrap_or_default();
        let unknown_differ = both.is_some_and(|(old, new)| old.unknown != new.unknown);
        let uid = |object: &Object<'_>| object.value.text_at(&["metadata", "uid"]).map(str::to_owned);
        let change_kind = match both {
            None => ObjectChangeKind::of_one(before.is_some()),
            Some((old, new)) if uid(old) != uid(new) => ObjectChangeKind::Recreated,
            Some(_) if self.included.ignores_all(&edits) && !unknown_differ => return Found::Routine,
            Some(_) => ObjectChangeKind::Changed,
        };
        let record = |side: &Side<'_, 'a>| side.entry.record;
        let (before, after) = (before.as_ref().map(record), after.as_ref().map(record));
        let (old, new) = (old.as_ref(), new.as_ref());
        let unreadable = None;
        Found::Difference(make(&ObjectDifference {
            entry,
            change_kind,
            before,
            after,
            old,
            new,
            edits,
            unknown_differ,
            unreadable,
        }))
    }

    /// The object of a side without what is left out.
    fn object<'c>(&self, side: Option<&'c Side<'_, 'a>>) -> Result<Option<Object<'c>>, UnreadableObject> {
        let Some(Side { entry, clear }) = side else { return Ok(None) };
        let clear = clear.as_ref().map_err(Clone::clone)?;
        let mut object = entry.object(clear, self.included.has(RoutineChange::ManagedFields))?;
        self.included.remove_ignored(&mut object);
        Ok(Some(object))
    }

    /// Compares what is stored.
    fn stored<T>(
        entry: ObjectRecord<'_, 'a>,
        before: Option<Side<'_, 'a>>,
        after: Option<Side<'_, 'a>>,
        reason: UnreadableObject,
        make: impl Fn(&ObjectDifference<'_, 'a>) -> T,
    ) -> Found<T> {
        let (before, after) = (before.map(|side| side.entry.record), after.map(|side| side.entry.record));
        let change_kind = match before.zip(after) {
            None => ObjectChangeKind::of_one(before.is_some()),
            Some((old, new)) if old.kv.value == new.kv.value => return Found::Routine,
            Some((old, new)) if old.kv.create_revision != new.kv.create_revision => ObjectChangeKind::Recreated,
            Some(_) => ObjectChangeKind::Changed,
        };
        Found::Difference(make(&ObjectDifference {
            entry,
            change_kind,
            before,
            after,
            old: None,
            new: None,
            edits: Vec::new(),
            unknown_differ: false,
            unreadable: Some(reason),
        }))
    }
}

/// Hides the values of Secrets of two states, so that those that differ still do.
pub(crate) fn hide_secrets(old: Option<&mut Object<'_>>, new: Option<&mut Object<'_>>) {
    match (old, new) {
        (Some(old), Some(new)) => _ = redact_both(old, new),
        (old, new) => {
            _ = old.map(redact);
            _ = new.map(redact);
        }
    }
}

impl ObjectChangeKind {
    /// Of an object that is there on one side alone.
    fn of_one(before: bool) -> Self {
        if before { Self::Removed } else { Self::Added }
    }
}
