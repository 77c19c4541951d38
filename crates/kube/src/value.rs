//! A decoded object: what JSON can say, over borrowed bytes where possible.

use std::borrow::Cow;

/// A value as Kubernetes' JSON knows it.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value<'a> {
    /// `null`
    #[default]
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number; whole ones beyond 64 bits too, as in Kubernetes.
    Float(f64),
    /// A text.
    Text(Cow<'a, str>),
    /// Bytes, which JSON shows as a text of base64.
    Bytes(Cow<'a, [u8]>),
    /// A list.
    List(Vec<Value<'a>>),
    /// An object.
    Map(Map<'a>),
}

/// An entry of a [`Map`].
pub type MapEntry<'a> = (Cow<'a, str>, Value<'a>);

/// The members of an object, each key once, in the order of their bytes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Map<'a>(Vec<MapEntry<'a>>);

impl<'a> Value<'a> {
    /// The text, where it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The whole number, where it is one.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// The truth value, where it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(truth) => Some(*truth),
            _ => None,
        }
    }

    /// The list, where it is one.
    pub fn as_list(&self) -> Option<&[Value<'a>]> {
        match self {
            Self::List(list) => Some(list),
            _ => None,
        }
    }

    /// The list for changing, where it is one.
    pub fn as_list_mut(&mut self) -> Option<&mut Vec<Value<'a>>> {
        match self {
            Self::List(list) => Some(list),
            _ => None,
        }
    }

    /// The object, where it is one.
    pub fn as_map(&self) -> Option<&Map<'a>> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The object for changing, where it is one.
    pub fn as_map_mut(&mut self) -> Option<&mut Map<'a>> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The member a path of keys leads to, through objects only.
    pub fn at(&self, path: &[&str]) -> Option<&Value<'a>> {
        path.iter().try_fold(self, |value, key| value.as_map()?.get(key))
    }

    /// The member a path of keys leads to, for changing.
    pub fn at_mut(&mut self, path: &[&str]) -> Option<&mut Value<'a>> {
        path.iter().try_fold(self, |value, key| value.as_map_mut()?.get_mut(key))
    }

    /// The text a path of keys leads to.
    pub fn text_at(&self, path: &[&str]) -> Option<&str> {
        self.at(path)?.as_str()
    }

    /// Takes away the member a path of keys leads to.
    pub fn remove_at(&mut self, path: &[&str]) -> Option<Value<'a>> {
        let (last, parents) = path.split_last()?;
        self.at_mut(parents)?.as_map_mut()?.remove(last)
    }

    /// Whether nothing is in it: `null`, an empty text, list or object.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Text(text) => text.is_empty(),
            Self::Bytes(bytes) => bytes.is_empty(),
            Self::List(list) => list.is_empty(),
            Self::Map(map) => map.is_empty(),
            Self::Bool(_) | Self::Int(_) | Self::Float(_) => false,
        }
    }

    /// The same value, borrowing nothing.
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(truth) => Value::Bool(truth),
            Self::Int(number) => Value::Int(number),
            Self::Float(number) => Value::Float(number),
            Self::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
            Self::Bytes(bytes) => Value::Bytes(Cow::Owned(bytes.into_owned())),
            Self::List(list) => Value::List(list.into_iter().map(Value::into_owned).collect()),
            Self::Map(map) => Value::Map(map.into_owned()),
        }
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl<'a> From<Map<'a>> for Value<'a> {
    fn from(map: Map<'a>) -> Self {
        Self::Map(map)
    }
}

impl<'a> Map<'a> {
    /// An object without members.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts entries in order; of several with one key the last counts, as in Go.
    pub fn from_entries(mut entries: Vec<MapEntry<'a>>) -> Self {
        if !entries.is_sorted_by(|left, right| left.0 < right.0) {
            entries.reverse();
            entries.sort_by(|left, right| left.0.cmp(&right.0));
            entries.dedup_by(|later, kept| later.0 == kept.0);
        }
        Self(entries)
    }

    /// Puts entries of which no two have the same key in order.
    pub(crate) fn from_unique(mut entries: Vec<MapEntry<'a>>) -> Self {
        entries.sort_unstable_by(|left, right| left.0.cmp(&right.0));
        Self(entries)
    }

