//! Room for what commands write.

use std::fs::{self, File};
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

    /// Can two files have the same blocks here, so that a copy takes no time?
    pub fn shares_blocks(&self) -> io::Result<bool> {
        let [one, other] = ["one", "other"].map(|name| self.path.join(name));
        fs::write(&one, [0])?;
        let shared = share(&File::open(&one)?, &File::create(&other)?);
        fs::remove_file(one)?;
        fs::remove_file(other)?;
        Ok(shared)
    }
}

#[cfg(target_os = "linux")]
fn share(from: &File, to: &File) -> bool {
    rustix::fs::ioctl_ficlone(to, from).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn share(_: &File, _: &File) -> bool {
    false
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed now is removed the next time.
        _ = fs::remove_dir_all(&self.path);
    }
}
