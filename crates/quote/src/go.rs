//! Quotes strings like Go's `%q`, for messages and for the output that imitates etcd's tools.

use std::fmt::Write;

use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory as _};

/// Quotes a string like Go's `%q`; of one longer than `head + tail` bytes only its first `head` and its last `tail` bytes.
pub fn go_excerpt(text: &str, head: usize, tail: usize) -> String {
    let bytes = text.as_bytes();
    match (bytes.get(..head), bytes.len().checked_sub(tail).and_then(|start| bytes.get(start..))) {
        (Some(first), Some(last)) if head + tail <= bytes.len() => format!("{}...{}", go_quote(first), go_quote(last)),
        _ => go_quote(bytes),
    }
}

/// Quotes bytes like Go's `%q`: double quotes, `\x..` for bytes that are not UTF-8, the usual short escapes.
pub fn go_quote(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() + 2);
    out.push('"');
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
        _ if is_printable(character) => out.push(character),
        _ if code < 0x80 => write!(out, "\\x{code:02x}").unwrap_or_default(),
        _ if code < 0x10000 => write!(out, "\\u{code:04x}").unwrap_or_default(),
        _ => write!(out, "\\U{code:08x}").unwrap_or_default(),
    }
}

/// Is a character printable by Go's `strconv.IsPrint`: a letter, mark, number, punctuation, symbol or the plain space?
/// Control, format and private characters and other spaces, which could hide or reorder text on a terminal, are not.
pub fn is_printable(character: char) -> bool {
    use GeneralCategoryGroup::{Letter, Mark, Number, Punctuation, Symbol};
    matches!(character, ' '..='~')
        || matches!(character.general_category_group(), Letter | Mark | Number | Punctuation | Symbol)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_quoted_as_by_go() {
        assert_eq!(
            go_quote("a\"\\\n\t\u{b}\u{1}\u{7f}é\u{200b}\u{e0001}".as_bytes()),
            r#""a\"\\\n\t\v\x01\x7fé\u200b\U000e0001""#
        );
        // A combining mark is printable, a soft hyphen is not.
        assert_eq!(go_quote("e\u{301}\u{ad}".as_bytes()), "\"e\u{301}\\u00ad\"");
        assert_eq!(go_quote(b"\xff\xc3"), r#""\xff\xc3""#);
    }

    #[test]
    fn long_strings_lose_their_middle() {
        assert_eq!(go_excerpt("abcdef", 4, 3), r#""abcdef""#);
        assert_eq!(go_excerpt("abcdefg", 4, 3), r#""abcd"..."efg""#);
        assert_eq!(go_excerpt("abcdefgh", 4, 0), r#""abcd"..."""#);
        assert_eq!(go_excerpt("aéb", 2, 2), r#""a\xc3"..."\xa9b""#);
    }
}
