//! Recognises backups that went through a conversion of text, such as base64 or UTF-16.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::compression::Compression;
use super::evidence::{MAGIC, has_magic};
use super::given::Given;

/// How much of a file is examined, in bytes.
const HEAD: usize = 4 << 10;

/// A conversion that was done to the bytes of a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Conversion {
    /// Text in UTF-16.
    Utf16,
    /// Bytes that are not UTF-8 were replaced.
    Replaced,
    /// Every byte was taken for a character of ISO 8859-1 and written in UTF-8.
    Recoded,
    /// Text in base64.
    Base64,
}

impl Conversion {
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
            return Some(Self::Utf16);
        }
        let head = &bytes[..bytes.len().min(HEAD)];
        // A character may be cut in two by the end of the head.
        let valid = std::str::from_utf8(head).map_or_else(|error| error.valid_up_to(), str::len);
        let text = std::str::from_utf8(&head[..valid]).unwrap_or_default();
        let (replaced, recoded) = metas();
        let has = |patterns: [String; 2]| patterns.iter().any(|pattern| text.contains(pattern));
        match () {
            () if has(replaced) => Some(Self::Replaced),
            () if has(recoded) => Some(Self::Recoded),
            () if is_base64(head) => Some(Self::Base64),
            () => None,
        }
    }

    /// What to do about it, for a message.
    pub(super) fn remedy(self, given: &Given<'_>) -> String {
        match self {
            Self::Utf16 => {
                "PowerShell's `>` writes so what a program prints, and bytes are lost by it; take the backup \
                            again, with `etcdctl snapshot save FILE`"
                    .to_owned()
            }
            Self::Replaced => "they are lost; take the backup again, straight into a file".to_owned(),
            Self::Recoded => format!("`{} | etcdsnap verify -` undoes it", given.to("iconv -f UTF-8 -t ISO-8859-1")),
            Self::Base64 => format!("`{} | etcdsnap verify -` undoes it", given.to("base64 -d")),
        }
    }
}

impl fmt::Display for Conversion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Utf16 => "text in UTF-16",
            Self::Replaced => "a database in which bytes were replaced (by U+FFFD), as if it were text in UTF-8",
            Self::Recoded => "a database that was converted from ISO 8859-1 to UTF-8, as if it were text",
            Self::Base64 => "the base64 text of a backup",
        })
    }
}

/// Magic and version of a meta page as both conversions leave them, in both byte orders.
fn metas() -> ([String; 2], [String; 2]) {
    const VERSION: u32 = 2;
    let little = [MAGIC.to_le_bytes(), VERSION.to_le_bytes()].concat();
    let big = [MAGIC.to_be_bytes(), VERSION.to_be_bytes()].concat();
    let replaced = [&little, &big].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    let recoded = [&little, &big].map(|bytes| bytes.iter().map(|byte| char::from(*byte)).collect());
    (replaced, recoded)
}

/// Is `head` base64 of something that begins as a backup does?
fn is_base64(head: &[u8]) -> bool {
    /// Enough for a meta page: 48 bytes.
    const DIGITS: usize = 64;
    let digits: Vec<_> = head.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).take(DIGITS).collect();
    let Ok(bytes) = STANDARD.decode(digits) else { return false };
    has_magic(&bytes, 0) || Compression::of(&bytes) != Compression::None
}
