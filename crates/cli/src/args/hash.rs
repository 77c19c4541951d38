//! `hash`.

use std::path::PathBuf;

use super::{Form, examples};
use crate::output::hash::Aspect;

/// Computes the hashes that etcd knows, and compares several files by them
///
/// The SHA-256 of the image, the hash of `etcdutl snapshot status`, the hash that a member answers to Maintenance.Hash, and
/// HashKV, the hash of the keyspace at a revision, which members compare among each other.
///
/// Files that are copies of one another agree in all of them. Snapshots of different members agree at most in HashKV, and only
/// at the same revision: compare them with --rev and --by kv.
#[derive(Debug, clap::Args)]
#[command(after_help = examples::HASH)]
pub struct Hash {
    /// Snapshots, databases, data directories, or `-`
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,

    /// Revision for HashKV [default: the newest of each file]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
    pub rev: Option<i64>,

    /// Hashes by which several files are compared [default: all]
    #[arg(long, value_name = "HASH", value_enum, value_delimiter = ',')]
    pub by: Vec<Aspect>,

    /// Form of the result
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t = Form::Text)]
    pub output: Form,
}
