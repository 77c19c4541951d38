//! Versions as Kubernetes orders them: `v2`, `v1`, `v2beta1`, `v1beta2`, `v1alpha1`, then everything else.

use std::cmp::Ordering;

/// Major number, how stable, minor number; larger is better.
type Rank = (u8, u64, u64);

/// Puts the better version first.
pub(super) fn compare(left: &str, right: &str) -> Ordering {
    match (rank(left), rank(right)) {
        (Some(left), Some(right)) => right.cmp(&left),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => left.cmp(right),
    }
}

/// Whether a word is a version of that kind.
pub(super) fn is_version(word: &str) -> bool {
    rank(word).is_some()
}

fn rank(version: &str) -> Option<Rank> {
    let rest = version.strip_prefix('v')?;
    let end = rest.find(|char: char| !char.is_ascii_digit()).unwrap_or(rest.len());
    let (major, rest) = rest.split_at(end);
    let major = if major.starts_with('0') { None } else { major.parse().ok() }?;
    if rest.is_empty() {
        return Some((2, major, 0));
    }
    let (stability, minor) = match (rest.strip_prefix("beta"), rest.strip_prefix("alpha")) {
        (Some(minor), _) => (1, minor),
        (_, Some(minor)) => (0, minor),
        _ => return None,
    };
    let minor = if minor.starts_with('0') { None } else { minor.parse().ok() }?;
    Some((stability, major, minor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stable_versions_come_first() {
        let expected =
            ["v10", "v2", "v1", "v11beta2", "v10beta3", "v3beta1", "v12alpha1", "v11alpha2", "foo1", "foo10"];
        let mut versions = expected;
        versions.reverse();
        versions.sort_by(|left, right| compare(left, right));
        assert_eq!(versions, expected);
    }
}
