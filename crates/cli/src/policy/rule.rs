//! The rules there are, and how they are written: `NAME=VALUE`.

use std::path::PathBuf;
use std::str::FromStr;

use jiff::{SignedDuration, Span, SpanRelativeTo};

use super::size;
use super::version::Requirement;

/// Names of the rules, as users write them.
pub const NAMES: [&str; 8] =
    ["max-age", "max-shrink-from", "max-size", "min-keys", "min-revision", "no-alarms", "require-prefix", "version"];

/// How much smaller than the other one a snapshot may be when the policy does not say, in percent of its live keys.
const DEFAULT_SHRINK_PERCENT: u8 = 20;

/// One thing a backup must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// At least so many live keys.
    MinKeys(u64),
    /// Modified at most so long ago.
    MaxAge(SignedDuration),
    /// At least this current revision.
    MinRevision(i64),
    /// At most so many bytes of (decompressed) file.
    MaxSize {
        /// As the user wrote it.
        text: String,
        /// In bytes.
        bytes: u64,
    },
    /// At least one live key begins with this.
    RequirePrefix(String),
    /// No alarm is raised.
    NoAlarms,
    /// Written by an etcd of this version.
    Version(Requirement),
    /// Not much less than another snapshot.
    MaxShrinkFrom {
        /// The other snapshot.
        other: PathBuf,
        /// How many percent of its live keys may be missing.
        percent: u8,
    },
}

impl Rule {
    /// The other snapshot that it looks at.
    pub fn baseline(&self) -> Option<&PathBuf> {
        match self {
            Self::MaxShrinkFrom { other, .. } => Some(other),
            _ => None,
        }
    }

    /// The name users know it by.
    pub fn name(&self) -> &'static str {
        match self {
            Self::MinKeys(_) => "min-keys",
            Self::MaxAge(_) => "max-age",
            Self::MinRevision(_) => "min-revision",
            Self::MaxSize { .. } => "max-size",
            Self::RequirePrefix(_) => "require-prefix",
            Self::NoAlarms => "no-alarms",
            Self::Version(_) => "version",
            Self::MaxShrinkFrom { .. } => "max-shrink-from",
        }
    }

    /// The rule called `name` with `value`, empty when there is none.
    pub fn new(name: &str, value: &str) -> Result<Self, String> {
        if value.is_empty() && NAMES.contains(&name) && name != "no-alarms" {
            return Err(format!("{name} needs a value: {name}=…"));
        }
        match name {
            "min-keys" => number(name, value).map(Self::MinKeys),
            "max-age" => duration(value).map(Self::MaxAge),
            "min-revision" => number(name, value).map(Self::MinRevision),
            "max-size" => size::parse(value).map(|bytes| Self::MaxSize { text: value.to_owned(), bytes }),
            "require-prefix" => Ok(Self::RequirePrefix(value.to_owned())),
            "no-alarms" if matches!(value, "" | "true") => Ok(Self::NoAlarms),
            "no-alarms" => Err(format!("no-alarms is true or not given at all, not {value:?}")),
            "version" => value.parse().map(Self::Version),
            "max-shrink-from" => shrink(value),
            _ => Err(unknown(name)),
        }
    }
}

impl FromStr for Rule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        Self::new(name.trim(), value.trim())
    }
}

fn number<T: FromStr>(name: &str, value: &str) -> Result<T, String> {
    value.parse().map_err(|_| format!("{name} is a whole number, not {value:?}"))
}

/// A length of time in jiff's friendly form (`26h`, `7d`, `1d 12h`) or ISO 8601; a day is 24 hours.
fn duration(text: &str) -> Result<SignedDuration, String> {
    let wrong =
        || format!("{text:?} is not a length of time; write it like 26h, 7d or 90m (months and years vary in length)");
    let span: Span = text.parse().map_err(|_| wrong())?;
    let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| wrong())?;
    if duration.is_negative() { Err(wrong()) } else { Ok(duration) }
}

/// `OTHER` or `OTHER:20%`.
fn shrink(value: &str) -> Result<Rule, String> {
    let (other, percent) = match value.rsplit_once(':') {
        Some((other, percent)) if percent.trim_end_matches('%').bytes().all(|byte| byte.is_ascii_digit()) => {
            let number = percent.trim_end_matches('%').parse().ok().filter(|percent| *percent <= 100);
            (other, number.ok_or_else(|| format!("{percent:?} is not a share from 0% to 100%"))?)
        }
        _ => (value, DEFAULT_SHRINK_PERCENT),
    };
    Ok(Rule::MaxShrinkFrom { other: PathBuf::from(other), percent })
}

fn unknown(name: &str) -> String {
    const CLOSE_ENOUGH: f64 = 0.75;
    let similarity = |known: &str| strsim::jaro(name, known);
    let closest = NAMES.into_iter().max_by(|a, b| similarity(a).total_cmp(&similarity(b)));
    let meant = closest.filter(|known| similarity(known) > CLOSE_ENOUGH);
    let meant = meant.map(|known| format!("; did you mean {known}?")).unwrap_or_default();
    format!("there is no assertion {name:?}{meant} (there are {})", NAMES.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_read_from_its_text_and_keeps_its_name() {
        let hours = SignedDuration::from_hours;
        let shrink = |other: &str, percent| Rule::MaxShrinkFrom { other: other.into(), percent };
        for (text, rule) in [
            ("min-keys=1000", Rule::MinKeys(1000)),
            ("max-age=26h", Rule::MaxAge(hours(26))),
            ("max-age=7d", Rule::MaxAge(hours(168))),
            ("max-age=1d 12h", Rule::MaxAge(hours(36))),
            ("max-age=P1DT2H", Rule::MaxAge(hours(26))),
            ("min-revision = 5", Rule::MinRevision(5)),
            ("max-size=2GiB", Rule::MaxSize { text: "2GiB".into(), bytes: 2 << 30 }),
            ("require-prefix=/registry/a=b", Rule::RequirePrefix("/registry/a=b".into())),
            ("no-alarms", Rule::NoAlarms),
            ("no-alarms=true", Rule::NoAlarms),
            ("max-shrink-from=a.db", shrink("a.db", 20)),
            ("max-shrink-from=a.db:5%", shrink("a.db", 5)),
            ("max-shrink-from=a.db:5", shrink("a.db", 5)),
            ("max-shrink-from=c:\\b:x.db", shrink("c:\\b:x.db", 20)),
        ] {
            assert_eq!(text.parse::<Rule>().as_ref(), Ok(&rule), "{text}");
            assert!(text.starts_with(rule.name()));
            assert!(NAMES.contains(&rule.name()));
        }
    }

    #[test]
    fn a_slip_is_answered_with_what_was_meant() {
        let error = "min-key=5".parse::<Rule>().expect_err("unknown");
        assert!(error.contains("did you mean min-keys?"), "{error}");
        let error = "colour=blue".parse::<Rule>().expect_err("unknown");
        assert!(!error.contains("did you mean") && error.contains("require-prefix"), "{error}");
    }

    #[test]
    fn wrong_values_are_refused() {
        for text in [
            "min-keys",
            "min-keys=",
            "min-keys=many",
            "min-keys=-1",
            "max-age=-1h",
            "max-age=3 months",
            "max-age=26",
            "no-alarms=false",
            "require-prefix=",
            "max-shrink-from=a.db:101%",
            "max-shrink-from=a.db:",
        ] {
            assert!(text.parse::<Rule>().is_err(), "{text}");
        }
    }
}
