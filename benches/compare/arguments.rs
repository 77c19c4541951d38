//! What can be typed.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use serde::Serialize;

use crate::size::Size;

/// Runs etcdsnap and the real tools over the same database in turn, and compares times and memory
///
/// Databases are made when they are not there yet, and kept for the next time. docs/performance.md tells how to read the result.
#[derive(Debug, Parser)]
#[command(name = "compare", max_term_width = 100)]
pub struct Arguments {
    /// Size of the database that all commands work on
    #[arg(long, default_value = "2GiB")]
    pub size: Size,

    /// Timed runs of each command
    #[arg(long, default_value = "5")]
    pub rounds: NonZeroUsize,

    /// What is measured [default: everything]
    #[arg(long, value_enum, value_delimiter = ',')]
    pub sections: Vec<Section>,

    /// Only commands whose name contains this, and those they are compared with
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub only: String,

    /// Numbers of threads to work with [default: 1, 2, 4 … up to all cores]
    #[arg(long, value_name = "N", value_delimiter = ',')]
    pub threads: Vec<NonZeroUsize>,

    /// Sizes a database grows through
    #[arg(long, value_delimiter = ',', default_value = "256MiB,1GiB,4GiB")]
    pub sizes: Vec<Size>,

    /// Where .ci/install-peers installed the real tools [default: $ETCDSNAP_PEERS, else `peers` in cargo's target folder]
    #[arg(long, value_name = "FOLDER")]
    pub peers: Option<PathBuf>,

    /// The binary that is measured [default: built from this source]
    #[arg(long, value_name = "PROGRAM")]
    pub etcdsnap: Option<PathBuf>,

    /// Where databases are kept [default: `compare` in cargo's target folder]
    #[arg(long)]
    pub folder: Option<PathBuf>,

    /// Prints JSON instead of tables
    #[arg(long)]
    pub json: bool,
}

/// One question about speed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Section {
    /// All commands, the file in the page cache
    Warm,
    /// All commands, the file on disk
    Cold,
    /// Commands that write: restores and defragmentations, durable
    Writing,
    /// Our commands with more and more threads
    Threads,
    /// Our commands on larger and larger files
    Growth,
    /// A small file, beside a program that does nothing
    StartUp,
}

impl Section {
    /// Heading, and what to know before reading the figures.
    pub fn heading(self) -> (&'static str, &'static str) {
        match self {
            Self::Warm => ("Warm", "The file is in the page cache."),
            Self::Cold => {
                ("Cold", "The page cache has forgotten the file; a disk or host below may have a cache of its own.")
            }
            Self::Writing => ("Writing", "Warm. All outputs are on disk when a command ends."),
            Self::Threads => ("Threads", "Warm. Compared with the same command on one thread."),
            Self::Growth => ("Growth", "Warm. Time for a byte, compared with that of the smallest file."),
            Self::StartUp => ("Start-up", "Warm."),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn definitions_hold() {
        super::Arguments::command().debug_assert();
    }
}
