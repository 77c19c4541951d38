//! Imitates how the two protobuf libraries of Go that etcd has used decode messages, to predict which versions accept them.
//!
//! On what etcd writes both agree with `prost`. They differ on other bytes, as real servers of 3.4 to 3.8 showed:
//!
//! | in the message | gogo/protobuf (etcd to 3.6) | google.golang.org/protobuf (since 3.7) |
//! |---|---|---|
//! | a known field of another wire type | refuses it | skips the field |
//! | a number of ten bytes with more than 64 bits | drops the excess | refuses it |
//! | a field number above 2^29 - 1 | skips the field | refuses it |
//! | the end of a group that another field began | skips both | refuses it |
//! | text that is not UTF-8 | keeps it | refuses it |
//!
//! `prost` refuses all of these. Inside groups both libraries accept more field numbers than this module, which refuses
//! cases of doubt.

use prost::encoding::encode_varint;

use crate::wire::{MAX_VARINT_LEN, WireType};

/// The most groups that may be nested: google.golang.org/protobuf refuses more. It bounds the memory for open groups.
const MAX_OPEN_GROUPS: usize = 10_000;

/// A protobuf library of Go that etcd has used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GoLibrary {
    /// `github.com/gogo/protobuf`, in etcd to 3.6.
    Gogo,
    /// `google.golang.org/protobuf`, in etcd since 3.7.
    Golang,
}

/// The fields of a message type, by number.
#[derive(Debug)]
pub struct MessageSchema(&'static [(u32, FieldType)]);

/// The type of a field.
#[derive(Clone, Copy, Debug)]
enum FieldType {
    Number,
    Bytes,
    Text,
    Message(&'static MessageSchema),
}

impl FieldType {
    fn wire_type(self) -> WireType {
        match self {
            Self::Number => WireType::Varint,
            Self::Bytes | Self::Text | Self::Message(_) => WireType::LengthDelimited,
        }
    }
}

/// `mvccpb.KeyValue`, the value of a record.
pub static KEY_VALUE: MessageSchema = MessageSchema(&[
    (1, FieldType::Bytes),
    (2, FieldType::Number),
    (3, FieldType::Number),
    (4, FieldType::Number),
    (5, FieldType::Bytes),
    (6, FieldType::Number),
]);

/// `leasepb.Lease`, the value of a lease.
pub static LEASE: MessageSchema =
    MessageSchema(&[(1, FieldType::Number), (2, FieldType::Number), (3, FieldType::Number)]);

/// `etcdserverpb.AlarmMember`, the key of an alarm.
pub static ALARM: MessageSchema = MessageSchema(&[(1, FieldType::Number), (2, FieldType::Number)]);

/// `authpb.User`, the value of a user.
pub static USER: MessageSchema = MessageSchema(&[
    (1, FieldType::Bytes),
    (2, FieldType::Bytes),
    (3, FieldType::Text),
    (4, FieldType::Message(&USER_OPTIONS)),
]);

static USER_OPTIONS: MessageSchema = MessageSchema(&[(1, FieldType::Number)]);

/// `authpb.Role`, the value of a role.
pub static ROLE: MessageSchema = MessageSchema(&[(1, FieldType::Bytes), (2, FieldType::Message(&PERMISSION))]);

static PERMISSION: MessageSchema =
    MessageSchema(&[(1, FieldType::Number), (2, FieldType::Bytes), (3, FieldType::Bytes)]);

impl GoLibrary {
    /// Both libraries, the older one first.
    pub const ALL: [Self; 2] = [Self::Gogo, Self::Golang];

    /// Does the library decode these bytes as a message of this type without an error?
    pub fn accepts(self, message: &[u8], schema: &MessageSchema) -> bool {
        self.read(message, schema).is_some()
    }

    /// The fields that the library decodes, encoded again as etcd encodes them, so that `prost` can decode them; `None`
    /// when the library returns an error. Invalid UTF-8 in text is replaced.
    pub fn read(self, message: &[u8], schema: &MessageSchema) -> Option<Vec<u8>> {
        let mut found = Vec::new();
        GoReader { library: self, rest: message }.message(schema, &mut found)?;
        Some(found)
    }
}

/// Decodes a message like one of the libraries. Every method returns `None` where the library returns an error. Each
/// field takes a byte or more, so decoding ends; it recurses only as deep as schemas nest, which is twice.
struct GoReader<'a> {
    library: GoLibrary,
    rest: &'a [u8],
}

impl<'a> GoReader<'a> {
    fn message(&mut self, schema: &MessageSchema, found: &mut Vec<u8>) -> Option<()> {
        while !self.rest.is_empty() {
            let (field, wire_type) = self.tag()?;
            match schema.0.iter().find(|(number, _)| *number == field) {
                Some((_, form)) if form.wire_type() == wire_type => self.take_known_field(field, *form, found)?,
                Some(_) if self.library == GoLibrary::Gogo => return None,
                _ => self.skip(field, wire_type)?,
            }
        }
        Some(())
    }

    /// Decodes the payload of a field of the schema, and appends the field to `found`.
    fn take_known_field(&mut self, field: u32, form: FieldType, found: &mut Vec<u8>) -> Option<()> {
        let key = u64::from(field) << 3;
        if form.wire_type() == WireType::Varint {
            encode_varint(key, found);
            encode_varint(self.varint()?, found);
            return Some(());
        }
        let bytes = self.length_delimited()?;
        let payload = match form {
            FieldType::Message(schema) => self.library.read(bytes, schema)?,
            FieldType::Text if self.library == GoLibrary::Golang => str::from_utf8(bytes).ok()?.into(),
            FieldType::Text => String::from_utf8_lossy(bytes).into_owned().into(),
            FieldType::Bytes | FieldType::Number => bytes.to_vec(),
        };
        encode_varint(key | 2, found);
        encode_varint(payload.len() as u64, found);
        found.extend(payload);
        Some(())
    }

    /// Decodes number and wire type of the next field. The older library keeps only the low 32 bits of the number.
    fn tag(&mut self) -> Option<(u32, WireType)> {
        let key = self.varint()?;
        if self.library == GoLibrary::Golang && u32::try_from(key).is_err() {
            return None;
        }
        let field = u32::try_from((key >> 3) & u64::from(u32::MAX)).ok()?;
        (field.cast_signed() > 0).then_some((field, WireType::of(key).ok()?))
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for (index, &byte) in self.rest.iter().take(MAX_VARINT_LEN).enumerate() {
            if index + 1 == MAX_VARINT_LEN && byte > 1 && self.library == GoLibrary::Golang {
                return None;
            }
            value |= u64::from(byte & 0x7f) << (7 * index);
            if byte < 0x80 {
                self.rest = self.rest.get(index + 1..)?;
                return Some(value);
            }
        }
        None
    }

    fn length_delimited(&mut self) -> Option<&'a [u8]> {
        let len = usize::try_from(self.varint()?).ok()?;
        self.take(len)
    }

    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(taken)
    }

    /// Skips an unknown field; a group with everything nested in it.
    fn skip(&mut self, field: u32, wire_type: WireType) -> Option<()> {
        let mut open = Vec::new();
        let (mut field, mut wire_type) = (field, wire_type);
        // Ends, because each round reads a tag, which is a byte or more.
        loop {
            match wire_type {
                WireType::Varint => drop(self.varint()?),
                WireType::Fixed64 => drop(self.take(8)?),
                WireType::Fixed32 => drop(self.take(4)?),
                WireType::LengthDelimited => drop(self.length_delimited()?),
                WireType::StartGroup if open.len() == MAX_OPEN_GROUPS => return None,
                WireType::StartGroup => open.push(field),
                WireType::EndGroup => {
                    let begun = open.pop()?;
                    if begun != field && self.library == GoLibrary::Golang {
                        return None;
                    }
                }
            }
            if open.is_empty() {
                return Some(());
            }
            (field, wire_type) = self.tag()?;
        }
    }
}

