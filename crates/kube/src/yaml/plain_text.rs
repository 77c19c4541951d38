//! What go-yaml v2 takes an unquoted text for. Only a text that it takes for a text may stand there without quotes.

/// Texts that mean something else: truth values, nothing, and what is no number.
const WORDS: [&str; 38] = [
    "~", "null", "Null", "NULL", "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON", "n", "N",
    "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF", ".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF",
    "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF",
];

/// Whether a text, unquoted, reads back as itself.
pub(super) fn is_plain(text: &str) -> bool {
    let Some(first) = text.bytes().next() else { return false };
    match first {
        b'0'..=b'9' | b'+' | b'-' => !is_word(text) && !is_timestamp(text) && !is_number(text) && !is_base_60(text),
        b'.' => !is_word(text) && !is_float(text),
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~' => !is_word(text),
        _ => true,
    }
}

/// Whether an unquoted text means something else to a reader that is not go-yaml v2: the merge and value keys of YAML 1.1, truth
/// values and nothing in any mixture of cases, and numbers that are too large for go-yaml to be numbers.
pub(super) fn is_ambiguous(text: &str) -> bool {
    let word = text.len() <= 5 && WORDS.iter().any(|word| word.eq_ignore_ascii_case(text));
    matches!(text, "<<" | "=") || word || is_number_of_any_size(text)
}

fn is_number_of_any_size(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    match without_base(digits) {
        Some((digits, base)) => digits.chars().all(|char| char == '_' || char.is_digit(base)),
        // Rust reads `1e400` as infinite; `inf` has no digit.
        None => text.bytes().any(|byte| byte.is_ascii_digit()) && text.parse::<f64>().is_ok(),
    }
}

/// What follows a mark of a base (`0x`, `0o`, `0b`), and the base; `None` without a mark.
fn without_base(digits: &str) -> Option<(&str, u32)> {
    let base = match digits.get(..2)?.to_ascii_lowercase().as_str() {
        "0x" => 16,
        "0o" => 8,
        "0b" => 2,
        _ => return None,
    };
    Some((&digits[2..], base))
}

fn is_word(text: &str) -> bool {
    text.len() <= 5 && WORDS.contains(&text)
}

/// Whole numbers in Go's notations, and floats; underscores do not count.
fn is_number(text: &str) -> bool {
    let bare: String = text.chars().filter(|char| *char != '_').collect();
    is_integer(&bare) || is_float(&bare)
}

/// A number as Go's `ParseInt` and `ParseUint` take it with base 0: `0x`, `0o`, `0b`, or `0` for octal before it.
fn is_integer(text: &str) -> bool {
    let (negative, signed, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, true, &text[1..]),
        Some(b'+') => (false, true, &text[1..]),
        _ => (false, false, text),
    };
    let (digits, base) = match without_base(digits) {
        Some(based) => based,
        None if digits.len() > 1 && digits.starts_with('0') => (&digits[1..], 8),
        None => (digits, 10),
    };
    if digits.starts_with(['+', '-']) {
        return false;
    }
    let Ok(number) = u64::from_str_radix(digits, base) else { return false };
    let largest = if negative { 1 << 63 } else { i64::MAX.unsigned_abs() };
    number <= largest || !signed
}

/// `1.5`, `.5`, `1.`, `1e3`: digits with at most one point and an exponent; those too large for a double are texts.
fn is_float(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let has_digits = !whole.is_empty() || !fraction.is_empty();
    has_digits
        && digits(whole)
        && digits(fraction)
        && exponent.is_none_or(|exponent| !exponent.is_empty() && digits(exponent))
        && unsigned.parse().is_ok_and(f64::is_finite)
}

/// `1:20`, which YAML 1.1 takes for 80: `^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$`.
fn is_base_60(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let Some((first, rest)) = unsigned.split_once(':') else { return false };
    let digit_or_bar = |byte: u8| byte.is_ascii_digit() || byte == b'_';
    let (rest, fraction) = rest.split_once('.').unwrap_or((rest, ""));
    first.starts_with(|char: char| char.is_ascii_digit())
        && first.bytes().all(digit_or_bar)
        && fraction.bytes().all(digit_or_bar)
        && rest.split(':').all(|part| match part.as_bytes() {
            [one] | [b'0'..=b'5', one] => one.is_ascii_digit(),
            _ => false,
        })
}

