//! `export`.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use etcdsnap_snapshot::export::{Bucket, Format};

use super::examples;
use super::selection::KeySelection;

/// Writes the keyspace, or another bucket, for other programs
///
/// Keys ascending, with the names that etcdctl gives their fields: key, create_revision, mod_revision, version, value, lease.
/// Keys and values are base64, so that nothing is lost; --text has them as text where they are UTF-8, and else under the name
/// with Base64 behind it. In Parquet they are bytes.
#[derive(Debug, clap::Args)]
#[command(after_help = examples::EXPORT)]
pub struct Export {
    /// Snapshot, database, data directory, or `-`
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    #[command(flatten)]
    pub selection: KeySelection,

    /// The keyspace at this revision [default: the newest]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
    pub rev: Option<i64>,

    /// Every record in the file in the order of revisions, deletions included; up to --rev
    #[arg(long)]
    pub all_revisions: bool,

    /// Another bucket of etcd, decoded; passwords are left out
    #[arg(long, value_name = "NAME", value_parser = bucket(), conflicts_with_all = KEYSPACE_ONLY)]
    pub bucket: Option<Bucket>,

    /// Keys and values as text where they are UTF-8
    #[arg(long)]
    pub text: bool,

    /// Leaves the values out
    #[arg(long)]
    pub no_values: bool,

    /// Form of the result
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t = ExportForm::Ndjson)]
    pub output: ExportForm,

    /// Writes to this file, which appears when it is whole, instead of standard output (`-`)
    ///
    /// A FIFO, or a device such as /dev/stdout, is written through. A file that is read is never replaced, nor a
    /// symbolic link. Of a damaged backup it gets what can be read, if there is no such file yet.
    #[arg(long, value_name = "FILE")]
    pub output_file: Option<PathBuf>,

    /// Replaces the output file if it exists, once the new one is whole
    ///
    /// If not all could be read, the old file is kept.
    #[arg(long, requires = "output_file")]
    pub force: bool,
}

/// Options that make no sense for other buckets.
const KEYSPACE_ONLY: [&str; 6] = ["start", "prefix", "range_end", "rev", "all_revisions", "no_values"];

fn bucket() -> impl TypedValueParser<Value = Bucket> {
    let names = PossibleValuesParser::new(Bucket::ALL.map(Bucket::name));
    names.try_map(|name| Bucket::ALL.into_iter().find(|bucket| bucket.name() == name).ok_or("no such bucket"))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ExportForm {
    /// One JSON object a line
    Ndjson,
    /// One JSON document
    Json,
    /// Comma-separated values with a line of names
    Csv,
    /// Apache Parquet
    #[cfg(feature = "parquet")]
    Parquet,
}

impl From<ExportForm> for Format {
    fn from(form: ExportForm) -> Self {
        match form {
            ExportForm::Ndjson => Self::Ndjson,
            ExportForm::Json => Self::Json,
            ExportForm::Csv => Self::Csv,
            #[cfg(feature = "parquet")]
            ExportForm::Parquet => Self::Parquet,
        }
    }
}
