//! One generic reader for every message: the schema says what to do with each field.
//!
//! Go writes every field that is no pointer, even when it is zero. So such a field that is absent is one the writer did
//! not know: it stays absent, unless the release asked for knew it and would show its zero
//! (docs/format/kubernetes.md#absent-fields).

use std::borrow::Cow;
use std::fmt::Write;

use super::{DecodeError, DecodeOptions, UnknownField};
use crate::MAX_DEPTH;
use crate::lossy_text::lossy;
use crate::number::read_back;
use crate::schema::{Cardinality, FieldKind, FieldSchema, JsonForm, MessageId, MessageSchema, Schema};
use crate::value::{Map, MapEntry, Value};
use crate::wire::{Reader, WireError, WirePayload};

/// Steps of a place that are told. Unknown fields are many where somebody means harm, and each has its place.
const TOLD: usize = 16;

/// `ObjectMeta.managedFields`.
const MANAGED_FIELDS: u32 = 17;

/// One object being read.
pub(super) struct Walk<'a> {
    schema: &'static Schema,
    pub(super) options: DecodeOptions,
    /// Objects the one being read lies in.
    above: usize,
    path: Vec<Step>,
    pub(super) unknown: Vec<UnknownField<'a>>,
}

#[derive(Clone, Copy)]
enum Step {
    Field(&'static str),
    Index(usize),
    Key,
}

/// The bytes of one message. A singular message may stand in its parent several times and is their concatenation.
type Parts<'p, 'a> = &'p [&'a [u8]];

/// Fields seen in a message, by their position in the schema.
#[derive(Clone, Copy, Default)]
struct Seen(u128);

impl Seen {
    fn mark(&mut self, index: usize) {
        self.0 |= 1 << index;
    }

    fn has(self, index: usize) -> bool {
        self.0 >> index & 1 == 1
    }
}

impl<'a> Walk<'a> {
    pub(super) fn new(options: DecodeOptions) -> Self {
        Self { schema: Schema::built_in(), options, above: 0, path: Vec::new(), unknown: Vec::new() }
    }

