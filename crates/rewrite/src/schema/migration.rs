//! Moving the storage version up and down, step by step, as etcd's own tools do.
//!
//! Between 3.5 and 3.8 one entry is all that differs: since 3.6 `meta/storageVersion` says which layout this is. Its value
//! is a promise about what else may be in the file, so going down is refused while the log has entries that the lower
//! version cannot read.

use semver::Version;
use thiserror::Error;

use super::EntryChange;
use crate::schema::Buckets;

/// The first version that says which layout a database has; before it, a raft term tells 3.5 from older ones.
const FIRST_RECORDED: Version = Version::new(3, 6, 0);
/// The layout of a database that has a raft term and no storage version.
const WITH_TERM: Version = Version::new(3, 5, 0);

/// The layout of a database: what it says itself, or 3.5 if it knows its raft term.
///
/// An entry that is no version counts as none, as it does for servers.
pub fn detect(buckets: &Buckets) -> Result<Version, MigrationError> {
    match (&buckets.meta.part().storage_version, buckets.meta.part().term) {
        (Some(version), _) => Ok(version.clone()),
        (None, Some(1..)) => Ok(WITH_TERM),
        (None, None | Some(0)) => Err(MigrationError::Undetected),
    }
}

/// The way from one storage version to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// The layout before.
    pub from: Version,
    /// The layouts on the way, the wanted one last; empty when nothing has to be done.
    pub steps: Vec<Version>,
}

/// Why a database cannot get another layout.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MigrationError {
    /// Neither a storage version nor a raft term.
    #[error("missing term information")]
    Undetected,
    /// Other than 3.
    #[error("changing major storage version is not supported")]
    Major,
    /// A step that leads to or from a version that nothing is known about.
    #[error("version \"{0}\" is not supported")]
    Unsupported(Version),
    /// The log has entries that the wanted version cannot read.
    #[error(
        "cannot downgrade storage, WAL contains newer entries, as the target version ({target}) is lower than the version \
         ({required_version}) detected from WAL logs"
    )]
    NewerEntries {
        /// The wanted version.
        target: Version,
        /// The lowest version that can read them.
        required_version: Version,
    },
}

impl Migration {
    /// Plans the way from the layout of a database to that of version `target`, of which only major and minor count.
    ///
    /// `newest` is the highest minor version to know about: [`NEWEST_MINOR`](Self::NEWEST_MINOR), or that of the tool
    /// imitated.
    pub fn plan(buckets: &Buckets, target: &Version, newest: u64) -> Result<Self, MigrationError> {
        let from = detect(buckets)?;
        let (mut at, target) = (minor_of(&from), minor_of(target));
        let mut steps = Vec::new();
        if at.major != target.major {
            return Err(MigrationError::Major);
        }
        // Ends, because each step is one version nearer to the target, and beyond the known ones there is none.
        while at != target {
            let up = at < target;
            // What changes between two versions is kept with the higher one.
            let higher = if up { Version::new(at.major, at.minor.saturating_add(1), 0) } else { at.clone() };
            if higher < FIRST_RECORDED || higher.major != FIRST_RECORDED.major || higher.minor > newest {
                return Err(MigrationError::Unsupported(higher));
            }
            at = if up { higher } else { Version::new(at.major, at.minor - 1, 0) };
            steps.push(at.clone());
        }
        Ok(Self { from, steps })
    }

    /// The highest minor version whose layout is known.
    pub const NEWEST_MINOR: u64 = 8;

    /// Does it lead to an older layout?
    pub fn is_downgrade(&self) -> bool {
        self.steps.last().is_some_and(|last| *last < self.from)
    }

    /// Refuses to go below `required_version`, the lowest version that can read the entries of the log behind its newest snapshot.
    pub fn permit(&self, required_version: Option<&Version>) -> Result<(), MigrationError> {
        match (self.steps.last(), required_version) {
            (Some(target), Some(required_version)) if self.is_downgrade() && target < required_version => {
                Err(MigrationError::NewerEntries { target: target.clone(), required_version: required_version.clone() })
            }
            _ => Ok(()),
        }
    }

    /// What is to be done in the end; `None` when nothing is.
    pub fn change(&self) -> Option<EntryChange> {
        let reason = format!("the storage version was {}", self.from);
        self.steps.last().map(|target| Self::forced(target, reason))
    }

    /// Sets the storage version, whatever it was.
    pub fn forced(target: &Version, reason: String) -> EntryChange {
        let value = (*target >= FIRST_RECORDED).then(|| minor_of(target).to_string());
        EntryChange { bucket: "meta", key: "storageVersion", value, reason }
    }
}

