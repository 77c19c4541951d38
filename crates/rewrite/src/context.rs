//! What every function of this crate is called with beside its source and target: tolerance, progress and interrupt.

use std::fmt;

use etcdsnap_snapshot::interrupt::Interrupt;
use etcdsnap_snapshot::progress::Progress;

/// How a rewrite runs: how its source is named, which damage it accepts, where it reports progress and what stops it.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct RewriteContext<'w> {
    /// The name of the source in error messages: its path, or "standard input".
    pub name: &'w str,
    /// Which errors of the source are accepted.
    pub tolerance: Tolerance,
    /// Receives the progress of the run.
    pub progress: &'w dyn Progress,
    /// Stops the run when it is set.
    pub interrupt: &'w Interrupt,
}

impl<'w> RewriteContext<'w> {
    /// A context that accepts no error of the source.
    pub fn new(name: &'w str, progress: &'w dyn Progress, interrupt: &'w Interrupt) -> Self {
        Self { name, tolerance: Tolerance::Nothing, progress, interrupt }
    }

    /// The same context with another tolerance.
    #[must_use]
    pub fn with_tolerance(self, tolerance: Tolerance) -> Self {
        Self { tolerance, ..self }
    }
}

impl fmt::Debug for RewriteContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, tolerance, progress: _, interrupt } = self;
        let mut shown = f.debug_struct("RewriteContext");
        shown.field("name", name).field("tolerance", tolerance);
        shown.field("interrupt", interrupt).finish_non_exhaustive()
    }
}

/// Which errors of the source a rewrite accepts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tolerance {
    /// None: a damaged source is refused.
    #[default]
    Nothing,
    /// Every error that still lets all content of the source be read. Content that cannot be read is never left out
    /// silently.
    Readable,
}
