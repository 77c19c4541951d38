//! Options that every command takes.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use crate::policy::parse_size;

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Options for all commands")]
pub struct Global {
    /// How long work is shown on standard error
    #[arg(long, value_name = "HOW", value_enum, default_value_t = ProgressMode::Auto, global = true)]
    pub progress: ProgressMode,

    /// When results are coloured; NO_COLOR is honoured
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Color::Auto, global = true)]
    pub color: Color,

    /// Threads to work with, of which 64 are taken at most [default: as many as there are cores]
    #[arg(long, value_name = "N", global = true, value_parser = threads)]
    pub threads: Option<NonZeroUsize>,

    /// Reads files into memory instead of mapping them; for file systems that fail under a map
    #[arg(long, global = true)]
    pub no_mmap: bool,

    /// Folder for the temporary file that a long compressed file or standard input is written to [default: TMPDIR, or
    /// /tmp]
    ///
    /// What is longer than 64 MiB when decompressed is not held in memory. The file has no name, so nothing of it
    /// stays, however the run ends.
    #[arg(long, value_name = "DIR", global = true)]
    pub spool_dir: Option<PathBuf>,

    /// The most that is read of a decompressed file or of standard input, such as 50GiB [default: 32GiB]
    ///
    /// A small compressed file can hold any number of bytes. The default is four times the largest database that etcd
    /// advises.
    #[arg(long, value_name = "SIZE", global = true, value_parser = parse_size)]
    pub max_input: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ProgressMode {
    /// A bar when standard error is a terminal, else nothing
    Auto,
    /// Lines of text, for logs
    Plain,
    /// JSON objects, one a line
    Json,
    /// Nothing
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Color {
    /// When standard output is a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

fn threads(text: &str) -> Result<NonZeroUsize, &'static str> {
    text.parse().map_err(|_| "not a whole number from 1 on")
}
