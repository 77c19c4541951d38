//! `kube` and its commands.

mod get;
mod selection;
mod source;

pub use get::{Get, GetForm};
pub use selection::Meant;
pub use source::{Keys, Source};

#[derive(Debug, clap::Subcommand)]
pub enum Kube {
    Get(Get),
}
