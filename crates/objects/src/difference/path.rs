//! The path of a field: `spec.containers[name=web].ports[0]`.

use std::fmt;

use etcdsnap_snapshot::place::quote;

/// The way from an object to a field of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path<'v>(pub(super) Vec<Step<'v>>);

/// A step on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step<'v> {
    /// To a member of an object.
    Member(&'v str),
    /// To the item of a list that has these members.
    Item(Vec<(&'static str, Name<'v>)>),
    /// To the item of a list at this index.
    Index(usize),
}

/// What an item is called by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Name<'v> {
    /// A text.
    Text(&'v str),
    /// A number.
    Number(i64),
    /// The item lacks this member, which others may have.
    Missing,
}

impl<'v> Path<'v> {
    /// The steps.
    pub fn steps(&self) -> &[Step<'v>] {
        &self.0
    }

    /// Does it lead to this member of the object, or to something within it?
    pub fn begins_with(&self, members: &[&str]) -> bool {
        let begins = |(step, member): (&Step<'_>, &&str)| matches!(step, Step::Member(name) if name == member);
        self.0.len() >= members.len() && self.0.iter().zip(members).all(begins)
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, step) in self.0.iter().enumerate() {
            match step {
                Step::Member(key) if !is_plain(key, b"_-$") => write!(f, "[{}]", quoted(key))?,
                Step::Member(key) if number > 0 => write!(f, ".{key}")?,
                Step::Member(key) => f.write_str(key)?,
                step => write!(f, "{step}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Step<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Member(key) => f.write_str(key),
            Self::Index(index) => write!(f, "[{index}]"),
            Self::Item(names) => {
                f.write_str("[")?;
                let there = names.iter().filter(|(_, name)| *name != Name::Missing);
                for (number, (key, name)) in there.enumerate() {
                    f.write_str(if number > 0 { "," } else { "" })?;
                    write!(f, "{key}={name}")?;
                }
                f.write_str("]")
            }
        }
    }
}

impl fmt::Display for Name<'_> {
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
        let item = |names| Step::Item(names);
        for (steps, text) in [
            (vec![Step::Member("spec"), Step::Member("replicas")], "spec.replicas"),
            (
                vec![Step::Member("labels"), Step::Member("app.kubernetes.io/name")],
                "labels[\"app.kubernetes.io/name\"]",
            ),
            (vec![Step::Member("a\nb"), Step::Index(3)], "[\"a\\nb\"][3]"),
            (
                vec![Step::Member("c"), item(vec![("name", Name::Text("web"))]), Step::Member("image")],
                "c[name=web].image",
            ),
            (vec![item(vec![("port", Name::Number(80)), ("protocol", Name::Text("TCP"))])], "[port=80,protocol=TCP]"),
            (vec![item(vec![("key", Name::Text("a b"))])], "[key=\"a b\"]"),
        ] {
            assert_eq!(Path(steps).to_string(), text);
        }
    }

    #[test]
    fn a_path_begins_with_members() {
        let path = Path(vec![Step::Member("metadata"), Step::Member("labels"), Step::Member("a")]);
        assert!(path.begins_with(&["metadata", "labels"]) && path.begins_with(&[]));
        assert!(!path.begins_with(&["labels"]) && !path.begins_with(&["metadata", "labels", "a", "b"]));
    }
}
