//! What the `wal` commands print.

pub mod dump;
pub mod ls;
pub mod verify;

/// An id as text everywhere else shows it.
fn hex(id: u64) -> String {
    format!("{id:016x}")
}
