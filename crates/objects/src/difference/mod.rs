//! What differs between two values, as a list of edits with the paths of the fields.
//!
//! Objects are compared member by member. Items of lists are matched by what Kubernetes tells them apart by where they have
//! something of that kind (the `name` of a container, the `type` of a condition), so that a container put in front of
//! the others is one edit and not a change of them all; other lists are brought into line item by item. Equal values give no edit,
//! and all edits of two values put into the one give the other.

mod items;
mod path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use etcdsnap_kube::value::{Map, Value};

use items::Pairs;
pub use path::{FieldPath, ItemName, PathStep};

/// Steps in the paths of all edits together. Differences that could have more are not looked for: what holds them is one edit.
const MOST_STEPS: usize = 1 << 20;

/// One difference.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldEdit<'v> {
    /// The field. The index of an item without a name is its place in the list before if it was removed, else after.
    pub path: FieldPath<'v>,
    /// What became of it.
    pub change: FieldChange<'v>,
}

/// What became of a field.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldChange<'v> {
    /// It was not there before.
    Added {
        /// The value.
        value: &'v Value<'v>,
        /// Of the item of a list, its index after.
        at: Option<usize>,
    },
    /// It is not there after.
    Removed(&'v Value<'v>),
    /// It has another value.
    Changed(&'v Value<'v>, &'v Value<'v>),
    /// The items that a list has before and after stand in another order.
    Reordered(Vec<PathStep<'v>>, Vec<PathStep<'v>>),
}

/// All edits that make `after` of `before`, in the order of their paths.
pub fn difference<'v>(before: &'v Value<'v>, after: &'v Value<'v>) -> Vec<FieldEdit<'v>> {
    let mut comparison = Comparison::default();
    comparison.values(before, after);
    comparison.edits
}

/// Do both show as the same? Bytes and the text of their base64 do.
pub fn same(one: &Value<'_>, other: &Value<'_>) -> bool {
    match (one, other) {
        (Value::Float(one), Value::Float(other)) => one.total_cmp(other).is_eq(),
        (Value::Bytes(bytes), Value::Text(text)) | (Value::Text(text), Value::Bytes(bytes)) => {
            text.len() == bytes.len().div_ceil(3) * 4 && BASE64_STANDARD.encode(bytes) == *text
        }
        (Value::List(one), Value::List(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Map(one), Value::Map(other)) => {
            let equal = |((key, one), (other_key, other))| key == other_key && same(one, other);
            one.len() == other.len() && one.iter().zip(other.iter()).all(equal)
        }
        (one, other) => one == other,
    }
}

/// A comparison under way.
#[derive(Default)]
struct Comparison<'v> {
    path: FieldPath<'v>,
    edits: Vec<FieldEdit<'v>>,
    /// Steps in their paths.
    noted: usize,
    /// Steps that edits right below the fields on the path may have.
    reserved: usize,
}

impl<'v> Comparison<'v> {
    fn values(&mut self, before: &'v Value<'v>, after: &'v Value<'v>) {
        match (before, after) {
            (Value::Map(one), Value::Map(other)) if self.has_room(one.len() + other.len()) => {
                self.below(one.len() + other.len(), |comparison| comparison.members(one, other));
            }
            _ if same(before, after) => {}
            (Value::List(one), Value::List(other)) if self.has_room(one.len() + other.len()) => {
                self.below(one.len() + other.len(), |comparison| comparison.items(one, other));
            }
            _ => self.note(FieldChange::Changed(before, after)),
        }
    }

    /// Steps that edits of so many fields right below the path may have; where their order changes, they are noted twice more.
    fn steps(&self, fields: usize) -> usize {
        (fields + 1).saturating_mul(self.path.0.len() + 3)
    }

    fn has_room(&self, fields: usize) -> bool {
        self.noted.saturating_add(self.reserved).saturating_add(self.steps(fields)) <= MOST_STEPS
    }

    /// Compares so many fields right below the path.
    fn below(&mut self, fields: usize, compare: impl FnOnce(&mut Self)) {
        let steps = self.steps(fields);
        self.reserved += steps;
        compare(self);
        self.reserved -= steps;
    }

    fn members(&mut self, before: &'v Map<'v>, after: &'v Map<'v>) {
        let (mut before, mut after) = (before.iter().peekable(), after.iter().peekable());
        // Ends, because each round takes a member of one of the maps or of both.
        loop {
            let order = match (before.peek(), after.peek()) {
                (None, None) => return,
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (Some((one, _)), Some((other, _))) => one.cmp(other),
            };
            let old = before.next_if(|_| order.is_le());
            let new = after.next_if(|_| order.is_ge());
            if let Some((key, _)) = old.or(new) {
                self.field(PathStep::Member(key), old.map(|(_, value)| value), new.map(|(_, value)| value), None);
            }
        }
    }

    fn items(&mut self, before: &'v [Value<'v>], after: &'v [Value<'v>]) {
        let Pairs { pairs, order } = items::pair(before, after);
        for (step, old, new) in pairs {
            self.field(step, old.map(|at| &before[at]), new.map(|at| &after[at]), new);
        }
        if let Some((before, after)) = order {
            self.note(FieldChange::Reordered(before, after));
        }
    }

    /// A member or an item, which is there before, after, or in both; `at` is its index after.
    fn field(&mut self, step: PathStep<'v>, old: Option<&'v Value<'v>>, new: Option<&'v Value<'v>>, at: Option<usize>) {
        self.path.0.push(step);
        match (old, new) {
            (Some(old), Some(new)) => self.values(old, new),
            (Some(old), None) => self.note(FieldChange::Removed(old)),
            (None, Some(value)) => self.note(FieldChange::Added { value, at }),
            (None, None) => {}
        }
        self.path.0.pop();
    }

    fn note(&mut self, change: FieldChange<'v>) {
        let order = if let FieldChange::Reordered(one, other) = &change { one.len() + other.len() } else { 0 };
        self.noted += self.path.0.len() + order;
        self.edits.push(FieldEdit { path: self.path.clone(), change });
    }
}

#[cfg(test)]
mod tests;
