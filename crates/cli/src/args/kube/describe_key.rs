//! `kube describe-key`.

use super::Source;
use crate::args::{Form, KeyArgument, examples};

/// Says what a key holds: resource, namespace and name, and what is stored there
///
/// Shows how the value is stored, and with which key it is encrypted, without showing any of it. A key that was deleted is
/// described as well, as long as its history is in the file.
#[derive(Debug, clap::Args)]
#[command(after_help = examples::KUBE_DESCRIBE_KEY)]
pub struct DescribeKey {
    #[command(flatten)]
    pub source: Source,

    #[command(flatten)]
    pub key: KeyArgument,

    /// Form of the result
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t = Form::Text)]
    pub output: Form,
}
