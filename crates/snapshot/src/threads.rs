//! Threads beside the rayon pool that walks run on: one that writes while others read.
//!
//! Nothing here makes the pool. A program makes it once, as large as it wants, and tells of its own failure by [`NoThread`].

use std::fmt::Display;
use std::thread::{Builder, Scope, ScopedJoinHandle};

/// The system gives the process no other thread.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a thread cannot be started: {0}; allow more processes and memory (`ulimit -u`, `ulimit -v`, the limits of the container)"
)]
pub struct NoThread(String);

impl NoThread {
    /// Because of this.
    pub fn new(cause: impl Display) -> Self {
        Self(cause.to_string())
    }
}

/// Starts a thread in a scope, as [`Scope::spawn`] does, which panics where there is none to be had.
///
/// # Errors
/// There is none.
pub fn start<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    work: impl FnOnce() -> T + Send + 'scope,
) -> Result<ScopedJoinHandle<'scope, T>, NoThread> {
    Builder::new().spawn_scoped(scope, work).map_err(NoThread::new)
}
