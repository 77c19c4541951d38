//! Who made a change, as far as an object's `managedFields` tell (docs/format/kubernetes.md#managed-fields).
//!
//! A server notes the time whenever the set of fields that a manager cares for changes, so an entry with a new time is that of
//! who wrote. A write that changes only values leaves all times as they were; but who writes a value owns the field from then
//! on, so the owners of the fields that changed are those who may have written.

use std::collections::HashSet;

use etcdsnap_kube::json::parse;
use etcdsnap_kube::metadata::time;
use etcdsnap_kube::value::Value;

use crate::difference::{FieldChange, FieldEdit, ItemName, PathStep, same};

/// Steps, items and pieces of keys that are looked at, to find the owners of what one write changed; nobody is named when that
/// is not enough.
const PATIENCE: usize = 1 << 18;

/// Who wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// Name of the manager, such as `kube-controller-manager`.
    pub manager: String,
    /// `Apply` or `Update`.
    pub operation: String,
    /// The subresource that was written; empty for the object itself.
    pub subresource: String,
    /// When, in seconds since 1970; known where the entry's time is that of this write.
    pub time: Option<i64>,
}

/// The authors of the first state that is known: of a new object all that are noted, else those noted last.
pub fn authors_of_first(managed: Option<&Value<'_>>, is_new: bool) -> Vec<Author> {
    let newest = entries(managed).filter_map(|entry| time(entry, "time")).max();
    let wrote = |entry: &&Value<'_>| is_new || newest.is_some() && time(entry, "time") == newest;
    entries(managed).filter(wrote).map(|entry| author(entry, true)).collect()
}

/// The authors of a change: what was managed by whom before and after, the object after, and what changed.
pub fn authors(
    before: Option<&Value<'_>>,
    after: Option<&Value<'_>>,
    object: &Value<'_>,
    edits: &[FieldEdit<'_>],
) -> Vec<Author> {
    let known: HashSet<_> = entries(before).map(identity).collect();
    let noted = entries(after).filter(|entry| !known.contains(&identity(entry)));
    let noted: Vec<_> = noted.map(|entry| author(entry, true)).collect();
    if !noted.is_empty() {
        return noted;
    }
    let is_written =
        |edit: &&FieldEdit<'_>| matches!(edit.change, FieldChange::Added { .. } | FieldChange::Changed(..));
    let written: Vec<_> = edits.iter().filter(is_written).collect();
    let mut owners = Vec::new();
    if written.is_empty() {
        return owners;
    }
    let mut patience = PATIENCE;
    for entry in entries(after) {
        let Some(fields) = entry.at(&["fieldsV1"]) else { continue };
        if written.iter().any(|edit| owns(fields, object, edit.path.steps(), &mut patience)) {
            owners.push(author(entry, false));
        }
        if patience == 0 {
            return Vec::new();
        }
    }
    owners
}

fn entries<'v, 'a>(managed: Option<&'v Value<'a>>) -> impl Iterator<Item = &'v Value<'a>> {
    managed.and_then(Value::as_list).unwrap_or_default().iter()
}

/// What makes an entry the same as before.
fn identity<'v>(entry: &'v Value<'_>) -> [Option<&'v str>; 5] {
    ["manager", "operation", "subresource", "apiVersion", "time"].map(|member| entry.text_at(&[member]))
}

fn author(entry: &Value<'_>, timed: bool) -> Author {
    let text = |member| entry.text_at(&[member]).unwrap_or_default().to_owned();
    let time = time(entry, "time").filter(|_| timed);
    Author { manager: text("manager"), operation: text("operation"), subresource: text("subresource"), time }
}

