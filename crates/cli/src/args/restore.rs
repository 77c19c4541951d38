//! `restore`.

use std::path::PathBuf;
use std::str::FromStr;

use etcdsnap_restore::{Owner, Release};

use super::byte_order::OrderChoice;
use super::{Form, examples};

/// Makes the data directories of a new etcd cluster from a backup
///
/// A restore never brings a cluster back: it begins a new one that holds the old data, with new members and a new identity.
/// Each member needs a data directory of its own, made from the same backup with the same --initial-cluster and
/// --initial-cluster-token; --all-members makes all of them at once.
///
/// The backup is verified in full while it is copied, and a damaged one is refused. A directory appears under its name when
/// everything in it is written, checked and on the disk, or not at all: neither an error nor kill -9 leaves half of one, and
/// what a killed run leaves beside it the next run removes. The flags that etcd has to be started with are printed.
#[derive(Debug, clap::Args)]
#[command(after_help = examples::RESTORE)]
pub struct Restore {
    /// A snapshot, a database, a data directory, or `-`
    pub file: PathBuf,

    /// Only says what would be done, and what the backup is like
    #[arg(long)]
    pub dry_run: bool,

    /// Form of the report
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t = Form::Text)]
    pub output: Form,

    /// Byte order of the machines that the cluster will run on [default: that of this machine]
    #[arg(long, value_name = "ORDER", value_enum)]
    pub byte_order: Option<OrderChoice>,

    /// Name of the member [default: default]
    #[arg(long, help_heading = CLUSTER)]
    pub name: Option<String>,

    /// All members, as NAME=URL with commas between them [default: default=http://localhost:2380]
    #[arg(long, value_name = "LIST", help_heading = CLUSTER)]
    pub initial_cluster: Option<String>,

    /// What tells this cluster from others with the same URLs; best a new one for each restore [default: etcd-cluster]
    #[arg(long, value_name = "TOKEN", help_heading = CLUSTER)]
    pub initial_cluster_token: Option<String>,

    /// Peer URLs of the member [default: what --initial-cluster has for it]
    #[arg(long, value_name = "LIST", help_heading = CLUSTER)]
    pub initial_advertise_peer_urls: Option<String>,

    /// Name of a member that follows without a vote until it is promoted; may be given several times
    #[arg(long = "learner", value_name = "NAME", help_heading = CLUSTER)]
    pub learners: Vec<String>,

    /// Takes name, URLs, token and directories from a static pod, a systemd unit or a file of ETCD_ variables
    ///
    /// May be given several times for files that belong together. What is given by hand counts more.
    #[arg(long = "from-manifest", value_name = "FILE", help_heading = CLUSTER)]
    pub manifests: Vec<PathBuf>,

    /// Looks up names of hosts where --initial-advertise-peer-urls and --initial-cluster differ
    #[arg(long, help_heading = CLUSTER)]
    pub resolve: bool,

    /// The data directory [default: NAME.etcd]
    #[arg(long, value_name = "DIR", help_heading = PLACE)]
    pub data_dir: Option<PathBuf>,

    /// A directory for the log alone [default: member/wal in the data directory]
    #[arg(long, value_name = "DIR", help_heading = PLACE)]
    pub wal_dir: Option<PathBuf>,

    /// Makes the directories of all members, from one read
    #[arg(long, requires = "output_dir", help_heading = PLACE)]
    #[arg(conflicts_with_all = ["name", "data_dir", "wal_dir", "initial_advertise_peer_urls"])]
    pub all_members: bool,

    /// Where --all-members puts them, each as NAME.etcd
    #[arg(long, value_name = "DIR", requires = "all_members", help_heading = PLACE)]
    pub output_dir: Option<PathBuf>,

    /// Moves what is in the way aside, to its name and a time, instead of refusing; never while an etcd runs on it
    #[arg(long, help_heading = PLACE)]
    pub replace: bool,

    /// Owner of all that is made, by number: UID:GID
    #[arg(long, value_name = "UID:GID", help_heading = PLACE)]
    pub chown: Option<Owner>,

    /// Makes the log as short as its records instead of 64 MB with a hole
    #[arg(long, help_heading = PLACE)]
    pub no_preallocate: bool,

    /// The version of etcd that is to start from it; changes versions in the database that this one would refuse
    #[arg(long, value_name = "VERSION", value_enum, help_heading = CONTENT)]
    pub target_version: Option<TargetVersion>,

    /// Raises the revision by this much, so that clients see none twice; needs --mark-compacted
    ///
    /// Watchers and Kubernetes' caches remember revisions that the lost cluster gave out after the backup. `auto` raises by
    /// 1000000000 for each week since the file was written, and implies --mark-compacted.
    #[arg(long, value_name = "N|auto", help_heading = CONTENT)]
    pub bump_revision: Option<BumpChoice>,

    /// Marks all revisions before the raised one as compacted, so that watchers begin anew
    #[arg(long, help_heading = CONTENT)]
    pub mark_compacted: bool,

    /// Removes alarms, such as the NOSPACE alarm that makes a cluster read-only
    #[arg(long, help_heading = CONTENT)]
    pub disarm_alarms: bool,

    /// What becomes of authentication; users and roles stay in any case
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = AuthChoice::Keep, help_heading = CONTENT)]
    pub auth: AuthChoice,

    /// Restores a file without the SHA-256 of a snapshot, or with a wrong one; all else is still verified
    #[arg(long, help_heading = BACKUP)]
    pub skip_hash_check: bool,

    /// Restores what can be read of a damaged backup, and says what is missing
    ///
    /// Refused when no version of etcd, or not the one of --target-version, would start from what that gives.
    #[arg(long, help_heading = BACKUP)]
    pub allow_damaged: bool,

    /// Accepted for scripts made for etcdutl; nothing is mapped for writing here
    #[arg(long, value_name = "BYTES", help_heading = BACKUP)]
    pub initial_memory_map_size: Option<u64>,

    /// A flag of etcd that is often given by mistake.
    #[arg(long, hide = true)]
    pub initial_cluster_state: Option<String>,
}

const CLUSTER: &str = "The new cluster";
const PLACE: &str = "Where it goes";
const CONTENT: &str = "What changes in it";
const BACKUP: &str = "The backup";

/// A release line of etcd.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum TargetVersion {
    #[value(name = "3.4")]
    V3_4,
    #[value(name = "3.5")]
    V3_5,
    #[value(name = "3.6")]
    V3_6,
    #[value(name = "3.7")]
    V3_7,
    #[value(name = "3.8")]
    V3_8,
}

impl From<TargetVersion> for Release {
    fn from(version: TargetVersion) -> Self {
        match version {
            TargetVersion::V3_4 => Self::V3_4,
            TargetVersion::V3_5 => Self::V3_5,
            TargetVersion::V3_6 => Self::V3_6,
            TargetVersion::V3_7 => Self::V3_7,
            TargetVersion::V3_8 => Self::V3_8,
        }
    }
}

/// By how much the revision goes up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BumpChoice {
    /// By as much as is surely enough.
    Auto,
    /// By so much.
    By(u64),
}

impl FromStr for BumpChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            number => number.parse().map(Self::By).map_err(|_| "neither `auto` nor a number of revisions".to_owned()),
        }
    }
}

/// What becomes of authentication.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum AuthChoice {
    /// As it is in the backup
    Keep,
    /// Switched off, for when nobody knows the password of root
    Disable,
}
