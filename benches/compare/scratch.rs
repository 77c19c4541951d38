//! Room for what commands write.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A folder that is empty at first and gone at the end.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
}

impl Scratch {
    /// Always of the same name: what a comparison that was killed left there goes when the next one begins.
    pub fn below(folder: &Path) -> io::Result<Self> {
        let path = folder.join("scratch");
        if path.exists() {
            fs::remove_dir_all(&path)?;
        }
        fs::create_dir_all(&path)?;
        Ok(Self { path })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed now is removed the next time.
        _ = fs::remove_dir_all(&self.path);
    }
}
