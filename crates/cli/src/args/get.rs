//! `get`.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use etcdsnap_mvcc::KeyRange;

use super::examples;
use super::selection::KeyArgument;

/// Prints the value of a key, now or at an earlier revision
///
/// The value is printed as it is, byte for byte and with nothing behind it; only on a terminal a value that is not plain text
/// is shown quoted. With --prefix or --range-end each key stands on a line of its own with its value on the line below it,
/// both quoted as Go's %q does where they are not printable; `export` is the form for programs.
///
/// `-o json` is what `etcdctl get -w json` prints.
#[derive(Debug, clap::Args)]
#[command(after_help = examples::GET)]
pub struct Get {
    /// Snapshot, database, data directory, or `-`
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    #[command(flatten)]
    pub key: KeyArgument,

    /// All keys that begin with KEY
    #[arg(long, conflicts_with = "range_end")]
    prefix: bool,

    /// All keys from KEY on to below this one
    #[arg(long, value_name = "KEY")]
    range_end: Option<OsString>,

    /// The keyspace at this revision [default: the newest]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
    pub rev: Option<i64>,

    /// Prints keys without values
    #[arg(long)]
    pub keys_only: bool,

    /// Prints hex digits; the same as -o hex
    #[arg(long, conflicts_with_all = ["json", "output"])]
    hex: bool,

    /// The same as -o json
    #[arg(long, conflicts_with = "output")]
    json: bool,

    /// Form of the result
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t = GetForm::Raw)]
    output: GetForm,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum GetForm {
    /// The bytes of the value
    Raw,
    /// Hex digits
    Hex,
    /// As `etcdctl get -w json`
    Json,
}

impl Get {
    /// The range of keys that is meant, `key` being the first or only one.
    pub fn range(&self, key: &[u8]) -> KeyRange {
        match &self.range_end {
            Some(end) => KeyRange::between(key, end.as_bytes()),
            None if self.prefix => KeyRange::prefix(key),
            None => KeyRange::one(key),
        }
    }

    /// Is a single key asked for?
    pub fn is_one(&self) -> bool {
        !self.prefix && self.range_end.is_none()
    }

    /// The form that is asked for.
    pub fn form(&self) -> GetForm {
        match self {
            Self { hex: true, .. } => GetForm::Hex,
            Self { json: true, .. } => GetForm::Json,
            Self { output, .. } => *output,
        }
    }
}