fn minor_of(version: &Version) -> Version {
    Version::new(version.major, version.minor, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(entries: &[(&str, &[u8])]) -> Buckets {
        let mut buckets = Buckets::default();
        for (key, value) in entries {
            buckets.read_entry(b"meta", key.as_bytes(), value, &mut |_| ());
        }
        buckets
    }

    fn plan(from: &str, to: &str) -> Result<(Vec<String>, Option<String>), String> {
        let buckets = if from == "3.5.0" {
            of(&[("term", &[0, 0, 0, 0, 0, 0, 0, 2])])
        } else {
            of(&[("storageVersion", from.as_bytes())])
        };
        let target = Version::parse(to).expect("a version");
        let plan = Migration::plan(&buckets, &target, Migration::NEWEST_MINOR).map_err(|error| error.to_string())?;
        let value = plan.change().and_then(|change| change.value);
        Ok((plan.steps.iter().map(ToString::to_string).collect(), value))
    }

    #[test]
    fn one_entry_moves_step_by_step() {
        let steps = |steps: &[&str], value: Option<&str>| {
            Ok((steps.iter().map(ToString::to_string).collect(), value.map(str::to_owned)))
        };
        assert_eq!(plan("3.5.0", "3.6.0"), steps(&["3.6.0"], Some("3.6.0")));
        assert_eq!(plan("3.5.0", "3.8.2"), steps(&["3.6.0", "3.7.0", "3.8.0"], Some("3.8.0")));
        assert_eq!(plan("3.8.0", "3.6.0"), steps(&["3.7.0", "3.6.0"], Some("3.6.0")));
        assert_eq!(plan("3.7.0", "3.5.0"), steps(&["3.6.0", "3.5.0"], None));
        assert_eq!(plan("3.6.3", "3.6.0"), steps(&[], None));
        assert_eq!(plan("3.5.0", "3.5.0"), steps(&[], None));
    }

    #[test]
    fn there_is_no_way_to_the_unknown() {
        let refused = |from, to| plan(from, to).unwrap_err();
        assert_eq!(refused("3.6.0", "3.9.0"), "version \"3.9.0\" is not supported");
        assert_eq!(refused("3.99.0", "3.6.0"), "version \"3.99.0\" is not supported");
        assert_eq!(refused("3.4.0", "3.6.0"), "version \"3.5.0\" is not supported");
        assert_eq!(refused("3.5.0", "3.4.0"), "version \"3.5.0\" is not supported");
        assert_eq!(refused("3.6.0", "4.0.0"), "changing major storage version is not supported");
        assert_eq!(refused("4.6.0", "3.6.0"), "changing major storage version is not supported");
        assert_eq!(refused("9223372036854775807.0.0", "3.5.0"), "changing major storage version is not supported");
        assert_eq!(refused("3.9223372036854775807.0", "3.5.0"), "version \"3.9223372036854775807.0\" is not supported");
        // etcd reads the parts of a version as signed numbers of 64 bits; what does not fit is as if it were absent.
        assert_eq!(refused("9223372036854775808.0.0", "3.5.0"), "missing term information");
        assert_eq!(refused("3.18446744073709551615.0", "3.5.0"), "missing term information");
    }

    #[test]
    fn the_layout_is_told_or_guessed() {
        assert_eq!(detect(&of(&[])), Err(MigrationError::Undetected));
        assert_eq!(detect(&of(&[("term", &[0; 8])])), Err(MigrationError::Undetected));
        let garbled = of(&[("storageVersion", b"3.6"), ("term", &[0, 0, 0, 0, 0, 0, 0, 1])]);
        assert_eq!(detect(&garbled), Ok(WITH_TERM));
    }

    #[test]
    fn newer_entries_forbid_going_down_only() {
        let buckets = of(&[("storageVersion", b"3.6.0")]);
        let to = |minor| Migration::plan(&buckets, &Version::new(3, minor, 0), 8).expect("a way");
        let required_version = Version::new(3, 6, 0);
        let refused = to(5).permit(Some(&required_version)).unwrap_err().to_string();
        assert!(
            refused.ends_with("the target version (3.5.0) is lower than the version (3.6.0) detected from WAL logs")
        );
        assert_eq!((to(5).permit(None), to(5).permit(Some(&WITH_TERM))), (Ok(()), Ok(())));
        assert_eq!(to(7).permit(Some(&Version::new(3, 9, 0))), Ok(()));
        assert!(to(5).is_downgrade() && !to(7).is_downgrade() && !to(6).is_downgrade());
    }
}
