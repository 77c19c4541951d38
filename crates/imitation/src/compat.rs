//! The release lines that can be imitated.

use std::ffi::OsStr;
use std::fmt;

/// A release line of etcd; later lines compare as greater.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Compat {
    /// 3.4
    V3_4,
    /// 3.5
    V3_5,
    /// 3.6
    V3_6,
    /// 3.7, the newest release
    #[default]
    V3_7,
    /// 3.8, not released yet
    V3_8,
}

impl Compat {
    /// All lines, oldest first.
    pub const ALL: [Self; 5] = [Self::V3_4, Self::V3_5, Self::V3_6, Self::V3_7, Self::V3_8];

    /// The environment variable that chooses a line.
    pub const VARIABLE: &str = "ETCDSNAP_COMPAT";

    /// The line that a value of [`Compat::VARIABLE`] chooses; the newest release without a value.
    pub fn from_setting(setting: Option<&OsStr>) -> Result<Self, UnknownCompat> {
        let Some(setting) = setting.filter(|setting| !setting.is_empty()) else { return Ok(Self::default()) };
        let known = Self::ALL.into_iter().find(|line| setting == line.api_version());
        known.ok_or_else(|| UnknownCompat::Setting(setting.to_string_lossy().into_owned()))
    }

    /// The line of the release in the name that a tool is called by, as in `etcdutl-3.5` or `etcdutl-v3.5.12`.
    pub fn from_name(tool: &'static str, release: &str) -> Result<Self, UnknownCompat> {
        let number = release.strip_prefix('v').unwrap_or(release);
        let is_of = |line: &Self| {
            let patch = number.strip_prefix(line.api_version());
            patch.is_some_and(|patch| patch.is_empty() || patch.starts_with('.'))
        };
        let unknown = || UnknownCompat::Name { tool, release: release.to_owned() };
        Self::ALL.into_iter().find(is_of).ok_or_else(unknown)
    }

    /// What `version` prints as API version.
    pub fn api_version(self) -> &'static str {
        match self {
            Self::V3_4 => "3.4",
            Self::V3_5 => "3.5",
            Self::V3_6 => "3.6",
            Self::V3_7 => "3.7",
            Self::V3_8 => "3.8",
        }
    }

    /// What `version` prints: the release of this line that our answers were compared with.
    pub fn release(self) -> &'static str {
        match self {
            Self::V3_4 => "3.4.23",
            Self::V3_5 => "3.5.35",
            Self::V3_6 => "3.6.16",
            Self::V3_7 => "3.7.3",
            Self::V3_8 => "3.8.0-alpha.0",
        }
    }
}

/// A release line that cannot be imitated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnknownCompat {
    /// It was asked for by this value of [`Compat::VARIABLE`].
    Setting(String),
    /// It was asked for by the name the binary was called by.
    Name {
        /// The tool.
        tool: &'static str,
        /// What follows it and a dash.
        release: String,
    },
}

impl fmt::Display for UnknownCompat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = Compat::ALL.map(Compat::api_version).join(", ");
        match self {
            Self::Setting(setting) => {
                write!(f, "{} is {setting:?}; it must be one of {known}, or unset", Compat::VARIABLE)
            }
            Self::Name { tool, release } => write!(
                f,
                "called {tool}-{release}, which names no release that is known; call it {tool}, or {tool}-LINE with one of \
                 {known}"
            ),
        }
    }
}

impl std::error::Error for UnknownCompat {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_names_a_line_exactly() {
        let chosen = |setting: &str| Compat::from_setting(Some(OsStr::new(setting)));
        assert_eq!(chosen("3.4"), Ok(Compat::V3_4));
        assert_eq!(chosen("3.8"), Ok(Compat::V3_8));
        assert_eq!((Compat::from_setting(None), chosen("")), (Ok(Compat::V3_7), Ok(Compat::V3_7)));
        let unknown = chosen("3.5.1").unwrap_err().to_string();
        assert_eq!(unknown, "ETCDSNAP_COMPAT is \"3.5.1\"; it must be one of 3.4, 3.5, 3.6, 3.7, 3.8, or unset");
    }

    #[test]
    fn a_name_ends_with_a_line_or_a_release_of_one() {
        let named = |release| Compat::from_name("etcdutl", release);
        assert_eq!(
            [named("3.5"), named("3.5.12"), named("v3.8")],
            [Ok(Compat::V3_5), Ok(Compat::V3_5), Ok(Compat::V3_8)]
        );
        for release in ["", "3", "3.50", "3.9", "old"] {
            let unknown = named(release).unwrap_err().to_string();
            let expected = format!(
                "called etcdutl-{release}, which names no release that is known; call it etcdutl, or etcdutl-LINE with one of \
                 3.4, 3.5, 3.6, 3.7, 3.8"
            );
            assert_eq!(unknown, expected);
        }
    }
}
