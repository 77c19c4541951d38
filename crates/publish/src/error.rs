//! Why something could not be made or published.

use std::io;
use std::path::{Path, PathBuf};

/// Nothing has appeared under the name it was meant for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Something has the name already.
    #[error("{path} exists already")]
    Exists {
        /// The name.
        path: PathBuf,
    },
    /// The system refused.
    #[error("{path}: cannot {action}: {source}")]
    Io {
        /// What was to be done, such as "create the folder".
        action: &'static str,
        /// To which file or folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl Error {
    /// For `map_err`.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, path: path.to_owned(), source }
    }

    /// The file or folder that it is about.
    pub fn path(&self) -> &Path {
        match self {
            Self::Exists { path } | Self::Io { path, .. } => path,
        }
    }

    /// What kind of refusal it was.
    pub fn kind(&self) -> io::ErrorKind {
        match self {
            Self::Exists { .. } => io::ErrorKind::AlreadyExists,
            Self::Io { source, .. } => source.kind(),
        }
    }
}
