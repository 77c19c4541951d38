//! One file.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::leftover::remove_leftovers;
use crate::owner::Owner;
use crate::parents::{Parents, folder_of, sync_folder};
use crate::rename::{self, Existing};
use crate::temporary::Temporary;

/// A file that gets its name when it is whole. Dropped before that, it is gone.
#[derive(Debug)]
pub struct NewFile {
    // Dropped in this order: what is in the folder before the folder.
    temporary: Temporary,
    parents: Parents,
    target: PathBuf,
    removed: Vec<PathBuf>,
}

impl NewFile {
    /// Makes an empty file, rights 0600, in the folder of `target`, and that folder if it is missing; removes what killed runs
    /// left there.
    pub fn create(target: &Path, owner: Option<Owner>) -> Result<Self, Error> {
        let mut parents = Parents::default();
        parents.make(target, owner)?;
        let removed = remove_leftovers(folder_of(target));
        let temporary = Temporary::file(folder_of(target), owner)?;
        Ok(Self { temporary, parents, target: target.to_owned(), removed })
    }

    /// The file, open for reading and writing.
    pub fn file(&mut self) -> &mut File {
        &mut self.temporary.file
    }

    /// Its temporary path.
    pub fn path(&self) -> &Path {
        &self.temporary.path
    }

    /// What killed runs had left in the folder.
    pub fn removed_leftovers(&self) -> &[PathBuf] {
        &self.removed
    }

    /// Makes the file durable and gives it its name. What comes back is the file, locked (`flock`, exclusive) until it is
    /// dropped; etcd waits for that lock before it opens a database.
    pub fn publish(self, existing: &Existing) -> Result<File, Error> {
        // Dropped from the last to the first: what is in the folder before the folder.
        let Self { parents, mut temporary, target, .. } = self;
        temporary.file.sync_all().map_err(Error::io("make the file durable", &temporary.path))?;
        let file = temporary.file.try_clone().map_err(Error::io("open the file again", &temporary.path))?;
        rename::publish(&temporary.path, &target, existing)?;
        temporary.keep();
        parents.keep();
        sync_folder(folder_of(&target))?;
        Ok(file)
    }
}
