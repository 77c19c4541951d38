//! Sizes of databases, as typed and as shown.

use std::fmt;
use std::str::FromStr;

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size(pub u64);

const UNITS: [(&str, u32); 4] = [("GiB", 30), ("MiB", 20), ("KiB", 10), ("", 0)];

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
        let unit = UNITS.iter().find(|(name, _)| *name == &text[digits.len()..]);
        let size = unit.and_then(|(_, shift)| digits.parse::<u64>().ok()?.checked_mul(1 << shift));
        size.map(Self).ok_or_else(|| "a size is a number of bytes, KiB, MiB or GiB, like 256MiB".to_owned())
    }
}

impl fmt::Display for Size {
    /// In the largest unit that leaves no rest, so that it reads as it was typed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = |(_, shift): &&(&str, u32)| self.0 >> shift != 0 && self.0.is_multiple_of(1 << shift);
        let (unit, shift) = UNITS.iter().find(whole).unwrap_or(&("", 0));
        write!(f, "{}{unit}", self.0 >> shift)
    }
}

/// For people, and for ratios: the first digits count.
#[expect(clippy::cast_precision_loss, reason = "files are shorter than 2^53 bytes")]
pub fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / MEBIBYTE
}

/// In bytes.
pub const MEBIBYTE: f64 = 1_048_576.0;

#[cfg(test)]
mod tests {
    use super::Size;

    #[test]
    fn shown_as_typed() {
        for text in ["0", "20", "20KiB", "256MiB", "1536MiB", "4GiB"] {
            assert_eq!(text.parse::<Size>().map(|size| size.to_string()).as_deref(), Ok(text));
        }
        assert_eq!("1024MiB".parse(), Ok(Size(1 << 30)));
    }

    #[test]
    fn refused() {
        for text in ["", "GiB", "1.5GiB", "1GB", "-1", "99999999999GiB"] {
            assert!(text.parse::<Size>().is_err(), "{text}");
        }
    }
}
