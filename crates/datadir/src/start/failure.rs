//! [`StartFailure`]: why a start ends, returned by the steps of the simulation.

use super::verdict::StartOutcome;

/// A start that ends before the server serves: its outcome, the words of the last log message, and the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StartFailure {
    pub outcome: StartOutcome,
    pub message: Option<String>,
    pub reason: String,
}

impl StartFailure {
    /// The server exits with an error.
    pub fn exits(message: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { outcome: StartOutcome::Exits, message: Some(message.into()), reason: reason.into() }
    }

    /// The server panics.
    pub fn panics(message: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { outcome: StartOutcome::Panics, message: Some(message.into()), reason: reason.into() }
    }
}
