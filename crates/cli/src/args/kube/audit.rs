//! `kube audit` and its commands.

use super::Source;
use crate::args::{Form, examples};

#[derive(Debug, clap::Subcommand)]
pub enum Audit {
    Encryption(AuditEncryption),
}

/// Tells how objects are encrypted, and whether that is as it should be
///
/// With an encryption configuration, every object of the resources it covers must be encrypted with the first key of the first
/// provider, which is what the API server writes with. What still lies in clear or under an older key was not written since the
/// configuration changed: `kubectl get … -o json | kubectl replace -f -` writes it anew. A resource that only has the
/// provider identity is not covered; one that has identity first is, and lies in clear.
///
/// Without one, Secrets must be encrypted, or what --require names; with what key cannot be told then.
///
/// Only names are shown, never values. Objects are those of the newest revision; --rev looks at an earlier one.
#[derive(Debug, clap::Args)]
#[command(after_help = examples::KUBE_AUDIT_ENCRYPTION)]
pub struct AuditEncryption {
    #[command(flatten)]
    pub source: Source,

    /// These resources must be encrypted, whatever the configuration covers [default: secrets, without a configuration]
    #[arg(long, value_name = "RESOURCE", value_delimiter = ',')]
    pub require: Vec<String>,

    /// Names at most so many objects of every row
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub names: usize,

    /// Form of the result
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t = Form::Text)]
    pub output: Form,
}
