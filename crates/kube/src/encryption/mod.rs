//! Encryption at rest: what the API server encrypted, opened with the keys of its configuration (kubernetes.md 2.4).

mod sealed;

pub use sealed::{Provider, Sealed};
