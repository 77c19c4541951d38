//! Arguments of `unpack`.

use std::path::PathBuf;

use super::{Form, examples};

/// Writes a backup to a new file as it was saved: decompressed, out of a zip archive, with its line ends
///
/// The other commands read such files as they are. This is for etcd's own tools, which do not, and for a backup in
/// which every LF became CR LF on its way. Bytes that follow a snapshot, such as zeros up to a whole block, are left out if its
/// SHA-256 proves where it ends. Nothing else is verified; run `etcdsnap verify` on the new file.
#[derive(Debug, clap::Args)]
#[command(after_help = examples::UNPACK)]
pub struct Unpack {
    /// Snapshot, database, data directory, or `-`
    #[arg(value_name = "SRC")]
    pub source: PathBuf,

    /// The new file
    #[arg(value_name = "DST")]
    pub target: PathBuf,

    /// Replaces DST if it is there
    #[arg(long)]
    pub force: bool,

    /// Form of the result
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t = Form::Text)]
    pub output: Form,
}