    /// Reads what lies here in an object of its own. Of what cannot be read nothing stays behind.
    pub(super) fn within<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, DecodeError>) -> Option<T> {
        let (steps, unknown) = (self.path.len(), self.unknown.len());
        self.above += 1;
        let read = read(self).ok();
        self.above -= 1;
        if read.is_none() {
            self.path.truncate(steps);
            self.unknown.truncate(unknown);
        }
        read
    }

    /// Levels from the outermost object down to here.
    pub(super) fn depth(&self) -> usize {
        self.above + self.path.len()
    }

    /// The members of a top-level object, unsorted.
    pub(super) fn object(&mut self, id: MessageId, message: &'a [u8]) -> Result<Vec<MapEntry<'a>>, DecodeError> {
        let mut entries = Vec::with_capacity(6);
        self.fields(self.schema.message(id), &[message], &mut entries)?;
        Ok(entries)
    }

    /// An object of a kind that is not in the schema: field 1 is its metadata, as in all kinds; the rest has no names.
    pub(super) fn unknown_kind(&mut self, message: &'a [u8]) -> Result<Vec<MapEntry<'a>>, DecodeError> {
        let mut entries = Vec::new();
        let mut reader = Reader::new(message);
        while let Some((number, payload)) = self.next(&mut reader)? {
            match payload {
                WirePayload::Bytes(bytes) if number == 1 => {
                    let levels = self.path.len();
                    self.path.push(Step::Field("metadata"));
                    let metadata = self.message(self.schema.object_meta(), &[bytes]);
                    // What fails within leaves its own steps.
                    self.path.truncate(levels);
                    match metadata {
                        Ok(metadata) => entries.push((Cow::Borrowed("metadata"), metadata)),
                        Err(_) => self.note(number, payload),
                    }
                }
                _ => self.note(number, payload),
            }
        }
        Ok(entries)
    }

    /// A message as a value.
    pub(super) fn message(&mut self, id: MessageId, parts: Parts<'_, 'a>) -> Result<Value<'a>, DecodeError> {
        let message = self.schema.message(id);
        if self.depth() > MAX_DEPTH {
            return Err(DecodeError::TooDeep { path: self.place() });
        }
        if message.form == JsonForm::Object {
            return Ok(Value::Map(self.members(message, parts)?));
        }
        self.custom_json(message, parts)
    }

    /// The members of a message that is an object.
    pub(super) fn members(
        &mut self,
        message: &'static MessageSchema,
        parts: Parts<'_, 'a>,
    ) -> Result<Map<'a>, DecodeError> {
        let mut entries = Vec::new();
        self.fields(message, parts, &mut entries)?;
        Ok(Map::from_unique(entries))
    }

    /// Puts the fields of a message to the entries of the object they lie in.
    fn fields(
        &mut self,
        message: &'static MessageSchema,
        parts: Parts<'_, 'a>,
        entries: &mut Vec<MapEntry<'a>>,
    ) -> Result<(), DecodeError> {
        let seen = self.present_fields(message, parts, entries)?;
        self.absent_fields(message, seen, entries)
    }

    fn present_fields(
        &mut self,
        message: &'static MessageSchema,
        parts: Parts<'_, 'a>,
        entries: &mut Vec<MapEntry<'a>>,
    ) -> Result<Seen, DecodeError> {
        let join = has_split_field(message, parts);
        let mut seen = Seen::default();
        let mut expected = 0;
        let mut unordered = false;
        for part in parts {
            let mut reader = Reader::new(part);
            while let Some((number, payload)) = self.next(&mut reader)? {
                let Some((index, field)) = message.field(number, expected) else {
                    self.note(number, payload);
                    continue;
                };
                expected = if field.shape == Cardinality::One { index + 1 } else { index };
                let again = seen.has(index);
                seen.mark(index);
                match (field.shape, field.kind, payload) {
                    (Cardinality::One, FieldKind::Message(_), WirePayload::Bytes(_)) if again => {}
                    (Cardinality::One, FieldKind::Message(id), WirePayload::Bytes(_)) if join => {
                        self.singular(field, id, &occurrences(parts, number), entries)?;
                    }
                    (Cardinality::One, FieldKind::Message(id), WirePayload::Bytes(bytes)) => {
                        self.singular(field, id, &[bytes], entries)?;
                    }
                    (Cardinality::One, kind, payload) => match scalar(kind, payload) {
                        Some(value) => self.put_scalar(field, value, again, entries),
                        None => self.note(number, payload),
                    },
                    (Cardinality::List, _, _) if self.hides(message, field) => {}
                    (Cardinality::List, _, _) => self.put_item(field, payload, entries)?,
                    (Cardinality::Map, kind, WirePayload::Bytes(bytes)) => {
                        unordered |= self.put_member(field, kind, bytes, entries)?;
                    }
                    (Cardinality::Map, _, _) => self.note(number, payload),
                }
            }
        }
        if unordered {
            sort_maps(entries);
        }
        Ok(seen)
    }

    fn hides(&self, message: &'static MessageSchema, field: &FieldSchema) -> bool {
        field.number == MANAGED_FIELDS
            && !self.options.managed_fields
            && std::ptr::eq(message, self.schema.message(self.schema.object_meta()))
    }

    fn singular(
        &mut self,
        field: &'static FieldSchema,
        id: MessageId,
        parts: Parts<'_, 'a>,
        entries: &mut Vec<MapEntry<'a>>,
    ) -> Result<(), DecodeError> {
        if field.inline {
            return self.fields(self.schema.message(id), parts, entries);
        }
        self.path.push(Step::Field(field.name));
        let value = self.message(id, parts)?;
        self.path.pop();
        if !self.leaves_out(field, &value) {
            entries.push((Cow::Borrowed(field.name), value));
        }
        Ok(())
    }

    /// Go's `omitempty` leaves out zero scalars and empty lists, never structs; `omitzero` leaves out zero structs.
    fn leaves_out(&self, field: &'static FieldSchema, value: &Value<'_>) -> bool {
        let omission = field.omission_in(self.options.release);
        if field.pointer {
            return false;
        }
        match field.kind {
            FieldKind::Message(id) => match self.schema.message(id).form {
                JsonForm::Items => omission.empty && value.is_empty(),
                JsonForm::Time => omission.zero && *value == Value::Null,
                _ => false,
            },
            _ => omission.empty && is_zero_value(value),
        }
    }

    fn put_scalar(&self, field: &'static FieldSchema, value: Value<'a>, again: bool, entries: &mut Vec<MapEntry<'a>>) {
        if again {
            entries.retain(|entry| entry.0 != field.name);
        }
        if !self.leaves_out(field, &value) {
            entries.push((Cow::Borrowed(field.name), value));
        }
    }

    fn put_item(
        &mut self,
        field: &'static FieldSchema,
        payload: WirePayload<'a>,
        entries: &mut Vec<MapEntry<'a>>,
    ) -> Result<(), DecodeError> {
        let at = slot(field.name, entries, || Value::List(Vec::new()));
        let position = entries[at].1.as_list().map_or(0, <[_]>::len);
        let mut items = Vec::new();
        match (field.kind, payload) {
            (FieldKind::Message(id), WirePayload::Bytes(bytes)) => {
                self.path.extend([Step::Field(field.name), Step::Index(position)]);
                let item = self.message(id, &[bytes])?;
                self.path.truncate(self.path.len() - 2);
                if let Some(list) = entries[at].1.as_list_mut() {
                    list.push(item);
                }
                return Ok(());
            }
            (FieldKind::Message(_), _) => self.note(field.number, payload),
            (kind, payload) => match scalar(kind, payload) {
                Some(item) => items.push(item),
                None => match packed(kind, payload) {
                    Some(numbers) => items = numbers,
                    None => self.note(field.number, payload),
                },
            },
        }
        if let Some(list) = entries[at].1.as_list_mut() {
            list.append(&mut items);
        }
        Ok(())
    }

    /// Puts an entry of a map field to its map and says whether it came out of order.
    fn put_member(
        &mut self,
        field: &'static FieldSchema,
        kind: FieldKind,
        bytes: &'a [u8],
        entries: &mut Vec<MapEntry<'a>>,
    ) -> Result<bool, DecodeError> {
        let (mut key, mut value, mut parts) = (Cow::Borrowed(""), None, Vec::new());
        let mut reader = Reader::new(bytes);
        self.path.extend([Step::Field(field.name), Step::Key]);
        while let Some((number, payload)) = self.next(&mut reader)? {
            match (number, kind, payload) {
                (1, _, WirePayload::Bytes(text)) => key = lossy(text),
                (2, FieldKind::Message(_), WirePayload::Bytes(message)) => parts.push(message),
                (2, kind, payload) => value = scalar(kind, payload),
                _ => self.note(number, payload),
            }
        }
        let value = match kind {
            FieldKind::Message(id) => self.message(id, &parts)?,
            FieldKind::Bytes => value.unwrap_or(Value::Bytes(Cow::Borrowed(b""))),
            kind => value.unwrap_or_else(|| zero(kind)),
        };
        self.path.truncate(self.path.len() - 2);
        let at = slot(field.name, entries, || Value::Map(Map::new()));
        Ok(entries[at].1.as_map_mut().is_some_and(|map| !map.append(key, value)))
    }

    /// Absent lists without `omitempty` are `null`, as are absent pointers; zeros the asked-for release would show.
    fn absent_fields(
        &mut self,
        message: &'static MessageSchema,
        seen: Seen,
        entries: &mut Vec<MapEntry<'a>>,
    ) -> Result<(), DecodeError> {
        let release = self.options.release;
        let mut absent = message.shown_when_absent & !seen.0;
        while absent != 0 {
            let field = &message.fields[absent.trailing_zeros() as usize];
            absent &= absent - 1;
            let left_out = field.omission_in(release).empty && !self.schema.is_struct(field);
            if left_out || !field.known_in(release) {
                continue;
            }
            let value = match field.kind {
                _ if field.pointer || field.shape != Cardinality::One || field.kind == FieldKind::Bytes => Value::Null,
                FieldKind::Message(id) if self.schema.message(id).form == JsonForm::Items => Value::Null,
                _ if release.is_none() => continue,
                FieldKind::Message(id) if field.inline => {
                    self.fields(self.schema.message(id), &[], entries)?;
                    continue;
                }
                FieldKind::Message(id) => self.message(id, &[])?,
                kind => zero(kind),
            };
            if !self.leaves_out(field, &value) {
                entries.push((Cow::Borrowed(field.name), value));
            }
        }
        Ok(())
    }

    pub(super) fn next(&self, reader: &mut Reader<'a>) -> Result<Option<(u32, WirePayload<'a>)>, DecodeError> {
        reader.next().map_err(|problem| self.damaged(problem))
    }

    fn damaged(&self, problem: WireError) -> DecodeError {
        DecodeError::Protobuf { path: self.place(), problem }
    }

    pub(super) fn note(&mut self, number: u32, payload: WirePayload<'a>) {
        self.unknown.push(UnknownField { path: self.place(), number, payload });
    }

    pub(super) fn place(&self) -> String {
        let mut text = String::new();
        for step in self.path.iter().take(TOLD) {
            match step {
                Step::Field(name) if text.is_empty() => text.push_str(name),
                Step::Field(name) => text.extend([".", name]),
                Step::Index(index) => write!(text, "[{index}]").expect("a string takes everything"),
                Step::Key => text.push_str("[…]"),
            }
        }
        if self.path.len() > TOLD {
            text.push('…');
        }
        text
    }
}

