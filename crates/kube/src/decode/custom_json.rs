//! Messages that are no objects in JSON: times, amounts, JSON within protobuf, and the three-way choices of schemas
//! (docs/format/kubernetes.md#special-messages).

use std::borrow::Cow;

use super::DecodeError;
use super::message::Walk;
use super::time::{duration, micro_time, time};
use crate::MAX_DEPTH;
use crate::cbor;
use crate::json;
use crate::lossy_text::lossy;
use crate::schema::{Cardinality, JsonForm, MessageSchema};
use crate::stored::StoredValue;
use crate::value::{Map, Value};
use crate::wire::{Reader, WirePayload};

impl<'a> Walk<'a> {
    /// A message that has a rule of its own.
    pub(super) fn custom_json(
        &mut self,
        message: &'static MessageSchema,
        parts: &[&'a [u8]],
    ) -> Result<Value<'a>, DecodeError> {
        match message.form {
            JsonForm::Time | JsonForm::MicroTime => self.time(message.form, parts),
            JsonForm::Duration => Ok(Value::from(duration(self.numbers(parts)?[0]))),
            JsonForm::Quantity => Ok(Value::Text(self.text(parts, 1)?.map_or(Cow::Borrowed("0"), lossy))),
            JsonForm::IntOrString => self.int_or_string(parts),
            JsonForm::Raw => {
                let raw = self.text(parts, 1)?.unwrap_or_default();
                Ok(self.raw(raw))
            }
            JsonForm::Items => {
                let items = self.members(message, parts)?.remove("items");
                let is_map = message.fields.iter().any(|field| field.shape == Cardinality::Map);
                let empty = if is_map { Value::Map(Map::new()) } else { Value::List(Vec::new()) };
                Ok(items.unwrap_or(empty))
            }
            form => {
                let mut members = self.members(message, parts)?;
                Ok(choose(form, &mut members))
            }
        }
    }

    /// The last payload of a field of bytes.
    fn text(&self, parts: &[&'a [u8]], wanted: u32) -> Result<Option<&'a [u8]>, DecodeError> {
        let mut found = None;
        for part in parts {
            let mut reader = Reader::new(part);
            while let Some(field) = self.next(&mut reader)? {
                if let (number, WirePayload::Bytes(bytes)) = field
                    && number == wanted
                {
                    found = Some(bytes);
                }
            }
        }
        Ok(found)
    }

    /// The numbers of fields 1 and 2, zero where they are absent.
    fn numbers(&self, parts: &[&'a [u8]]) -> Result<[i64; 2], DecodeError> {
        let mut numbers = [0; 2];
        for part in parts {
            let mut reader = Reader::new(part);
            while let Some(field) = self.next(&mut reader)? {
                match field {
                    (1, WirePayload::Varint(number)) => numbers[0] = number.cast_signed(),
                    (2, WirePayload::Varint(number)) => numbers[1] = number.cast_signed(),
                    _ => {}
                }
            }
        }
        Ok(numbers)
    }

    /// A time that is there but empty is none.
    fn time(&self, form: JsonForm, parts: &[&'a [u8]]) -> Result<Value<'a>, DecodeError> {
        if parts.iter().all(|part| part.is_empty()) {
            return Ok(Value::Null);
        }
        let [seconds, nanoseconds] = self.numbers(parts)?;
        let text = if form == JsonForm::Time { time(seconds) } else { micro_time(seconds, nanoseconds) };
        Ok(text.map_or(Value::Null, Value::from))
    }

    fn int_or_string(&self, parts: &[&'a [u8]]) -> Result<Value<'a>, DecodeError> {
        let [is_text, number] = self.numbers(parts)?;
        if is_text == 0 {
            return Ok(Value::Int(number));
        }
        Ok(Value::Text(lossy(self.text(parts, 3)?.unwrap_or_default())))
    }

    /// A value inside of protobuf, in any encoding. What cannot be read is kept as an unknown field.
    fn raw(&mut self, raw: &'a [u8]) -> Value<'a> {
        let decoded = match StoredValue::recognise(raw) {
            _ if raw.is_empty() => Some(Value::Null),
            StoredValue::Protobuf(envelope) if self.depth() < MAX_DEPTH => {
                self.within(|walk| Ok(walk.envelope(&envelope)?.value))
            }
            StoredValue::Cbor(bytes) => cbor::parse_within(bytes, self.depth()).ok(),
            _ => json::parse_stored(raw, self.depth()).ok(),
        };
        decoded.unwrap_or_else(|| {
            self.note(1, WirePayload::Bytes(raw));
            Value::Null
        })
    }
}

/// Picks what a message of several forms stands for: the first that is there.
fn choose<'a>(form: JsonForm, members: &mut Map<'a>) -> Value<'a> {
    let schema = members.remove("Schema").unwrap_or_default();
    let list = |members: &mut Map<'a>, name| members.remove(name).filter(|list| !list.is_empty());
    match form {
        JsonForm::SchemaOrArray => list(members, "JSONSchemas").unwrap_or(schema),
        JsonForm::SchemaOrStrings => list(members, "Property").unwrap_or(schema),
        JsonForm::SchemaOrBool if schema == Value::Null => members.remove("Allows").unwrap_or(Value::Bool(false)),
        _ => schema,
    }
}
