//! The set of files that a run reads, which no output may replace.

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::error::Error;

/// The files that a run reads, identified by device and inode, so that a file is recognised under each of its names.
///
/// [`Destination::new`](crate::Destination::new) requires it, so no output can be created without stating its inputs.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    files: BTreeMap<(u64, u64), Input>,
}

/// A file that a run reads.
#[derive(Clone, Debug)]
struct Input {
    /// The name that users know it by.
    name: PathBuf,
    /// Where it is.
    path: PathBuf,
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
            let input = || Input { name: path.to_owned(), path: path.to_owned() };
            self.files.entry(identity(&metadata)).or_insert_with(input);
        }
    }

    /// Adds an open file, such as standard input, under the name that error messages use for it.
    pub fn add_open(&mut self, file: &File, name: &Path) {
        if let Ok(metadata) = file.metadata()
            && metadata.is_file()
        {
            let path = fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd()));
            let input = || Input { name: name.to_owned(), path: path.unwrap_or_else(|_| name.to_owned()) };
            self.files.entry(identity(&metadata)).or_insert_with(input);
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
        self.files.get(&identity(metadata)).map(|input| input.name.as_path())
    }

    /// Checks that no input lies in this folder, or in one inside it: it would be moved or removed with the folder. A folder
    /// is known by device and inode, like a file.
    ///
    /// # Errors
    /// Which one does.
    pub fn check_outside(&self, folder: &Path) -> Result<(), Error> {
        let Ok(wanted) = fs::metadata(folder).map(|metadata| identity(&metadata)) else { return Ok(()) };
        let is_folder = |path: &Path| fs::metadata(path).is_ok_and(|metadata| identity(&metadata) == wanted);
        let lies_inside = |input: &&Input| {
            let path = input.path.canonicalize();
            path.is_ok_and(|path| path.ancestors().skip(1).any(is_folder))
        };
        match self.files.values().find(lies_inside) {
            Some(input) => Err(Error::InputInside { path: folder.to_owned(), input: input.name.clone() }),
            None => Ok(()),
        }
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
