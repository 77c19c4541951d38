//! Sizes as people write them in a policy or on the command line: `2GiB`, `500MB`, `1.5 Gi`, `1048576`.

/// Bytes of `text`: a number and, if wanted, a suffix. `k`, `M`, `G`, `T` (also `kB` …) count in thousands, `Ki`, `Mi`, `Gi`,
/// `Ti` (also `KiB` …) in 1024s, as in Kubernetes' quantities. A fraction of a byte is cut off.
pub fn parse(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, suffix) = text.split_at(digits);
    let unit = unit(suffix.trim())
        .ok_or_else(|| format!("unknown unit {:?}; use B, kB, MB, GB, TB, KiB, MiB, GiB or TiB", suffix.trim()))?;
    scaled(number, unit).ok_or_else(|| format!("{text:?} is not a size; write it like 2GiB or 500MB"))
}

fn unit(suffix: &str) -> Option<u64> {
    let name = suffix.strip_suffix(['B', 'b']).unwrap_or(suffix);
    Some(match name {
        "" => 1,
        "k" | "K" => 1_000,
        "m" | "M" => 1_000_000,
        "g" | "G" => 1_000_000_000,
        "t" | "T" => 1_000_000_000_000,
        "ki" | "Ki" => 1 << 10,
        "mi" | "Mi" => 1 << 20,
        "gi" | "Gi" => 1 << 30,
        "ti" | "Ti" => 1 << 40,
        _ => return None,
    })
}

/// A decimal number times `unit`, exactly.
fn scaled(number: &str, unit: u64) -> Option<u64> {
    const FRACTION_DIGITS: usize = 12;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if fraction.len() > FRACTION_DIGITS {
        return None;
    }
    let scale = 10_u128.pow(u32::try_from(fraction.len()).ok()?);
    let whole = whole.parse::<u64>().ok().map(u128::from)?.checked_mul(u128::from(unit))?;
    let part = fraction.parse::<u64>().ok().map(u128::from)?.checked_mul(u128::from(unit))? / scale;
    u64::try_from(whole.checked_add(part)?).ok()
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn both_families_of_units_are_read() {
        for (text, bytes) in [
            ("0", 0),
            ("1048576", 1 << 20),
            ("8GB", 8_000_000_000),
            ("8G", 8_000_000_000),
            ("2GiB", 2 << 30),
            ("2 Gi", 2 << 30),
            ("1.5GiB", 3 << 29),
            ("0.5kB", 500),
            ("10b", 10),
        ] {
            assert_eq!(parse(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in
            ["", "GiB", "1.2.3", "-1", "1.", "5 parsecs", "99999999999999999999", "20000000TiB", "1.0000000000000001k"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
