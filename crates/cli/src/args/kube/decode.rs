//! `kube decode`.

use std::ffi::OsString;
use std::path::PathBuf;

use super::Secrets;
use crate::args::examples;

/// Decodes a stored value, without a backup
///
/// Takes what `etcdctl get KEY --print-value-only` prints: an object as protobuf, JSON or CBOR, or encrypted. All of it is
/// shown as it is stored: managed fields are, the resource version, which is no part of a value, is not.
///
/// With --hex-lines every line is a value in hex, and one that cannot be decoded gives an empty object in its place. What is wrong is told
/// on standard error, and the command ends with 1.
#[derive(Debug, clap::Args)]
#[command(after_help = examples::KUBE_DECODE)]
pub struct Decode {
    /// File with a value, or `-`
    #[arg(value_name = "FILE", default_value = "-")]
    pub file: PathBuf,

    /// Every line of FILE is a value in hex
    #[arg(long)]
    pub hex_lines: bool,

    /// The etcd key the value lay under, which aesgcm and KMS need to open it
    #[arg(long, value_name = "KEY", conflicts_with = "hex_lines")]
    pub key: Option<OsString>,

    #[command(flatten)]
    pub secrets: Secrets,

    /// Form of the result
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t = DecodeForm::Yaml)]
    pub output: DecodeForm,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum DecodeForm {
    /// YAML as kubectl prints it
    Yaml,
    /// JSON as kubectl prints it
    Json,
    /// One JSON object a line
    Ndjson,
}
