//! What the `kube` commands print.

pub mod get;
mod piece;

pub use piece::Piece;
