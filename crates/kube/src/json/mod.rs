//! JSON: read from stored values, written as kubectl writes it.

mod read;
mod write;

pub(crate) use read::parse_stored;
pub use read::{JsonError, parse};
pub use write::{Layout, to_string, write};
