//! Fields that differ: lines for people, rows for programs.

use std::fmt::Write as _;

use etcdsnap_kube::json::{self, JsonLayout};
use etcdsnap_kube::value::Value;
use etcdsnap_objects::difference::{FieldChange, FieldEdit, PathStep};
use etcdsnap_quote::{go_quote, is_printable};
use serde::Serialize;
use serde_json::value::RawValue;

/// Characters of a value that are shown.
const SHOWN: usize = 100;
/// Of two values that begin alike, what is shown begins so many characters before they differ.
const LEAD: usize = 20;

/// A field that differs, for JSON.
#[derive(Debug, Serialize)]
pub struct Row {
    path: String,
    change: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<Box<RawValue>>,
}

/// The rows of all edits.
pub fn rows(edits: &[FieldEdit<'_>]) -> Vec<Row> {
    edits.iter().map(Row::of).collect()
}

impl Row {
    fn of(edit: &FieldEdit<'_>) -> Self {
        let raw = |value: &Value<'_>| RawValue::from_string(json::to_string(value, JsonLayout::Compact)).ok();
        let steps = |steps: &[PathStep<'_>]| {
            let names: Vec<String> = steps.iter().map(ToString::to_string).collect();
            serde_json::value::to_raw_value(&names).ok()
        };
        let (change, before, after) = match &edit.change {
            FieldChange::Added { value, .. } => ("added", None, raw(value)),
            FieldChange::Removed(value) => ("removed", raw(value), None),
            FieldChange::Changed(old, new) => ("changed", raw(old), raw(new)),
            FieldChange::Reordered(old, new) => ("reordered", steps(old), steps(new)),
        };
        Self { path: edit.path.to_string(), change, before, after }
    }
}

/// A line for each edit, below what it is of.
pub fn lines(edits: &[FieldEdit<'_>], text: &mut String) {
    for edit in edits {
        let path = &edit.path;
        // A text takes everything.
        _ = match &edit.change {
            FieldChange::Added { value, .. } => writeln!(text, "    + {path}: {}", cut(&shown(value), 0)),
            FieldChange::Removed(value) => writeln!(text, "    - {path}: {}", cut(&shown(value), 0)),
            FieldChange::Changed(old, new) => {
                let (old, new) = (shown(old), shown(new));
                let alike = old.chars().zip(new.chars()).take_while(|(one, other)| one == other).count();
                writeln!(text, "    ~ {path}: {} -> {}", cut(&old, alike), cut(&new, alike))
            }
            FieldChange::Reordered(old, new) => {
                let steps = |steps: &[PathStep<'_>]| steps.iter().map(ToString::to_string).collect::<String>();
                writeln!(text, "    ~ {path}: order {} -> {}", cut(&steps(old), 0), cut(&steps(new), 0))
            }
        };
    }
}

/// A value in one line, safe for terminals.
fn shown(value: &Value<'_>) -> String {
    if let Value::Text(text) = value {
        return go_quote(text.as_bytes());
    }
    let (mut safe, json) = (String::new(), json::to_string(value, JsonLayout::Compact));
    for char in json.chars() {
        if is_printable(char) {
            safe.push(char);
        } else {
            _ = write!(safe, "\\u{{{:x}}}", u32::from(char));
        }
    }
    safe
}

/// What can be shown of a long value: from shortly before `alike` characters on.
fn cut(text: &str, alike: usize) -> String {
    let len = text.chars().count();
    if len <= SHOWN {
        return text.to_owned();
    }
    let start = alike.saturating_sub(LEAD).min(len.saturating_sub(SHOWN));
    let middle: String = text.chars().skip(start).take(SHOWN).collect();
    let (before, after) = (if start > 0 { "…" } else { "" }, if start + SHOWN < len { "…" } else { "" });
    format!("{before}{middle}{after} ({len} characters)")
}

#[cfg(test)]
mod tests {
    use etcdsnap_kube::json::parse;
    use etcdsnap_objects::difference::difference;

    use super::*;

    fn told(before: &str, after: &str) -> String {
        let (before, after) = (parse(before.as_bytes()).expect("JSON"), parse(after.as_bytes()).expect("JSON"));
        let mut text = String::new();
        lines(&difference(&before, &after), &mut text);
        text
    }

    #[test]
    fn an_edit_is_a_line() {
        let text = told(
            r#"{"a":1,"b":"x","d":[{"name":"p"},{"name":"q"}]}"#,
            r#"{"b":"y\u001b\n","c":{"k":"\u202e"},"d":[{"name":"q"},{"name":"p"}]}"#,
        );
        let expected = "    - a: 1\n    ~ b: \"x\" -> \"y\\x1b\\n\"\n    + c: {\"k\":\"\\u{202e}\"}\n    \
            ~ d: order [name=p][name=q] -> [name=q][name=p]\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn long_values_are_cut_where_they_differ() {
        let long = |middle: &str| format!(r#"{{"a":"{}{middle}{}"}}"#, "x".repeat(500), "y".repeat(500));
        let text = told(&long("before"), &long("after"));
        assert!(text.contains("xxxbeforeyyy") && text.contains("xxxafteryyy") && text.len() < 400, "{text}");
    }
}
