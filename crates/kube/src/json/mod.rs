//! JSON: read from stored values, written as kubectl writes it.

mod header;
mod read;
mod write;

pub(crate) use header::parse_header;
pub(crate) use read::parse_stored;
pub use read::{JsonError, parse};
pub(crate) use write::write_within;
pub use write::{JsonLayout, to_string, write};
