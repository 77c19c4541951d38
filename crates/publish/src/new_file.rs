//! A new file that is written under a temporary name and published by one rename.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::destination::Destination;
use crate::error::Error;
use crate::folder_sync::folder_of;
use crate::leftover::remove_leftovers;
use crate::owner::Owner;
use crate::parents::Parents;
use crate::publishing;
use crate::temporary::Temporary;

/// A file that gets its final name when it is complete. Dropping it before [`publish`](Self::publish) removes it.
#[derive(Debug)]
pub struct NewFile {
    // Dropped in this order: the file before the folder that contains it.
    temporary: Temporary,
    parents: Parents,
    destination: Destination,
    removed: Vec<PathBuf>,
}

impl NewFile {
    /// Creates an empty file with mode 0600 in the folder of its destination, and that folder if it is missing. Removes what
    /// killed runs left there.
    pub fn create(destination: &Destination, owner: Option<Owner>) -> Result<Self, Error> {
        destination.check()?;
        let (mut parents, target) = (Parents::default(), destination.path());
        parents.make(target, owner)?;
        let removed = remove_leftovers(folder_of(target));
        let temporary = Temporary::file(folder_of(target), owner)?;
        Ok(Self { temporary, parents, destination: destination.clone(), removed })
    }

    /// The open file, for reading and writing.
    pub fn file(&mut self) -> &mut File {
        &mut self.temporary.file
    }

    /// The temporary path of the file.
    pub fn path(&self) -> &Path {
        &self.temporary.path
    }

    /// The leftovers of killed runs that were removed from the folder.
    pub fn removed_leftovers(&self) -> &[PathBuf] {
        &self.removed
    }

    /// Refuses an existing file from now on, whatever the destination says: for content that must not replace a file.
    pub fn refuse_existing(&mut self) {
        self.destination = self.destination.refusing();
    }

    /// Makes the file durable and gives it its final name. Returns the file, locked (`flock`, exclusive) until it is dropped:
    /// etcd waits for that lock before it opens a database.
    ///
    /// # Errors
    /// As [`Error`] says; after [`Error::NotDurable`] the file is no longer locked.
    pub fn publish(self) -> Result<File, Error> {
        // Dropped from the last to the first: the file before the folder that contains it.
        let Self { parents, mut temporary, destination, .. } = self;
        temporary.file.sync_all().map_err(Error::io("make the file durable", &temporary.path))?;
        let file = temporary.file.try_clone().map_err(Error::io("open the file again", &temporary.path))?;
        destination.check()?;
        publishing::publish(&mut temporary, destination.path(), destination.existing())?;
        parents.keep();
        Ok(file)
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::fs;

    use rustix::fs::{Mode, OFlags, open};

    use super::*;
    use crate::existing::Existing;
    use crate::inputs::Inputs;

    #[test]
    fn a_disk_that_fails_last_leaves_no_new_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let (target, aside) = (folder.path().join("db"), folder.path().join("aside"));
        let inputs = Inputs::none();
        let publish = |existing: Existing| {
            let destination = Destination::new(&target, existing, &inputs);
            let mut new = NewFile::create(&destination, None).expect("made");
            // A folder that is open like this cannot be made durable.
            new.temporary.parent = open(folder.path(), OFlags::PATH, Mode::empty()).expect("it is there").into();
            new.publish().expect_err("a broken disk")
        };
        let count = || fs::read_dir(folder.path()).expect("a folder").count();
        assert!(matches!(publish(Existing::Refuse), Error::Io { .. }));
        assert_eq!(count(), 0);
        fs::write(&target, "old").expect("a file");
        assert!(matches!(publish(Existing::MoveTo(aside)), Error::Io { .. }));
        assert_eq!((fs::read(&target).expect("there"), count()), (b"old".to_vec(), 1));
        // A replaced file cannot be brought back.
        assert!(matches!(publish(Existing::Replace), Error::NotDurable { path, .. } if path == target));
        assert_eq!((fs::read(&target).expect("there"), count()), (Vec::new(), 1));
    }
}
