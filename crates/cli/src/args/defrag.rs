//! `defrag`.

use std::path::PathBuf;

use super::byte_order::OrderChoice;
use super::{Form, examples};

/// Copies a database without its free pages, or replaces that of a stopped member by such a copy
///
/// The copy has every key, revision, bucket and sequence of the source, and the same hashes. Source and copy are checked
/// page by page before the copy appears under its name; it is on the disk then. A damaged source is refused.
///
/// The copy of a snapshot is a snapshot: a new SHA-256 stands behind it, so that every tool restores it. The copy of a
/// member's database has none.
#[derive(Debug, clap::Args)]
#[command(after_help = examples::DEFRAG)]
#[command(
    override_usage = "etcdsnap defrag [OPTIONS] <SRC> <DST>\n       etcdsnap defrag [OPTIONS] --in-place <DATA_DIR>"
)]
pub struct Defrag {
    /// Snapshot, database, data directory, or `-`
    #[arg(value_name = "SRC")]
    pub source: PathBuf,

    /// The new file
    #[arg(value_name = "DST", required_unless_present = "in_place", conflicts_with = "in_place")]
    pub target: Option<PathBuf>,

    /// Replaces the database in the data directory SRC, which no etcd may have open; its log is not touched
    ///
    /// Refused for a database in the byte order of other machines, which etcd on this one cannot open.
    #[arg(long)]
    pub in_place: bool,

    /// Replaces DST if it is there and a regular file, but never one that is read
    #[arg(long, conflicts_with = "in_place")]
    pub force: bool,

    /// Byte order of the copy, which only machines of that order can open [default: that of this machine]
    #[arg(long, value_name = "ORDER", value_enum, conflicts_with = "in_place")]
    pub byte_order: Option<OrderChoice>,

    /// Copies a damaged source too, provided that everything in it can be read
    ///
    /// What cannot be read is never left out in silence: then there is no copy. When the SHA-256 of a snapshot is wrong,
    /// none stands behind its copy.
    #[arg(long)]
    pub allow_damaged: bool,

    /// Form of the result
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t = Form::Text)]
    pub output: Form,
}
