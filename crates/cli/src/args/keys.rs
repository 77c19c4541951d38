//! `keys`.

use std::path::PathBuf;

use regex::bytes::Regex;

use super::selection::{KeySelection, lease};
use super::{TableForm, examples};

/// Lists the live keys, now or at an earlier revision
///
/// Shows of each key the revisions of its creation and last change, its version, its lease and the size of its value. Keys
/// that are not printable are quoted as Go's %q does.
#[derive(Debug, clap::Args)]
#[command(after_help = examples::KEYS)]
pub struct Keys {
    /// Snapshot, database, data directory, or `-`
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    #[command(flatten)]
    pub selection: KeySelection,

    /// Only keys that match this regular expression somewhere
    #[arg(long, value_name = "RE")]
    pub regex: Option<Regex>,

    /// Only keys attached to this lease, in hex
    #[arg(long, value_name = "ID", value_parser = lease)]
    pub lease: Option<i64>,

    /// The keyspace at this revision [default: the newest]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
    pub rev: Option<i64>,

    /// What to sort by; equal ones by key
    #[arg(long, value_name = "FIELD", value_enum, default_value_t = SortBy::Key)]
    pub sort: SortBy,

    /// Which end comes first
    #[arg(long, value_name = "ORDER", value_enum, default_value_t = Order::Asc)]
    pub order: Order,

    /// At most so many keys
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,

    /// Prints their number only
    #[arg(long, conflicts_with_all = ["sort", "order", "limit"])]
    pub count: bool,

    /// Form of the result
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t = TableForm::Text)]
    pub output: TableForm,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum SortBy {
    /// The key's bytes
    Key,
    /// The size of its value
    Size,
    /// Its version
    Version,
    /// The revision that created it
    Create,
    /// The revision that last changed it
    Mod,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Order {
    /// Lowest first
    Asc,
    /// Highest first
    Desc,
}
