//! `migrate`.

use std::path::PathBuf;

use semver::Version;

use super::{Form, examples};

/// Moves a database to the storage version of another etcd, as a copy or in place
///
/// From 3.6 on a database says which etcd it is for, and older servers refuse it. This changes that one entry, as `etcdutl
/// migrate` does; the cluster version, members and the log stay as they are. To start a new cluster of another version
/// from a snapshot, `restore --target-version` is the better way.
///
/// With a data directory the log is looked at too: entries that the version cannot read forbid to go down to it.
#[derive(Debug, clap::Args)]
#[command(after_help = examples::MIGRATE)]
#[command(
    override_usage = "etcdsnap migrate [OPTIONS] --target-version <X.Y> <SRC> <DST>\n       etcdsnap migrate [OPTIONS] --target-version <X.Y> --in-place <DATA_DIR>"
)]
pub struct Migrate {
    /// Snapshot, database, data directory, or `-`
    #[arg(value_name = "SRC")]
    pub source: PathBuf,

    /// The new file
    #[arg(value_name = "DST", required_unless_present = "in_place", conflicts_with = "in_place")]
    pub target: Option<PathBuf>,

    /// The etcd it is for, from 3.5 to 3.8
    #[arg(long, value_name = "X.Y", value_parser = version)]
    pub target_version: Version,

    /// Changes the database in the data directory SRC, which no etcd may have open
    #[arg(long)]
    pub in_place: bool,

    /// Where the log of the member is, if not in its data directory
    #[arg(long, value_name = "DIR")]
    pub wal_dir: Option<PathBuf>,

    /// Replaces DST if it is there and a regular file, but never one that is read
    #[arg(long, conflicts_with = "in_place")]
    pub force: bool,

    /// Sets the storage version even if no migration leads there, or if the log forbids it
    #[arg(long)]
    pub force_version: bool,

    /// Works on a source whose records are damaged too; its pages must be sound
    #[arg(long)]
    pub allow_damaged: bool,

    /// Form of the result
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t = Form::Text)]
    pub output: Form,
}

/// `X.Y`, of versions that storage versions lead to.
fn version(text: &str) -> Result<Version, String> {
    let parsed = Version::parse(&format!("{text}.0"))
        .ok()
        .filter(|version| *version == Version::new(version.major, version.minor, 0));
    let version = parsed.ok_or("not a version such as 3.6")?;
    if version < Version::new(3, 5, 0) {
        return Err("databases of etcd before 3.5 have no storage version; 3.5 is the lowest".into());
    }
    Ok(version)
}
