//! A source that was verified before anything is made of it.

use std::fmt;

use etcdsnap_publish::Interrupt;
use etcdsnap_snapshot::container::Container;
use etcdsnap_snapshot::finding::{Finding, Severity};
use etcdsnap_snapshot::inspection::Inspection;
use etcdsnap_snapshot::progress::Progress;
use etcdsnap_snapshot::verify::{Sha256, VerifyOptions, verify};

use crate::Error;
use crate::seal::Seal;

/// How to work, whatever is done.
#[derive(Clone, Copy)]
pub struct Work<'w> {
    /// What the source is called in errors: its path, or "standard input".
    pub name: &'w str,
    /// Which errors of the source are put up with.
    pub tolerance: Tolerance,
    /// Hears how far the work is.
    pub progress: &'w dyn Progress,
    /// Ends the work when it is set.
    pub interrupt: &'w Interrupt,
}

impl Work<'_> {
    /// The same work, but with nothing put up with.
    pub(crate) fn strict(&self) -> Self {
        Self { tolerance: Tolerance::Nothing, ..*self }
    }
}

impl fmt::Debug for Work<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, tolerance, progress: _, interrupt } = self;
        let mut shown = f.debug_struct("Work");
        shown.field("name", name).field("tolerance", tolerance);
        shown.field("interrupt", interrupt).finish_non_exhaustive()
    }
}

/// Which errors of the source are put up with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tolerance {
    /// None.
    #[default]
    Nothing,
    /// Whatever lets all that is in the source be read. What cannot be read is never left out in silence.
    Readable,
}

/// A source that may be worked with.
#[derive(Debug)]
pub(crate) struct Sound<'a> {
    pub inspection: Inspection<'a>,
    /// Errors that were put up with.
    pub tolerated: Vec<Finding>,
}

impl<'a> Sound<'a> {
    /// Verifies everything in the source but its [`Seal`].
    pub fn verify(source: &'a Container, work: &Work<'_>) -> Result<(Self, Seal<'a>), Error> {
        let interrupt = work.interrupt.clone();
        let options = VerifyOptions { interrupt, sha256: Sha256::Later, ..VerifyOptions::default() };
        let verified = verify(source, &options, work.progress)?;
        let mut errors = verified.report.findings;
        errors.retain(|finding| finding.severity == Severity::Error);
        let seal = Seal::of(source);
        match verified.inspection {
            Some(inspection) if errors.is_empty() || work.tolerance == Tolerance::Readable => {
                Ok((Self { inspection, tolerated: errors }, seal))
            }
            _ => {
                work.progress.phase("hash", seal.left());
                let mismatch = seal.finish(work);
                let mismatch = mismatch?;
                work.progress.finished();
                let findings = mismatch.into_iter().chain(errors).collect();
                Err(Error::Damaged { name: work.name.to_owned(), findings })
            }
        }
    }
}
