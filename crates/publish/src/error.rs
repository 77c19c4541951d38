//! Why something could not be made or published.

use std::io;
use std::path::{Path, PathBuf};

/// Nothing has appeared under the name it was meant for, but for [`NotDurable`](Self::NotDurable).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Something has the name already.
    #[error("{path} exists already")]
    Exists {
        /// The name.
        path: PathBuf,
    },
    /// The output is a file that the run reads.
    #[error("{path}: the same file as {input}, which is read; name another file")]
    Input {
        /// The output.
        path: PathBuf,
        /// How the input was named.
        input: PathBuf,
    },
    /// The output is a symbolic link. Neither the link nor its target is replaced.
    #[error("{path}: a symbolic link to {target}; name that file, or another one")]
    Link {
        /// The link.
        path: PathBuf,
        /// Where it leads.
        target: PathBuf,
    },
    /// The output is something else than a regular file, which is not replaced.
    #[error("{path}: {kind}, so no file can take its place; name another file")]
    NotAFile {
        /// The name.
        path: PathBuf,
        /// What it is, such as "a character device".
        kind: &'static str,
    },
    /// The output folder is something else, which is not replaced.
    #[error("{path}: {kind}, so no folder can take its place; name another folder")]
    NotAFolder {
        /// The name.
        path: PathBuf,
        /// What it is, such as "a character device".
        kind: &'static str,
    },
    /// The output is a mount point, which cannot be replaced or moved.
    #[error(
        "{path}: something is mounted there, which can be neither replaced nor moved; name a place inside or beside it"
    )]
    MountPoint {
        /// The name.
        path: PathBuf,
    },
    /// It is whole and has its name, but the disk would not say that the name is written.
    #[error("{path}: in place, but after a power cut what was there before may be back: {source}; check the disk")]
    NotDurable {
        /// The name.
        path: PathBuf,
        /// Which folder could not be made durable, and why not.
        source: Box<Self>,
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
            Self::Exists { path }
            | Self::Input { path, .. }
            | Self::Link { path, .. }
            | Self::NotAFile { path, .. }
            | Self::NotAFolder { path, .. }
            | Self::MountPoint { path }
            | Self::NotDurable { path, .. }
            | Self::Io { path, .. } => path,
        }
    }

    /// What kind of refusal it was.
    pub fn kind(&self) -> io::ErrorKind {
        match self {
            Self::Exists { .. } | Self::Input { .. } | Self::Link { .. } => io::ErrorKind::AlreadyExists,
            Self::NotAFile { .. } => io::ErrorKind::InvalidInput,
            Self::NotAFolder { .. } => io::ErrorKind::NotADirectory,
            Self::MountPoint { .. } => io::ErrorKind::ResourceBusy,
            Self::NotDurable { source, .. } => source.kind(),
            Self::Io { source, .. } => source.kind(),
        }
    }
}
