//! `verify`.

use std::path::PathBuf;

use etcdsnap_bbolt::ByteOrder;
use jiff::Timestamp;
use semver::Version;

use super::byte_order::of_architecture;
use super::examples;
use crate::policy::Rule;

/// Proves as far as a file can that a backup is whole and restorable
///
/// Reads every byte once: the SHA-256 that was taken when the snapshot was saved, the structure of every page, every revision,
/// leases, members, alarms, users and versions. Each finding has a stable id and says where it is, what it means and what
/// to do. For each release line of etcd it says whether a server would start from a restore.
///
/// With --assert and --policy the backup must also be what its owner expects of it.
#[derive(Debug, clap::Args)]
#[command(after_help = examples::VERIFY)]
pub struct Verify {
    /// Snapshots, databases, data directories, or `-`
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,

    /// Form of the report
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t = VerifyForm::Text)]
    pub output: VerifyForm,

    /// Something that must hold; may be given several times
    ///
    /// min-keys=N, min-revision=N, max-size=SIZE (2GiB, 500MB), max-age=TIME (26h, 7d; by the file's time of modification),
    /// require-prefix=KEY (a live key begins with it), no-alarms, version=REQUIREMENT (3.6, or >=3.5,<3.7),
    /// max-shrink-from=OTHER or OTHER:PERCENT (no lower revision than that snapshot, and at most that share of its live
    /// keys gone; 20% unless said otherwise).
    #[arg(long = "assert", value_name = "NAME=VALUE")]
    pub assertions: Vec<Rule>,

    /// A YAML file with the same assertions as a map; all of them must hold too
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,

    /// Version of the server that the backup is from, such as 3.5.1; some incidents hit certain releases only
    #[arg(long, value_name = "VERSION", value_parser = version)]
    pub server_version: Option<Version>,

    /// Architecture of the machines that etcd is to run on, such as amd64, arm64 or s390x [default: that of this
    /// machine]
    #[arg(long, value_name = "ARCH", value_parser = of_architecture)]
    pub arch: Option<ByteOrder>,

    /// Says nothing about files that are sound and without warnings
    #[arg(short, long)]
    pub quiet: bool,

    /// The time from which max-age counts back
    #[arg(long, value_name = "RFC3339", hide = true)]
    pub now: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum VerifyForm {
    /// For people
    Text,
    /// One object for programs; see docs/json.md
    Json,
    /// JUnit XML: a test suite a file
    Junit,
    /// SARIF 2.1.0, for code scanning
    Sarif,
}

fn version(text: &str) -> Result<Version, &'static str> {
    Version::parse(text).map_err(|_| "not a version such as 3.5.1")
}