/// The position of a field's entry, which is made first where it is missing.
fn slot<'a>(name: &'static str, entries: &mut Vec<MapEntry<'a>>, empty: impl FnOnce() -> Value<'a>) -> usize {
    if let Some(at) = entries.iter().rposition(|entry| entry.0 == name) {
        return at;
    }
    entries.push((Cow::Borrowed(name), empty()));
    entries.len() - 1
}

/// Whether one of the singular messages in a message stands there again, so that its parts must be joined. To know this before
/// any of them is read keeps each from being read twice, and those within from being read twice as often with every level.
fn has_split_field(message: &MessageSchema, parts: Parts<'_, '_>) -> bool {
    let mut seen = Seen::default();
    let mut expected = 0;
    for part in parts {
        let mut reader = Reader::new(part);
        while let Ok(Some((number, payload))) = reader.next() {
            let Some((index, field)) = message.field(number, expected) else { continue };
            expected = if field.shape == Cardinality::One { index + 1 } else { index };
            if let (Cardinality::One, FieldKind::Message(_), WirePayload::Bytes(_)) = (field.shape, field.kind, payload)
            {
                if seen.has(index) {
                    return true;
                }
                seen.mark(index);
            }
        }
    }
    false
}

/// All occurrences of a field in a message.
fn occurrences<'a>(parts: Parts<'_, 'a>, wanted: u32) -> Vec<&'a [u8]> {
    let mut found = Vec::new();
    for part in parts {
        let mut reader = Reader::new(part);
        while let Ok(Some((number, payload))) = reader.next() {
            if let WirePayload::Bytes(bytes) = payload
                && number == wanted
            {
                found.push(bytes);
            }
        }
    }
    found
}

