//! [`FieldReader`]: decodes protobuf's wire format without copying: varints, tags, length-prefixed bytes; unknown fields
//! are skipped.
//!
//! A message is a sequence of fields; a field is a tag (number and wire type, in one varint) and a payload whose form
//! depends on the wire type. [`FieldReader`] accepts and refuses exactly what `prost` does, but copies nothing and its
//! errors have an offset. Source: <https://protobuf.dev/programming-guides/encoding/>.

use etcdsnap_quantity::quantity;
use thiserror::Error;

/// The most groups that may be nested; a field inside the hundredth is refused, as by `prost`.
const MAX_OPEN_GROUPS: usize = 100;

/// Bytes of the longest varint, which has 64 bits.
pub(crate) const MAX_VARINT_LEN: usize = 10;

/// Why and where decoding a message fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("byte {offset}: {kind}")]
pub struct ParseError {
    /// What is wrong.
    pub kind: ParseErrorKind,
    /// Offset in bytes from the start of the message to the wrong varint, tag or payload.
    pub offset: usize,
}

/// Why decoding a message fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ParseErrorKind {
    /// The bytes end inside a tag, a number or a group.
    #[error("the message ends within a field")]
    Truncated,
    /// A length-prefixed or fixed-size payload is longer than the rest of the message.
    #[error("a field of {} has only {} left", quantity(*.needed, "byte"), quantity(*.left as u64, "byte"))]
    PayloadTruncated {
        /// Bytes that the field needs.
        needed: u64,
        /// Bytes that are left.
        left: usize,
    },
    /// A varint has more than 64 bits.
    #[error("a number has more than 64 bits")]
    VarintTooLong,
    /// A tag's field number is 0 or above 2^29 - 1.
    #[error("a field number is out of range")]
    FieldNumber,
    /// A tag's wire type is 6 or 7.
    #[error("wire type {0} does not exist")]
    UnknownWireType(u8),
    /// A known field has another wire type than in its definition.
    #[error("field {field} has wire type {found:?} in place of {expected:?}")]
    WrongWireType {
        /// Number of the field.
        field: u32,
        /// Wire type of its definition.
        expected: WireType,
        /// Wire type in the tag.
        found: WireType,
    },
    /// The end of a group that is not open, or is not the innermost open one.
    #[error("field {field} ends a group that is not open")]
    UnexpectedEndGroup {
        /// Number of the field.
        field: u32,
    },
    /// More than 100 groups are nested.
    #[error("groups are nested too deeply")]
    GroupsTooDeep,
}

/// The wire type of a field, which determines the form of its payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WireType {
    /// A varint.
    Varint,
    /// Eight bytes.
    Fixed64,
    /// A length in bytes as a varint, then that many bytes.
    LengthDelimited,
    /// Fields up to the matching `EndGroup`.
    StartGroup,
    /// Nothing.
    EndGroup,
    /// Four bytes.
    Fixed32,
}

impl WireType {
    /// The wire type in the number of a tag; 6 and 7 are not defined and returned as an error.
    pub(crate) fn of(key: u64) -> Result<Self, u8> {
        match key & 7 {
            0 => Ok(Self::Varint),
            1 => Ok(Self::Fixed64),
            2 => Ok(Self::LengthDelimited),
            3 => Ok(Self::StartGroup),
            4 => Ok(Self::EndGroup),
            5 => Ok(Self::Fixed32),
            6 => Err(6),
            _ => Err(7),
        }
    }
}

/// The tag before every payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Number of the field, from 1 to 2^29 - 1.
    pub field: u32,
    /// Form of the payload that follows.
    pub wire_type: WireType,
    /// Offset in bytes from the start of the message to the tag.
    pub offset: usize,
}

