//! `status`.

use std::path::PathBuf;

use super::{Form, examples};

/// Shows the numbers of a backup: hash, revision, keys, sizes, members
///
/// The hash, revision and size are those that `etcdutl snapshot status` prints; both of its ways to count keys are shown (live
/// keys since 3.6, pairs in all buckets before).
///
/// This reads the backup but does not prove it, and computes no SHA-256: that is what `verify` is for.
#[derive(Debug, clap::Args)]
#[command(after_help = examples::STATUS)]
pub struct Status {
    /// Snapshot, database, data directory, or `-`
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Form of the result
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t = Form::Text)]
    pub output: Form,
}
