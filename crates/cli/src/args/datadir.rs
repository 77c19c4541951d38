//! `datadir` and its commands.

use std::path::PathBuf;

use etcdsnap_bbolt::ByteOrder;
use etcdsnap_datadir::ServerRelease;

use super::byte_order::of_architecture;
use super::{Form, examples};

#[derive(Debug, clap::Subcommand)]
pub enum Datadir {
    Check(DatadirCheck),
}

/// Checks whether a member's directory is whole, and whether its server would start
///
/// Verifies the database as `verify` does and the log as `wal verify` does, compares the two with each other and with the .snap files:
/// how far the log is applied, who the members are. Then tells for each release line of etcd whether a server would start from the
/// directory, and with which words it would end if not. Tells too what is only in the log, and so would be missing from a copy of
/// the database.
///
/// Nothing is written or locked. A member that is running is noticed; stop it for an answer that can be trusted.
#[derive(Debug, clap::Args)]
#[command(after_help = examples::DATADIR)]
pub struct DatadirCheck {
    /// Data directory of a member
    #[arg(value_name = "DIR")]
    pub directory: PathBuf,

    /// Where the member keeps its log, if its server is given --wal-dir
    #[arg(long, value_name = "DIR")]
    pub wal_dir: Option<PathBuf>,

    /// Release that is to be started, such as 3.5.12; may be given several times [default: the newest of 3.4 to 3.8]
    #[arg(long = "server-version", value_name = "VERSION")]
    pub servers: Vec<ServerRelease>,

    /// Architecture of the machine that the server is to run on, such as amd64, arm64 or s390x [default: that of this machine]
    #[arg(long, value_name = "ARCH", value_parser = of_architecture)]
    pub arch: Option<ByteOrder>,

    /// Form of the result
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t = Form::Text)]
    pub output: Form,
}
