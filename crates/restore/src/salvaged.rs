//! What `--allow-damaged` restores: the backup itself where no page of it is damaged, else a database made of what can be read.
//!
//! A server panics at the first bad page it reads, and its own later writes destroy more. So what is damaged in structure or
//! records is not copied: everything readable is put into a new database first, which is then restored as any other backup.
//! It lies in a temporary file beside the first member's directory.

use std::path::Path;
use std::time::SystemTime;

use etcdsnap_publish::{Demand, Interrupt, NewFile};
use etcdsnap_rewrite::salvage::{Losses, salvage};
use etcdsnap_rewrite::{Error, Tolerance};
use etcdsnap_snapshot::catalogue::container::{
    BYTES_FOLLOW, LENGTH_ODD, SHA256_MISMATCH, SHA256_MISSING, SHA256_ZERO, SNAPSHOT_SIZE,
};
use etcdsnap_snapshot::container::{Container, OpenOptions, Trailer};
use etcdsnap_snapshot::finding::{Finding, Layer};
use etcdsnap_snapshot::report::Report;
use etcdsnap_snapshot::verify::verify;

use crate::error::RestoreError;
use crate::execute::Work;

/// The readable part of a damaged backup, as a database of its own.
#[derive(Debug)]
pub struct Salvaged {
    /// The new database.
    pub(crate) container: Container,
    /// What verification found in the backup.
    pub(crate) report: Report,
    /// What could not be read.
    pub(crate) losses: Losses,
    /// When the backup was written.
    pub(crate) modified: Option<SystemTime>,
    /// Was there no SHA-256 behind it?
    pub(crate) is_raw: bool,
    /// Gone when this is dropped.
    _file: NewFile,
}

impl Salvaged {
    /// Reads what can be read of a backup into a temporary file in `folder`; `None` when nothing of its structure or its records
    /// is damaged, so that it can be restored as it is.
    pub(crate) fn new(source: &Container, folder: &Path, work: Work<'_>) -> Result<Option<Self>, RestoreError> {
        let verified = verify(source, &work.verify_options(), work.progress)?;
        if !verified.report.errors().any(is_in_the_way) {
            return Ok(None);
        }
        let Some(inspection) = verified.inspection else {
            return Err(RestoreError::NoRecords { report: Box::new(verified.report) });
        };
        let target = folder.join("etcdsnap-salvaged.db");
        let mut demand = Demand::default();
        let in_use = inspection.walk.census.in_use.saturating_mul(inspection.db.page_size().into());
        demand.add(&target, in_use).map_err(RestoreError::io("find its file system", &target))?;
        demand.check()?;
        let mut file = NewFile::create(&target, None)?;
        let saved = salvage(source, &inspection, &mut file, &work.rewriting());
        let losses = match saved {
            Ok(losses) => losses,
            Err(error) => return Err(refused(error, verified.report)),
        };
        source.recheck()?;
        let container = Container::open(file.path(), &OpenOptions::default());
        let container = container.map_err(|error| refused(error.into(), verified.report.clone()))?;
        let (modified, is_raw) = (source.modified(), source.trailer == Trailer::Absent);
        Ok(Some(Self { container, report: verified.report, losses, modified, is_raw, _file: file }))
    }

    /// What could not be read.
    pub fn losses(&self) -> &Losses {
        &self.losses
    }
}

/// Is it a reason not to copy the pages as they are?
fn is_in_the_way(finding: &Finding) -> bool {
    let of_length = [&SHA256_MISMATCH, &SHA256_ZERO, &SHA256_MISSING, &LENGTH_ODD, &SNAPSHOT_SIZE, &BYTES_FOLLOW];
    match finding.kind.layer {
        Layer::Structure | Layer::Mvcc => true,
        Layer::Container => !of_length.iter().any(|kind| kind.id == finding.kind.id),
        _ => false,
    }
}

fn refused(error: Error, report: Report) -> RestoreError {
    match error {
        Error::Interrupted(interrupted) => interrupted.into(),
        Error::Read(error) => error.into(),
        Error::Thread(error) => error.into(),
        Error::Write { path, source } => RestoreError::Io { action: "write what was saved", path, source },
        _ => RestoreError::NoRecords { report: Box::new(report) },
    }
}

impl Work<'_> {
    fn rewriting(&self) -> etcdsnap_rewrite::Work<'_> {
        let interrupt: &Interrupt = self.interrupt;
        etcdsnap_rewrite::Work {
            name: "the backup",
            tolerance: Tolerance::Readable,
            progress: self.progress,
            interrupt,
        }
    }
}
