//! The part of a stored object that every object has, without the rest of it.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::read::{Key, Level, parse_with};
use super::{JsonError, parse_stored};
use crate::MAX_DEPTH;
use crate::value::{Map, Value};

/// Levels left below the metadata.
const BELOW: Level = Level { left: MAX_DEPTH - 1, written_again: true };

/// Reads `apiVersion`, `kind` and `metadata`. Of managed fields only the length is kept, as a number in their place.
pub(crate) fn parse_header(bytes: &[u8]) -> Result<Value<'_>, JsonError> {
    match std::str::from_utf8(bytes) {
        Ok(text) => parse_with(text, Part::Object),
        Err(_) => parse_stored(bytes, 0),
    }
}

/// Where the reader is.
#[derive(Clone, Copy)]
enum Part {
    Object,
    Metadata,
    Managers,
    Manager,
}

impl<'de> DeserializeSeed<'de> for Part {
    type Value = Value<'de>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value<'de>, D::Error> {
        reader.deserialize_any(self)
    }
}

/// Anything but an object, or the list of managers, counts as nothing: what has no metadata is no object of Kubernetes.
impl<'de> Visitor<'de> for Part {
    type Value = Value<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_unit<E>(self) -> Result<Value<'de>, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Value<'de>, E> {
        Ok(Value::Null)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Value<'de>, E> {
        Ok(Value::Null)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Value<'de>, E> {
        Ok(Value::Null)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Value<'de>, E> {
        Ok(Value::Null)
    }

    fn visit_str<E>(self, _: &str) -> Result<Value<'de>, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value<'de>, A::Error> {
        let mut list = Vec::new();
        if !matches!(self, Self::Managers) {
            // Lists may lie in lists without end: what is passed over is not descended into.
            while items.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(Value::Null);
        }
        while let Some(item) = items.next_element_seed(Self::Manager)? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value<'de>, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = members.next_key_seed(Key)? {
            let value = match (self, key.as_ref()) {
                (Self::Object, "metadata") => members.next_value_seed(Self::Metadata)?,
                (Self::Metadata, "managedFields") => members.next_value_seed(Self::Managers)?,
                (Self::Manager, "fieldsV1") => members.next_value_seed(Length)?,
                (Self::Object, "apiVersion" | "kind") | (Self::Metadata | Self::Manager, _) => {
                    members.next_value_seed(BELOW)?
                }
                _ => {
                    members.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            entries.push((key, value));
        }
        Ok(Value::Map(Map::from_entries(entries)))
    }
}

/// A value of which only the length counts.
struct Length;

impl<'de> DeserializeSeed<'de> for Length {
    type Value = Value<'de>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value<'de>, D::Error> {
        let raw = <&RawValue>::deserialize(reader)?;
        Ok(Value::Int(i64::try_from(raw.get().len()).unwrap_or(i64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_without_end_are_passed_over() {
        let endless = "[".repeat(100_000);
        for start in
            ["", r#"{"metadata":"#, r#"{"metadata":{"managedFields":"#, r#"{"metadata":{"managedFields":[{"fieldsV1":"#]
        {
            let error = parse_header(format!("{start}{endless}").as_bytes()).expect_err("no end");
            assert_eq!(error.problem, "the JSON ends too early");
        }
        let closed = format!(r#"{{"metadata":{endless}{},"kind":"Foo"}}"#, "]".repeat(100_000));
        let header = parse_header(closed.as_bytes()).expect("JSON");
        assert_eq!((header.at(&["metadata"]), header.text_at(&["kind"])), (Some(&Value::Null), Some("Foo")));
    }
}
