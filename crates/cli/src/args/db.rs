//! `db` and its commands.

use std::path::PathBuf;

use super::Form;

#[derive(Debug, clap::Subcommand)]
pub enum Db {
    /// Shows both metas and the sizes
    ///
    /// A meta is a root of everything; a file has two, and the valid one with the higher transaction is in force.
    Info(DbSource),
    /// Lists all pages: kind, elements, overflow
    ///
    /// Pages that nothing reaches are `free`, whatever they still hold.
    Pages(DbSource),
    Page(DbPage),
    /// Shows the tree of buckets with what is in each
    Buckets(DbSource),
    /// Checks the structure of the file: every page, element and bucket
    ///
    /// Finds what bbolt's own check finds and much that it does not, and never stops at the first problem. The etcd data
    /// inside is not judged; `etcdsnap verify` does both.
    Check(DbSource),
}

#[derive(Debug, clap::Args)]
pub struct DbSource {
    /// Snapshot, database, data directory, or `-`
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Form of the result
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t = Form::Text)]
    pub output: Form,
}

/// Decodes pages, element by element
///
/// Shows what stands on a page, also on a free or damaged one. Values are not shown unless asked for: they may be secret.
#[derive(Debug, clap::Args)]
pub struct DbPage {
    /// Snapshot, database, data directory, or `-`
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Page ids
    #[arg(value_name = "ID", required = true)]
    pub ids: Vec<u64>,

    /// Shows values too
    #[arg(long)]
    pub values: bool,

    /// Form of the result
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t = Form::Text)]
    pub output: Form,
}
