//! CBOR as Kubernetes stores custom resources with it (docs/format/kubernetes.md#cbor-values), read into what its JSON would be.
//!
//! Texts are byte strings there, and bytes are byte strings in tag 22, which asks for base64. Source: RFC 8949 and
//! Kubernetes enhancement 4222.

use std::borrow::Cow;

use jiff::Timestamp;
use thiserror::Error;

use crate::MAX_DEPTH;
use crate::lossy_text::lossy;
use crate::number::read_back;
use crate::value::{Map, Value};

/// What a break code, the end of something of indefinite length, reads as.
const BREAK: u8 = 0xff;

const TAG_TIME: u64 = 1;
const TAG_BASE64: u64 = 22;

/// Why bytes are not CBOR, and where. Says nothing of what stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("byte {offset}: {problem}")]
pub struct CborError {
    /// What is wrong.
    pub problem: &'static str,
    /// Offset from the start, in bytes.
    pub offset: usize,
}

/// Reads one CBOR item with nothing behind it.
pub fn parse(bytes: &[u8]) -> Result<Value<'_>, CborError> {
    parse_within(bytes, 0)
}

/// Reads one CBOR item that lies so many levels deep in something else.
pub(crate) fn parse_within(bytes: &[u8], above: usize) -> Result<Value<'_>, CborError> {
    let mut reader = Reader { bytes, at: 0 };
    let value = reader.item(above)?;
    if reader.at < bytes.len() { Err(reader.error("bytes follow the end")) } else { Ok(value) }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// The first byte of an item and the number behind it; no number for indefinite length.
struct Head {
    major: u8,
    info: u8,
    number: Option<u64>,
}

impl<'a> Reader<'a> {
    fn error(&self, problem: &'static str) -> CborError {
        CborError { problem, offset: self.at }
    }

    fn take(&mut self, len: u64) -> Result<&'a [u8], CborError> {
        let rest = &self.bytes[self.at..];
        let taken = usize::try_from(len).ok().and_then(|len| rest.get(..len));
        let taken = taken.ok_or_else(|| self.error("it ends too early"))?;
        self.at += taken.len();
        Ok(taken)
    }

    fn head(&mut self) -> Result<Head, CborError> {
        let first = self.take(1)?[0];
        let (major, info) = (first >> 5, first & 31);
        let number = match info {
            0..24 => Some(u64::from(info)),
            24..28 => Some(self.take(1 << (info - 24))?.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))),
            31 if matches!(major, 2..=5) => None,
            _ => return Err(self.error("a reserved length")),
        };
        Ok(Head { major, info, number })
    }

    fn at_break(&mut self) -> bool {
        let found = self.bytes.get(self.at) == Some(&BREAK);
        self.at += usize::from(found);
        found
    }

    #[expect(clippy::cast_precision_loss, reason = "Kubernetes' JSON keeps larger numbers as doubles")]
    fn item(&mut self, depth: usize) -> Result<Value<'a>, CborError> {
        if depth > MAX_DEPTH {
            return Err(self.error("nested too deep"));
        }
        let head = self.head()?;
        let number = head.number.unwrap_or_default();
        Ok(match head.major {
            0 => i64::try_from(number).map_or(Value::Float(number as f64), Value::Int),
            1 => i64::try_from(number).map_or(Value::Float(-1.0 - number as f64), |number| Value::Int(-1 - number)),
            2 | 3 => match self.string(&head)? {
                Cow::Borrowed(bytes) => Value::Text(lossy(bytes)),
                Cow::Owned(bytes) => Value::Text(Cow::Owned(lossy(&bytes).into_owned())),
            },
            4 => self.list(head.number, depth)?,
            5 => self.map(head.number, depth)?,
            6 => self.tagged(number, depth)?,
            _ => self.simple(head.info, number)?,
        })
    }

    /// A string of bytes or of text: both are both.
    fn string(&mut self, head: &Head) -> Result<Cow<'a, [u8]>, CborError> {
        if let Some(len) = head.number {
            return self.take(len).map(Cow::Borrowed);
        }
        let mut joined = Vec::new();
        while !self.at_break() {
            let chunk = self.head()?;
            match chunk.number {
                Some(len) if chunk.major == head.major => joined.extend_from_slice(self.take(len)?),
                _ => return Err(self.error("a string in pieces holds something else")),
            }
        }
        Ok(Cow::Owned(joined))
    }

    /// Whether a list or map has another item, given how many it claims and how many were read. Whatever it claims,
    /// every item is a byte or more, and reading one that is not there is an error.
    fn has_more(&mut self, claimed: Option<u64>, read: u64) -> bool {
        claimed.map_or_else(|| !self.at_break(), |claimed| read < claimed)
    }

    fn list(&mut self, claimed: Option<u64>, depth: usize) -> Result<Value<'a>, CborError> {
        let mut list = Vec::new();
        while self.has_more(claimed, list.len() as u64) {
            list.push(self.item(depth + 1)?);
        }
        Ok(Value::List(list))
    }

    fn map(&mut self, claimed: Option<u64>, depth: usize) -> Result<Value<'a>, CborError> {
        let mut entries = Vec::new();
        while self.has_more(claimed, entries.len() as u64) {
            let Value::Text(key) = self.item(depth + 1)? else {
                return Err(self.error("a key is no string"));
            };
            entries.push((key, self.item(depth + 1)?));
        }
        Ok(Value::Map(Map::from_entries(entries)))
    }

    /// Tag 22 turns bytes to base64, tag 1 a number to a time; all others are what they hold.
    fn tagged(&mut self, tag: u64, depth: usize) -> Result<Value<'a>, CborError> {
        let before = self.at;
        if tag == TAG_BASE64 {
            let head = self.head()?;
            if head.major == 2 {
                return self.string(&head).map(Value::Bytes);
            }
            self.at = before;
        }
        let value = self.item(depth + 1)?;
        Ok(if tag == TAG_TIME { epoch(&value).unwrap_or(value) } else { value })
    }

    fn simple(&mut self, info: u8, number: u64) -> Result<Value<'a>, CborError> {
        Ok(match (info, number) {
            (20, _) => Value::Bool(false),
            (21, _) => Value::Bool(true),
            (22 | 23, _) => Value::Null,
            (25, bits) => read_back(half(bits)),
            (26, bits) => read_back(f64::from(f32::from_bits(u32::try_from(bits).unwrap_or_default()))),
            (27, bits) => read_back(f64::from_bits(bits)),
            _ => return Err(self.error("an unknown simple value")),
        })
    }
}

