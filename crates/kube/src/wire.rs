//! Protobuf's wire format over borrowed bytes: fields one after the other, whatever their meaning.
//!
//! Source: <https://protobuf.dev/programming-guides/encoding/>.

use thiserror::Error;

/// Groups that may lie within one another.
const MAX_GROUPS: usize = 32;

/// What a field holds, as it lies in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WirePayload<'a> {
    /// A number of variable length.
    Varint(u64),
    /// Eight bytes, little-endian.
    Fixed64(u64),
    /// Four bytes, little-endian.
    Fixed32(u32),
    /// A text, bytes, a message or a packed list.
    Bytes(&'a [u8]),
    /// The bytes between the start and the end of a group.
    Group(&'a [u8]),
}

/// Why bytes are not a protobuf message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum WireError {
    /// The bytes end within a field.
    #[error("the message ends within a field")]
    Truncated,
    /// A number of more than 64 bits.
    #[error("a number has more than 64 bits")]
    Overlong,
    /// A field number of zero or above 2^29, or a wire type that does not exist.
    #[error("a field has an impossible number or type")]
    BadTag,
    /// Groups that do not end, end twice or lie too deep.
    #[error("a group does not end")]
    BadGroup,
}

/// Reads a message field by field.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    /// What was not read yet.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next field, or `None` at the end.
    #[inline]
    pub(crate) fn next(&mut self) -> Result<Option<(u32, WirePayload<'a>)>, WireError> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let (number, wire_type) = self.tag()?;
        let payload = match wire_type {
            0 => WirePayload::Varint(self.varint()?),
            1 => WirePayload::Fixed64(u64::from_le_bytes(self.array()?)),
            2 => WirePayload::Bytes(self.bytes()?),
            3 => WirePayload::Group(self.group(number)?),
            5 => WirePayload::Fixed32(u32::from_le_bytes(self.array()?)),
            4 => return Err(WireError::BadGroup),
            _ => return Err(WireError::BadTag),
        };
        Ok(Some((number, payload)))
    }

    #[inline]
    fn tag(&mut self) -> Result<(u32, u8), WireError> {
        let tag = u32::try_from(self.varint()?).map_err(|_| WireError::BadTag)?;
        let number = tag >> 3;
        if number == 0 { Err(WireError::BadTag) } else { Ok((number, (tag & 7) as u8)) }
    }

    #[inline]
    pub(crate) fn varint(&mut self) -> Result<u64, WireError> {
        if let [first, rest @ ..] = self.rest
            && *first < 0x80
        {
            self.rest = rest;
            return Ok(u64::from(*first));
        }
        self.long_varint()
    }

    fn long_varint(&mut self) -> Result<u64, WireError> {
        let mut value = 0;
        for (index, byte) in self.rest.iter().enumerate() {
            let bits = u64::from(byte & 0x7f);
            if index == 9 && bits > 1 {
                return Err(WireError::Overlong);
            }
            value |= bits << (7 * index);
            if byte & 0x80 == 0 {
                self.rest = &self.rest[index + 1..];
                return Ok(value);
            }
            if index == 9 {
                return Err(WireError::Overlong);
            }
        }
        Err(WireError::Truncated)
    }

    #[inline]
    fn bytes(&mut self) -> Result<&'a [u8], WireError> {
        let len = usize::try_from(self.varint()?).map_err(|_| WireError::Truncated)?;
        let (bytes, rest) = self.rest.split_at_checked(len).ok_or(WireError::Truncated)?;
        self.rest = rest;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or(WireError::Truncated)?;
        self.rest = rest;
        Ok(*bytes)
    }

    /// The content of a group whose start was read, which may hold more groups.
    fn group(&mut self, number: u32) -> Result<&'a [u8], WireError> {
        let start = self.rest;
        let mut open = vec![number];
        // Ends, because each round reads a tag, which is a byte or more.
        loop {
            let before = self.rest;
            let (number, wire_type) = self.tag()?;
            match wire_type {
                0 => drop(self.varint()?),
                1 => drop(self.array::<8>()?),
                2 => drop(self.bytes()?),
                5 => drop(self.array::<4>()?),
                3 if open.len() < MAX_GROUPS => open.push(number),
                4 if open.last() == Some(&number) => drop(open.pop()),
                _ => return Err(WireError::BadGroup),
            }
            if open.is_empty() {
                return Ok(&start[..start.len() - before.len()]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(bytes: &[u8]) -> Result<Vec<(u32, WirePayload<'_>)>, WireError> {
        let mut reader = Reader::new(bytes);
        let mut found = Vec::new();
        while let Some(field) = reader.next()? {
            found.push(field);
        }
        Ok(found)
    }

    #[test]
    fn every_wire_type_is_read() {
        let bytes =
            [0x08, 0x96, 0x01, 0x11, 1, 0, 0, 0, 0, 0, 0, 0, 0x1a, 1, b'x', 0x23, 0x28, 7, 0x24, 0x2d, 9, 0, 0, 0];
        let expected = [
            (1, WirePayload::Varint(150)),
            (2, WirePayload::Fixed64(1)),
            (3, WirePayload::Bytes(b"x")),
            (4, WirePayload::Group(&[0x28, 7])),
            (5, WirePayload::Fixed32(9)),
        ];
        assert_eq!(fields(&bytes).expect("a message"), expected);
    }

    #[test]
    fn what_is_no_message_is_refused() {
        assert_eq!(fields(&[0x0a, 2, 1]), Err(WireError::Truncated));
        assert_eq!(fields(&[0x08, 0x80]), Err(WireError::Truncated));
        assert_eq!(fields(&[0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2]), Err(WireError::Overlong));
        assert_eq!(fields(&[0x00, 1]), Err(WireError::BadTag));
        assert_eq!(fields(&[0x0f]), Err(WireError::BadTag));
        assert_eq!(fields(&[0x0c]), Err(WireError::BadGroup));
        assert_eq!(fields(&[0x0b, 0x14]), Err(WireError::BadGroup));
        assert_eq!(fields(&[0x0b; 40]), Err(WireError::BadGroup));
    }
}
