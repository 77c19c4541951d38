//! Values of flags as Go's standard library reads them, with its words for those it does not take.

use std::time::Duration;

use etcdsnap_quote::go_quote;

/// `true`, `T`, `1`, …
pub fn boolean(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err(format!("strconv.ParseBool: parsing {}: invalid syntax", go_quote(text.as_bytes()))),
    }
}

/// A 64-bit integer: decimal, `0x` hexadecimal, `0b` binary, `0o` or `0` octal, with single `_` between digits.
pub fn integer(text: &str) -> Result<i64, String> {
    let problem = |what: &str| format!("strconv.ParseInt: parsing {}: {what}", go_quote(text.as_bytes()));
    let (negative, digits) = match text.as_bytes() {
        [b'-', ..] => (true, &text[1..]),
        [b'+', ..] => (false, &text[1..]),
        _ => (false, text),
    };
    let magnitude = magnitude(digits).map_err(&problem)?;
    let signed = if negative { 0_i64.checked_sub_unsigned(magnitude) } else { 0_i64.checked_add_unsigned(magnitude) };
    signed.ok_or_else(|| problem(OUT_OF_RANGE))
}

/// The same without a sign.
pub fn unsigned(text: &str) -> Result<u64, String> {
    magnitude(text).map_err(|what| format!("strconv.ParseUint: parsing {}: {what}", go_quote(text.as_bytes())))
}

const INVALID: &str = "invalid syntax";
const OUT_OF_RANGE: &str = "value out of range";

fn magnitude(text: &str) -> Result<u64, &'static str> {
    let lower = text.to_ascii_lowercase();
    let (radix, digits) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, &lower[2..]),
        [b'0', b'b', ..] => (2, &lower[2..]),
        [b'0', b'o', ..] => (8, &lower[2..]),
        [b'0', _, ..] => (8, &lower[1..]),
        _ => (10, &lower[..]),
    };
    let prefixed = digits.len() < lower.len();
    let separated = digits.ends_with('_') || digits.contains("__") || (digits.starts_with('_') && !prefixed);
    let plain = digits.replace('_', "");
    if plain.is_empty() || separated || !plain.chars().all(|digit| digit.is_digit(radix)) {
        return Err(INVALID);
    }
    u64::from_str_radix(&plain, radix).map_err(|_| OUT_OF_RANGE)
}

/// A span of time like `300ms`, `-1.5h` or `2h45m`; one before now is as short as none.
pub fn duration(text: &str) -> Result<Duration, String> {
    let invalid = || format!("time: invalid duration {}", go_quote(text.as_bytes()));
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return Ok(Duration::ZERO);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total = 0_f64;
    while !rest.is_empty() {
        let (number, behind) = split_where(rest, |letter| !letter.is_ascii_digit() && letter != '.');
        let amount = amount(number).ok_or_else(invalid)?;
        let (unit, behind) = split_where(behind, |letter| letter.is_ascii_digit() || letter == '.');
        if unit.is_empty() {
            return Err(format!("time: missing unit in duration {}", go_quote(text.as_bytes())));
        }
        let nanoseconds = nanoseconds(unit).ok_or_else(|| {
            format!("time: unknown unit {} in duration {}", go_quote(unit.as_bytes()), go_quote(text.as_bytes()))
        })?;
        total += amount * nanoseconds;
        rest = behind;
    }
    // the largest span is 2^63 ns; the float is exact enough to tell every span a person types from it
    if total >= 9_223_372_036_854_775_808_f64 {
        return Err(invalid());
    }
    Ok(if text.starts_with('-') { Duration::ZERO } else { Duration::from_secs_f64(total / 1e9) })
}

fn split_where(text: &str, stop: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(stop).unwrap_or(text.len()))
}

/// Digits with at most one point among them, and at least one digit.
fn amount(number: &str) -> Option<f64> {
    let digits = number.chars().filter(char::is_ascii_digit).count();
    if digits == 0 || number.len() > digits + 1 { None } else { number.parse().ok() }
}

fn nanoseconds(unit: &str) -> Option<f64> {
    Some(match unit {
        "ns" => 1.0,
        "us" | "\u{b5}s" | "\u{3bc}s" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        "m" => 60e9,
        "h" => 3600e9,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_may_have_a_base_and_underscores() {
        let read = |text| integer(text).ok();
        assert_eq!([read("95"), read("+95"), read("-5"), read("0")], [Some(95), Some(95), Some(-5), Some(0)]);
        assert_eq!([read("0x1F"), read("010"), read("0o17"), read("0b11")], [Some(31), Some(8), Some(15), Some(3)]);
        assert_eq!([read("0x_1"), read("0_7"), read("1_0"), read("0x1_0")], [Some(1), Some(7), Some(10), Some(16)]);
        assert_eq!([read("_1"), read("1__0"), read("1_"), read("08"), read("0x"), read("-")], [None; 6]);
        assert_eq!([read("9223372036854775807"), read("-9223372036854775808")], [Some(i64::MAX), Some(i64::MIN)]);
    }

    #[test]
    fn unsigned_integers_have_no_sign() {
        assert_eq!((unsigned("18446744073709551615"), unsigned("0x10")), (Ok(u64::MAX), Ok(16)));
        for text in ["-1", "+1", "", "1.5"] {
            let refused = format!("strconv.ParseUint: parsing \"{text}\": invalid syntax");
            assert_eq!(unsigned(text).unwrap_err(), refused);
        }
        assert!(unsigned("18446744073709551616").unwrap_err().ends_with("value out of range"));
    }

    #[test]
    fn every_way_to_write_a_number_reads_back() {
        for number in [0, 1, 7, 8, 95, 1 << 40, i64::MAX] {
            let ways = [format!("{number}"), format!("0x{number:x}"), format!("0B{number:b}"), format!("0o{number:o}")];
            assert!(ways.iter().all(|text| integer(text) == Ok(number)), "{ways:?}");
            assert_eq!(integer(&format!("-0X{number:X}")), Ok(-number));
        }
    }

    #[test]
    fn refused_integers_are_quoted() {
        assert_eq!(integer("a\"b").unwrap_err(), r#"strconv.ParseInt: parsing "a\"b": invalid syntax"#);
        let large = "strconv.ParseInt: parsing \"9223372036854775808\": value out of range";
        assert_eq!(integer("9223372036854775808").unwrap_err(), large);
        assert!(integer("99999999999999999999999").unwrap_err().ends_with("value out of range"));
    }

    #[test]
    fn durations_need_units() {
        for good in ["0", "-0", "5s", "1h2m3.5s", "-1s", "1us", ".5ms", "5.s", "2562047h"] {
            assert!(duration(good).is_ok(), "{good}");
        }
        assert_eq!(duration("1m3.5s"), Ok(Duration::from_millis(63_500)));
        assert_eq!(duration("-1s"), Ok(Duration::ZERO));
        assert_eq!(duration("5").unwrap_err(), "time: missing unit in duration \"5\"");
        assert_eq!(duration("5d").unwrap_err(), "time: unknown unit \"d\" in duration \"5d\"");
        for bad in ["", "abc", ".s", "-", "1.2.3s", "99999999999h"] {
            assert_eq!(duration(bad).unwrap_err(), format!("time: invalid duration \"{bad}\""));
        }
    }
}