/// Is the field at the end of these steps, or one it lies in, among those of a set? `value` is what the steps lead through.
/// Each step costs some `patience`, see [`price`]; without any the answer is no.
fn owns(fields: &Value<'_>, value: &Value<'_>, steps: &[PathStep<'_>], patience: &mut usize) -> bool {
    *patience = patience.saturating_sub(steps.first().map_or(1, |step| price(fields, value, step)));
    if *patience == 0 {
        return false;
    }
    let (Some(set), Some((step, rest))) = (fields.as_map(), steps.split_first()) else { return true };
    let (within, next) = match step {
        PathStep::Member(key) => (set.get(&format!("f:{key}")), value.at(&[*key])),
        PathStep::Item(_) | PathStep::Index(_) => {
            let Some((index, item)) = item(value, step) else { return false };
            let is_item = |key: &str| match key.split_at_checked(2) {
                Some(("k:", names)) => parse(names.as_bytes()).is_ok_and(|names| has_members(item, &names)),
                Some(("v:", text)) => parse(text.as_bytes()).is_ok_and(|value| same(&value, item)),
                Some(("i:", number)) => number.parse() == Ok(index),
                _ => false,
            };
            (set.iter().find(|(key, _)| is_item(key)).map(|(_, within)| within), Some(item))
        }
    };
    // What has nothing within it is owned as a whole.
    within.is_some_and(|within| within.is_empty() || next.is_some_and(|next| owns(within, next, rest, patience)))
}

/// What it costs to take a step: to a member, to look up its key; to an item, to look at all that may be meant, and at all keys of
/// the set. Long keys and names cost more.
fn price(fields: &Value<'_>, value: &Value<'_>, step: &PathStep<'_>) -> usize {
    let look = |text: &str| 1 + text.len() / 64;
    let name = |(_, name): &(&str, ItemName<'_>)| if let ItemName::Text(text) = name { look(text) } else { 1 };
    let item = match step {
        PathStep::Member(key) => return look(key),
        PathStep::Item(names) => names.iter().map(name).sum(),
        PathStep::Index(_) => 1_usize,
    };
    let keys = fields.as_map().map_or(0, |set| set.iter().map(|(key, _)| look(key)).sum());
    value.as_list().map_or(0, <[_]>::len).saturating_mul(item).saturating_add(1 + keys)
}

fn item<'v, 'a>(value: &'v Value<'a>, step: &PathStep<'_>) -> Option<(usize, &'v Value<'a>)> {
    let has = |item: &Value<'_>, (member, name): &(&str, ItemName<'_>)| match (item.at(&[*member]), name) {
        (Some(Value::Text(text)), ItemName::Text(name)) => text == name,
        (Some(Value::Int(number)), ItemName::Number(name)) => number == name,
        (None, ItemName::Missing) => true,
        _ => false,
    };
    let mut items = value.as_list()?.iter().enumerate();
    match step {
        PathStep::Index(index) => items.nth(*index),
        PathStep::Item(names) => items.find(|(_, item)| names.iter().all(|name| has(item, name))),
        PathStep::Member(_) => None,
    }
}

fn has_members(item: &Value<'_>, names: &Value<'_>) -> bool {
    names.as_map().is_some_and(|names| names.iter().all(|(member, name)| item.at(&[member]) == Some(name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::difference::difference;

    /// Two states with their managed fields in `managed`; who made the one of the other.
    fn who(before: &str, after: &str) -> Vec<(String, bool)> {
        let (before, after) = (parse(before.as_bytes()).expect("JSON"), parse(after.as_bytes()).expect("JSON"));
        let (mut old, mut new) = (before, after);
        let (were, are) = (old.remove_at(&["managed"]), new.remove_at(&["managed"]));
        let edits = difference(&old, &new);
        let authors = authors(were.as_ref(), are.as_ref(), &new, &edits);
        authors.into_iter().map(|author| (author.manager, author.time.is_some())).collect()
    }

    #[test]
    fn a_new_time_tells() {
        let entry = |name: &str, time: u8| {
            format!(r#"{{"manager":"{name}","operation":"Update","time":"2024-01-01T00:00:0{time}Z"}}"#)
        };
        let state = |spec: u8, entries: &[String]| format!(r#"{{"spec":{spec},"managed":[{}]}}"#, entries.join(","));
        let before = state(1, &[entry("a", 1), entry("b", 1)]);
        assert_eq!(who(&before, &state(2, &[entry("a", 1), entry("b", 2)])), [("b".to_owned(), true)]);
        assert_eq!(who(&before, &state(2, &[entry("a", 1), entry("b", 1), entry("c", 2)])), [("c".to_owned(), true)]);
    }

    #[test]
    fn who_owns_a_field_may_have_written_it() {
        const MANAGED: &str = r#"[
            {"manager":"kubectl","time":"t","fieldsV1":{"f:spec":{"f:containers":{"k:{\"name\":\"web\"}":{".":{},"f:image":{}}},"f:args":{}}}},
            {"manager":"scaler","time":"t","fieldsV1":{"f:spec":{"f:replicas":{}}}},
            {"manager":"set","time":"t","fieldsV1":{"f:metadata":{"f:finalizers":{"v:\"x\"":{}}}}}]"#;
        let state = |image: &str, replicas: u8, arg: &str, finalizer: &str| {
            format!(
                r#"{{"spec":{{"containers":[{{"name":"web","image":"{image}"}}],"args":["{arg}"],"replicas":{replicas}}},
                "metadata":{{"finalizers":[{finalizer}]}},"managed":{MANAGED}}}"#
            )
        };
        let before = state("a", 1, "p", "");
        for (after, author) in [
            (state("b", 1, "p", ""), "kubectl"),
            (state("a", 2, "p", ""), "scaler"),
            (state("a", 1, "q", ""), "kubectl"),
            (state("a", 1, "p", "\"x\""), "set"),
        ] {
            assert_eq!(who(&before, &after), [(author.to_owned(), false)]);
        }
        assert_eq!(who(&before, &before), []);
    }

    /// No object makes the search for its authors long.
    #[test]
    fn patience_ends() {
        let state = |items: usize, value: u8| {
            let items: Vec<_> = (0..items).map(|item| format!(r#"{{"name":"{item}","a":{value}}}"#)).collect();
            let fields = [r#"{"f:list":{"k:{\"name\":\"x\"}":{}}}"#, r#"{"f:list":{}}"#];
            let managed = fields.map(|fields| format!(r#"{{"manager":"m","fieldsV1":{fields}}}"#));
            format!(r#"{{"list":[{}],"managed":[{}]}}"#, items.join(","), managed.join(","))
        };
        assert_eq!(who(&state(100, 1), &state(100, 2)), [("m".to_owned(), false)]);
        assert_eq!(who(&state(2000, 1), &state(2000, 2)), []);
    }

    /// A key as long as an object may be is not read again for every edit; what was taken away has no owners to look for.
    #[test]
    fn long_keys_cost_patience() {
        let long = "x".repeat(300_000);
        let state = |items: &str| {
            let fields =
                [format!(r#"{{"f:list":{{"k:{{\"name\":\"{long}\"}}":{{}}}}}}"#), r#"{"f:list":{}}"#.to_owned()];
            let managed = fields.map(|fields| format!(r#"{{"manager":"m","fieldsV1":{fields}}}"#));
            format!(r#"{{"list":[{items}],"managed":[{}]}}"#, managed.join(","))
        };
        let items = |value: u8| (0..100).map(|_| format!("[{value}]")).collect::<Vec<_>>().join(",");
        assert_eq!(who(&state(&items(1)), &state(&items(2))), []);
        assert_eq!(who(&state(&items(1)), &state("")), []);
    }

    #[test]
    fn values_are_owned_however_they_are_written() {
        let state = |items: &str| {
            let fields = r#"{"f:list":{"v:{ \"b\": 1, \"a\": 2 }":{}}}"#;
            format!(r#"{{"list":[{items}],"managed":[{{"manager":"m","fieldsV1":{fields}}}]}}"#)
        };
        assert_eq!(who(&state(""), &state(r#"{"a":2,"b":1}"#)), [("m".to_owned(), false)]);
        assert_eq!(who(&state(""), &state(r#"{"a":2,"b":3}"#)), []);
    }

    #[test]
    fn of_the_first_state_the_newest_tell() {
        let managed =
            parse(br#"[{"manager":"a","time":"2024-01-01T00:00:01Z"},{"manager":"b","time":"2024-01-01T00:00:02Z"}]"#)
                .expect("JSON");
        let names = |is_new| {
            authors_of_first(Some(&managed), is_new).into_iter().map(|author| author.manager).collect::<String>()
        };
        assert_eq!((names(true), names(false)), ("ab".to_owned(), "b".to_owned()));
        assert!(authors_of_first(None, true).is_empty());
    }
}