/// A float of 16 bits: one of sign, five of exponent, ten of fraction.
fn half(bits: u64) -> f64 {
    let bits = u16::try_from(bits).unwrap_or_default();
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 0x3ff));
    let size = match exponent {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1024.0 + fraction) * 2f64.powi(exponent - 25),
    };
    if bits >> 15 == 1 { -size } else { size }
}

/// Seconds since 1970 as a text.
#[expect(clippy::cast_possible_truncation, reason = "a number out of range saturates, and is then no time")]
fn epoch<'a>(value: &Value<'_>) -> Option<Value<'a>> {
    let time = match value {
        Value::Int(seconds) => Timestamp::from_second(*seconds).ok()?,
        Value::Float(seconds) => Timestamp::from_nanosecond((seconds * 1e9) as i128).ok()?,
        _ => return None,
    };
    Some(Value::from(time.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{JsonLayout, to_string};

    fn json(bytes: &[u8]) -> String {
        to_string(&parse(bytes).expect("CBOR"), JsonLayout::Compact)
    }

    #[test]
    fn items_become_json() {
        for (bytes, text) in [
            (&b"\xd9\xd9\xf7\xa1\x41\x61\x01"[..], r#"{"a":1}"#),
            (b"\xbf\x61\x61\x9f\x20\xff\x41\x62\x5f\x41\x78\x41\x79\xff\xff", r#"{"a":[-1],"b":"xy"}"#),
            (b"\xd6\x42\x70\x77", r#""cHc=""#),
            (b"\xc1\x00", r#""1970-01-01T00:00:00Z""#),
            (b"\xc1\xf9\x3e\x00", r#""1970-01-01T00:00:01.5Z""#),
            (b"\x84\xf9\x3e\x00\xfa\x3f\xc0\x00\x00\xfb\x3f\xf8\0\0\0\0\0\0\xf9\x7c\x00", "[1.5,1.5,1.5,null]"),
            (b"\x83\xf4\xf5\xf6", "[false,true,null]"),
            (b"\x1b\xff\xff\xff\xff\xff\xff\xff\xff", "18446744073709552000"),
            (b"\x41\xff", "\"\u{fffd}\""),
        ] {
            assert_eq!(json(bytes), text);
        }
    }

    #[test]
    fn what_is_no_cbor_is_refused() {
        for (bytes, problem) in [
            (&b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff\x01"[..], "it ends too early"),
            (b"\x5b\xff\xff\xff\xff\xff\xff\xff\xff", "it ends too early"),
            (b"\xa1\x01\x01", "a key is no string"),
            (b"\x01\x01", "bytes follow the end"),
            (b"\x1f", "a reserved length"),
            (b"\x5f\x61\x61\xff", "a string in pieces holds something else"),
        ] {
            assert_eq!(parse(bytes).expect_err("no CBOR").problem, problem);
        }
        assert_eq!(parse(&[0x81; 10_000]).expect_err("too deep").problem, "nested too deep");
        assert_eq!(parse(&[0xc6; 10_000]).expect_err("too deep").problem, "nested too deep");
    }
}
