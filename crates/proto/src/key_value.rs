//! [`KeyValueRef`]: decodes `KeyValue` without copying. There is one for every revision, so this is the innermost loop
//! of all scans.
//!
//! Records that etcd wrote have one layout: fields ascending, each at most once, none zero, numbers in their shortest
//! form. [`KeyValueRef::parse_canonical`] decodes only that layout, without a loop. [`KeyValueRef::parse`] tries it
//! first and decodes anything else field by field, as `prost` would.

use std::fmt;

use crate::mvccpb::KeyValue;
use crate::wire::{FieldReader, ParseError, split_varint};

/// The value of one record of the bucket `key`, borrowed from its page.
///
/// Absent fields are zero or empty. A tombstone has `key` only. Debug output has the length of the value, not its bytes,
/// which may be secret. Source: `docs/format/mvcc.md#records`.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct KeyValueRef<'a> {
    /// The user key.
    pub key: &'a [u8],
    /// Main revision of the put that began this generation of the key.
    pub create_revision: i64,
    /// Main revision of this put.
    pub mod_revision: i64,
    /// Number of puts in this generation, this one included.
    pub version: i64,
    /// The value.
    pub value: &'a [u8],
    /// Id of the lease to which the key is attached, 0 for none; may be negative.
    pub lease: i64,
}

impl<'a> KeyValueRef<'a> {
    /// Decodes a record; accepts exactly the bytes that `prost` accepts for [`KeyValue`], with the same result.
    ///
    /// # Errors
    /// The bytes are not a protobuf message, or a field of the record has the wrong wire type.
    #[inline]
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        match Self::parse_canonical(bytes) {
            Some(record) => Ok(record),
            None => Self::parse_any_layout(bytes),
        }
    }

    /// Decodes a record in the layout that etcd writes. `None` means another layout or not a record;
    /// [`parse`](Self::parse) tells which. `Some` means that encoding the fields again gives the same bytes.
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

/// The rest of a record in the canonical layout. Each method decodes the field with that tag byte if it comes next;
/// `None` means that the layout is not canonical.
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

    /// Decodes a varint that is not zero and in its shortest form, which means that its last byte is not zero.
    #[inline]
    fn nonzero_varint(&mut self) -> Option<u64> {
        let (value, len) = split_varint(self.rest)?;
        self.rest = self.rest.get(len..)?;
        (value >> (7 * (len - 1)) != 0).then_some(value)
    }
}
