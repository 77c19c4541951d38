//! A backup that cannot be copied as it is, written anew before it is restored as any other.
//!
//! A server panics at the first bad page it reads, and its own later writes destroy more. So with `--allow-damaged`,
//! what is damaged in structure or records is not copied: everything readable is put into a new database. And a server
//! opens only databases in the byte order of its machine, so one in another order is written in that. The new database
//! lies in a temporary file beside the first member's directory.

use std::path::Path;
use std::time::SystemTime;

use etcdsnap_bbolt::Db;
use etcdsnap_publish::{Destination, Existing, Inputs, NewFile, SpaceDemand, vacant_beside};
use etcdsnap_rewrite::defrag::convert_byte_order;
use etcdsnap_rewrite::salvage::{Losses, salvage};
use etcdsnap_rewrite::{Error, RewriteContext, Tolerance};
use etcdsnap_snapshot::cause::is_after_pages;
use etcdsnap_snapshot::container::{Container, OpenOptions, Origin, Trailer};
use etcdsnap_snapshot::finding::{Finding, Layer};
use etcdsnap_snapshot::report::Report;
use etcdsnap_snapshot::verify::verify;

use crate::context::RestoreContext;
use crate::error::RestoreError;
use crate::file_length::{ExplainedLength, explain_length};
use crate::request::RestoreRequest;

/// The content of a backup in a new database, which is restored instead of the backup.
#[derive(Debug)]
pub struct RewrittenBackup {
    /// The new database.
    pub(crate) container: Container,
    /// What verification found in the backup.
    pub(crate) report: Report,
    /// What could not be read, when it was damaged.
    pub(crate) losses: Option<Losses>,
    /// When the backup was written.
    pub(crate) modified: Option<SystemTime>,
    /// The SHA-256 at the end of the backup.
    pub(crate) trailer: Trailer,
    /// Where the backup came from.
    pub(crate) origin: Origin,
    /// Its length against the database in it, where there is no such SHA-256.
    pub(crate) length: Option<ExplainedLength>,
    /// Gone when this is dropped.
    _file: NewFile,
}

impl RewrittenBackup {
    /// Writes a backup anew in `folder`; `None` when it can be copied as it is. What is damaged is left out where that
    /// is allowed, else it is left to the restore to refuse it.
    pub(crate) fn new(
        source: &Container,
        folder: &Path,
        request: &RestoreRequest<'_>,
        context: RestoreContext<'_>,
    ) -> Result<Option<Self>, RestoreError> {
        // Without a usable meta there is no order; the verification below reports why.
        let order = Db::open(source.database()).map_or(request.byte_order, |db| db.order());
        if order == request.byte_order && !request.allow_damaged {
            return Ok(None);
        }
        let verified = verify(source, &context.verify_options(), context.progress)?;
        let is_damaged = request.allow_damaged && verified.report.errors().any(is_in_the_way);
        let is_refused = verified.report.errors().any(|finding| !request.tolerates(finding));
        if is_refused || (order == request.byte_order && !is_damaged) {
            return Ok(None);
        }
        let Some(inspection) = verified.inspection else {
            return Err(RestoreError::NoRecords { report: Box::new(verified.report) });
        };
        // It never gets this name.
        let target = vacant_beside(&folder.join("etcdsnap"), ".rewritten");
        let mut demand = SpaceDemand::default();
        demand.add(&target, inspection.bytes_in_use()).map_err(RestoreError::io("find its file system", &target))?;
        demand.check()?;
        let mut file = NewFile::create(&Destination::new(&target, Existing::Refuse, &Inputs::none()), None)?;
        let written = if is_damaged {
            salvage(source, &inspection, &mut file, request.byte_order, &context.rewrite_context()).map(Some)
        } else {
            convert_byte_order(source, inspection, request.byte_order, &mut file, &context.rewrite_context())
                .map(|()| None)
        };
        let losses = match written {
            Ok(losses) => losses,
            Err(error) => return Err(refused(error, verified.report)),
        };
        source.recheck()?;
        let container = Container::open(file.path(), &OpenOptions::default());
        let container = container.map_err(|error| refused(error.into(), verified.report.clone()))?;
        let (modified, trailer) = (source.modified(), source.trailer);
        let length = if trailer == Trailer::Absent { explain_length(source)? } else { None };
        Ok(Some(Self {
            container,
            report: verified.report,
            losses,
            modified,
            trailer,
            origin: source.origin.clone(),
            length,
            _file: file,
        }))
    }

    /// What could not be read.
    pub fn losses(&self) -> Option<&Losses> {
        self.losses.as_ref()
    }
}

/// Does a finding rule out copying the pages as they are?
fn is_in_the_way(finding: &Finding) -> bool {
    match finding.kind.layer {
        Layer::Structure | Layer::Mvcc => true,
        Layer::Container => !is_after_pages(finding.kind),
        _ => false,
    }
}

fn refused(error: Error, report: Report) -> RestoreError {
    match error {
        Error::Interrupted(interrupted) => interrupted.into(),
        Error::Read(error) => error.into(),
        Error::Thread(error) => error.into(),
        Error::Write { path, source } => RestoreError::Io { action: "write the backup anew", path, source },
        _ => RestoreError::NoRecords { report: Box::new(report) },
    }
}

impl RestoreContext<'_> {
    fn rewrite_context(&self) -> RewriteContext<'_> {
        RewriteContext::new("the backup", self.progress, self.interrupt).with_tolerance(Tolerance::Readable)
    }
}
