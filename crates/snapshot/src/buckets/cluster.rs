//! The `cluster` bucket: the version the members agreed on, and a downgrade in progress (`etcd-format.md` 2.1).

use semver::Version;
use serde::Deserialize;

use super::{Sink, json_problem, unknown_entry};
use crate::catalogue::cluster::{CLUSTER_VERSION_INVALID, DOWNGRADE_INVALID};
use crate::finding::Finding;
use crate::place::Place;

/// What the members agreed on.
#[derive(Clone, Debug, Default)]
pub struct Cluster {
    /// `clusterVersion`; the patch number is always 0.
    pub version: Option<Version>,
    /// `downgrade`; never written by etcd 3.4.
    pub downgrade: Downgrade,
}

/// The state of `etcdctl downgrade`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Downgrade {
    /// Never begun, finished, or cancelled.
    #[default]
    Off,
    /// In progress, down to this version.
    To(Version),
}

impl Downgrade {
    /// The version to go down to while a downgrade is in progress.
    pub fn target(&self) -> Option<&Version> {
        match self {
            Self::Off => None,
            Self::To(target) => Some(target),
        }
    }
}

/// `{"target-version":"3.5.0","enabled":true}`
#[derive(Deserialize)]
#[serde(default, rename_all = "kebab-case")]
#[derive(Default)]
struct DowngradeJson {
    target_version: Option<String>,
    enabled: bool,
}

impl Cluster {
    pub(super) fn read(&mut self, key: &[u8], value: &[u8], report: &mut Sink<'_>) {
        let place = Place::entry("cluster", key);
        match key {
            b"clusterVersion" => match version(value) {
                Ok(version) => self.version = Some(version),
                Err(problem) => report(Finding::new(&CLUSTER_VERSION_INVALID, place, problem)),
            },
            b"downgrade" => match downgrade(value) {
                Ok(downgrade) => self.downgrade = downgrade,
                Err(problem) => report(Finding::new(&DOWNGRADE_INVALID, place, problem)),
            },
            _ => report(unknown_entry("cluster", key)),
        }
    }
}

/// A semantic version in ASCII, or why it is none.
pub(super) fn version(value: &[u8]) -> Result<Version, String> {
    let version = std::str::from_utf8(value).ok().and_then(|text| Version::parse(text).ok());
    version.ok_or_else(|| format!("{} bytes that are not a version such as 3.6.0", value.len()))
}

fn downgrade(value: &[u8]) -> Result<Downgrade, String> {
    let json: DowngradeJson = serde_json::from_slice(value).map_err(|error| json_problem(&error))?;
    match (json.enabled, json.target_version) {
        (false, _) => Ok(Downgrade::Off),
        (true, target) => target
            .and_then(|target| version(target.as_bytes()).ok())
            .map(Downgrade::To)
            .ok_or_else(|| "a downgrade is on and names no target version".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::read;
    use super::*;

    #[test]
    fn versions_and_downgrades_are_read() {
        let on = br#"{"target-version":"3.5.0","enabled":true,"later":1}"#;
        let (buckets, ids) = read(&[("cluster", b"clusterVersion", b"3.6.0"), ("cluster", b"downgrade", on)]);
        assert_eq!(buckets.cluster.version, Some(Version::new(3, 6, 0)));
        assert_eq!(buckets.cluster.downgrade.target(), Some(&Version::new(3, 5, 0)));
        assert!(ids.is_empty());
        let (buckets, ids) = read(&[("cluster", b"downgrade", br#"{"enabled":false}"#)]);
        assert_eq!((buckets.cluster.downgrade, ids.len()), (Downgrade::Off, 0));
    }

    #[test]
    fn what_would_make_a_server_panic_is_told() {
        let (buckets, ids) = read(&[
            ("cluster", b"clusterVersion", b"3.6"),
            ("cluster", b"downgrade", br#"{"enabled":true}"#),
            ("cluster", b"downgrade", b"{"),
            ("cluster", b"later", b""),
        ]);
        assert_eq!(buckets.cluster.version, None);
        assert_eq!(ids, ["CLUSTER_VERSION_INVALID", "DOWNGRADE_INVALID", "DOWNGRADE_INVALID", "ENTRY_UNKNOWN"]);
    }
}
