//! What can be typed: clap's definitions and their help texts. Data only; behaviour is in `commands`.

pub mod byte_order;
mod datadir;
mod db;
mod defrag;
mod diff;
mod examples;
mod export;
mod get;
mod global;
mod hash;
mod history;
mod keys;
pub mod kube;
mod listings;
mod migrate;
mod restore;
mod selection;
mod status;
mod unpack;
mod usage;
mod verify;
mod wal;

use clap::{Parser, Subcommand};
use clap_complete::Shell;

pub use datadir::{Datadir, DatadirCheck};
pub use db::{Db, DbPage, DbSource};
pub use defrag::Defrag;
pub use diff::{Diff, State};
pub use export::{Export, ExportForm};
pub use get::{Get, GetForm};
pub use global::{Color, Global, ProgressMode};
pub use hash::Hash;
pub use history::{Changes, Deleted, History};
pub use keys::{Keys, Order, SortBy};
pub use listings::{Leases, Members, Roles, Users};
pub use migrate::Migrate;
pub use restore::{AuthChoice, BumpChoice, Restore};
pub use selection::KeyArgument;
pub use status::Status;
pub use unpack::Unpack;
pub use usage::{By, Usage, UsageForm};
pub use verify::{Verify, VerifyForm};
pub use wal::{Wal, WalDump, WalDumpForm, WalSource};

/// Proves that an etcd backup is whole and restorable, and shows what is in it, without etcd
///
/// etcdsnap reads etcd v3 snapshots by itself: no etcd has to run or be installed, and nothing it reads is ever changed or
/// locked.
///
/// A FILE is a snapshot, a member's `member/snap/db`, or a data directory (its database is taken); it may be compressed with
/// gzip or zstd or be the one file in a zip archive, and `-` is standard input.
///
/// Called as `etcdutl` or `etcdctl` (by a link, or as first argument) it answers as those tools do.
#[derive(Debug, Parser)]
#[command(name = "etcdsnap", version, max_term_width = 100, after_help = examples::TOOL)]
#[command(arg_required_else_help = true)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,

    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Verify(Verify),
    Status(Status),
    Hash(Hash),
    Keys(Keys),
    Get(Get),
    History(History),
    Changes(Changes),
    Deleted(Deleted),
    Export(Export),
    Usage(Usage),
    Members(Members),
    Leases(Leases),
    Users(Users),
    Roles(Roles),
    Restore(Restore),
    Defrag(Defrag),
    Migrate(Migrate),
    Unpack(Unpack),
    Diff(Diff),
    /// Shows the Kubernetes objects in a backup, as kubectl would
    ///
    /// Every object of every kind, encrypted ones included, without a cluster: as it lived, or as it was at an earlier revision
    /// whose history is still in the file.
    #[command(subcommand, after_help = examples::KUBE)]
    Kube(kube::Kube),
    /// Looks at a file as bbolt sees it: metas, pages, buckets
    ///
    /// etcd keeps everything in one bbolt database. These commands show it below the level of keys and revisions; they are
    /// for finding out what exactly is damaged.
    #[command(subcommand, after_help = examples::DB)]
    Db(Db),
    /// Looks at the data directory of a member as a whole
    #[command(subcommand, after_help = examples::DATADIR)]
    Datadir(Datadir),
    /// Looks at a member's write-ahead log
    ///
    /// A member writes everything into its log before it acts on it. These commands read the log of a data directory, also of
    /// one whose database is lost.
    #[command(subcommand, after_help = examples::WAL)]
    Wal(Wal),
    /// Prints a script that completes etcdsnap's commands and options in a shell
    #[command(after_help = examples::COMPLETIONS)]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Prints the manual page
    #[command(after_help = examples::MAN)]
    Man,
}

/// Form of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Form {
    /// For people
    Text,
    /// For programs; see docs/json.md
    Json,
}

/// Form of a result that has rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum TableForm {
    /// For people
    Text,
    /// One document for programs; see docs/json.md
    Json,
    /// One JSON object a row
    Ndjson,
}
