//! The files that a run reads, so that no output takes the place of one of them.

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// The files that a run reads, known by device and inode: a file is found again under every name that it has.
///
/// [`Destination::new`](crate::Destination::new) takes them, so no output can be made without naming them.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    files: BTreeMap<(u64, u64), PathBuf>,
}

impl Inputs {
    /// No files: for an output that is meant to replace what was read.
    pub const fn none() -> Self {
        Self { files: BTreeMap::new() }
    }

    /// Adds the regular file at `path`, symbolic links followed. What is not there, or is a stream, cannot be replaced
    /// by an output and is left out.
    pub fn add(&mut self, path: &Path) {
        if let Ok(metadata) = fs::metadata(path)
            && metadata.is_file()
        {
            self.files.entry(identity(&metadata)).or_insert_with(|| path.to_owned());
        }
    }

    /// Adds an open file that is read, such as standard input, under the name that users know it by.
    pub fn add_open(&mut self, file: &File, name: &Path) {
        if let Ok(metadata) = file.metadata()
            && metadata.is_file()
        {
            self.files.entry(identity(&metadata)).or_insert_with(|| name.to_owned());
        }
    }

    /// Adds the regular files in a folder; folders inside it are not entered.
    pub fn add_folder(&mut self, path: &Path) {
        let entries = fs::read_dir(path).into_iter().flatten().flatten();
        entries.for_each(|entry| self.add(&entry.path()));
    }

    /// The name under which the run reads this open file; `None` if it does not read it.
    pub fn name_of(&self, file: &File) -> Option<&Path> {
        self.name(&file.metadata().ok()?)
    }

    pub(crate) fn name(&self, metadata: &Metadata) -> Option<&Path> {
        self.files.get(&identity(metadata)).map(PathBuf::as_path)
    }
}

impl<P: AsRef<Path>> FromIterator<P> for Inputs {
    fn from_iter<I: IntoIterator<Item = P>>(paths: I) -> Self {
        let mut inputs = Self::none();
        paths.into_iter().for_each(|path| inputs.add(path.as_ref()));
        inputs
    }
}

fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}
