//! `kube` and its commands.

mod api_resources;
mod audit;
mod check;
mod decode;
mod describe_key;
mod diff;
mod extract;
mod get;
mod history;
mod noise;
mod selection;
mod source;
mod usage;

pub use api_resources::ApiResources;
pub use audit::{Audit, AuditEncryption};
pub use check::Check;
pub use decode::{Decode, DecodeForm};
pub use describe_key::DescribeKey;
pub use diff::{Diff, DiffForm};
pub use extract::Extract;
pub use get::{Get, GetForm};
pub use history::History;
pub use noise::With;
pub use selection::Meant;
pub use source::{Keys, Secrets, Source};
pub use usage::Usage;

#[derive(Debug, clap::Subcommand)]
pub enum Kube {
    Get(Get),
    ApiResources(ApiResources),
    DescribeKey(DescribeKey),
    Usage(Usage),
    Decode(Decode),
    History(History),
    Diff(Diff),
    Extract(Extract),
    Check(Check),
    /// Holds what is stored against what should be
    #[command(subcommand, after_help = crate::args::examples::KUBE_AUDIT_ENCRYPTION)]
    Audit(Audit),
}
