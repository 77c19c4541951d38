//! `kube check`.

use super::Source;
use crate::args::{Form, examples};

/// Looks for objects that are damaged, or do not fit together
///
/// Decodes every object, and compares it with its key and with the others: values that cannot be decoded or opened, objects
/// under another object's key, uids that exist twice, namespaces, definitions and owners that are missing, and API
/// servers that are listed without a lease. docs/findings.md explains each finding.
///
/// Objects are those of the newest revision; --rev looks at an earlier one, without the leases of API servers.
#[derive(Debug, clap::Args)]
#[command(after_help = examples::KUBE_CHECK)]
pub struct Check {
    #[command(flatten)]
    pub source: Source,

    /// Form of the result
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t = Form::Text)]
    pub output: Form,
}
