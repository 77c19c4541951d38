//! Temporary files and folders that killed runs left behind: found and removed by the next run.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::exchange::{finish_exchanges, is_before_exchange};
use crate::folder_sync::{folder_of, sync_folder};
use crate::temporary::{fresh_name, is_temporary, lock_if_free};

/// A temporary file or folder of a run that was killed. It is locked while this value lives, so that no other run removes it too.
#[derive(Debug)]
pub struct Leftover {
    path: PathBuf,
    _lock: File,
}

impl Leftover {
    /// Locks what is at `path`. `None` when it is in use, or cannot be locked to find out.
    fn at(path: PathBuf) -> Option<Self> {
        let lock = lock_if_free(&path)?;
        Some(Self { path, _lock: lock })
    }

    /// The path of the leftover.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Removes the leftover with everything in it, and returns its path.
    pub fn remove(self) -> io::Result<PathBuf> {
        let is_folder = self.path.symlink_metadata()?.is_dir();
        if is_folder { fs::remove_dir_all(&self.path) } else { fs::remove_file(&self.path) }?;
        Ok(self.path)
    }
}

/// Removes a folder so that it loses its name in one step: when the run is killed meanwhile, a leftover remains, and never half
/// of the folder.
pub fn discard(folder: &Path) -> Result<(), Error> {
    let temporary = folder.with_file_name(fresh_name());
    fs::rename(folder, &temporary).map_err(Error::io("rename it", folder))?;
    fs::remove_dir_all(&temporary).map_err(Error::io("remove it", &temporary))?;
    sync_folder(folder_of(folder))
}

/// Whether `path` is an output without its final name yet, of a run that is active or was killed. What a run replaces does not
/// count, even while it has an intermediate name.
pub fn is_unpublished(path: &Path) -> bool {
    path.file_name().is_some_and(is_temporary) || is_before_exchange(path)
}

/// The leftovers of killed runs in a folder; empty when the folder cannot be read.
pub fn leftovers(folder: &Path) -> Vec<Leftover> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.flatten().map(|entry| folder.join(entry.file_name()));
    let mut found: Vec<_> = paths.filter(|path| is_unpublished(path)).filter_map(Leftover::at).collect();
    found.sort_unstable_by(|one, other| one.path.cmp(&other.path));
    found
}

/// Removes the leftovers of killed runs in a folder, and returns their paths. One that cannot be removed stays; it blocks no
/// later run. What a killed run had replaced and not yet moved aside is moved aside now.
pub fn remove_leftovers(folder: &Path) -> Vec<PathBuf> {
    finish_exchanges(folder);
    leftovers(folder).into_iter().filter_map(|leftover| leftover.remove().ok()).collect()
}
