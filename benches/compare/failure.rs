//! Why a comparison could not be made.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("cannot {what} {}: {source}", path.display())]
    File { what: &'static str, path: PathBuf, source: io::Error },

    #[error("{name} did not start: {source}")]
    Start { name: String, source: io::Error },

    #[error("{name} failed with {status}: {stderr}")]
    Failed { name: String, status: ExitStatus, stderr: String },

    #[error("{name} answered something else than expected: {source}")]
    Answer { name: String, source: serde_json::Error },

    #[error("no etcdsnap was built")]
    NothingBuilt,
}

impl Failure {
    /// What was tried with the file, for the sentence "cannot … FILE".
    pub fn file(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::File { what, path: path.to_owned(), source }
    }

    pub fn start(name: &str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Start { name: name.to_owned(), source }
    }
}
