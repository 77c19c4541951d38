//! `kube` and its commands.

mod api_resources;
mod decode;
mod describe_key;
mod get;
mod selection;
mod source;
mod usage;

pub use api_resources::ApiResources;
pub use decode::{Decode, DecodeForm};
pub use describe_key::DescribeKey;
pub use get::{Get, GetForm};
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
}
