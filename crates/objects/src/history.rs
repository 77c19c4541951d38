//! The past of objects: every retained revision, who wrote it, when, and what changed.

use etcdsnap_kube::decode::Object;
use etcdsnap_kube::metadata::ObjectHeader;
use etcdsnap_kube::value::Value;

use crate::authors::{Author, authors, authors_of_first};
use crate::comparison::hide_secrets;
use crate::difference::{FieldEdit, difference};
use crate::routine_changes::{IncludedChanges, RoutineChange};
use crate::{ObjectRecord, ObjectSelection, ObjectWrite, Objects, Plaintext, UnreadableObject, map_in_order};

/// What is told of the past.
#[derive(Debug)]
pub struct ObjectHistory<'o, 'a> {
    /// The objects.
    pub objects: &'o Objects<'a>,
    /// What is not left out of changes.
    pub included: IncludedChanges,
    /// Whether values of Secrets are kept.
    pub show_secrets: bool,
}

/// What a revision did to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevisionEffect {
    /// It was created; nothing retained tells of one before.
    Created,
    /// It was created again after it had been deleted.
    Recreated,
    /// It was written.
    Changed,
    /// It was deleted.
    Deleted,
}

/// One revision of an object.
#[derive(Debug)]
pub struct ObjectRevision<'c, 'a> {
    /// The record.
    pub entry: ObjectRecord<'c, 'a>,
    /// What it did.
    pub effect: RevisionEffect,
    /// Who did, as far as the object tells; a deletion does not.
    pub authors: Vec<Author>,
    /// Creation of the object, in seconds since 1970; for a deletion, of what was deleted.
    pub created: Option<i64>,
    /// When deletion was asked for or is due, in seconds since 1970, if it was.
    pub deletion: Option<i64>,
    /// The fields that changed; none where the state before is not known.
    pub edits: Vec<FieldEdit<'c>>,
    /// Whether the state before is in the file.
    pub has_before: bool,
    /// Why this revision, or the one before it, cannot be read.
    pub unreadable: Option<UnreadableObject>,
}

/// A readable state, with what its object does not show.
struct State<'c> {
    object: Object<'c>,
    managed: Option<Value<'c>>,
    created: Option<i64>,
    deletion: Option<i64>,
}

impl<'a> ObjectHistory<'_, 'a> {
    /// The retained revisions of the objects of a selection: object by object in the order of keys, each in the order of
    /// revisions. Those of deleted objects are among them.
    pub fn changes(&self, selection: &ObjectSelection) -> Vec<ObjectWrite> {
        let index = self.objects.index();
        let mut changes = index.sorted_by_key(self.objects.changes(selection, -1), |change| change.at);
        let key = |change: &ObjectWrite| index.record(change.at).map(|record| record.kv.key);
        for history in changes.chunk_by_mut(|one, other| key(one) == key(other)) {
            history.sort_unstable_by_key(|change| change.at);
        }
        changes
    }

    /// Makes something of every change, on all threads, and hands the results to `take` in order.
    ///
    /// # Errors
    /// As soon as `take` fails.
    pub fn each<T: Send, E>(
        &self,
        changes: &[ObjectWrite],
        make: impl Fn(&ObjectRevision<'_, 'a>) -> T + Sync,
        mut take: impl FnMut(T) -> Result<(), E>,
    ) -> Result<(), E> {
        let size = |at| self.objects.stored_len(at);
        let weight = |change: &ObjectWrite| size(change.at) + change.before.map_or(0, size);
        let tell = |change: &ObjectWrite| self.tell(*change, &make);
        map_in_order(changes, weight, tell, |made| made.map_or(Ok(()), &mut take))
    }

    fn tell<T>(&self, change: ObjectWrite, make: impl Fn(&ObjectRevision<'_, 'a>) -> T) -> Option<T> {
        let entry = self.objects.entry(change.at)?;
        let before = change.before.and_then(|at| self.objects.entry(at));
        let effect = RevisionEffect::of(&entry, before.as_ref());
        // A life begins without a state before, even if another one ended there.
        let before = before.filter(|before| !before.record.tombstone);
        let clear = |entry: &ObjectRecord<'_, 'a>| (!entry.record.tombstone).then(|| entry.open());
        let (old_clear, new_clear) = (before.as_ref().and_then(clear), clear(&entry));
        let mut past = ObjectRevision {
            entry,
            effect,
            authors: Vec::new(),
            created: None,
            deletion: None,
            edits: Vec::new(),
            has_before: before.is_some(),
            unreadable: None,
        };
        let (mut old, mut new) = (None, None);
        match before.as_ref().zip(old_clear.as_ref()).map(|(entry, clear)| self.state(entry, clear)).transpose() {
            Ok(state) => old = state,
            Err(reason) => past.unreadable = Some(reason),
        }
        match new_clear.as_ref().map(|clear| self.state(&entry, clear)).transpose() {
            Ok(state) => new = state,
            Err(reason) => past.unreadable = Some(reason),
        }
        if !self.show_secrets {
            let (old, new) = (old.as_mut(), new.as_mut());
            hide_secrets(old.map(|state| &mut state.object), new.map(|state| &mut state.object));
        }
        if let Some(state) = new.as_ref().or(old.as_ref()) {
            (past.created, past.deletion) = (state.created, state.deletion);
        }
        match (&old, &new) {
            (Some(old), Some(new)) => {
                past.edits = difference(&old.object.value, &new.object.value);
                let (were, are) = (old.managed.as_ref(), new.managed.as_ref());
                past.authors = authors(were, are, &new.object.value, &past.edits);
            }
            (None, Some(new)) if !past.has_before => {
                past.authors = authors_of_first(new.managed.as_ref(), effect != RevisionEffect::Changed);
            }
            _ => {}
        }
        Some(make(&past))
    }

    fn state<'c>(
        &self,
        entry: &ObjectRecord<'_, 'a>,
        clear: &'c Result<Plaintext<'a>, UnreadableObject>,
    ) -> Result<State<'c>, UnreadableObject> {
        let mut object = entry.object(clear.as_ref().map_err(Clone::clone)?, true)?;
        let header = ObjectHeader::of_value(&object.value)?;
        let (created, deletion) = (header.metadata.created, header.metadata.deletion_requested);
        let managed = object.value.at(&["metadata", "managedFields"]).cloned();
        self.included.remove_ignored(&mut object);
        Ok(State { object, managed, created, deletion })
    }
}

impl RevisionEffect {
    fn of(entry: &ObjectRecord<'_, '_>, before: Option<&ObjectRecord<'_, '_>>) -> Self {
        match (entry.record.tombstone, before) {
            (true, _) => Self::Deleted,
            (false, Some(before)) if before.record.tombstone => Self::Recreated,
            (false, None) if entry.record.kv.version == 1 => Self::Created,
            (false, _) => Self::Changed,
        }
    }
}

impl IncludedChanges {
    /// For the past of an object: all that happened to it, but for who did and at which revision, which is told beside.
    pub fn for_past(more: impl IntoIterator<Item = RoutineChange>) -> Self {
        let beside = [RoutineChange::ManagedFields, RoutineChange::ResourceVersion];
        let all = RoutineChange::ALL.into_iter().filter(|routine| !beside.contains(routine));
        Self::new(all.chain(more))
    }
}
