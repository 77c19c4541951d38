//! Numbers as Go writes them: one way for JSON, another for YAML.
//!
//! Both print the fewest digits that read back as the same number; they differ in when they turn to exponents
//! (docs/format/kubernetes.md#numbers).

use std::fmt::Write;

use crate::value::Value;

/// A double as Go's `encoding/json` writes it: with an exponent below 1e-6 and from 1e21.
///
/// JSON has no infinities; a stored object cannot hold one except in damaged protobuf, where `null` stands for it.
pub(crate) fn json_float(number: f64) -> String {
    if !number.is_finite() {
        return "null".to_owned();
    }
    let size = number.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        let (digits, exponent) = shortest(number);
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{}", exponent.unsigned_abs());
    }
    number.to_string()
}

/// A finite double as Go's `strconv` writes it in the form `g`: with an exponent below 1e-4 and from 1e6; YAML has it so.
pub(crate) fn yaml_float(number: f64) -> String {
    let (digits, exponent) = shortest(number);
    if (-4..6).contains(&exponent) {
        return number.to_string();
    }
    let mut text = digits;
    let sign = if exponent < 0 { '-' } else { '+' };
    write!(text, "e{sign}{:02}", exponent.unsigned_abs()).expect("a string takes everything");
    text
}

/// A double as it reads back from Go's JSON: without a fraction it is a whole number, if 64 bits hold it.
#[expect(clippy::cast_possible_truncation, reason = "the range was compared before")]
pub(crate) fn read_back<'a>(number: f64) -> Value<'a> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if number.fract() == 0.0 && (-LIMIT..LIMIT).contains(&number) {
        return Value::Int(number as i64);
    }
    if number.is_finite() { Value::Float(number) } else { Value::Null }
}

/// Shortest digits with one before the point, and the decimal exponent.
fn shortest(number: f64) -> (String, i32) {
    let mut text = format!("{number:e}");
    let at = text.find('e').expect("asked for an exponent");
    let exponent = text[at + 1..].parse().expect("a short number");
    text.truncate(at);
    (text, exponent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_turns_to_exponents_late() {
        for (number, text) in [
            (0.0, "0"),
            (1.5, "1.5"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (1e-6, "0.000001"),
            (1.5e-7, "1.5e-7"),
            (-2.5e300, "-2.5e+300"),
        ] {
            assert_eq!(json_float(number), text);
        }
    }

    #[test]
    fn yaml_turns_to_exponents_early() {
        for (number, text) in [
            (0.0, "0"),
            (1.5, "1.5"),
            (100_000.5, "100000.5"),
            (1e6, "1e+06"),
            (123_456_789.5, "1.234567895e+08"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1e100, "1e+100"),
        ] {
            assert_eq!(yaml_float(number), text);
        }
    }
}