/// How a server with one of the libraries decodes a message that `prost` refuses, in ascending order of harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DecodeOutcome {
    /// The server decodes the message, perhaps with other values.
    Misread,
    /// The server decodes values with which it loses the content of the message.
    Lost,
    /// The library returns an error.
    Refused,
}

/// The worst outcome, by library, of all such messages of one type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DecodeOutcomes {
    worst: Option<[DecodeOutcome; 2]>,
}

impl DecodeOutcomes {
    /// Adds a message. `is_lost` decides by the fields that a library decodes, encoded as etcd encodes them.
    pub fn add(&mut self, message: &[u8], schema: &MessageSchema, is_lost: impl Fn(&[u8]) -> bool) {
        let outcome = |library: GoLibrary| match library.read(message, schema) {
            None => DecodeOutcome::Refused,
            Some(found) if is_lost(&found) => DecodeOutcome::Lost,
            Some(_) => DecodeOutcome::Misread,
        };
        self.merge(Self { worst: Some(GoLibrary::ALL.map(outcome)) });
    }

    /// Adds other messages of the same type.
    pub fn merge(&mut self, other: Self) {
        self.worst = match (self.worst, other.worst) {
            (Some([gogo, golang]), Some(other)) => Some([gogo.max(other[0]), golang.max(other[1])]),
            (one, other) => one.or(other),
        };
    }

    /// The worst outcome on servers with this library; refused when no message was added.
    pub fn with(&self, library: GoLibrary) -> DecodeOutcome {
        let [gogo, golang] = self.worst.unwrap_or([DecodeOutcome::Refused; 2]);
        match library {
            GoLibrary::Gogo => gogo,
            GoLibrary::Golang => golang,
        }
    }
}

#[cfg(test)]
mod tests;