fn sort_maps(entries: &mut [MapEntry<'_>]) {
    for (_, value) in entries {
        if let Value::Map(map) = value {
            *map = Map::from_entries(std::mem::take(map).into_entries());
        }
    }
}

/// One scalar, or nothing where the wire type is another.
fn scalar(kind: FieldKind, payload: WirePayload<'_>) -> Option<Value<'_>> {
    Some(match (kind, payload) {
        (FieldKind::Text, WirePayload::Bytes(bytes)) => Value::Text(lossy(bytes)),
        (FieldKind::Bytes, WirePayload::Bytes(bytes)) => Value::Bytes(Cow::Borrowed(bytes)),
        (FieldKind::Bool, WirePayload::Varint(number)) => Value::Bool(number != 0),
        (FieldKind::Int, WirePayload::Varint(number)) => Value::Int(number.cast_signed()),
        (FieldKind::Uint, WirePayload::Varint(number)) => unsigned(number),
        (FieldKind::Double, WirePayload::Fixed64(bits)) => read_back(f64::from_bits(bits)),
        _ => return None,
    })
}

/// The numbers of a packed list.
fn packed(kind: FieldKind, payload: WirePayload<'_>) -> Option<Vec<Value<'_>>> {
    let WirePayload::Bytes(mut bytes) = payload else { return None };
    let mut items = Vec::new();
    while !bytes.is_empty() {
        let payload = match kind {
            FieldKind::Bool | FieldKind::Int | FieldKind::Uint => {
                let mut reader = Reader::new(bytes);
                let number = reader.varint().ok()?;
                bytes = reader.rest();
                WirePayload::Varint(number)
            }
            FieldKind::Double => {
                let (first, rest) = bytes.split_first_chunk()?;
                bytes = rest;
                WirePayload::Fixed64(u64::from_le_bytes(*first))
            }
            FieldKind::Text | FieldKind::Bytes | FieldKind::Message(_) => return None,
        };
        items.push(scalar(kind, payload)?);
    }
    Some(items)
}

#[expect(clippy::cast_precision_loss, reason = "Kubernetes' JSON keeps larger numbers as doubles")]
fn unsigned<'a>(number: u64) -> Value<'a> {
    i64::try_from(number).map_or(Value::Float(number as f64), Value::Int)
}

fn is_zero_value(value: &Value<'_>) -> bool {
    match value {
        Value::Bool(truth) => !truth,
        Value::Int(number) => *number == 0,
        Value::Float(number) => *number == 0.0,
        other => other.is_empty(),
    }
}

fn zero<'a>(kind: FieldKind) -> Value<'a> {
    match kind {
        FieldKind::Text => Value::from(""),
        FieldKind::Bytes | FieldKind::Message(_) => Value::Null,
        FieldKind::Bool => Value::Bool(false),
        FieldKind::Int | FieldKind::Uint | FieldKind::Double => Value::Int(0),
    }
}
