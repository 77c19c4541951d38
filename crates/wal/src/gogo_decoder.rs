//! Imitates the protobuf decoder of etcd up to 3.6, to tell whether a damaged record looks unfinished to these servers.
//!
//! That decoder has one error for a message that ends too early and for a file that ends too early. So these servers
//! take such a damaged record for the unfinished end of the log, wherever in the last segment it is, and cut off
//! everything after it. It therefore matters exactly what the decoder refuses, and with which error first: it reads
//! fewer bits of a field number, and lets numbers overflow.

/// Why decoding stopped.
enum DecodeStop {
    /// The bytes end too early.
    Unfinished,
    /// Anything else.
    Invalid,
}

/// Does the decoder reach the end of the bytes inside this record?
pub(crate) fn is_unfinished(record: &[u8]) -> bool {
    let mut decoder = Decoder { bytes: record, position: 0 };
    while decoder.position < record.len() {
        match decoder.field() {
            Ok(()) => {}
            Err(DecodeStop::Unfinished) => return true,
            Err(DecodeStop::Invalid) => return false,
        }
    }
    false
}

struct Decoder<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl Decoder<'_> {
    /// Decodes one field of a record: type and checksum are numbers, data is bytes, all others are skipped.
    fn field(&mut self) -> Result<(), DecodeStop> {
        let (number, wire_type) = self.tag()?;
        match (number, wire_type) {
            (1 | 2, 0) => self.number().map(drop),
            (3, 2) => self.bytes(),
            (..=3, _) | (_, 4) => Err(DecodeStop::Invalid),
            _ => self.skip(wire_type),
        }
    }

    /// Decodes a tag; only 32 bits of the field number count, as a signed number.
    fn tag(&mut self) -> Result<(i32, u64), DecodeStop> {
        let tag = self.number()?;
        let [a, b, c, d, ..] = (tag >> 3).to_le_bytes();
        Ok((i32::from_le_bytes([a, b, c, d]), tag & 7))
    }

    /// Decodes a varint of up to ten bytes; bits above 64 are lost.
    fn number(&mut self) -> Result<u64, DecodeStop> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = *self.bytes.get(self.position).ok_or(DecodeStop::Unfinished)?;
            self.position += 1;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(DecodeStop::Invalid)
    }

    fn bytes(&mut self) -> Result<(), DecodeStop> {
        let len = self.number()?;
        let end = isize::try_from(len).ok().and_then(|len| len.checked_add_unsigned(self.position));
        self.advance_to(end.ok_or(DecodeStop::Invalid)?.unsigned_abs())
    }

    fn advance_to(&mut self, end: usize) -> Result<(), DecodeStop> {
        self.position = end;
        if end > self.bytes.len() { Err(DecodeStop::Unfinished) } else { Ok(()) }
    }

    /// Skips the payload of a field of this wire type, with everything nested in it.
    fn skip(&mut self, wire_type: u64) -> Result<(), DecodeStop> {
        let (mut wire_type, mut depth) = (wire_type, 0_u64);
        // Ends, because each round but the last reads a tag, which is a byte or more.
        loop {
            match wire_type {
                0 => self.number().map(drop)?,
                1 => self.advance_to(self.position + 8)?,
                2 => self.bytes()?,
                3 => depth += 1,
                4 => depth = depth.checked_sub(1).ok_or(DecodeStop::Invalid)?,
                5 => self.advance_to(self.position + 4)?,
                _ => return Err(DecodeStop::Invalid),
            }
            if depth == 0 {
                return Ok(());
            }
            (_, wire_type) = self.tag()?;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::record::RecordFields;

    #[test]
    fn the_end_is_told_from_other_mistakes() {
        assert!(is_unfinished(&[8]) && is_unfinished(&[26, 3, 1, 2]) && is_unfinished(&[0x80; 9]));
        // A length that does not fit any memory, a number without end, and a group's end.
        assert!(!is_unfinished(&[26, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1]));
        assert!(!is_unfinished(&[0x80; 11]) && !is_unfinished(&[0x24]));
        // Field 0 is an error before its payload is looked at; field 2^29 is none here, and unfinished.
        assert!(!is_unfinished(&[2, 9]) && is_unfinished(&[0x82, 0x80, 0x80, 0x80, 0x10, 9]));
        // A group that is not closed, and one that is.
        assert!(is_unfinished(&[0x23, 0x28, 1]) && !is_unfinished(&[0x23, 0x28, 1, 0x24]));
    }

    proptest! {
        #[test]
        fn whole_records_are_not_unfinished_but_their_parts_are(number: i64, crc: u32, data: Vec<u8>, cut: prop::sample::Index) {
            let mut record = Vec::new();
            RecordFields { number, crc, data: Some(&data) }.write(&mut record);
            prop_assert!(!is_unfinished(&record));
            let cut = cut.index(record.len());
            prop_assert_eq!(is_unfinished(&record[..cut]), RecordFields::parse(&record[..cut]).is_err());
        }

        #[test]
        fn any_bytes_are_judged_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let _ = is_unfinished(&bytes);
        }
    }
}
