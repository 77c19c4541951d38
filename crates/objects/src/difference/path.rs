//! The path of a field: `spec.containers[name=web].ports[0]`.

use std::fmt;

use etcdsnap_quote::quote;

/// The way from an object to a field of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldPath<'v>(pub(super) Vec<PathStep<'v>>);

/// A step on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathStep<'v> {
    /// To a member of an object.
    Member(&'v str),
    /// To the item of a list that has these members.
    Item(Vec<(&'static str, ItemName<'v>)>),
    /// To the item of a list at this index.
    Index(usize),
}

/// What an item is called by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ItemName<'v> {
    /// A text.
    Text(&'v str),
    /// A number.
    Number(i64),
    /// The item lacks this member, which others may have.
    Missing,
}

impl<'v> FieldPath<'v> {
    /// The steps.
    pub fn steps(&self) -> &[PathStep<'v>] {
        &self.0
    }

    /// Does it lead to this member of the object, or to something within it?
    pub fn begins_with(&self, members: &[&str]) -> bool {
        let begins = |(step, member): (&PathStep<'_>, &&str)| matches!(step, PathStep::Member(name) if name == member);
        self.0.len() >= members.len() && self.0.iter().zip(members).all(begins)
    }
}

impl fmt::Display for FieldPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, step) in self.0.iter().enumerate() {
            match step {
                PathStep::Member(key) if !is_plain(key, b"_-$") => write!(f, "[{}]", quoted(key))?,
                PathStep::Member(key) if number > 0 => write!(f, ".{key}")?,
                PathStep::Member(key) => f.write_str(key)?,
                step => write!(f, "{step}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for PathStep<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Member(key) => f.write_str(key),
            Self::Index(index) => write!(f, "[{index}]"),
            Self::Item(names) => {
                f.write_str("[")?;
                let there = names.iter().filter(|(_, name)| *name != ItemName::Missing);
                for (number, (key, name)) in there.enumerate() {
                    f.write_str(if number > 0 { "," } else { "" })?;
                    write!(f, "{key}={name}")?;
                }
                f.write_str("]")
            }
        }
    }
}

impl fmt::Display for ItemName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) if is_plain(text, b"_-$./:") => f.write_str(text),
            Self::Text(text) => f.write_str(&quoted(text)),
            Self::Number(number) => write!(f, "{number}"),
            Self::Missing => Ok(()),
        }
    }
}

/// Letters, digits and what is `allowed` alone, so that no dot and no bracket is taken for a part of the path.
fn is_plain(text: &str, allowed: &[u8]) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || allowed.contains(&byte);
    !text.is_empty() && text.bytes().all(plain)
}

/// In quotes, whatever it is.
fn quoted(text: &str) -> String {
    let text = quote(text.as_bytes());
    if text.starts_with('"') { text } else { format!("\"{text}\"") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_read_as_people_write_them() {
        let item = |names| PathStep::Item(names);
        for (steps, text) in [
            (vec![PathStep::Member("spec"), PathStep::Member("replicas")], "spec.replicas"),
            (
                vec![PathStep::Member("labels"), PathStep::Member("app.kubernetes.io/name")],
                "labels[\"app.kubernetes.io/name\"]",
            ),
            (vec![PathStep::Member("a\nb"), PathStep::Index(3)], "[\"a\\nb\"][3]"),
            (
                vec![PathStep::Member("c"), item(vec![("name", ItemName::Text("web"))]), PathStep::Member("image")],
                "c[name=web].image",
            ),
            (
                vec![item(vec![("port", ItemName::Number(80)), ("protocol", ItemName::Text("TCP"))])],
                "[port=80,protocol=TCP]",
            ),
            (vec![item(vec![("key", ItemName::Text("a b"))])], "[key=\"a b\"]"),
        ] {
            assert_eq!(FieldPath(steps).to_string(), text);
        }
    }

    #[test]
    fn a_path_begins_with_members() {
        let path = FieldPath(vec![PathStep::Member("metadata"), PathStep::Member("labels"), PathStep::Member("a")]);
        assert!(path.begins_with(&["metadata", "labels"]) && path.begins_with(&[]));
        assert!(!path.begins_with(&["labels"]) && !path.begins_with(&["metadata", "labels", "a", "b"]));
    }
}
