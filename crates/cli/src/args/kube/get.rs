//! `kube get`.

use super::{Meant, Source};
use crate::args::examples;

/// Shows objects as kubectl does, now or at an earlier revision
///
/// `-o yaml` and `-o json` are byte for byte what `kubectl get` would have printed when the backup was made: encrypted objects
/// are opened, definitions and custom resources shown in the version clients prefer. Values of Secrets are shown, as by kubectl.
///
/// The table has what every object says of itself: NAME and the time it was CREATED; with `-o wide` also the revision of its
/// last change, how often it was written, its size in bytes as stored, and the version it is stored in. Nothing else is decoded for it. Ages are not
/// shown: a backup does not say when it was made.
///
/// What cannot be opened or decoded is named on standard error, the rest is shown, and the command ends with 1.
#[derive(Debug, clap::Args)]
#[command(after_help = examples::KUBE_GET)]
pub struct Get {
    #[command(flatten)]
    pub source: Source,

    #[command(flatten)]
    pub meant: Meant,

    /// Shows metadata.managedFields too, in YAML and JSON
    #[arg(long)]
    pub show_managed_fields: bool,

    /// Form of the result
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t = GetForm::Text)]
    pub output: GetForm,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum GetForm {
    /// A table
    Text,
    /// A table with more columns
    Wide,
    /// Names alone, such as deployment.apps/web
    Name,
    /// As `kubectl get -o yaml`
    Yaml,
    /// As `kubectl get -o json`
    Json,
    /// One JSON object a line
    Ndjson,
}
