//! `history`, `changes` and `deleted`.

use std::path::PathBuf;

use super::selection::{KeyArgument, KeySelection};
use super::{TableForm, examples};

/// Shows every retained revision of a key
///
/// Puts and deletions from the oldest on that compaction has left in the file. GEN counts the lives of the key that are
/// retained, CREATED is the revision that began one. READ AT is the revision at which `get --rev` prints that value; compacted
/// values have none.
#[derive(Debug, clap::Args)]
#[command(after_help = examples::HISTORY)]
pub struct History {
    /// Snapshot, database, data directory, or `-`
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    #[command(flatten)]
    pub key: KeyArgument,

    /// Shows how text values changed, as unified diffs
    #[arg(long)]
    pub patch: bool,

    /// Form of the result
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t = TableForm::Text)]
    pub output: TableForm,
}

/// Shows what happened between two revisions
///
/// Every put and deletion after revision --from up to and including revision --to, in the order in which they happened.
#[derive(Debug, clap::Args)]
#[command(after_help = examples::CHANGES)]
pub struct Changes {
    /// Snapshot, database, data directory, or `-`
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    #[command(flatten)]
    pub selection: KeySelection,

    /// Changes after this revision [default: the oldest that can be read]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
    pub from: Option<i64>,

    /// Changes up to this revision [default: the newest]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
    pub to: Option<i64>,

    /// Shows how text values changed, as unified diffs
    #[arg(long)]
    pub patch: bool,

    /// Form of the result
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t = TableForm::Text)]
    pub output: TableForm,
}

/// Lists deleted keys whose deletion is still in the file
///
/// READ AT is the revision at which `get --rev` prints the last value; where there is none, compaction has taken the value.
#[derive(Debug, clap::Args)]
#[command(after_help = examples::DELETED)]
pub struct Deleted {
    /// Snapshot, database, data directory, or `-`
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    #[command(flatten)]
    pub selection: KeySelection,

    /// As seen at this revision [default: the newest]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
    pub rev: Option<i64>,

    /// Form of the result
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t = TableForm::Text)]
    pub output: TableForm,
}
