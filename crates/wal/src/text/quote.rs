//! Strings in double quotes, as Go writes them in its own syntax.

use std::fmt::Write;

/// The string in quotes; of a long one only the first `head` and the last `tail` bytes.
pub(super) fn excerpt(text: &str, head: usize, tail: usize) -> String {
    let bytes = text.as_bytes();
    match (bytes.get(..head), bytes.len().checked_sub(tail).and_then(|start| bytes.get(start..))) {
        (Some(first), Some(last)) if head + tail <= bytes.len() => format!("{}...{}", quote(first), quote(last)),
        _ => quote(bytes),
    }
}

fn quote(bytes: &[u8]) -> String {
    let mut out = String::from('"');
    for chunk in bytes.utf8_chunks() {
        chunk.valid().chars().for_each(|character| push(&mut out, character));
        // Writing to a string cannot fail.
        chunk.invalid().iter().for_each(|byte| write!(out, "\\x{byte:02x}").unwrap_or_default());
    }
    out.push('"');
    out
}

fn push(out: &mut String, character: char) {
    let code = u32::from(character);
    match character {
        '"' | '\\' => out.extend(['\\', character]),
        '\x07' => out.push_str("\\a"),
        '\x08' => out.push_str("\\b"),
        '\x0c' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\x0b' => out.push_str("\\v"),
        ' '..='~' => out.push(character),
        _ if code < 0x80 => write!(out, "\\x{code:02x}").unwrap_or_default(),
        // Rust escapes in the same way what neither language finds printable.
        _ if character.escape_debug().len() == 1 => out.push(character),
        _ if code < 0x10000 => write!(out, "\\u{code:04x}").unwrap_or_default(),
        _ => write!(out, "\\U{code:08x}").unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_quoted_as_by_go() {
        assert_eq!(
            quote("a\"\\\n\t\u{b}\u{1}\u{7f}é\u{200b}\u{e0001}".as_bytes()),
            r#""a\"\\\n\t\v\x01\x7fé\u200b\U000e0001""#
        );
        assert_eq!(quote(b"\xff\xc3"), r#""\xff\xc3""#);
    }

    #[test]
    fn long_strings_lose_their_middle() {
        assert_eq!(excerpt("abcdef", 4, 3), r#""abcdef""#);
        assert_eq!(excerpt("abcdefg", 4, 3), r#""abcd"..."efg""#);
        assert_eq!(excerpt("abcdefgh", 4, 0), r#""abcd"..."""#);
        assert_eq!(excerpt("aéb", 2, 2), r#""a\xc3"..."\xa9b""#);
    }
}
