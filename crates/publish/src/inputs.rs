//! The set of files that a run reads, which no output may replace.

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// The files that a run reads, identified by device and inode, so that a file is recognised under each of its names.
///
/// [`Destination::new`](crate::Destination::new) requires it, so no output can be created without stating its inputs.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    files: BTreeMap<(u64, u64), PathBuf>,
}

impl Inputs {
    /// The empty set: for an output that is meant to replace its input.
    pub const fn none() -> Self {
        Self { files: BTreeMap::new() }
    }

    /// Adds the regular file at `path`, following symbolic links. A missing file or a stream is not added, since no output can
    /// replace it.
    pub fn add(&mut self, path: &Path) {
        if let Ok(metadata) = fs::metadata(path)
            && metadata.is_file()
        {
            self.files.entry(identity(&metadata)).or_insert_with(|| path.to_owned());
        }
    }

    /// Adds an open file, such as standard input, under the name that error messages use for it.
    pub fn add_open(&mut self, file: &File, name: &Path) {
        if let Ok(metadata) = file.metadata()
            && metadata.is_file()
        {
            self.files.entry(identity(&metadata)).or_insert_with(|| name.to_owned());
        }
    }

    /// Adds the regular files in a folder, without those in its subfolders.
    pub fn add_folder(&mut self, path: &Path) {
        let entries = fs::read_dir(path).into_iter().flatten().flatten();
        entries.for_each(|entry| self.add(&entry.path()));
    }

    /// The name under which the run reads this open file; `None` if it does not read it.
    pub fn name_of(&self, file: &File) -> Option<&Path> {
        self.name(&file.metadata().ok()?)
    }

    /// The same by the metadata of a file.
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

/// Device and inode of a file.
fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}
