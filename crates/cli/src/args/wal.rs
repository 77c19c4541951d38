//! `wal` and its commands.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use etcdsnap_wal::EntryPayload;

use super::Form;

#[derive(Debug, clap::Subcommand)]
pub enum Wal {
    /// Lists the segments of a log, and the files beside them
    ///
    /// For each segment: the entries in it, its records, how much of its space is used, and whether it continues the one
    /// before it. CHAIN is `begins` for the first of a log, `continues`, `broken`, or `believed` where the one before it is
    /// missing.
    Ls(WalSource),
    Dump(WalDump),
    /// Checks every record of a log, and tells what each etcd version would do with it
    ///
    /// Finds every kind of damage, with its place, and tells it from the unfinished last write of a member that was stopped
    /// suddenly, which servers cut off. Ends with 3 when anything is damaged or lost.
    Verify(WalSource),
}

#[derive(Debug, clap::Args)]
pub struct WalSource {
    /// Data directory, its member/wal, the directory given to etcd as --wal-dir, or one .wal file
    #[arg(value_name = "DIR")]
    pub path: PathBuf,

    /// Form of the result
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t = Form::Text)]
    pub output: Form,
}

/// Shows what is in a log, entry by entry
///
/// In the order in which it was written: index, term, what was asked for, and the request. Entries that a later leader
/// overwrote, and those not known to be committed, are marked. Keys and names are shown; values and passwords only with
/// --values.
#[derive(Debug, clap::Args)]
pub struct WalDump {
    /// Data directory, its member/wal, the directory given to etcd as --wal-dir, or one .wal file
    #[arg(value_name = "DIR")]
    pub path: PathBuf,

    /// Leaves out entries below this index
    #[arg(long, value_name = "INDEX")]
    pub from: Option<u64>,

    /// Leaves out entries above this index
    #[arg(long, value_name = "INDEX")]
    pub to: Option<u64>,

    /// Shows only entries that ask for this, such as put, txn, delete_range, conf_change; several with commas
    #[arg(
        long = "type", value_name = "TYPE", value_delimiter = ',', hide_possible_values = true,
        value_parser = PossibleValuesParser::new(EntryPayload::names())
    )]
    pub types: Vec<String>,

    /// Shows all records, and where they are, instead of entries only
    #[arg(long)]
    pub records: bool,

    /// Shows values and passwords too
    #[arg(long)]
    pub values: bool,

    /// Form of the result
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t = WalDumpForm::Text)]
    pub output: WalDumpForm,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum WalDumpForm {
    /// For people
    Text,
    /// One document for programs; see docs/json.md
    Json,
    /// One object a line
    Ndjson,
    /// What `etcd-dump-logs` prints, values included
    EtcdDumpLogs,
    /// What `etcd-dump-logs -raw` prints, values included
    EtcdDumpLogsRaw,
}

impl WalDump {
    /// Is only a part of the entries wanted?
    pub fn is_filtered(&self) -> bool {
        self.from.is_some() || self.to.is_some() || !self.types.is_empty()
    }

    /// Is this entry wanted?
    pub fn wants(&self, index: u64, name: &str) -> bool {
        self.from.is_none_or(|from| index >= from)
            && self.to.is_none_or(|to| index <= to)
            && (self.types.is_empty() || self.types.iter().any(|wanted| wanted == name))
    }
}
