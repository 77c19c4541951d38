//! A backup file that is open: what a program that uses the library starts from.

use std::path::Path;

use etcdsnap_image::{FileChanged, ImageError};
use etcdsnap_mvcc::RevisionError;
use etcdsnap_objects::OpenObjectsError;
use etcdsnap_restore::{RestoreContext, RestoreDraft, RestoreError, RestoreOutcome, RestoreRequest};
use etcdsnap_snapshot::container::{Container, OpenError, OpenOptions};
use etcdsnap_snapshot::contents::{Contents, Obstacles, Source, Unreadable};
use etcdsnap_snapshot::interrupt::Interrupt;
use etcdsnap_snapshot::progress::Silent;
use etcdsnap_snapshot::report::Report;
use etcdsnap_snapshot::verify::{VerifyError, VerifyOptions, verify};
use thiserror::Error;

use crate::Reader;

/// A backup file, open for reading.
#[derive(Debug)]
pub struct Snapshot {
    container: Container,
}

/// Why a backup gives no answer.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The file cannot be opened, or is no backup.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The system could not read the file.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// The file changed while it was read.
    #[error(transparent)]
    Changed(#[from] FileChanged),
    /// The verification has no outcome.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// There is no way to the keys.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The revision is compacted, or not yet there.
    #[error(transparent)]
    Revision(#[from] RevisionError),
    /// There are no Kubernetes objects.
    #[error(transparent)]
    Objects(#[from] OpenObjectsError),
    /// Pages or records could not be read, so that keys may be missing from an answer, or have old values.
    #[error("damaged in {} places, so an answer may lack keys or have old values", .0.count)]
    Damaged(Obstacles),
}

impl Snapshot {
    /// Opens the backup at `path`: a snapshot, compressed or not, or the database of a member.
    ///
    /// # Errors
    /// It cannot be opened, or is something else.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, ReadError> {
        Ok(Self { container: Container::open(path.as_ref(), &OpenOptions::default())? })
    }

    /// The file and what it was packed into, for the functions of [`backup`](crate::backup).
    pub fn container(&self) -> &Container {
        &self.container
    }

    /// Proves that the backup is whole and restorable.
    ///
    /// # Errors
    /// The system could not read the file, or it changed meanwhile. What is wrong in it stands in the report.
    pub fn verify(&self) -> Result<Report, ReadError> {
        Ok(verify(&self.container, &VerifyOptions::default(), &Silent)?.report)
    }

    /// Lets `look` read keys, and answers what it answers.
    ///
    /// # Errors
    /// What `look` returns; or the file changed, or parts that it read are damaged, so that its answer cannot be trusted:
    /// [`ReadError::Damaged`] names them. What is wanted of a damaged file all the same, `look` has to store outside.
    pub fn read<T>(&self, look: impl FnOnce(&Reader<'_>) -> Result<T, ReadError>) -> Result<T, ReadError> {
        let source = Source::new(&self.container, &Silent);
        let reader = Reader::new(Contents::open(&source)?);
        let answer = look(&reader);
        self.container.recheck()?;
        match reader.into_damage() {
            Some(damage) => Err(ReadError::Damaged(damage)),
            None => answer,
        }
    }

    /// Writes the data directories that `request` asks for, and verifies the backup meanwhile.
    ///
    /// # Errors
    /// The backup is damaged, the directories exist, or they cannot be written. No directory is left halfway then.
    pub fn restore(&self, request: &RestoreRequest<'_>) -> Result<RestoreOutcome, RestoreError> {
        let interrupt = Interrupt::default();
        let plan = RestoreDraft::new(request, None)?.plan(&self.container)?;
        plan.execute(RestoreContext::new(&Silent, &interrupt))
    }
}
