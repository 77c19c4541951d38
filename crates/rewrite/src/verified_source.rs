//! A source that was verified before anything is made of it.

use etcdsnap_snapshot::container::Container;
use etcdsnap_snapshot::finding::{Finding, Severity};
use etcdsnap_snapshot::inspection::Inspection;
use etcdsnap_snapshot::verify::{Sha256, VerifyOptions, verify};

use crate::Error;
use crate::context::{RewriteContext, Tolerance};
use crate::source_trailer::SourceTrailer;

/// A source that may be worked with.
#[derive(Debug)]
pub(crate) struct VerifiedSource<'a> {
    pub inspection: Inspection<'a>,
    /// Errors that were put up with.
    pub tolerated: Vec<Finding>,
}

impl<'a> VerifiedSource<'a> {
    /// Verifies everything in the source but its [`SourceTrailer`].
    pub fn verify(source: &'a Container, context: &RewriteContext<'_>) -> Result<(Self, SourceTrailer<'a>), Error> {
        let interrupt = context.interrupt.clone();
        let options = VerifyOptions { interrupt, sha256: Sha256::Later, ..VerifyOptions::default() };
        let verified = verify(source, &options, context.progress)?;
        let mut errors = verified.report.findings;
        errors.retain(|finding| finding.severity == Severity::Error);
        let trailer = SourceTrailer::of(source);
        match verified.inspection {
            Some(inspection) if errors.is_empty() || context.tolerance == Tolerance::Readable => {
                Ok((Self { inspection, tolerated: errors }, trailer))
            }
            _ => {
                context.progress.phase("hash", trailer.left());
                let mismatch = trailer.finish(context);
                let mismatch = mismatch?;
                context.progress.finished();
                let findings = mismatch.into_iter().chain(errors).collect();
                Err(Error::Damaged { name: context.name.to_owned(), findings })
            }
        }
    }
}
