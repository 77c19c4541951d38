//! Version requirements: `3.6`, `>=3.5,<3.7`, `=3.6.0`. A requirement speaks about as many parts as it writes, so `3.6` and
//! `<=3.6` both hold for 3.6.4, and `>3.5` does not hold for 3.5.9.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// Comparisons that must all hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    text: String,
    comparisons: Vec<Comparison>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Comparison {
    allowed: &'static [Ordering],
    parts: Vec<u64>,
}

/// Operators, longest first so that the first match is the right one.
const OPERATORS: [(&str, &[Ordering]); 7] = [
    (">=", &[Ordering::Greater, Ordering::Equal]),
    ("<=", &[Ordering::Less, Ordering::Equal]),
    ("==", &[Ordering::Equal]),
    ("!=", &[Ordering::Less, Ordering::Greater]),
    (">", &[Ordering::Greater]),
    ("<", &[Ordering::Less]),
    ("=", &[Ordering::Equal]),
];

impl Requirement {
    /// Does `version` (as etcd stores it, `3.6.0`) meet it? A version that cannot be read never does.
    pub fn holds_for(&self, version: &str) -> bool {
        let Some(version) = parts(version.split(['-', '+']).next().unwrap_or_default()) else { return false };
        self.comparisons.iter().all(|comparison| {
            let found = version.iter().copied().chain(std::iter::repeat(0)).take(comparison.parts.len());
            comparison.allowed.contains(&found.cmp(comparison.parts.iter().copied()))
        })
    }
}

impl FromStr for Requirement {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let comparison = |text: &str| {
            let text = text.trim();
            let operator = OPERATORS.into_iter().find_map(|(sign, allowed)| Some((text.strip_prefix(sign)?, allowed)));
            let (version, allowed) = operator.unwrap_or((text, &[Ordering::Equal]));
            Some(Comparison { allowed, parts: parts(version.trim())? })
        };
        let comparisons: Option<Vec<_>> = text.split(',').map(comparison).collect();
        let comparisons =
            comparisons.ok_or_else(|| format!("{text:?} is not a version requirement; write 3.6 or >=3.5,<3.7"))?;
        Ok(Self { text: text.to_owned(), comparisons })
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// `3.6.0` as numbers, one to three of them.
fn parts(version: &str) -> Option<Vec<u64>> {
    let version = version.strip_prefix('v').unwrap_or(version);
    let parts: Option<Vec<u64>> = version.split('.').map(|part| part.parse().ok()).collect();
    parts.filter(|parts| parts.len() <= 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_requirement_speaks_about_the_parts_it_writes() {
        for (requirement, version, holds) in [
            ("3.6", "3.6.0", true),
            ("3.6", "3.6.4", true),
            ("3.6", "3.5.0", false),
            ("3", "3.7.0", true),
            ("=3.6.0", "3.6.0", true),
            ("=3.6.0", "3.6.1", false),
            (">=3.5,<3.7", "3.6.0", true),
            (">=3.5, <3.7", "3.7.0", false),
            (">3.5", "3.5.9", false),
            ("<=3.6", "3.6.9", true),
            ("!=3.5", "3.6.0", true),
            (">=3.10", "3.9.0", false),
            ("3.8", "3.8.0-alpha.1", true),
            (">=3.4", "", false),
            (">=3.4", "latest", false),
            ("3.6.0", "3.6", true),
        ] {
            let parsed: Requirement = requirement.parse().expect(requirement);
            assert_eq!(parsed.holds_for(version), holds, "{requirement} for {version:?}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "three", ">=3.5,", "~3.5", "3.5.1.2", ">="] {
            assert!(text.parse::<Requirement>().is_err(), "{text}");
        }
    }
}
