//! Messages that are no objects in JSON: times, amounts, JSON within protobuf, and the three-way choices of schemas
//! (docs/format/kubernetes.md#special-messages).

use std::borrow::Cow;

use super::DecodeError;
use super::message::Walk;
use super::time::{duration, micro_time, time};
use crate::MAX_DEPTH;
use crate::cbor;
use crate::json;
use crate::schema::{Form, Message, Shape};
use crate::stored::Stored;
use crate::text::lossy;
use crate::value::{Map, Value};
use crate::wire::{Payload, Reader};

impl<'a> Walk<'a> {
    /// A message that has a rule of its own.
    pub(super) fn special(&mut self, message: &'static Message, parts: &[&'a [u8]]) -> Result<Value<'a>, DecodeError> {
        match message.form {
            Form::Time | Form::MicroTime => self.time(message.form, parts),
            Form::Duration => Ok(Value::from(duration(self.numbers(parts)?[0]))),
            Form::Quantity => Ok(Value::Text(self.text(parts, 1)?.map_or(Cow::Borrowed("0"), lossy))),
            Form::IntOrString => self.int_or_string(parts),
            Form::Raw => {
                let raw = self.text(parts, 1)?.unwrap_or_default();
                Ok(self.raw(raw))
            }
            Form::Items => {
                let items = self.members(message, parts)?.remove("items");
                let is_map = message.fields.iter().any(|field| field.shape == Shape::Map);
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
                if let (number, Payload::Bytes(bytes)) = field
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
                    (1, Payload::Varint(number)) => numbers[0] = number.cast_signed(),
                    (2, Payload::Varint(number)) => numbers[1] = number.cast_signed(),
                    _ => {}
                }
            }
        }
        Ok(numbers)
    }

    /// A time that is there but empty is none.
    fn time(&self, form: Form, parts: &[&'a [u8]]) -> Result<Value<'a>, DecodeError> {
        if parts.iter().all(|part| part.is_empty()) {
            return Ok(Value::Null);
        }
        let [seconds, nanoseconds] = self.numbers(parts)?;
        let text = if form == Form::Time { time(seconds) } else { micro_time(seconds, nanoseconds) };
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
        let decoded = match Stored::recognise(raw) {
            _ if raw.is_empty() => Some(Value::Null),
            Stored::Protobuf(envelope) if self.depth() < MAX_DEPTH => {
                self.within(|walk| Ok(walk.envelope(&envelope)?.value))
            }
            Stored::Cbor(bytes) => cbor::parse_within(bytes, self.depth()).ok(),
            _ => json::parse_stored(raw, self.depth()).ok(),
        };
        decoded.unwrap_or_else(|| {
            self.note(1, Payload::Bytes(raw));
            Value::Null
        })
    }
}

/// Picks what a message of several forms stands for: the first that is there.
fn choose<'a>(form: Form, members: &mut Map<'a>) -> Value<'a> {
    let schema = members.remove("Schema").unwrap_or_default();
    let list = |members: &mut Map<'a>, name| members.remove(name).filter(|list| !list.is_empty());
    match form {
        Form::SchemaOrArray => list(members, "JSONSchemas").unwrap_or(schema),
        Form::SchemaOrStrings => list(members, "Property").unwrap_or(schema),
        Form::SchemaOrBool if schema == Value::Null => members.remove("Allows").unwrap_or(Value::Bool(false)),
        _ => schema,
    }
}
