//! [`ServerRelease`]: a release of etcd whose start is predicted.

use std::fmt;
use std::str::FromStr;

use etcdsnap_wal::WalReader;
use semver::Version;
use thiserror::Error;

/// A release of etcd 3, from 3.4 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerRelease {
    /// Its minor version.
    pub minor: u64,
    /// Its patch version.
    pub patch: u64,
}

impl ServerRelease {
    /// The newest known release of each minor version.
    pub const NEWEST: [Self; 5] = [
        Self { minor: 4, patch: 45 },
        Self { minor: 5, patch: 35 },
        Self { minor: 6, patch: 16 },
        Self { minor: 7, patch: 3 },
        Self { minor: 8, patch: 0 },
    ];

    /// The log reader of this release.
    pub(super) fn reader(self) -> WalReader {
        WalReader::of(self.minor, self.patch)
    }
}

/// The error for a text that is not a known release of etcd 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a release of etcd from 3.4 to 3.8, such as 3.5.1, or 3.5 for the newest of them")]
pub struct UnknownRelease;

impl FromStr for ServerRelease {
    type Err = UnknownRelease;

    fn from_str(text: &str) -> Result<Self, UnknownRelease> {
        let version = text.strip_prefix('v').unwrap_or(text);
        let newest = |minor: u64| Self::NEWEST.into_iter().find(|newest| newest.minor == minor).ok_or(UnknownRelease);
        match Version::parse(version) {
            Ok(version) if version.major == 3 => {
                newest(version.minor).map(|_| Self { minor: version.minor, patch: version.patch })
            }
            Ok(_) => Err(UnknownRelease),
            Err(_) => {
                let minor = version.strip_prefix("3.").and_then(|minor| minor.parse().ok());
                minor.ok_or(UnknownRelease).and_then(newest)
            }
        }
    }
}

impl fmt::Display for ServerRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "3.{}.{}", self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_read_with_and_without_a_patch() {
        assert_eq!("3.5.1".parse(), Ok(ServerRelease { minor: 5, patch: 1 }));
        assert_eq!("v3.4".parse(), Ok(ServerRelease::NEWEST[0]));
        assert_eq!("3.8.0-alpha.0".parse(), Ok(ServerRelease { minor: 8, patch: 0 }));
        for text in ["3.3.1", "3.9", "4.0.0", "3", "newest", "3.-5"] {
            assert_eq!(text.parse::<ServerRelease>(), Err(UnknownRelease), "{text}");
        }
    }
}
