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
        known.ok_or_else(|| UnknownCompat(setting.to_string_lossy().into_owned()))
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
            Self::V3_5 => "3.5.1",
            Self::V3_6 => "3.6.14",
            Self::V3_7 => "3.7.1",
            Self::V3_8 => "3.8.0-alpha.0",
        }
    }
}

/// A value of [`Compat::VARIABLE`] that names no release line we know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownCompat(String);

impl fmt::Display for UnknownCompat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = Compat::ALL.map(Compat::api_version).join(", ");
        write!(f, "{} is {:?}; it must be one of {known}, or unset", Compat::VARIABLE, self.0)
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
}