/// `2001-1-2`, with a time behind `T`, `t` and a zone, or behind a blank without one.
fn is_timestamp(text: &str) -> bool {
    let Some((year, rest)) = text.split_at_checked(4) else { return false };
    let mut clock = Clock(rest.as_bytes());
    match year.parse() {
        Ok(year) if text.starts_with(|first: char| first.is_ascii_digit()) => clock.date(year) && clock.time(),
        _ => false,
    }
}

/// What is left of a date and time.
struct Clock<'a>(&'a [u8]);

impl Clock<'_> {
    fn byte(&mut self, wanted: impl Fn(u8) -> bool) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        wanted(*first).then(|| {
            self.0 = rest;
            *first
        })
    }

    /// A number of one or two digits.
    fn number(&mut self) -> Option<u32> {
        let first = self.byte(|byte| byte.is_ascii_digit())?;
        let second = self.byte(|byte| byte.is_ascii_digit());
        let digit = |byte: u8| u32::from(byte - b'0');
        Some(second.map_or(digit(first), |second| digit(first) * 10 + digit(second)))
    }

    fn two_digits_below(&mut self, limit: u32) -> bool {
        let before = self.0.len();
        self.number().is_some_and(|number| number <= limit) && before - self.0.len() == 2
    }

    fn is(&mut self, wanted: u8) -> bool {
        self.byte(|byte| byte == wanted).is_some()
    }

    fn date(&mut self, year: u32) -> bool {
        let month = if self.is(b'-') { self.number() } else { None };
        let day = if self.is(b'-') { self.number() } else { None };
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let last = match month {
            Some(4 | 6 | 9 | 11) => 30,
            Some(2) if leap => 29,
            Some(2) => 28,
            Some(1..=12) => 31,
            _ => return false,
        };
        day.is_some_and(|day| (1..=last).contains(&day))
    }

    fn time(&mut self) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let zoned = self.byte(|byte| matches!(byte, b'T' | b't')).is_some();
        if !zoned {
            if !self.is(b' ') {
                return false;
            }
            while self.is(b' ') {}
        }
        let clock = self.number().is_some_and(|hour| hour < 24)
            && self.is(b':')
            && self.number().is_some_and(|minute| minute < 60)
            && self.is(b':')
            && self.number().is_some_and(|second| second < 60);
        if !clock {
            return false;
        }
        self.fraction();
        (if zoned { self.zone() } else { true }) && self.0.is_empty()
    }

    fn fraction(&mut self) {
        if let [b'.' | b',', digit, ..] = self.0
            && digit.is_ascii_digit()
        {
            self.0 = &self.0[1..];
            while self.byte(|byte| byte.is_ascii_digit()).is_some() {}
        }
    }

    fn zone(&mut self) -> bool {
        if self.is(b'Z') {
            return true;
        }
        self.byte(|byte| matches!(byte, b'+' | b'-')).is_some()
            && self.two_digits_below(24)
            && self.is(b':')
            && self.two_digits_below(60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_mean_something_else_need_quotes() {
        for text in [
            "",
            "~",
            "null",
            "yes",
            "On",
            "n",
            ".inf",
            "+.INF",
            "1",
            "-1",
            "+1",
            "0x1F",
            "0o17",
            "017",
            "08",
            "0b11",
            "1_000",
            "18446744073709551615",
            "1.",
            ".5",
            "1e3",
            "-.5e-3",
            "99999999999999999999",
            "+18446744073709551615",
            "1:20",
            "190:20:30.5",
            "2001-01-01",
            "2001-1-1",
            "2001-01-01T00:00:00Z",
            "2001-01-01t1:2:3.5+01:00",
            "2001-01-01  10:00:00",
            "2024-02-29",
        ] {
            assert!(!is_plain(text), "{text:?}");
        }
    }

    #[test]
    fn other_texts_do_not() {
        for text in [
            "a",
            "yEs",
            "nUll",
            "<<",
            "=",
            "-",
            "--",
            ".",
            "..",
            "1a",
            "0x",
            "0xg",
            "1e999",
            ".5e999",
            "-0xFFFFFFFFFFFFFFFF",
            "1:60",
            "1:2:",
            "2001-13-01",
            "2001-02-30",
            "2023-02-29",
            "2001-12-14 21:59:43.10 -5",
            "2001-01-01T00:00:00",
            "20010-01-01",
            "+001-01-01",
            "1.2.3",
            "e5",
            "0b12",
            "+-1",
        ] {
            assert!(is_plain(text), "{text:?}");
        }
    }
}
