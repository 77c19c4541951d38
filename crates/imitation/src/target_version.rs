//! `migrate --target-version`: the version a database is to be moved to, as the tools of each release line read it.

use etcdsnap_quote::go_quote;
use semver::Version;

use super::Compat;

/// The lowest version to migrate to.
const LOWEST: Version = Version::new(3, 5, 0);
/// The longest version that 3.8 reads, in bytes.
const LONGEST: usize = 256;

/// The version that `text` names, without what follows its minor number.
///
/// # Errors
/// The text after `Error: ` for a version that cannot be read or is too low.
pub fn target_version(compat: Compat, text: &str) -> Result<Target, String> {
    if text.matches('.').count() != 1 {
        return Err(format!("wrong target version format, expected \"X.Y\", got {}", go_quote(text.as_bytes())));
    }
    let read = if compat >= Compat::V3_8 { semantic(text) } else { dotted(text) };
    let target = read.map_err(|reason| format!("failed to parse target version: {reason}"))?;
    let too_low = target.version < LOWEST || (target.version == LOWEST && target.before_release);
    if too_low {
        let Version { major, minor, .. } = target.version;
        return Err(format!("target version \"{major}.{minor}\" not supported. Minimal \"3.5\""));
    }
    Ok(target)
}

/// A version to migrate to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its major and minor number.
    pub version: Version,
    /// Is it one that precedes the release, such as 3.6-rc? 3.8 alone reads these.
    before_release: bool,
    /// Is it written as databases have it? 3.8 takes any other spelling for another version than the one recorded.
    pub is_plain: bool,
}

/// `X.Y`, as tools before 3.8 read it.
fn dotted(text: &str) -> Result<Target, String> {
    if let Some(end) = text.find('+').or_else(|| text.find('-')) {
        let end = text[..end].find('-').unwrap_or(end);
        return Err(format!("{} is not in dotted-tri format", &text[..end]));
    }
    let (major, minor) = text.split_once('.').unwrap_or_default();
    let version = Version::new(signed(major)?, signed(minor)?, 0);
    Ok(Target { version, before_release: false, is_plain: true })
}

fn signed(text: &str) -> Result<u64, String> {
    let refused = |what| format!("strconv.ParseInt: parsing {}: {what}", go_quote(text.as_bytes()));
    if text.is_empty() || !is_number(text) {
        return Err(refused("invalid syntax"));
    }
    let number = text.parse::<i64>().map_err(|_| refused("value out of range"))?;
    Ok(number.unsigned_abs())
}

/// Anything that becomes a semantic version when `.0` is put after it, as 3.8 reads it on its main branch: also `v3.6`,
/// `3.06`, `3.6-rc` and `3.6+build`.
fn semantic(text: &str) -> Result<Target, String> {
    let whole = format!("{text}.0");
    if whole.len() > LONGEST {
        return Err(format!("version string is too long (max {LONGEST} bytes)"));
    }
    let invalid = || "invalid semantic version".to_owned();
    let (rest, build) = whole.split_once('+').map_or((&*whole, None), |(rest, build)| (rest, Some(build)));
    let (numbers, pre) = rest.split_once('-').map_or((rest, None), |(numbers, pre)| (numbers, Some(pre)));
    let numbers: Vec<_> = numbers.strip_prefix('v').unwrap_or(numbers).split('.').collect();
    if numbers.len() > 3 || !numbers.iter().all(|number| !number.is_empty() && is_number(number)) {
        return Err(invalid());
    }
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if ![pre, build].into_iter().flatten().flat_map(|words| words.split('.')).all(is_word) {
        return Err(invalid());
    }
    let number = |at: usize| {
        let text = numbers.get(at).copied().unwrap_or("0");
        let refused =
            || format!("error parsing version segment: strconv.ParseUint: parsing \"{text}\": value out of range");
        text.parse::<u64>().map_err(|_| refused())
    };
    let version = Version::new(number(0)?, number(1)?, 0);
    number(2)?;
    if pre.is_some_and(|pre| pre.split('.').any(|word| word.len() > 1 && word.starts_with('0') && is_number(word))) {
        return Err("version segment starts with 0".to_owned());
    }
    let is_plain = whole == version.to_string();
    Ok(Target { version, before_release: pre.is_some(), is_plain })
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(compat: Compat, text: &str) -> String {
        target_version(compat, text).unwrap_err()
    }

    #[test]
    fn versions_are_read_as_tools_before_3_8_read_them() {
        let read = target_version(Compat::V3_7, "3.06").unwrap();
        assert_eq!((read.version, read.is_plain), (Version::new(3, 6, 0), true));
        for (text, expected) in [
            ("3", "wrong target version format, expected \"X.Y\", got \"3\""),
            ("3.6.1", "wrong target version format, expected \"X.Y\", got \"3.6.1\""),
            ("3.4", "target version \"3.4\" not supported. Minimal \"3.5\""),
            ("3.x", "failed to parse target version: strconv.ParseInt: parsing \"x\": invalid syntax"),
            (".", "failed to parse target version: strconv.ParseInt: parsing \"\": invalid syntax"),
            ("-3.6", "failed to parse target version:  is not in dotted-tri format"),
            ("3.6-rc", "failed to parse target version: 3.6 is not in dotted-tri format"),
            ("3.6-a+b", "failed to parse target version: 3.6 is not in dotted-tri format"),
            (
                "3.99999999999999999999",
                "failed to parse target version: strconv.ParseInt: parsing \"99999999999999999999\": value out of range",
            ),
        ] {
            assert_eq!(refused(Compat::V3_7, text), expected);
        }
    }

    /// Seen of etcdutl built from etcd's main branch at c34dc7ee0.
    #[test]
    fn versions_are_read_as_3_8_reads_them() {
        for (text, minor, is_plain) in
            [("3.6", 6, true), ("v3.6", 6, false), ("3.06", 6, false), ("3.7-rc", 7, false), ("3.8+a", 8, false)]
        {
            let read = target_version(Compat::V3_8, text).unwrap();
            assert_eq!((read.version, read.is_plain), (Version::new(3, minor, 0), is_plain), "{text}");
        }
        for (text, expected) in [
            ("3", "wrong target version format, expected \"X.Y\", got \"3\""),
            ("3.4", "target version \"3.4\" not supported. Minimal \"3.5\""),
            ("3.5-rc", "target version \"3.5\" not supported. Minimal \"3.5\""),
            ("3-a.b", "target version \"3.0\" not supported. Minimal \"3.5\""),
            ("3.x", "failed to parse target version: invalid semantic version"),
            (".", "failed to parse target version: invalid semantic version"),
            ("3.", "failed to parse target version: invalid semantic version"),
            ("-3.6", "failed to parse target version: invalid semantic version"),
            ("3.6-", "failed to parse target version: invalid semantic version"),
            ("3.6-01", "failed to parse target version: version segment starts with 0"),
            (
                "3.99999999999999999999",
                "failed to parse target version: error parsing version segment: strconv.ParseUint: parsing \
                 \"99999999999999999999\": value out of range",
            ),
        ] {
            assert_eq!(refused(Compat::V3_8, text), expected, "{text}");
        }
        let long = format!("3.{}", "0".repeat(300));
        let expected = "failed to parse target version: version string is too long (max 256 bytes)";
        assert_eq!(refused(Compat::V3_8, &long), expected);
    }
}
