//! `leases`, `users`, `roles` and `members`: what the small buckets hold.

use std::path::PathBuf;

use super::{Form, examples};

/// Shows the leases: time to live, and how many keys are attached
///
/// Leases that live keys refer to although they are not there are shown too: a server logs them and lets the keys live for ever.
#[derive(Debug, clap::Args)]
#[command(after_help = examples::LEASES)]
pub struct Leases {
    /// Snapshot, database, data directory, or `-`
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Shows which keys are attached to each lease
    #[arg(long)]
    pub keys: bool,

    /// Form of the result
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t = Form::Text)]
    pub output: Form,
}

/// Shows the users: how they log in, and their roles
///
/// Password hashes are shown only when they are asked for by name: whoever has them can try passwords at leisure.
#[derive(Debug, clap::Args)]
#[command(after_help = examples::USERS)]
pub struct Users {
    /// Snapshot, database, data directory, or `-`
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Shows the bcrypt hashes of the passwords too
    #[arg(long)]
    pub show_password_hashes: bool,

    /// Form of the result
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t = Form::Text)]
    pub output: Form,
}

/// Shows the roles: what they may read and write, and who has them
#[derive(Debug, clap::Args)]
#[command(after_help = examples::ROLES)]
pub struct Roles {
    /// Snapshot, database, data directory, or `-`
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Form of the result
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t = Form::Text)]
    pub output: Form,
}

/// Shows the members: names, URLs, learners, and those that were removed
///
/// Also what the raft configuration says of them, where it was written: etcd 3.5 and later keep it in the database.
#[derive(Debug, clap::Args)]
#[command(after_help = examples::MEMBERS)]
pub struct Members {
    /// Snapshot, database, data directory, or `-`
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Form of the result
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t = Form::Text)]
    pub output: Form,
}
