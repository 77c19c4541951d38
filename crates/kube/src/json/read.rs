//! Stored JSON as a [`Value`]: numbers as Kubernetes takes them, depth bounded, texts borrowed.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::Deserializer;
use serde_json::error::Category;
use thiserror::Error;

use crate::MAX_DEPTH;
use crate::lossy_text::lossy;
use crate::number::read_back;
use crate::value::{Map, Value};

/// Why bytes are not JSON, and where. Says nothing of what stands there.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}, column {column}: {problem}")]
pub struct JsonError {
    /// What is wrong.
    pub problem: &'static str,
    /// Line, from 1.
    pub line: usize,
    /// Byte in the line, from 1.
    pub column: usize,
}

/// Reads one JSON document; anything but white space behind it is refused.
///
/// Whole numbers of 64 bits stay whole, all others become doubles; of two equal keys the last counts: both as Kubernetes
/// reads JSON. Bytes that are no UTF-8 become U+FFFD.
pub fn parse(bytes: &[u8]) -> Result<Value<'_>, JsonError> {
    parse_bytes(bytes, Level { left: MAX_DEPTH, written_again: false })
}

/// Reads JSON that the API server stored, so many levels deep in something else. It would write a double without a fraction as a
/// whole number, and kubectl would read that.
pub(crate) fn parse_stored(bytes: &[u8], above: usize) -> Result<Value<'_>, JsonError> {
    parse_bytes(bytes, Level { left: MAX_DEPTH.saturating_sub(above), written_again: true })
}

fn parse_bytes(bytes: &[u8], level: Level) -> Result<Value<'_>, JsonError> {
    match std::str::from_utf8(bytes) {
        Ok(text) => parse_with(text, level),
        Err(_) => parse_with(&lossy(bytes), level).map(Value::into_owned),
    }
}

/// Reads a whole document by a seed.
pub(super) fn parse_with<'a, S: DeserializeSeed<'a>>(text: &'a str, seed: S) -> Result<S::Value, JsonError> {
    let mut reader = Deserializer::from_str(text);
    reader.disable_recursion_limit();
    let read = seed.deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    read.map_err(|error| JsonError {
        problem: match error.classify() {
            Category::Eof => "the JSON ends too early",
            Category::Data => "nested too deep",
            Category::Syntax | Category::Io => "this is not JSON",
        },
        line: error.line(),
        column: error.column(),
    })
}

/// Reads a value with so many levels left below it.
#[derive(Clone, Copy)]
pub(super) struct Level {
    pub(super) left: usize,
    /// Whether doubles are taken as they read back once they are written.
    pub(super) written_again: bool,
}

impl Level {
    fn below<E: serde::de::Error>(self) -> Result<Self, E> {
        let left = self.left.checked_sub(1).ok_or_else(|| E::custom("nested too deep"))?;
        Ok(Self { left, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Level {
    type Value = Value<'de>;

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<Value<'de>, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Level {
    type Value = Value<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value<'de>, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Value<'de>, E> {
        Ok(Value::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value<'de>, E> {
        Ok(Value::Int(number))
    }

    #[expect(clippy::cast_precision_loss, reason = "Kubernetes reads larger whole numbers as doubles")]
    fn visit_u64<E>(self, number: u64) -> Result<Value<'de>, E> {
        Ok(i64::try_from(number).map_or(Value::Float(number as f64), Value::Int))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value<'de>, E> {
        // The reader takes the whole number -0 for a double; Kubernetes takes it for 0.
        let zero = number == 0.0 && number.is_sign_negative();
        Ok(if zero || self.written_again { read_back(number) } else { Value::Float(number) })
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value<'de>, A::Error> {
        let below = self.below()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(below)? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value<'de>, A::Error> {
        let below = self.below()?;
        let mut entries = Vec::new();
        while let Some(key) = members.next_key_seed(Key)? {
            entries.push((key, members.next_value_seed(below)?));
        }
        Ok(Value::Map(Map::from_entries(entries)))
    }
}

pub(super) struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<Cow<'de, str>, D::Error> {
        reader.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_taken_as_kubernetes_does() {
        for (text, value) in [
            ("9223372036854775807", Value::Int(i64::MAX)),
            ("9223372036854775808", Value::Float(9_223_372_036_854_775_808.0)),
            ("1e6", Value::Float(1e6)),
            ("-0", Value::Int(0)),
            ("123456789012345678901234567890", Value::Float(123_456_789_012_345_678_901_234_567_890.0)),
        ] {
            assert_eq!(parse(text.as_bytes()), Ok(value));
        }
    }

    #[test]
    fn the_last_of_equal_keys_counts_and_bad_bytes_are_replaced() {
        let value = parse(b"{\"b\":1,\"a\":\"\xff\",\"b\":2}\n").expect("JSON");
        assert_eq!(value.at(&["b"]), Some(&Value::Int(2)));
        assert_eq!(value.text_at(&["a"]), Some("\u{fffd}"));
    }

    #[test]
    fn errors_tell_where_and_never_what() {
        let error = parse(b"{\"password\":\n hunter2}").expect_err("no JSON");
        assert_eq!(error.to_string(), "line 2, column 2: this is not JSON");
        assert_eq!(parse(b"{\"a\":").expect_err("no JSON").problem, "the JSON ends too early");
        let deep = [b'['].repeat(100_000);
        assert_eq!(parse(&deep).expect_err("too deep").problem, "nested too deep");
    }
}
