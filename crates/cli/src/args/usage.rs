//! `usage`.

use std::path::PathBuf;

use super::examples;

/// Shows where the bytes of a backup are, to the byte
///
/// Every byte of the file is in exactly one column: live keys and values, old revisions, deletions, page headers, branch pages,
/// unused and free room. Beside that: what records take by prefix or bucket, the largest and the most rewritten
/// keys, and what compaction and defragmentation would give back.
///
/// With `-o html` the result is one page to open in a browser, offline, with a map of the file.
#[derive(Debug, clap::Args)]
#[command(after_help = examples::USAGE)]
pub struct Usage {
    /// Snapshot, database, data directory, or `-`
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// What the text is broken down by
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = By::Prefix)]
    pub by: By,

    /// Components of a prefix, 64 at most [default: 2, and 3 with -o html]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(..=64))]
    pub depth: Option<u32>,

    /// The byte that ends a component of a key
    #[arg(long, value_name = "CHAR", default_value = "/", value_parser = separator)]
    pub separator: u8,

    /// Rows of each list
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(..=10_000))]
    pub top: u32,

    /// Form of the result
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t = UsageForm::Text)]
    pub output: UsageForm,
}

/// What the account is broken down by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum By {
    /// The beginnings of keys
    Prefix,
    /// The buckets of the database
    Bucket,
}

/// Form of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum UsageForm {
    /// For people
    Text,
    /// For programs; see docs/json.md
    Json,
    /// A page to look at in a browser
    Html,
}

fn separator(text: &str) -> Result<u8, &'static str> {
    match text.as_bytes() {
        [byte] => Ok(*byte),
        _ => Err("a separator is one byte"),
    }
}
