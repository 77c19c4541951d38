//! Kubernetes objects as they lie in etcd, shown as kubectl shows them, without a cluster.

pub mod cbor;
pub mod decode;
pub mod encryption;
pub mod json;
mod number;
pub mod schema;
mod stored;
mod text;
pub mod value;
mod wire;
pub mod yaml;

pub use stored::{Envelope, Stored};
pub use wire::{Payload, WireError};

/// Values and messages that may lie within one another. Kubernetes itself nests a few dozen deep.
pub const MAX_DEPTH: usize = 512;
