//! One file.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::destination::Destination;
use crate::error::Error;
use crate::leftover::remove_leftovers;
use crate::owner::Owner;
use crate::parents::{Parents, folder_of};
use crate::rename;
use crate::temporary::Temporary;

/// A file that gets its name when it is whole. Dropped before that, it is gone.
#[derive(Debug)]
pub struct NewFile {
    // Dropped in this order: what is in the folder before the folder.
    temporary: Temporary,
    parents: Parents,
    destination: Destination,
    removed: Vec<PathBuf>,
}

impl NewFile {
    /// Makes an empty file, rights 0600, in the folder of its destination, and that folder if it is missing; removes
    /// what killed runs left there.
    pub fn create(destination: &Destination, owner: Option<Owner>) -> Result<Self, Error> {
        destination.check()?;
        let (mut parents, target) = (Parents::default(), destination.path());
        parents.make(target, owner)?;
        let removed = remove_leftovers(folder_of(target));
        let temporary = Temporary::file(folder_of(target), owner)?;
        Ok(Self { temporary, parents, destination: destination.clone(), removed })
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

    /// From now on a file that is there is refused, whatever the destination said: for content that must not replace any.
    pub fn refuse_existing(&mut self) {
        self.destination = self.destination.refusing();
    }

    /// Makes the file durable and gives it its name. What comes back is the file, locked (`flock`, exclusive) until it is
    /// dropped; etcd waits for that lock before it opens a database.
    ///
    /// # Errors
    /// As [`Error`] says; after [`Error::NotDurable`] the file is not locked any more.
    pub fn publish(self) -> Result<File, Error> {
        // Dropped from the last to the first: what is in the folder before the folder.
        let Self { parents, mut temporary, destination, .. } = self;
        temporary.file.sync_all().map_err(Error::io("make the file durable", &temporary.path))?;
        let file = temporary.file.try_clone().map_err(Error::io("open the file again", &temporary.path))?;
        destination.check()?;
        rename::publish(&mut temporary, destination.path(), destination.existing())?;
        parents.keep();
        Ok(file)
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::fs;

    use rustix::fs::{Mode, OFlags, open};

    use super::*;
    use crate::inputs::Inputs;
    use crate::rename::Existing;

    #[test]
    fn a_disk_that_fails_last_leaves_no_new_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let (target, aside) = (folder.path().join("db"), folder.path().join("aside"));
        let inputs = Inputs::none();
        let publish = |existing: Existing| {
            let destination = Destination::new(&target, existing, &inputs);
            let mut new = NewFile::create(&destination, None).expect("made");
            // What is open like this cannot be made durable.
            new.temporary.parent = open(folder.path(), OFlags::PATH, Mode::empty()).expect("it is there").into();
            new.publish().expect_err("a broken disk")
        };
        let count = || fs::read_dir(folder.path()).expect("a folder").count();
        assert!(matches!(publish(Existing::Refuse), Error::Io { .. }));
        assert_eq!(count(), 0);
        fs::write(&target, "old").expect("a file");
        assert!(matches!(publish(Existing::MoveTo(aside)), Error::Io { .. }));
        assert_eq!((fs::read(&target).expect("there"), count()), (b"old".to_vec(), 1));
        // What was replaced cannot come back.
        assert!(matches!(publish(Existing::Replace), Error::NotDurable { path, .. } if path == target));
        assert_eq!((fs::read(&target).expect("there"), count()), (Vec::new(), 1));
    }
}
