//! `kube history`.

use super::{Meant, Source, With};
use crate::args::{TableForm, examples};

/// Shows every retained revision of an object: who wrote it, when, and what changed
///
/// All that compaction has left in the file, also of objects that are deleted. Below each revision stand the fields
/// that it changed, with their values before and after.
///
/// WHO is what managedFields tell: the manager whose entry has a new time; where none has, those that own the fields that changed,
/// with (owner) behind them; `apply` and the subresource stand there too. WHEN is that new time, or the object's creation; a
/// write that changes values alone leaves no time behind, and a deletion tells nothing at all.
///
/// Values of Secrets are hidden, unless --show-secrets.
#[derive(Debug, clap::Args)]
#[command(after_help = examples::KUBE_HISTORY)]
pub struct History {
    #[command(flatten)]
    pub source: Source,

    #[command(flatten)]
    pub meant: Meant,

    /// Shows also what is left out by default: managed-fields and resource-version; may be given several times
    #[arg(long, value_name = "WHAT", value_enum, value_delimiter = ',')]
    pub with: Vec<With>,

    /// Shows values of Secrets
    #[arg(long)]
    pub show_secrets: bool,

    /// Form of the result
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t = TableForm::Text)]
    pub output: TableForm,
}
