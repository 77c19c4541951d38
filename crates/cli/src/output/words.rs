//! Paths and numbers in words.

use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use etcdsnap_snapshot::known::Known;
use etcdsnap_snapshot::place::quote;
use jiff::Timestamp;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

/// A path as shown to people: quoted where it is not printable, `standard input` for `-`.
pub fn label(path: &Path) -> String {
    if path == Path::new("-") { "standard input".to_owned() } else { quote(path.as_os_str().as_encoded_bytes()) }
}

/// `1 live key`, `136 live keys`.
pub fn quantity(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {}", plural(noun)) }
}

fn plural(noun: &str) -> String {
    let ending = if noun.ends_with(['s', 'x', 'z']) { "es" } else { "s" };
    format!("{noun}{ending}")
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

/// A size in powers of 1000, as etcd's tools round it: `999 B`, `1.0 kB`, `20 kB`, `1.2 MB`. Half up to one decimal, which is shown
/// below ten; from ten on what was rounded is rounded again, halves to the even number.
#[expect(clippy::cast_precision_loss, reason = "etcd's tools round the same double")]
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 7] = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
    if bytes < 10 {
        return format!("{bytes} B");
    }
    let thousands = bytes.ilog(1000);
    let scaled = bytes as f64 / 1000_u64.pow(thousands) as f64;
    let rounded = (scaled * 10.0 + 0.5).floor() / 10.0;
    let unit = UNITS[thousands as usize];
    if rounded < 10.0 { format!("{rounded:.1} {unit}") } else { format!("{rounded:.0} {unit}") }
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
    fn nouns_have_plurals() {
        let both = |noun| [1, 2].map(|count| quantity(count, noun));
        assert_eq!(both("live key"), ["1 live key", "2 live keys"]);
        assert_eq!(both("prefix"), ["1 prefix", "2 prefixes"]);
    }

    #[test]
    fn no_text_makes_a_column_too_wide_to_lay_out() {
        assert_eq!((column([]), column([3, 7, 5])), (0, 7));
        let width = column(["x".repeat(100_000).len()]);
        assert_eq!(format!("{:<width$}", "x").len(), width);
    }

    /// Pairs printed by the library that the originals use.
    #[test]
    fn sizes_are_rounded_as_upstream_does() {
        let known = [
            (0, "0 B"),
            (9, "9 B"),
            (10, "10 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (1049, "1.0 kB"),
            (1050, "1.1 kB"),
            (1950, "2.0 kB"),
            (4096, "4.1 kB"),
            (9949, "9.9 kB"),
            (9950, "10 kB"),
            (10_500, "10 kB"),
            (11_500, "12 kB"),
            (12_500, "12 kB"),
            (13_500, "14 kB"),
            (20_480, "20 kB"),
            (62_500, "62 kB"),
            (99_500, "100 kB"),
            (999_499, "1000 kB"),
            (999_999, "1000 kB"),
            (1_000_000, "1.0 MB"),
            (1_234_567, "1.2 MB"),
            (2_550_000, "2.6 MB"),
            (999_999_999, "1000 MB"),
            (1_000_000_000, "1.0 GB"),
            (10_737_418_240, "11 GB"),
            (999_999_995_904, "1000 GB"),
            (1_000_000_000_000, "1.0 TB"),
            (1_000_000_000_000_000_000, "1.0 EB"),
            (u64::MAX, "18 EB"),
        ];
        for (bytes, text) in known {
            assert_eq!(size(bytes), text, "{bytes}");
        }
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
