//! Times and durations as Go's JSON writes them.

use std::fmt::Write;

use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;

const NANOSECONDS: u64 = 1_000_000_000;

/// Seconds since 1970 that are Go's zero time, which is shown as `null`: the first of January of the year 1.
const ZERO_TIME: i64 = -62_135_596_800;

/// RFC 3339 in whole seconds; nothing for Go's zero time and for years no clock shows.
pub(crate) fn time(seconds: i64) -> Option<String> {
    let time = Timestamp::from_second(seconds).ok().filter(|_| seconds != ZERO_TIME)?;
    Some(DateTimePrinter::new().timestamp_to_string(&time))
}

/// RFC 3339 with six decimals.
pub(crate) fn micro_time(seconds: i64, nanoseconds: i64) -> Option<String> {
    let microseconds = nanoseconds / 1000;
    let total = seconds.checked_mul(1_000_000)?.checked_add(microseconds)?;
    let time = Timestamp::from_microsecond(total).ok().filter(|_| total != ZERO_TIME * 1_000_000)?;
    Some(DateTimePrinter::new().precision(Some(6)).timestamp_to_string(&time))
}

/// A duration as Go prints it: `1h2m3.5s`, `1.5ms`, `0s`.
pub(crate) fn duration(nanoseconds: i64) -> String {
    let mut text = String::new();
    if nanoseconds < 0 {
        text.push('-');
    }
    let size = nanoseconds.unsigned_abs();
    let (unit, name) = match size {
        0 => return "0s".to_owned(),
        1..1_000 => (1, "ns"),
        1_000..1_000_000 => (1_000, "µs"),
        1_000_000..NANOSECONDS => (1_000_000, "ms"),
        _ => (NANOSECONDS, "s"),
    };
    let (whole, fraction) = (size / unit, size % unit);
    if unit == NANOSECONDS {
        let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
        match (hours, minutes) {
            (0, 0) => {}
            (0, minutes) => write!(text, "{minutes}m").expect("a string takes everything"),
            (hours, minutes) => write!(text, "{hours}h{minutes}m").expect("a string takes everything"),
        }
        write!(text, "{seconds}").expect("a string takes everything");
    } else {
        write!(text, "{whole}").expect("a string takes everything");
    }
    if fraction != 0 {
        let digits = format!("{fraction:0width$}", width = unit.ilog10() as usize);
        text.extend([".", digits.trim_end_matches('0')]);
    }
    text + name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_in_go() {
        for (nanoseconds, text) in [
            (0, "0s"),
            (1, "1ns"),
            (1_500, "1.5µs"),
            (2_500_000, "2.5ms"),
            (1_500_000_000, "1.5s"),
            (90_000_000_000, "1m30s"),
            (3_600_000_000_000, "1h0m0s"),
            (-90_000_000_001, "-1m30.000000001s"),
            (i64::MAX, "2562047h47m16.854775807s"),
            (i64::MIN, "-2562047h47m16.854775808s"),
        ] {
            assert_eq!(duration(nanoseconds), text);
        }
    }

    #[test]
    fn times_are_rfc_3339() {
        assert_eq!(time(1_714_979_289).as_deref(), Some("2024-05-06T07:08:09Z"));
        assert_eq!(time(0).as_deref(), Some("1970-01-01T00:00:00Z"));
        assert_eq!(micro_time(1_714_979_289, 123_456_789).as_deref(), Some("2024-05-06T07:08:09.123456Z"));
        assert_eq!(micro_time(1, 0).as_deref(), Some("1970-01-01T00:00:01.000000Z"));
        for none in [ZERO_TIME, i64::MAX, i64::MIN] {
            assert_eq!((time(none), micro_time(none, 0)), (None, None));
        }
    }
}
