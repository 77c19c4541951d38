//! Upstream's tools tell two kinds of failure apart (`docs/format/tools.md#exit-codes`).

/// What kind of failure an error is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// Flags or arguments that cannot go together: exit code 128.
    BadArguments,
    /// Everything else, wrong values of flags included: exit code 1.
    Failure,
}
