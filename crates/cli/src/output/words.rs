//! Paths and numbers in words.

use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use etcdsnap_quantity::plural;
pub use etcdsnap_quantity::quantity;
use etcdsnap_quote::quote;
use etcdsnap_snapshot::known::Known;
use jiff::Timestamp;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

pub use etcdsnap_imitation::size;

/// A path as shown to people: quoted where it is not printable, `standard input` for `-`.
pub fn label(path: &Path) -> String {
    if path == Path::new("-") { "standard input".to_owned() } else { quote(path.as_os_str().as_encoded_bytes()) }
}

/// As [`quantity`], of what may not be known: `an unknown number of live keys`.
pub fn known(count: &Known<u64>, noun: &str) -> String {
    count.all().map_or_else(|| format!("an unknown number of {}", plural(noun)), |count| quantity(*count, noun))
}

/// As [`known`], of a count that what could not be read can only raise: `at least 52 records`.
pub fn at_least(count: &Known<u64>, noun: &str) -> String {
    match (count.all(), *count.part()) {
        (None, part) if part > 0 => format!("at least {}", quantity(part, noun)),
        _ => known(count, noun),
    }
}

/// Width of a column: that of the widest of its texts, as far as any name of Kubernetes with its type before it can be wide. Longer
/// ones, which only a damaged file has, stand over; far wider columns cannot be laid out at all.
pub fn column(widths: impl IntoIterator<Item = usize>) -> usize {
    const WIDEST: usize = 600;
    widths.into_iter().max().unwrap_or(0).min(WIDEST)
}

/// `23.9 %`, in seven columns.
pub fn share(part: u64, whole: u64) -> String {
    let tenths = (u128::from(part) * 1000 + u128::from(whole) / 2) / u128::from(whole.max(1));
    format!("{:>5} %", format!("{}.{}", tenths / 10, tenths % 10))
}

/// A point in time as RFC 3339 in UTC, to the second.
pub fn utc(time: std::time::SystemTime) -> Option<String> {
    let whole = Timestamp::try_from(time).ok()?.as_second();
    Some(Timestamp::from_second(whole).ok()?.to_string())
}

/// Bytes under a JSON key: as a string where they are UTF-8, else as base64 under the key with `Base64` behind it.
#[derive(Clone, Copy, Debug)]
pub struct TextOrBase64<'a> {
    /// The key for text.
    pub key: &'static str,
    /// The key for base64.
    pub base64_key: &'static str,
    /// The bytes.
    pub bytes: &'a [u8],
}

impl<'a> TextOrBase64<'a> {
    /// The path of a file.
    pub fn path(path: &'a Path) -> Self {
        Self { key: "path", base64_key: "pathBase64", bytes: path.as_os_str().as_encoded_bytes() }
    }

    /// A user's key.
    pub fn key(key: &'a [u8]) -> Self {
        Self { key: "key", base64_key: "keyBase64", bytes: key }
    }
}

impl Serialize for TextOrBase64<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        match std::str::from_utf8(self.bytes) {
            Ok(text) => map.serialize_entry(self.key, text)?,
            Err(_) => map.serialize_entry(self.base64_key, &BASE64_STANDARD.encode(self.bytes))?,
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_makes_a_column_too_wide_to_lay_out() {
        assert_eq!((column([]), column([3, 7, 5])), (0, 7));
        let width = column(["x".repeat(100_000).len()]);
        assert_eq!(format!("{:<width$}", "x").len(), width);
    }

    #[test]
    fn what_was_not_read_is_not_counted_as_nothing() {
        let counts = [Known::whole(1), Known::new(1, false), Known::new(0, false)];
        assert_eq!(
            counts.map(|count| known(&count, "key")),
            ["1 key", "an unknown number of keys", "an unknown number of keys"]
        );
        assert_eq!(
            counts.map(|count| at_least(&count, "key")),
            ["1 key", "at least 1 key", "an unknown number of keys"]
        );
    }

    #[cfg(unix)]
    #[test]
    fn an_odd_path_is_shown_and_carried_whole() {
        use std::os::unix::ffi::OsStrExt as _;
        let path = Path::new(std::ffi::OsStr::from_bytes(b"a\xff\n.db"));
        assert_eq!(label(path), "\"a\\xff\\n.db\"");
        let json = serde_json::to_string(&TextOrBase64::path(path)).expect("json");
        assert_eq!(json, "{\"pathBase64\":\"Yf8KLmRi\"}");
        let json = serde_json::to_string(&TextOrBase64::path(Path::new("a.db"))).expect("json");
        assert_eq!(json, "{\"path\":\"a.db\"}");
    }
}
