//! JSON text as kubectl prints it: members in the order of their bytes, `<`, `>` and `&` escaped, an indent of four
//! (docs/format/kubernetes.md#json-text).

use std::io::{self, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::number::json_float;
use crate::value::Value;

/// How JSON is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonLayout {
    /// No white space at all, no newline at the end.
    Compact,
    /// Four spaces a level and a newline at the end: `kubectl get -o json`.
    Indented,
}

/// Bytes of base64 made at a time, from three quarters as many.
const BASE64_CHUNK: usize = 1024;

/// Writes a value as JSON.
pub fn write(value: &Value<'_>, layout: JsonLayout, out: &mut impl Write) -> io::Result<()> {
    let mut writer = Writer { out, layout, depth: 0 };
    writer.value(value)?;
    if layout == JsonLayout::Indented { out.write_all(b"\n") } else { Ok(()) }
}

/// Writes a value that begins in a line of that many levels, indented, without a newline at the end.
pub(crate) fn write_within(value: &Value<'_>, depth: usize, out: &mut impl Write) -> io::Result<()> {
    Writer { out, layout: JsonLayout::Indented, depth }.value(value)
}

/// A value as JSON text.
pub fn to_string(value: &Value<'_>, layout: JsonLayout) -> String {
    let mut text = Vec::new();
    // Memory takes everything, and texts are UTF-8 from the start.
    _ = write(value, layout, &mut text);
    String::from_utf8(text).unwrap_or_default()
}

struct Writer<'w, W> {
    out: &'w mut W,
    layout: JsonLayout,
    depth: usize,
}

impl<W: Write> Writer<'_, W> {
    fn value(&mut self, value: &Value<'_>) -> io::Result<()> {
        match value {
            Value::Null => self.out.write_all(b"null"),
            Value::Bool(true) => self.out.write_all(b"true"),
            Value::Bool(false) => self.out.write_all(b"false"),
            Value::Int(number) => write!(self.out, "{number}"),
            Value::Float(number) => self.out.write_all(json_float(*number).as_bytes()),
            Value::Text(text) => self.text(text),
            Value::Bytes(bytes) => self.base64(bytes),
            Value::List(list) if list.is_empty() => self.out.write_all(b"[]"),
            Value::Map(map) if map.is_empty() => self.out.write_all(b"{}"),
            Value::List(list) => {
                self.open(b"[")?;
                for (index, item) in list.iter().enumerate() {
                    self.next(index)?;
                    self.value(item)?;
                }
                self.close(b"]")
            }
            Value::Map(map) => {
                self.open(b"{")?;
                for (index, (key, member)) in map.iter().enumerate() {
                    self.next(index)?;
                    self.text(key)?;
                    self.out.write_all(if self.layout == JsonLayout::Indented { b": " } else { b":" })?;
                    self.value(member)?;
                }
                self.close(b"}")
            }
        }
    }

    fn open(&mut self, bracket: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.out.write_all(bracket)
    }

    fn close(&mut self, bracket: &[u8]) -> io::Result<()> {
        self.depth -= 1;
        self.line()?;
        self.out.write_all(bracket)
    }

    fn next(&mut self, index: usize) -> io::Result<()> {
        if index != 0 {
            self.out.write_all(b",")?;
        }
        self.line()
    }

    fn line(&mut self) -> io::Result<()> {
        const SPACES: [u8; 64] = [b' '; 64];
        if self.layout == JsonLayout::Compact {
            return Ok(());
        }
        self.out.write_all(b"\n")?;
        let mut spaces = self.depth * 4;
        while spaces > 0 {
            let now = spaces.min(SPACES.len());
            self.out.write_all(&SPACES[..now])?;
            spaces -= now;
        }
        Ok(())
    }

    fn base64(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut text = [0; BASE64_CHUNK];
        self.out.write_all(b"\"")?;
        for chunk in bytes.chunks(BASE64_CHUNK / 4 * 3) {
            let len = STANDARD.encode_slice(chunk, &mut text).expect("four bytes for three");
            self.out.write_all(&text[..len])?;
        }
        self.out.write_all(b"\"")
    }

    fn text(&mut self, text: &str) -> io::Result<()> {
        let bytes = text.as_bytes();
        let mut start = 0;
        self.out.write_all(b"\"")?;
        for (index, byte) in bytes.iter().enumerate() {
            if !SPECIAL[usize::from(*byte)] {
                continue;
            }
            let mut escaped = *b"\\u0000";
            let (escape, len): (&[u8], _) = match byte {
                b'"' => (b"\\\"", 1),
                b'\\' => (b"\\\\", 1),
                b'\n' => (b"\\n", 1),
                b'\r' => (b"\\r", 1),
                b'\t' => (b"\\t", 1),
                8 => (b"\\b", 1),
                12 => (b"\\f", 1),
                0xe2 => match &bytes[index + 1..] {
                    [0x80, 0xa8, ..] => (b"\\u2028", 3),
                    [0x80, 0xa9, ..] => (b"\\u2029", 3),
                    _ => continue,
                },
                _ => {
                    escaped[4] = HEX[usize::from(byte >> 4)];
                    escaped[5] = HEX[usize::from(byte & 15)];
                    (&escaped, 1)
                }
            };
            self.out.write_all(&bytes[start..index])?;
            self.out.write_all(escape)?;
            start = index + len;
        }
        self.out.write_all(&bytes[start..])?;
        self.out.write_all(b"\"")
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Bytes a text may not show as they are; 0xe2 begins U+2028 and U+2029 among others.
const SPECIAL: [bool; 256] = {
    let mut special = [false; 256];
    let mut byte = 0;
    while byte < 0x20 {
        special[byte] = true;
        byte += 1;
    }
    special[b'"' as usize] = true;
    special[b'\\' as usize] = true;
    special[b'<' as usize] = true;
    special[b'>' as usize] = true;
    special[b'&' as usize] = true;
    special[0xe2] = true;
    special
};

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::json::parse;

    #[test]
    fn escapes_are_those_of_go() {
        let value = Value::from("a\"\\\n\t\r\u{8}\u{c}\u{1}<&>\u{2028}\u{2029}\u{2030}\u{7f}😀");
        let expected = "\"a\\\"\\\\\\n\\t\\r\\b\\f\\u0001\\u003c\\u0026\\u003e\\u2028\\u2029\u{2030}\u{7f}😀\"";
        assert_eq!(to_string(&value, JsonLayout::Compact), expected);
    }

    #[test]
    fn indented_as_by_kubectl() {
        let value = parse(br#"{"b":[1,{"c":{}}],"a":[]}"#).expect("JSON");
        let expected =
            "{\n    \"a\": [],\n    \"b\": [\n        1,\n        {\n            \"c\": {}\n        }\n    ]\n}\n";
        assert_eq!(to_string(&value, JsonLayout::Indented), expected);
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(value in crate::value::strategy::values()) {
            for layout in [JsonLayout::Compact, JsonLayout::Indented] {
                let text = to_string(&value, layout);
                prop_assert_eq!(parse(text.as_bytes()).expect("JSON"), value.clone());
            }
        }

        #[test]
        fn bytes_are_base64(bytes in proptest::collection::vec(any::<u8>(), 0..3000)) {
            let text = to_string(&Value::Bytes(bytes.as_slice().into()), JsonLayout::Compact);
            prop_assert_eq!(text, format!("\"{}\"", STANDARD.encode(&bytes)));
        }
    }
}
