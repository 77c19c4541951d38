//! Starts a thread beside the rayon pool, such as one that writes while the pool reads, without a panic where there is
//! none.
//!
//! The pool itself is made by the program, once, which reports a failure of that by [`NoThread`] as well.

use std::fmt::Display;
use std::thread::{Builder, Scope, ScopedJoinHandle};

/// The error of a thread that the system does not give.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a thread cannot be started: {0}; allow more processes and memory (`ulimit -u`, `ulimit -v`, the limits of the container)"
)]
pub struct NoThread(String);

impl NoThread {
    /// The error with the answer of the system.
    pub fn new(cause: impl Display) -> Self {
        Self(cause.to_string())
    }
}

/// Starts a thread in a scope, as [`Scope::spawn`] does, which panics where the system gives none.
///
/// # Errors
/// The system gives none.
pub fn start<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    work: impl FnOnce() -> T + Send + 'scope,
) -> Result<ScopedJoinHandle<'scope, T>, NoThread> {
    Builder::new().spawn_scoped(scope, work).map_err(NoThread::new)
}
