//! The name that something has while it changes places with what it replaces.
//!
//! ```text
//!              X       between    aside
//!   before     old     new        -
//!   exchanged  new     old        -
//!   after      new     -          old
//! ```
//!
//! The name between has the inode of the new one in it. So whoever finds it knows on which side of the exchange its maker
//! was killed: what is there is either new, and a leftover, or old, and not to be lost.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::fs::{DirEntryExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use crate::rename::{rename_to_free, vacant_beside};
use crate::temporary::{MARK, lock_if_free};

const SUFFIX: &str = "-swap";

/// The name between for what is at `path`.
pub(crate) fn name_for(path: &Path) -> io::Result<PathBuf> {
    let inode = path.symlink_metadata()?.ino();
    Ok(path.with_file_name(format!("{MARK}{inode:016x}{SUFFIX}")))
}

/// The inode in such a name.
fn inode_in(name: &OsStr) -> Option<u64> {
    let digits = name.to_str()?.strip_prefix(MARK)?.strip_suffix(SUFFIX)?;
    u64::from_str_radix(digits, 16).ok().filter(|_| digits.len() == 16)
}

/// Is it such a name, and does it still name the new one?
pub(crate) fn is_new(path: &Path) -> bool {
    let inode = path.file_name().and_then(inode_in);
    inode.is_some() && path.symlink_metadata().is_ok_and(|found| Some(found.ino()) == inode)
}

/// Gives what was replaced by killed runs a name beside what replaced it.
pub(crate) fn recover(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let entries: Vec<_> = entries.flatten().collect();
    let replaced = entries.iter().filter_map(|entry| Some((entry.path(), inode_in(&entry.file_name())?)));
    for (path, inode) in replaced.filter(|(path, _)| !is_new(path)) {
        let new = entries.iter().find(|entry| entry.ino() == inode).map(fs::DirEntry::path);
        // Its maker holds the lock of the new one until all is done.
        let new = new.filter(|new| lock_if_free(new).is_some());
        if let Some(new) = new {
            // What cannot be renamed stays; it is in nobody's way.
            _ = rename_to_free(&path, &vacant_beside(&new, ".replaced"));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::process::Command;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
        let mut names: Vec<_> = entries.map(|name| name.to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn both_sides_of_an_exchange_are_told_apart() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("new")).expect("a folder");
        fs::create_dir_all(at("X/old")).expect("folders");
        let between = name_for(&at("new")).expect("it is there");
        fs::rename(at("new"), &between).expect("a free name");
        assert!(is_new(&between) && !is_new(&at("X")));
        recover(folder.path());
        assert!(between.exists());

        // The other side: what was X is in between.
        fs::rename(&between, at("new")).expect("a free name");
        fs::rename(at("X"), &between).expect("a free name");
        fs::rename(at("new"), at("X")).expect("a free name");
        assert!(!is_new(&between));
        let maker = File::open(at("X")).expect("it is there");
        maker.lock().expect("locks");
        recover(folder.path());
        assert!(between.exists(), "its maker lives");
        drop(maker);
        recover(folder.path());
        assert_eq!(names(folder.path()), ["X", "X.replaced"]);
        assert!(at("X.replaced/old").exists());
    }

    /// Made-up names lead to a FIFO and to a link: the test ends only because nobody waits for the one, nor follows the other.
    #[test]
    fn what_was_never_new_does_no_harm() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        assert!(Command::new("mkfifo").arg(at("fifo")).status().is_ok_and(|status| status.success()));
        std::os::unix::fs::symlink(at("fifo"), at("link")).expect("a link");
        let made_up = ["fifo", "link"].map(|name| name_for(&at(name)).expect("it is there"));
        for path in &made_up {
            fs::write(path, "").expect("a file");
        }
        recover(folder.path());
        assert_eq!(made_up.map(|path| path.exists()), [false, true]);
    }
}
