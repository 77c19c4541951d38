//! What the `kube` commands print.

pub mod api_resources;
pub mod audit;
pub mod check;
pub mod decode;
pub mod describe_key;
pub mod diff;
mod edits;
pub mod extract;
pub mod get;
pub mod history;
mod piece;
pub mod usage;

pub use piece::{Piece, Unknown};
