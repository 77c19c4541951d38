//! Simulates how a starting server compares versions in the data with its own
//! (`docs/format/boot.md#storage-version-at-boot` and the sections after it).

use etcdsnap_snapshot::buckets::Downgrade;
use semver::Version;

use super::failure::StartFailure;
use super::release::ServerRelease;
use crate::contents::DatabaseContent;

impl ServerRelease {
    /// Compares the storage version of the database with the server's version.
    pub(super) fn storage_version(
        self,
        content: &DatabaseContent,
        notes: &mut Vec<String>,
    ) -> Result<(), StartFailure> {
        let Some(storage) = &content.buckets.meta.part().storage_version else { return Ok(()) };
        let unsupported = |version: &Version| {
            let message = format!("version \"{}.{}.0\" is not supported", version.major, version.minor);
            let reason = format!("The storage version is {storage}: it exits with `{message}`.");
            Err(StartFailure::exits(message, reason))
        };
        let (own, pair) = ((3, self.minor), (storage.major, storage.minor));
        match self.minor {
            ..=4 if self.patch < 31 => Ok(()),
            ..=4 if *storage == Version::new(3, 4, 0) || *storage == Version::new(3, 5, 0) => Ok(()),
            ..=4 => Err(StartFailure::panics(
                "unsupported storage version",
                format!("The storage version is {storage}: it panics with \"unsupported storage version\"."),
            )),
            5 if pair > own => {
                notes.push(format!("It ignores the storage version {storage} and leaves it as it is."));
                Ok(())
            }
            5 => Ok(()),
            _ if storage.major != 3 => {
                let message = "changing major storage version is not supported";
                Err(StartFailure::exits(
                    message,
                    format!("The storage version is {storage}: it exits with \"{message}\"."),
                ))
            }
            _ if pair > own => unsupported(storage),
            // Upgrades are known step by step from 3.5 on.
            _ if pair < (3, 5) => unsupported(&Version::new(3, storage.minor.saturating_add(1), 0)),
            _ => Ok(()),
        }
    }

    /// Compares the cluster version, which is read from the v2 store, the database or an entry, with the server's version.
    pub(super) fn cluster_version(self, cluster: &Version, downgrade: &Downgrade) -> Result<(), StartFailure> {
        let own = Version::new(3, self.minor, 0);
        let is_target = self.minor == 5 && downgrade.target() == Some(&own);
        if *cluster <= own || is_target {
            return Ok(());
        }
        let (message, how) = match self.minor {
            ..=4 => ("lower than determined cluster version", "exits"),
            5 => ("invalid downgrade; server version is lower than determined cluster version", "exits"),
            _ => ("invalid downgrade; server version is lower than determined cluster version", "panics"),
        };
        let reason = format!(
            "The cluster version is {cluster}, higher than this etcd: it {how} with \"invalid downgrade; server version is lower than \
             determined cluster version\"."
        );
        Err(if how == "exits" { StartFailure::exits(message, reason) } else { StartFailure::panics(message, reason) })
    }

    /// Checks a downgrade in progress: only etcd 3.5 requires that it is the target.
    pub(super) fn downgrade(self, downgrade: &Downgrade) -> Result<(), StartFailure> {
        let target = downgrade.target().filter(|_| self.minor == 5);
        let Some(target) = target.filter(|target| **target != Version::new(3, 5, 0)) else { return Ok(()) };
        Err(StartFailure::exits(
            "server version is not allowed to join when downgrade is enabled",
            format!(
                "A downgrade to {target} is in progress: it exits with \"invalid downgrade; server version is not allowed to join when \
                 downgrade is enabled\"."
            ),
        ))
    }
}
