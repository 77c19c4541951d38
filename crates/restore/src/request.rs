//! What a restore is to make: every flag as a value.

use std::path::PathBuf;
use std::time::SystemTime;

use etcdsnap_bbolt::ByteOrder;
use etcdsnap_publish::Owner;
use etcdsnap_snapshot::catalogue::container::{SHA256_MISMATCH, SHA256_ZERO};
use etcdsnap_snapshot::finding::Finding;
use etcdsnap_wal::Release;

use crate::error::RestoreError;
use crate::membership::ClusterRequest;

/// Everything that is asked for. The default is upstream's, in the words of its newest release.
#[derive(Clone, Debug)]
pub struct RestoreRequest<'r> {
    /// The new cluster, and which of its members are to be written.
    pub cluster: ClusterRequest<'r>,
    /// Where they go.
    pub output: RestoreDestination,
    /// The release whose rules and words hold for flags and directories.
    pub rules: Release,
    /// The release whose log and `.snap` are written.
    pub style: Release,
    /// `--target-version`: the release whose servers are to start from it, whatever the backup is of.
    pub target: Option<Release>,
    /// `--skip-hash-check`
    pub skip_hash_check: bool,
    /// `--allow-damaged`: writes what there is of a damaged backup.
    pub allow_damaged: bool,
    /// `--byte-order`: that of the machines the cluster will run on.
    pub byte_order: ByteOrder,
    /// `--bump-revision` and `--mark-compacted`
    pub bump: Option<RevisionBump>,
    /// `--disarm-alarms`
    pub disarm_alarms: bool,
    /// `--auth disable`
    pub disable_auth: bool,
    /// `--replace`: the suffix of the name that what is in the way is moved to.
    pub replace: Option<String>,
    /// `--chown`
    pub owner: Option<Owner>,
    /// Gives the log the length that etcd gives it, as a hole; otherwise only that of its records.
    pub preallocate: bool,
}

impl RestoreRequest<'_> {
    /// Does the restore go on in spite of this error in the backup?
    pub(crate) fn tolerates(&self, finding: &Finding) -> bool {
        let of_hash = [SHA256_MISMATCH.id, SHA256_ZERO.id].contains(&finding.kind.id);
        self.allow_damaged || (of_hash && self.skip_hash_check)
    }
}

impl Default for RestoreRequest<'_> {
    fn default() -> Self {
        Self {
            cluster: ClusterRequest::default(),
            output: RestoreDestination::Member { data_dir: None, wal_dir: None },
            rules: Release::V3_7,
            style: Release::V3_5,
            target: None,
            skip_hash_check: false,
            allow_damaged: false,
            byte_order: ByteOrder::HOST,
            bump: None,
            disarm_alarms: false,
            disable_auth: false,
            replace: None,
            owner: None,
            preallocate: true,
        }
    }
}

/// Where the members' directories go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RestoreDestination {
    /// One member, wherever its flags say.
    Member {
        /// `--data-dir`; `NAME.etcd` when it is not given.
        data_dir: Option<PathBuf>,
        /// `--wal-dir`; `member/wal` in the data directory when it is not given.
        wal_dir: Option<PathBuf>,
    },
    /// All members, each in `NAME.etcd` in this folder.
    All {
        /// `--output-dir`
        folder: PathBuf,
    },
}

/// By how much the revision goes up, so that no revision that clients of the lost cluster have seen comes again. Everything
/// up to it counts as compacted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevisionBump {
    /// By this many.
    By(u64),
    /// By more than the lost cluster can have written since the backup was taken.
    Auto {
        /// The time up to which it can have written.
        now: SystemTime,
    },
}

impl RevisionBump {
    /// From the two flags as upstream has them: only both together make sense, and 0 is none.
    pub fn from_flags(by: u64, mark_compacted: bool) -> Result<Option<Self>, RestoreError> {
        match (by, mark_compacted) {
            (0, false) => Ok(None),
            (1.., true) => Ok(Some(Self::By(by))),
            _ => Err(RestoreError::BumpAndMark),
        }
    }
}
