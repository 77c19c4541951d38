//! One folder with everything in it.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::leftover::remove_leftovers;
use crate::owner::Owner;
use crate::parents::{Parents, folder_of, sync_folder};
use crate::rename::{self, Existing};
use crate::temporary::{FILE_MODE, FOLDER_MODE, Temporary, settle};

/// A folder that gets its name when all in it is whole. Dropped before that, it is gone.
#[derive(Debug)]
pub struct NewFolder {
    // Dropped in this order: what is in the folder before the folder.
    temporary: Temporary,
    parents: Parents,
    target: PathBuf,
    owner: Option<Owner>,
    removed: Vec<PathBuf>,
}

/// A folder that has its name.
#[derive(Debug)]
#[must_use = "it can be taken back until it is dropped"]
pub struct Published {
    target: PathBuf,
    temporary: PathBuf,
    aside: Option<PathBuf>,
    _lock: File,
}

impl NewFolder {
    /// Makes an empty folder, rights 0700, beside `target`, and the folder around it if it is missing; removes what killed
    /// runs left there.
    pub fn create(target: &Path, owner: Option<Owner>) -> Result<Self, Error> {
        let mut parents = Parents::default();
        parents.make(target, owner)?;
        let removed = remove_leftovers(folder_of(target));
        let temporary = Temporary::folder(folder_of(target), owner)?;
        Ok(Self { temporary, parents, target: target.to_owned(), owner, removed })
    }

    /// Its temporary path.
    pub fn path(&self) -> &Path {
        &self.temporary.path
    }

    /// What killed runs had left beside it.
    pub fn removed_leftovers(&self) -> &[PathBuf] {
        &self.removed
    }

    /// Makes a folder inside, rights 0700. The one around it must be there.
    pub fn create_folder(&self, inside: impl AsRef<Path>) -> Result<(), Error> {
        let path = self.path().join(inside);
        DirBuilder::new().mode(FOLDER_MODE).create(&path).map_err(Error::io("create the folder", &path))?;
        let folder = File::open(&path).map_err(Error::io("open the folder", &path))?;
        settle(&folder, FOLDER_MODE, self.owner).map_err(|(action, error)| Error::io(action, &path)(error))
    }

    /// Makes a file inside, rights 0600, open for reading and writing.
    pub fn create_file(&self, inside: impl AsRef<Path>) -> Result<File, Error> {
        let path = self.path().join(inside);
        let file = OpenOptions::new().read(true).write(true).create_new(true).mode(FILE_MODE).open(&path);
        let file = file.map_err(Error::io("create the file", &path))?;
        settle(&file, FILE_MODE, self.owner).map_err(|(action, error)| Error::io(action, &path)(error))?;
        Ok(file)
    }

    /// Makes everything inside durable.
    pub fn sync(&self) -> Result<(), Error> {
        sync_tree(self.path())
    }

    /// Makes everything inside durable and gives the folder its name, which is durable too when this returns.
    pub fn publish(self, existing: &Existing) -> Result<Published, Error> {
        self.sync()?;
        // Dropped from the last to the first: what is in the folder before the folder.
        let Self { parents, mut temporary, target, .. } = self;
        let lock = temporary.file.try_clone().map_err(Error::io("open the folder again", &temporary.path))?;
        let aside = rename::publish(&mut temporary, &target, existing)?;
        parents.keep();
        Ok(Published { target, temporary: temporary.path.clone(), aside, _lock: lock })
    }
}

impl Published {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.target
    }

    /// Where what had the name before went.
    pub fn moved_aside(&self) -> Option<&Path> {
        self.aside.as_deref()
    }

    /// Removes it again, and puts back what had the name before. The name is free, or the old one's, before anything
    /// inside is removed. Folders that were made on the way stay.
    pub fn take_back(self) -> Result<(), Error> {
        rename::take_back(&self.temporary, &self.target, self.aside.as_deref())?;
        fs::remove_dir_all(&self.temporary).map_err(Error::io("remove it", &self.temporary))?;
        sync_folder(folder_of(&self.temporary))
    }
}

/// Makes a folder and everything in it durable, from the inside out.
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
