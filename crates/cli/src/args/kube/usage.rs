//! `kube usage`.

use super::Source;
use crate::args::{Form, examples};

/// Shows which objects take the bytes, and who writes them
///
/// By kind, namespace, owner (the object that controls others, such as a ReplicaSet its pods) and field manager. LIVE is what objects
/// take that live, HISTORY older revisions and deletions, which the next compaction gives back. WRITES are counted from the last compaction on,
/// and EACH is their number for one object. FIELDS and NOTES are the shares of managedFields and of annotations in the live bytes.
///
/// Bytes are those of keys and values as stored; what the file takes beside them, `usage` shows.
#[derive(Debug, clap::Args)]
#[command(after_help = examples::KUBE_USAGE)]
pub struct Usage {
    #[command(flatten)]
    pub source: Source,

    /// Rows of each list; in JSON, of the owners and of the most written objects
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(..=10_000))]
    pub top: u32,

    /// Form of the result
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t = Form::Text)]
    pub output: Form,
}
