//! The `cluster` bucket: the version the members agreed on, and a downgrade in progress (`docs/format/snapshot.md#cluster`).

use etcdsnap_quantity::quantity;
use semver::{BuildMetadata, Prerelease, Version};

use super::{Sink, unknown_entry};
use crate::catalogue::cluster::{CLUSTER_VERSION_INVALID, CLUSTER_VERSION_UNUSABLE, DOWNGRADE_INVALID};
use crate::finding::Finding;
use crate::go_json::{self, GoStruct, Refused, Value};
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
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct DowngradeJson {
    pub target_version: String,
    pub enabled: bool,
}

impl GoStruct for DowngradeJson {
    const FIELDS: &'static [&'static str] = &["target-version", "enabled"];

    fn set(&mut self, field: usize, value: Value<'_>) -> Result<(), Refused> {
        match field {
            0 => value.string(&mut self.target_version),
            _ => value.boolean(&mut self.enabled),
        }
    }
}

impl Cluster {
    pub(super) fn read(&mut self, key: &[u8], value: &[u8], report: &mut Sink<'_>) {
        let place = Place::entry("cluster", key);
        match key {
            b"clusterVersion" => match version(value) {
                Ok(version) => {
                    if !is_usable(&version) {
                        let message = format!("the cluster version is {version}");
                        report(Finding::new(&CLUSTER_VERSION_UNUSABLE, place, message));
                    }
                    self.version = Some(version);
                }
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

/// Can a cluster, and so its database, have this version? etcd 3.6 and later derive from it which requests they may answer.
pub(super) fn is_usable(version: &Version) -> bool {
    version.major >= 3 && version.patch == 0 && version.pre.is_empty() && version.build.is_empty()
}

/// A version as etcd parses it, or why it cannot: semantic versioning, but leading zeros and empty suffixes are
/// allowed.
pub(super) fn version(value: &[u8]) -> Result<Version, String> {
    let version = std::str::from_utf8(value).ok().and_then(lenient_version);
    version.ok_or_else(|| format!("{} that are not a version such as 3.6.0", quantity(value.len() as u64, "byte")))
}

fn lenient_version(text: &str) -> Option<Version> {
    let (text, build) = text.split_once('+').unwrap_or((text, ""));
    let (text, pre) = text.split_once('-').unwrap_or((text, ""));
    let mut numbers = text.splitn(3, '.').map(|number| {
        let number = Some(number).filter(|number| number.bytes().all(|byte| byte.is_ascii_digit()));
        number.and_then(|number| number.parse::<i64>().ok()).and_then(|number| u64::try_from(number).ok())
    });
    let (major, minor, patch) = (numbers.next()??, numbers.next()??, numbers.next()??);
    let (mut pre, mut build) = (Prerelease::new(pre).ok()?, BuildMetadata::new(build).ok()?);
    if pre.len() > LONGEST_SUFFIX {
        pre = Prerelease::new(cut_suffix(&pre)).ok()?;
    }
    if build.len() > LONGEST_SUFFIX {
        build = BuildMetadata::new(cut_suffix(&build)).ok()?;
    }
    Some(Version { major, minor, patch, pre, build })
}

/// Bytes of a suffix that are kept: a version is printed in reports, and a longer suffix means nothing else to a server.
const LONGEST_SUFFIX: usize = 64;

/// The beginning of a suffix, whose characters are ASCII. An identifier between its dots is not empty.
fn cut_suffix(suffix: &str) -> &str {
    suffix[..LONGEST_SUFFIX].trim_end_matches('.')
}

fn downgrade(value: &[u8]) -> Result<Downgrade, String> {
    let json = go_json::decode(value, DowngradeJson::default()).map_err(|error| error.to_string())?.unwrap_or_default();
    if !json.enabled {
        return Ok(Downgrade::Off);
    }
    let target = version(json.target_version.as_bytes());
    target.map(Downgrade::To).map_err(|_| "a downgrade is on and names no target version".to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::testing::read;
    use super::*;

    #[test]
    fn versions_and_downgrades_are_read() {
        let on = br#"{"target-version":"3.5.0","enabled":true,"later":1}"#;
        let (buckets, ids) = read(&[("cluster", b"clusterVersion", b"3.6.0"), ("cluster", b"downgrade", on)]);
        assert_eq!(buckets.cluster.part().version, Some(Version::new(3, 6, 0)));
        assert_eq!(buckets.cluster.part().downgrade.target(), Some(&Version::new(3, 5, 0)));
        assert!(ids.is_empty());
        let (buckets, ids) = read(&[("cluster", b"downgrade", br#"{"enabled":false}"#)]);
        assert_eq!((buckets.cluster.part().downgrade.clone(), ids.len()), (Downgrade::Off, 0));
    }

    /// As etcd 3.4 to 3.8 read them: by starting real servers.
    #[test]
    fn versions_are_read_as_etcd_reads_them() {
        let text = |value: &str| version(value.as_bytes()).ok().map(|version| version.to_string());
        for same in ["3.6.0", "3.6.0-alpha", "3.6.0+x", "2.9.0", "4.0.0", "3.6.14"] {
            assert_eq!(text(same).as_deref(), Some(same));
        }
        assert_eq!((text("03.6.0").as_deref(), text("3.6.0-").as_deref()), (Some("3.6.0"), Some("3.6.0")));
        let (kept, long) = ("a".repeat(63), "a".repeat(63) + ".b.c");
        assert_eq!(text(&format!("3.6.0-{long}+{long}")), Some(format!("3.6.0-{kept}+{kept}")));
        for none in ["", "x", "3.6", "3.6.0 ", "v3.6.0", "3.6.0.0", "-3.6.0", "+3.6.0", "3.6.99999999999999999999"] {
            assert_eq!(text(none), None, "{none}");
        }
    }

    #[test]
    fn no_cluster_has_such_a_version() {
        for value in [&b"2.9.0"[..], b"0.0.0", b"3.6.0-alpha", b"3.6.0+x", b"3.6.14"] {
            let (buckets, ids) = read(&[("cluster", b"clusterVersion", value)]);
            assert_eq!((buckets.cluster.part().version.is_some(), ids), (true, vec!["CLUSTER_VERSION_UNUSABLE"]));
        }
        assert!(read(&[("cluster", b"clusterVersion", b"3.0.0")]).1.is_empty());
    }

    #[test]
    fn what_would_make_a_server_panic_is_told() {
        let (buckets, ids) = read(&[
            ("cluster", b"clusterVersion", b"3.6"),
            ("cluster", b"downgrade", br#"{"enabled":true}"#),
            ("cluster", b"downgrade", b"{"),
            ("cluster", b"later", b""),
        ]);
        assert_eq!(buckets.cluster.part().version, None);
        assert_eq!(ids, ["CLUSTER_VERSION_INVALID", "DOWNGRADE_INVALID", "DOWNGRADE_INVALID", "ENTRY_UNKNOWN"]);
    }
}