    /// Members there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn position(&self, key: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|entry| entry.0.as_ref().cmp(key))
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Value<'a>> {
        Some(&self.0[self.position(key).ok()?].1)
    }

    /// The value of a key, for changing.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Value<'a>> {
        let position = self.position(key).ok()?;
        Some(&mut self.0[position].1)
    }

    /// The value of a key, which is put there first where it is missing.
    pub fn get_or_insert(&mut self, key: &'a str, value: Value<'a>) -> &mut Value<'a> {
        let position = self.position(key).unwrap_or_else(|position| {
            self.0.insert(position, (Cow::Borrowed(key), value));
            position
        });
        &mut self.0[position].1
    }

    /// Sets the value of a key and gives back the one before.
    pub fn insert(&mut self, key: impl Into<Cow<'a, str>>, value: impl Into<Value<'a>>) -> Option<Value<'a>> {
        let (key, value) = (key.into(), value.into());
        match self.position(&key) {
            Ok(position) => Some(std::mem::replace(&mut self.0[position].1, value)),
            Err(position) => {
                self.0.insert(position, (key, value));
                None
            }
        }
    }

    /// Puts an entry behind all others and says whether that keeps the order; if not, [`Map::from_entries`] must mend it.
    pub(crate) fn append(&mut self, key: Cow<'a, str>, value: Value<'a>) -> bool {
        let ordered = self.0.last().is_none_or(|last| last.0 < key);
        self.0.push((key, value));
        ordered
    }

    /// Takes a member away.
    pub fn remove(&mut self, key: &str) -> Option<Value<'a>> {
        let position = self.position(key).ok()?;
        Some(self.0.remove(position).1)
    }

    /// Keeps the members of which `keep` says so.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &mut Value<'a>) -> bool) {
        self.0.retain_mut(|(key, value)| keep(key, value));
    }

    /// Members in the order of their keys.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value<'a>)> {
        self.0.iter().map(|(key, value)| (key.as_ref(), value))
    }

    /// The entries in the order of their keys.
    pub(crate) fn entries(&self) -> &[MapEntry<'a>] {
        &self.0
    }

    /// Members in the order of their keys, for changing.
    pub fn iter_mut(&mut self) -> impl ExactSizeIterator<Item = (&str, &mut Value<'a>)> {
        self.0.iter_mut().map(|(key, value)| (&**key, value))
    }

    /// The entries themselves.
    pub fn into_entries(self) -> Vec<MapEntry<'a>> {
        self.0
    }

    /// The same object, borrowing nothing.
    pub fn into_owned(self) -> Map<'static> {
        let entries = self.0.into_iter();
        Map(entries.map(|(key, value)| (Cow::Owned(key.into_owned()), value.into_owned())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_two_equal_keys_counts() {
        let entry = |key: &'static str, number| (Cow::Borrowed(key), Value::Int(number));
        let map = Map::from_entries(vec![entry("b", 1), entry("a", 2), entry("b", 3)]);
        assert_eq!(map.iter().collect::<Vec<_>>(), [("a", &Value::Int(2)), ("b", &Value::Int(3))]);
    }

    #[test]
    fn paths_lead_through_objects() {
        let inner = Map::from_entries(vec![("name".into(), "x".into())]);
        let mut object = Value::Map(Map::from_entries(vec![("metadata".into(), inner.into())]));
        assert_eq!(object.text_at(&["metadata", "name"]), Some("x"));
        assert_eq!(object.text_at(&["metadata", "name", "more"]), None);
        assert_eq!(object.remove_at(&["metadata", "name"]), Some("x".into()));
        assert!(object.at(&["metadata"]).is_some_and(Value::is_empty));
    }
}

/// Values for property tests: everything JSON can carry there and back.
#[cfg(test)]
pub(crate) mod strategy {
    use proptest::prelude::{Just, Strategy, any, prop_oneof};

    use super::{Map, Value};

    pub(crate) fn values() -> impl Strategy<Value = Value<'static>> {
        let text = prop_oneof![".{0,20}", "[a-z0-9.:\\- #'\"\n\t]{0,30}", "[ yYnN0-9eE.:+_xob~-]{0,8}"];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::Int),
            any::<i32>().prop_map(|number| Value::Float(f64::from(number) + 0.5)),
            text.clone().prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 40, 6, move |inner| {
            let entry = (text.clone().prop_map(Into::into), inner.clone());
            prop_oneof![
                proptest::collection::vec(inner, 0..6).prop_map(Value::List),
                proptest::collection::vec(entry, 0..6).prop_map(|entries| Value::Map(Map::from_entries(entries))),
            ]
        })
    }
}
