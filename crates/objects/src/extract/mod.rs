//! From objects in a backup to manifests for another cluster: which ones, in which order, under which names.
//!
//! What is asked for is [gathered](gather()) as [`Candidate`]s, read by their headers alone. A [`Plan`] says which of them are written and in
//! which order, and why the others are not; [`path`] gives each a file of its own.

mod file_name;
mod gather;
mod plan;

pub use file_name::path;
pub use gather::{Gathered, Request, gather};
pub use plan::{Candidate, Identity, Included, Plan};
