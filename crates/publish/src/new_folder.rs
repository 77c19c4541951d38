//! A new folder that is filled under a temporary name and published by one rename.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::existing::Existing;
use crate::folder_sync::{folder_of, sync_folder};
use crate::leftover::remove_leftovers;
use crate::owner::Owner;
use crate::parents::Parents;
use crate::permissions::{FILE_MODE, FOLDER_MODE, set_permissions};
use crate::publishing;
use crate::temporary::Temporary;

/// A folder that gets its final name when everything in it is complete. Dropping it before [`publish`](Self::publish) removes it.
#[derive(Debug)]
pub struct NewFolder {
    // Dropped in this order: the folder before the one that contains it.
    temporary: Temporary,
    parents: Parents,
    target: PathBuf,
    owner: Option<Owner>,
    removed: Vec<PathBuf>,
}

/// A folder that has its final name, and can still be taken back.
#[derive(Debug)]
#[must_use = "the folder can be taken back until this is dropped"]
pub struct PublishedFolder {
    target: PathBuf,
    temporary: PathBuf,
    aside: Option<PathBuf>,
    _lock: File,
}

impl NewFolder {
    /// Creates an empty folder with mode 0700 beside `target`, and the folder that contains it if it is missing. Removes what
    /// killed runs left there.
    pub fn create(target: &Path, owner: Option<Owner>) -> Result<Self, Error> {
        let mut parents = Parents::default();
        parents.make(target, owner)?;
        let removed = remove_leftovers(folder_of(target));
        let temporary = Temporary::folder(folder_of(target), owner)?;
        Ok(Self { temporary, parents, target: target.to_owned(), owner, removed })
    }

    /// The temporary path of the folder.
    pub fn path(&self) -> &Path {
        &self.temporary.path
    }

    /// The leftovers of killed runs that were removed beside it.
    pub fn removed_leftovers(&self) -> &[PathBuf] {
        &self.removed
    }

    /// Creates a folder inside, with mode 0700. The folder that contains it must exist.
    pub fn create_folder(&self, inside: impl AsRef<Path>) -> Result<(), Error> {
        let path = self.path().join(inside);
        DirBuilder::new().mode(FOLDER_MODE).create(&path).map_err(Error::io("create the folder", &path))?;
        let folder = File::open(&path).map_err(Error::io("open the folder", &path))?;
        set_permissions(&folder, FOLDER_MODE, self.owner).map_err(|(action, error)| Error::io(action, &path)(error))
    }

    /// Creates a file inside, with mode 0600, open for reading and writing.
    pub fn create_file(&self, inside: impl AsRef<Path>) -> Result<File, Error> {
        let path = self.path().join(inside);
        let file = OpenOptions::new().read(true).write(true).create_new(true).mode(FILE_MODE).open(&path);
        let file = file.map_err(Error::io("create the file", &path))?;
        set_permissions(&file, FILE_MODE, self.owner).map_err(|(action, error)| Error::io(action, &path)(error))?;
        Ok(file)
    }

    /// Makes everything inside durable.
    pub fn sync(&self) -> Result<(), Error> {
        sync_tree(self.path())
    }

    /// Makes everything inside durable and gives the folder its final name, which is durable too when this returns.
    pub fn publish(self, existing: &Existing) -> Result<PublishedFolder, Error> {
        self.sync()?;
        // Dropped from the last to the first: the folder before the one that contains it.
        let Self { parents, mut temporary, target, .. } = self;
        let lock = temporary.file.try_clone().map_err(Error::io("open the folder again", &temporary.path))?;
        let aside = publishing::publish(&mut temporary, &target, existing)?;
        parents.keep();
        Ok(PublishedFolder { target, temporary: temporary.path.clone(), aside, _lock: lock })
    }
}

impl PublishedFolder {
    /// The final path of the folder.
    pub fn path(&self) -> &Path {
        &self.target
    }

    /// Where something that existed at that path was moved to.
    pub fn moved_aside(&self) -> Option<&Path> {
        self.aside.as_deref()
    }

    /// Removes the folder again and puts back what existed at its path. The path is free, or has its old content back, before
    /// anything inside is removed. Created parent folders stay.
    pub fn take_back(self) -> Result<(), Error> {
        publishing::take_back(&self.temporary, &self.target, self.aside.as_deref())?;
        fs::remove_dir_all(&self.temporary).map_err(Error::io("remove it", &self.temporary))?;
        sync_folder(folder_of(&self.temporary))
    }
}

/// Makes a folder and everything in it durable, the innermost entries first.
fn sync_tree(folder: &Path) -> Result<(), Error> {
    let error = |error| Error::io("read the folder", folder)(error);
    for entry in fs::read_dir(folder).map_err(error)? {
        let entry = entry.map_err(error)?;
        let path = entry.path();
        if entry.file_type().map_err(error)?.is_dir() {
            sync_tree(&path)?;
        } else {
            let file = File::open(&path).map_err(Error::io("open the file", &path))?;
            file.sync_all().map_err(Error::io("make the file durable", &path))?;
        }
    }
    sync_folder(folder)
}
