//! `KeyValue` read in place: the record of every revision, and so the innermost loop of all passes over a snapshot.
//!
//! Records that etcd wrote have one layout: fields ascending, each at most once, none zero, numbers in their shortest
//! form. [`KeyValueRef::parse_canonical`] reads just that, in a straight line. [`KeyValueRef::parse`] tries it first and
//! takes anything else field by field, as `prost` would.

use std::fmt;

use crate::mvccpb::KeyValue;
use crate::wire::{FieldReader, ParseError, split_varint};

/// One record of the bucket `key`, borrowed from the page it lies in.
///
/// Zero and empty stand for absent fields. A tombstone has `key` alone. Debug output tells the length of the value, not
/// its bytes, which may be secret. Source: `docs/format/mvcc.md#records`.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct KeyValueRef<'a> {
    /// Name of the key.
    pub key: &'a [u8],
    /// Main revision of the put that began this generation of the key.
    pub create_revision: i64,
    /// Main revision of this put.
    pub mod_revision: i64,
    /// Number of puts in this generation, this one included.
    pub version: i64,
    /// Value of the key.
    pub value: &'a [u8],
    /// Lease the key is attached to, 0 for none; may be negative.
    pub lease: i64,
}

impl<'a> KeyValueRef<'a> {
    /// Reads a record; accepts exactly the bytes that `prost` accepts for [`KeyValue`], and finds the same fields.
    ///
    /// # Errors
    /// The bytes are no protobuf message, or a field of the record has the wrong wire type.
    #[inline]
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        match Self::parse_canonical(bytes) {
            Some(record) => Ok(record),
            None => Self::parse_any_layout(bytes),
        }
    }

    /// Reads a record in the layout etcd writes. `None` means another layout or no record at all; [`parse`](Self::parse)
    /// tells which. `Some` means that encoding the fields again gives the very same bytes.
    #[inline]
    pub fn parse_canonical(bytes: &'a [u8]) -> Option<Self> {
        let mut rest = CanonicalReader { rest: bytes };
        let record = Self {
            key: rest.bytes(0x0a)?,
            create_revision: rest.int64(0x10)?,
            mod_revision: rest.int64(0x18)?,
            version: rest.int64(0x20)?,
            value: rest.bytes(0x2a)?,
            lease: rest.int64(0x30)?,
        };
        rest.rest.is_empty().then_some(record)
    }

    #[cold]
    fn parse_any_layout(bytes: &'a [u8]) -> Result<Self, ParseError> {
        let mut record = Self::default();
        let mut reader = FieldReader::new(bytes);
        while !reader.is_empty() {
            let tag = reader.tag()?;
            match tag.field {
                1 => record.key = reader.bytes(tag)?,
                2 => record.create_revision = reader.int64(tag)?,
                3 => record.mod_revision = reader.int64(tag)?,
                4 => record.version = reader.int64(tag)?,
                5 => record.value = reader.bytes(tag)?,
                6 => record.lease = reader.int64(tag)?,
                _ => reader.skip(tag)?,
            }
        }
        Ok(record)
    }
}

impl fmt::Debug for KeyValueRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyValueRef")
            .field("key", &format_args!("\"{}\"", self.key.escape_ascii()))
            .field("create_revision", &self.create_revision)
            .field("mod_revision", &self.mod_revision)
            .field("version", &self.version)
            .field("value", &format_args!("{} bytes", self.value.len()))
            .field("lease", &self.lease)
            .finish()
    }
}

impl From<KeyValueRef<'_>> for KeyValue {
    fn from(record: KeyValueRef<'_>) -> Self {
        Self {
            key: record.key.to_vec(),
            create_revision: record.create_revision,
            mod_revision: record.mod_revision,
            version: record.version,
            value: record.value.to_vec(),
            lease: record.lease,
        }
    }
}

/// The fields of a canonical record not yet read. Each method takes the field with that tag byte if it comes next; `None`
/// means that what comes next is not canonical.
struct CanonicalReader<'a> {
    rest: &'a [u8],
}

impl<'a> CanonicalReader<'a> {
    #[inline]
    fn int64(&mut self, tag: u8) -> Option<i64> {
        if !self.take_tag(tag) {
            return Some(0);
        }
        self.nonzero_varint().map(u64::cast_signed)
    }

    #[inline]
    fn bytes(&mut self, tag: u8) -> Option<&'a [u8]> {
        if !self.take_tag(tag) {
            return Some(&[]);
        }
        let len = usize::try_from(self.nonzero_varint()?).ok()?;
        let (taken, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(taken)
    }

    #[inline]
    fn take_tag(&mut self, tag: u8) -> bool {
        match self.rest.split_first() {
            Some((&first, rest)) if first == tag => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    /// A varint in its shortest form and not zero: its last byte adds something to the number.
    #[inline]
    fn nonzero_varint(&mut self) -> Option<u64> {
        let (value, len) = split_varint(self.rest)?;
        self.rest = self.rest.get(len..)?;
        (value >> (7 * (len - 1)) != 0).then_some(value)
    }
}
