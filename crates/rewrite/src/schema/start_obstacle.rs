//! What a migration leaves as it is, as etcd's own does, although servers of the wanted version mind it.

use std::fmt;

use etcdsnap_snapshot::buckets::Buckets;
use semver::Version;

/// Something in a member's database that keeps servers of a version from starting.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StartObstacle {
    /// The members agreed on a newer version.
    ClusterVersion {
        /// That version.
        cluster: Version,
        /// That of the servers.
        server: Version,
    },
    /// A downgrade to another version is in progress.
    Downgrade {
        /// The version it leads to.
        to: Version,
        /// That of the servers.
        server: Version,
    },
}

/// What servers of `version` mind in a database with these buckets, whatever its storage version.
///
/// etcd 3.6 and later read the cluster version from the database; 3.5 has it in its log and `.snap` files.
pub fn start_obstacles(buckets: &Buckets, version: &Version) -> Vec<StartObstacle> {
    let server = Version::new(version.major, version.minor, 0);
    let cluster = buckets.cluster.part().version.as_ref();
    let newer = cluster.filter(|cluster| **cluster > server && server >= Version::new(3, 6, 0));
    let newer = newer.map(|cluster| StartObstacle::ClusterVersion { cluster: cluster.clone(), server: server.clone() });
    let downgrade = buckets.cluster.part().downgrade.target();
    let other = downgrade.filter(|to| **to != server && server == Version::new(3, 5, 0));
    let other = other.map(|to| StartObstacle::Downgrade { to: to.clone(), server: server.clone() });
    newer.into_iter().chain(other).collect()
}

impl fmt::Display for StartObstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ClusterVersion { cluster, server } => write!(
                f,
                "the cluster version is {cluster}, and stays so: etcd {}.{} does not start from it; let `etcdctl downgrade` \
                 lower it in the running cluster, or restore a snapshot for that version",
                server.major, server.minor
            ),
            Self::Downgrade { to, server } => write!(
                f,
                "a downgrade to {to} is in progress, and stays so: etcd {}.{} does not start with it; cancel it in the running \
                 cluster, or restore a snapshot for that version",
                server.major, server.minor
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_servers_mind_is_told() {
        let mut buckets = Buckets::default();
        let downgrade = br#"{"target-version":"3.6.0","enabled":true}"#;
        for (key, value) in [("clusterVersion", &b"3.7.0"[..]), ("downgrade", downgrade)] {
            buckets.read_entry(b"cluster", key.as_bytes(), value, &mut |_| ());
        }
        let minded = |minor| start_obstacles(&buckets, &Version::new(3, minor, 0));
        assert!(matches!(minded(6)[..], [StartObstacle::ClusterVersion { .. }]));
        assert!(matches!(minded(5)[..], [StartObstacle::Downgrade { .. }]));
        assert!(minded(7).is_empty() && minded(8).is_empty());
        assert!(start_obstacles(&Buckets::default(), &Version::new(3, 5, 0)).is_empty());
    }
}
