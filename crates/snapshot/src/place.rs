//! Where in a backup something was found: as much of file offset, page, element, bucket, key and revision as is known.

use std::fmt;

use serde::Serialize;

pub use etcdsnap_wal::text::{go_quote, is_printable};

/// A place inside a backup. Every part is optional; [`Display`](fmt::Display) joins the known ones.
///
/// Keys are shown, values never are.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// Name of the file, where a directory of several was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Bucket path from the root, names quoted where they are not printable, joined by `/`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bucket: Option<String>,
    /// Page id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<u64>,
    /// Index of the element on its page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub element: Option<u32>,
    /// Byte offset in the (decompressed) file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// MVCC revision as `main.sub`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// The user's key, or the key inside the bucket, Go-quoted where it is not printable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

impl Place {
    /// The file as a whole.
    pub fn file() -> Self {
        Self::default()
    }

    /// A file of a directory as a whole.
    pub fn in_file(name: &str) -> Self {
        Self { file: Some(quote(name.as_bytes())), ..Self::default() }
    }

    /// A byte offset.
    pub fn offset(offset: u64) -> Self {
        Self { offset: Some(offset), ..Self::default() }
    }

    /// A bucket below the root.
    pub fn bucket(name: &str) -> Self {
        Self { bucket: Some(name.to_owned()), ..Self::default() }
    }

    /// One key of a bucket below the root.
    pub fn entry(bucket: &str, key: &[u8]) -> Self {
        Self { bucket: Some(bucket.to_owned()), key: Some(excerpt(key)), ..Self::default() }
    }

    /// Is nothing known but the file?
    pub fn is_file(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        let mut part = |f: &mut fmt::Formatter<'_>, name: &str, value: Option<&dyn fmt::Display>| {
            let Some(value) = value else { return Ok(()) };
            write!(f, "{separator}{name} {value}")?;
            separator = ", ";
            Ok(())
        };
        part(f, "file", self.file.as_ref().map(|v| v as _))?;
        part(f, "bucket", self.bucket.as_ref().map(|v| v as _))?;
        part(f, "page", self.page.as_ref().map(|v| v as _))?;
        part(f, "element", self.element.as_ref().map(|v| v as _))?;
        part(f, "offset", self.offset.as_ref().map(|v| v as _))?;
        part(f, "revision", self.revision.as_ref().map(|v| v as _))?;
        part(f, "key", self.key.as_ref().map(|v| v as _))?;
        if self.is_file() { f.write_str("file") } else { Ok(()) }
    }
}

/// [`quote`], cut after 128 bytes so that no key can flood a report.
pub fn excerpt(bytes: &[u8]) -> String {
    const SHOWN: usize = 128;
    match bytes.get(..SHOWN) {
        Some(start) if bytes.len() > SHOWN => format!("{}… ({} bytes)", quote(start), bytes.len()),
        _ => quote(bytes),
    }
}

/// Shows bytes as text: as they are when they are printable UTF-8 without quotes or backslashes, Go-quoted otherwise.
pub fn quote(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.is_empty() && text.chars().all(|c| is_printable(c) && c != '"' && c != '\\') => {
            text.to_owned()
        }
        _ => go_quote(bytes),
    }
}

/// A word of a shell command: as it is when a shell takes it so, in single quotes otherwise. Bytes that a terminal does
/// not print are written as escapes in `$'…'`, which bash, zsh and ksh read.
pub fn shell_word(bytes: &[u8]) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:,@%+".contains(c);
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.is_empty() && text.chars().all(is_plain) => text.to_owned(),
        Ok(text) if text.chars().all(is_printable) => format!("'{}'", text.replace('\'', r"'\''")),
        _ => {
            let escaped = bytes.iter().map(|byte| match byte {
                b'\'' | b'\\' => format!("\\{}", char::from(*byte)),
                b' '..=b'~' => char::from(*byte).to_string(),
                _ => format!("\\x{byte:02x}"),
            });
            format!("$'{}'", escaped.collect::<String>())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_from_large_to_small() {
        let place =
            Place { page: Some(7), bucket: Some("key".into()), revision: Some("4.0".into()), ..Place::default() };
        assert_eq!(place.to_string(), "bucket key, page 7, revision 4.0");
        assert_eq!(Place::file().to_string(), "file");
    }

    #[test]
    fn odd_bytes_are_quoted_and_plain_ones_are_not() {
        assert_eq!(quote(b"/registry/pods"), "/registry/pods");
        assert_eq!(quote(b""), "\"\"");
        assert_eq!(quote(b"a\x1b[31m\xff\n"), "\"a\\x1b[31m\\xff\\n\"");
        assert_eq!(quote("\u{202e}x".as_bytes()), "\"\\u202ex\"");
    }

    #[test]
    fn words_survive_a_shell() {
        let words: [&[u8]; 7] =
            [b"--name=m1", b"--data-dir=/a b", b"it's", b"", b"a[1].db", b"a\x1b'\n\xff", "b\u{e4}ckup".as_bytes()];
        let quoted = words.map(shell_word);
        let expected =
            ["--name=m1", "'--data-dir=/a b'", r"'it'\''s'", "''", "'a[1].db'", r"$'a\x1b\'\x0a\xff'", "'b\u{e4}ckup'"];
        assert_eq!(quoted, expected);
    }
}
