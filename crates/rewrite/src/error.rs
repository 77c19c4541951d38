//! Why a database was not written anew. Source and target are as they were, unless the error [says](Error::has_appeared) that the
//! new one is in place.

use std::path::PathBuf;

use etcdsnap_bbolt::build::CopyError;
use etcdsnap_bbolt::edit::{ApplyError, EditError};
use etcdsnap_publish::NoSpace;
use etcdsnap_quantity::quantity;
use etcdsnap_snapshot::container::OpenError;
use etcdsnap_snapshot::finding::Finding;
use etcdsnap_snapshot::interrupt::Interrupted;
use etcdsnap_snapshot::threads::NoThread;
use etcdsnap_snapshot::verify::VerifyError;

use crate::RewriteContext;
use crate::schema::MigrationError;

/// Why a database was not written anew.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The source cannot be opened, or is no database.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The source cannot be read, or changed meanwhile.
    #[error(transparent)]
    Read(#[from] etcdsnap_image::ImageError),
    /// The source could not be verified.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// The source is damaged.
    #[error("{name}: damaged, {}", first_error(.findings))]
    Damaged {
        /// The source.
        name: String,
        /// All errors that were found, at least one.
        findings: Vec<Finding>,
    },
    /// So much is damaged that nothing can be saved.
    #[error("{name}: damaged so that no record can be reached: the bucket of all keys is lost")]
    NoRecords {
        /// The source.
        name: String,
    },
    /// Something in the source cannot be read, so a copy would lack it.
    #[error("{name}: cannot be copied as a whole: {source}")]
    Copy {
        /// The source.
        name: String,
        /// Where and why.
        source: CopyError,
    },
    /// The copy holds something else than the source.
    #[error("{name}: the copy differs from it in {part}; nothing was kept of the copy")]
    Differs {
        /// The source.
        name: String,
        /// What differs.
        part: String,
    },
    /// The output cannot be made or published.
    #[error(transparent)]
    Publish(#[from] etcdsnap_publish::Error),
    /// The output cannot be written.
    #[error("{path}: cannot write: {source}")]
    Write {
        /// Where it was to appear.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// There is not enough room for the output.
    #[error(transparent)]
    NoSpace(#[from] NoSpace),
    /// The database of a member is in use.
    #[error("{path}: in use: another process, most likely etcd, has it locked; stop that first")]
    InUse {
        /// The database.
        path: PathBuf,
    },
    /// A file that no etcd can use as it is.
    #[error("{path}: compressed, so it is not the database of a member")]
    NotAMember {
        /// The file.
        path: PathBuf,
    },
    /// There is no migration to the wanted version.
    #[error(transparent)]
    Migration(#[from] MigrationError),
    /// The change cannot be worked out.
    #[error("{name}: cannot be changed: {source}")]
    Plan {
        /// The source.
        name: String,
        /// Why.
        source: EditError,
    },
    /// The change could not be made.
    #[error(transparent)]
    Edit(#[from] ApplyError),
    /// The system gives no thread to write with.
    #[error(transparent)]
    Thread(#[from] NoThread),
    /// The user wants it no more.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl Error {
    pub(crate) fn plan(context: &RewriteContext<'_>, source: EditError) -> Self {
        Self::Plan { name: context.name.to_owned(), source }
    }

    /// Is the new database in place all the same, whole, and only not known to outlast a power cut?
    pub fn has_appeared(&self) -> bool {
        matches!(self, Self::Publish(etcdsnap_publish::Error::NotDurable { .. }))
    }

    /// Was the work given up because it was interrupted?
    pub fn is_interruption(&self) -> bool {
        matches!(self, Self::Interrupted(_) | Self::Verify(VerifyError::Interrupted(_)))
    }
}

/// The first of these errors with its place, and how many more there are.
pub fn first_error(findings: &[Finding]) -> String {
    let first = findings.first().map(|finding| {
        let at = if finding.place.is_file() { String::new() } else { format!(" at {}", finding.place) };
        format!("{}{at}: {}", finding.kind.id, finding.message)
    });
    let more = match findings.len().saturating_sub(1) {
        0 => String::new(),
        more => format!(" (and {})", quantity(more as u64, "more error")),
    };
    first.unwrap_or_default() + &more
}
