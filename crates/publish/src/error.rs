//! The error of creating and publishing outputs.

use std::io;
use std::path::{Path, PathBuf};

/// Why an output was not created or published. Nothing has changed at its path, except with [`NotDurable`](Self::NotDurable).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Something exists at the path.
    #[error("{path} exists already")]
    Exists {
        /// The path.
        path: PathBuf,
    },
    /// The output would replace a file that the run reads.
    #[error("{path}: the same file as {input}, which is read; name another file")]
    Input {
        /// The path of the output.
        path: PathBuf,
        /// The input, as it was named.
        input: PathBuf,
    },
    /// A file that the run reads is in the folder that would be moved aside.
    #[error(
        "{input} is read and lies in {path}, which would be moved aside with it; move it elsewhere, or name another folder"
    )]
    InputInside {
        /// The path of the folder.
        path: PathBuf,
        /// The input, as it was named.
        input: PathBuf,
    },
    /// A symbolic link is at the path. Neither the link nor its target is replaced.
    #[error("{path}: a symbolic link to {target}; name that file, or another one")]
    Link {
        /// The path of the link.
        path: PathBuf,
        /// Where it points to.
        target: PathBuf,
    },
    /// Something other than a regular file is at the path, which is not replaced.
    #[error("{path}: {kind}, so no file can take its place; name another file")]
    NotAFile {
        /// The path.
        path: PathBuf,
        /// What is there, such as "a character device".
        kind: &'static str,
    },
    /// Something other than a folder is at the path of an output folder, which is not replaced.
    #[error("{path}: {kind}, so no folder can take its place; name another folder")]
    NotAFolder {
        /// The path.
        path: PathBuf,
        /// What is there, such as "a character device".
        kind: &'static str,
    },
    /// The path is a mount point, which cannot be replaced or moved.
    #[error(
        "{path}: something is mounted there, which can be neither replaced nor moved; name a place inside or beside it"
    )]
    MountPoint {
        /// The path.
        path: PathBuf,
    },
    /// The output is complete and has its final name, but the system could not confirm that the name is on the disk.
    #[error("{path}: in place, but after a power cut what was there before may be back: {source}; check the disk")]
    NotDurable {
        /// The path.
        path: PathBuf,
        /// Which folder could not be made durable, and why not.
        source: Box<Self>,
    },
    /// A system call failed.
    #[error("{path}: cannot {action}: {source}")]
    Io {
        /// What was to be done, such as "create the folder".
        action: &'static str,
        /// The file or folder concerned.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl Error {
    /// Makes an error of an [`io::Error`], for `map_err`.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, path: path.to_owned(), source }
    }

    /// The file or folder that the error is about.
    pub fn path(&self) -> &Path {
        match self {
            Self::Exists { path }
            | Self::Input { path, .. }
            | Self::InputInside { path, .. }
            | Self::Link { path, .. }
            | Self::NotAFile { path, .. }
            | Self::NotAFolder { path, .. }
            | Self::MountPoint { path }
            | Self::NotDurable { path, .. }
            | Self::Io { path, .. } => path,
        }
    }

    /// The kind of the error, in terms of the standard library.
    pub fn kind(&self) -> io::ErrorKind {
        match self {
            Self::Exists { .. } | Self::Input { .. } | Self::InputInside { .. } | Self::Link { .. } => {
                io::ErrorKind::AlreadyExists
            }
            Self::NotAFile { .. } => io::ErrorKind::InvalidInput,
            Self::NotAFolder { .. } => io::ErrorKind::NotADirectory,
            Self::MountPoint { .. } => io::ErrorKind::ResourceBusy,
            Self::NotDurable { source, .. } => source.kind(),
            Self::Io { source, .. } => source.kind(),
        }
    }
}
