//! `kube api-resources`.

use super::Source;
use crate::args::{TableForm, examples};

/// Lists the resource types that have objects in a backup
///
/// Shows of each how many objects live, the bytes of their keys and values, whether they lie in namespaces, kubectl's short names, and in
/// which versions and encodings they are stored. Several lines of STORED AS are what a storage migration is for.
#[derive(Debug, clap::Args)]
#[command(after_help = examples::KUBE_API_RESOURCES)]
pub struct ApiResources {
    #[command(flatten)]
    pub source: Source,

    /// Form of the result
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t = TableForm::Text)]
    pub output: TableForm,
}
