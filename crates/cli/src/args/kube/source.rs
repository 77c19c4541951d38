//! Which backup, at which revision, opened with which keys.

use std::path::PathBuf;

/// A backup whose objects are shown.
#[derive(Debug, clap::Args)]
pub struct Source {
    /// Snapshot, database, data directory, or `-`
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// The objects as they were at this revision [default: the newest]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
    pub rev: Option<i64>,

    #[command(flatten)]
    pub keys: Keys,
}

/// What is needed to find and open objects.
#[derive(Debug, Default, clap::Args)]
pub struct Keys {
    #[command(flatten)]
    pub secrets: Secrets,

    /// What objects' keys begin with, as it was given to the API server; may be given several times [default: found]
    #[arg(long, value_name = "PREFIX")]
    pub etcd_prefix: Vec<String>,
}

/// Keys that open what is encrypted.
#[derive(Debug, Default, clap::Args)]
pub struct Secrets {
    /// The API server's EncryptionConfiguration (YAML or JSON), or OpenShift's static_kuberesources_….tar.gz, to open what is
    /// encrypted; may be given several times
    #[arg(long, value_name = "FILE")]
    pub encryption_config: Vec<PathBuf>,

    /// Keys and seeds that a key management service unsealed: one a line in base64, optionally behind the SHA-256 of the sealed
    /// one in hex
    #[arg(long, value_name = "FILE")]
    pub kms_key: Vec<PathBuf>,
}
