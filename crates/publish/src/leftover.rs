//! What killed runs left behind.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::parents::{folder_of, sync_folder};
use crate::swap;
use crate::temporary::{fresh_name, is_temporary, lock_if_free};

/// A temporary file or folder whose maker is dead. Locked while this lives, so that nobody else takes it for one too.
#[derive(Debug)]
pub struct Leftover {
    path: PathBuf,
    _lock: File,
}

impl Leftover {
    /// `None` for what is in use, or cannot be locked to find out.
    fn at(path: PathBuf) -> Option<Self> {
        let lock = lock_if_free(&path)?;
        Some(Self { path, _lock: lock })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Removes it, with everything in it. Tells what it was.
    pub fn remove(self) -> io::Result<PathBuf> {
        let is_folder = self.path.symlink_metadata()?.is_dir();
        if is_folder { fs::remove_dir_all(&self.path) } else { fs::remove_file(&self.path) }?;
        Ok(self.path)
    }
}

/// Removes a folder as if it had never been published: it loses its name at once, and a kill in between leaves a leftover.
pub fn discard(folder: &Path) -> Result<(), Error> {
    let temporary = folder.with_file_name(fresh_name());
    fs::rename(folder, &temporary).map_err(Error::io("rename it", folder))?;
    fs::remove_dir_all(&temporary).map_err(Error::io("remove it", &temporary))?;
    sync_folder(folder_of(folder))
}

/// Is it an output that has not got its own name yet, of a run that is at work or was killed? What a run has replaced is not,
/// whatever its name is for a moment.
pub fn is_in_the_making(path: &Path) -> bool {
    path.file_name().is_some_and(is_temporary) || swap::is_new(path)
}

/// The leftovers of killed runs in a folder; none when it cannot be read.
pub fn leftovers(folder: &Path) -> Vec<Leftover> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.flatten().map(|entry| folder.join(entry.file_name()));
    let mut found: Vec<_> = paths.filter(|path| is_in_the_making(path)).filter_map(Leftover::at).collect();
    found.sort_unstable_by(|one, other| one.path.cmp(&other.path));
    found
}

/// Removes the leftovers of killed runs in a folder, and tells which. One that cannot be removed stays: it is in nobody's way.
/// What such a run had replaced and not yet moved aside is moved now.
pub fn remove_leftovers(folder: &Path) -> Vec<PathBuf> {
    swap::recover(folder);
    leftovers(folder).into_iter().filter_map(|leftover| leftover.remove().ok()).collect()
}