/// Decodes the fields of one message one after the other.
#[derive(Clone, Debug)]
pub struct FieldReader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> FieldReader<'a> {
    /// Makes a reader at the first field of a message.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    /// Is the whole message read?
    pub fn is_empty(&self) -> bool {
        self.rest().is_empty()
    }

    /// Reads the tag of the next field.
    pub fn tag(&mut self) -> Result<Tag, ParseError> {
        let offset = self.position;
        let key = u32::try_from(self.varint()?).map_err(|_| ParseErrorKind::FieldNumber.at(offset))?;
        let wire_type =
            WireType::of(key.into()).map_err(|unknown| ParseErrorKind::UnknownWireType(unknown).at(offset))?;
        match key >> 3 {
            0 => Err(ParseErrorKind::FieldNumber.at(offset)),
            field => Ok(Tag { field, wire_type, offset }),
        }
    }

    /// Reads a varint of up to 64 bits, in its shortest form or not.
    pub fn varint(&mut self) -> Result<u64, ParseError> {
        let rest = self.rest();
        if let Some((value, len)) = split_varint(rest) {
            self.position += len;
            return Ok(value);
        }
        let kind = if rest.len() < MAX_VARINT_LEN { ParseErrorKind::Truncated } else { ParseErrorKind::VarintTooLong };
        Err(kind.at(self.position))
    }

    /// Reads the payload of an `int64` field whose tag was just read.
    pub fn int64(&mut self, tag: Tag) -> Result<i64, ParseError> {
        tag.expect(WireType::Varint)?;
        self.varint().map(u64::cast_signed)
    }

    /// Reads the payload of a `bytes` field whose tag was just read.
    pub fn bytes(&mut self, tag: Tag) -> Result<&'a [u8], ParseError> {
        tag.expect(WireType::LengthDelimited)?;
        self.length_delimited()
    }

    /// Skips the payload of a field whose tag was just read, with everything nested in it.
    pub fn skip(&mut self, tag: Tag) -> Result<(), ParseError> {
        match tag.wire_type {
            WireType::Varint => self.varint().map(drop),
            WireType::Fixed64 => self.take(8).map(drop),
            WireType::Fixed32 => self.take(4).map(drop),
            WireType::LengthDelimited => self.length_delimited().map(drop),
            WireType::StartGroup => self.skip_group(tag.field),
            WireType::EndGroup => Err(tag.unexpected_end_group()),
        }
    }

    /// Skips the rest of a group whose start was just read, without recursion.
    fn skip_group(&mut self, field: u32) -> Result<(), ParseError> {
        let mut open = [0; MAX_OPEN_GROUPS];
        open[0] = field;
        let mut depth = 1;
        // Ends, because each round reads a tag, which is a byte or more.
        while depth > 0 {
            let tag = self.tag()?;
            match tag.wire_type {
                WireType::EndGroup if open[depth - 1] == tag.field => depth -= 1,
                WireType::EndGroup => return Err(tag.unexpected_end_group()),
                _ if depth == MAX_OPEN_GROUPS => return Err(ParseErrorKind::GroupsTooDeep.at(tag.offset)),
                WireType::StartGroup => {
                    open[depth] = tag.field;
                    depth += 1;
                }
                _ => self.skip(tag)?,
            }
        }
        Ok(())
    }

    fn length_delimited(&mut self) -> Result<&'a [u8], ParseError> {
        let start = self.position;
        let len = self.varint()?;
        self.take(len).map_err(|error| ParseError { offset: start, ..error })
    }

    fn take(&mut self, len: u64) -> Result<&'a [u8], ParseError> {
        let rest = self.rest();
        let taken = usize::try_from(len).ok().and_then(|len| rest.get(..len));
        let error = ParseErrorKind::PayloadTruncated { needed: len, left: rest.len() }.at(self.position);
        let taken = taken.ok_or(error)?;
        self.position += taken.len();
        Ok(taken)
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.position..).unwrap_or_default()
    }
}

/// The varint at the start of `bytes` and its length in bytes; `None` if it is incomplete or has more than 64 bits.
#[inline]
pub(crate) fn split_varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0;
    for (index, &byte) in bytes.iter().take(MAX_VARINT_LEN).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte < 0x80 {
            let fits = index + 1 < MAX_VARINT_LEN || byte <= 1;
            return fits.then_some((value, index + 1));
        }
    }
    None
}

impl Tag {
    fn expect(self, expected: WireType) -> Result<(), ParseError> {
        if self.wire_type == expected {
            return Ok(());
        }
        Err(ParseErrorKind::WrongWireType { field: self.field, expected, found: self.wire_type }.at(self.offset))
    }

    fn unexpected_end_group(self) -> ParseError {
        ParseErrorKind::UnexpectedEndGroup { field: self.field }.at(self.offset)
    }
}

impl ParseErrorKind {
    fn at(self, offset: usize) -> ParseError {
        ParseError { kind: self, offset }
    }
}
