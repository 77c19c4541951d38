//! The exchange of a new output with what it replaces, by way of an intermediate name.
//!
//! ```text
//!                        X       intermediate name    aside
//!   before               old     new                  -
//!   after the exchange   new     old                  -
//!   at the end           new     -                    old
//! ```
//!
//! The intermediate name contains the inode number of the new output. So a later run that finds the name knows on which side
//! of the exchange the earlier run was killed: the file there is either the new output, and a leftover, or the old content,
//! which must not be lost.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::fs::{DirEntryExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use crate::error::Error;
use crate::rename::{exchange_names, rename_to_free, vacant_beside};
use crate::temporary::{MARK, lock_if_free};

/// The end of every intermediate name.
const SUFFIX: &str = "-swap";

/// The intermediate name for the new output at `path`.
fn intermediate_name(path: &Path) -> io::Result<PathBuf> {
    let inode = path.symlink_metadata()?.ino();
    Ok(path.with_file_name(format!("{MARK}{inode:016x}{SUFFIX}")))
}

/// The inode number in an intermediate name; `None` for any other name.
fn inode_in(name: &OsStr) -> Option<u64> {
    let digits = name.to_str()?.strip_prefix(MARK)?.strip_suffix(SUFFIX)?;
    u64::from_str_radix(digits, 16).ok().filter(|_| digits.len() == 16)
}

/// Whether `path` is an intermediate name that still names the new output, so that the exchange has not happened.
pub(crate) fn is_before_exchange(path: &Path) -> bool {
    let inode = path.file_name().and_then(inode_in);
    inode.is_some() && path.symlink_metadata().is_ok_and(|found| Some(found.ino()) == inode)
}

/// Finishes the exchanges of killed runs in `folder`: what was replaced gets a name beside its replacement.
pub(crate) fn finish_exchanges(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let entries: Vec<_> = entries.flatten().collect();
    let replaced = entries.iter().filter_map(|entry| Some((entry.path(), inode_in(&entry.file_name())?)));
    for (path, inode) in replaced.filter(|(path, _)| !is_before_exchange(path)) {
        let new = entries.iter().find(|entry| entry.ino() == inode).map(fs::DirEntry::path);
        // The run that exchanges them holds the lock of the new one until it is done.
        let new = new.filter(|new| lock_if_free(new).is_some());
        if let Some(new) = new {
            // What cannot be renamed stays where it is; it blocks no later run.
            _ = rename_to_free(&path, &vacant_beside(&new, ".replaced"));
        }
    }
}

/// Puts `temporary` at `target` and moves what is there to `aside`. Where the file system can exchange names, there is never
/// a moment in which nothing is at `target`.
pub(crate) fn exchange(temporary: &Path, target: &Path, aside: &Path) -> Result<(), Error> {
    let intermediate = intermediate_name(temporary).map_err(Error::io("look at it", temporary))?;
    rename_to_free(temporary, &intermediate)?;
    let swapped = exchange_names(&intermediate, target);
    if swapped.is_err() {
        fs::rename(&intermediate, temporary).map_err(Error::io("rename it", &intermediate))?;
    }
    match swapped {
        Ok(()) => rename_to_free(&intermediate, aside).inspect_err(|_| {
            _ = exchange_names(&intermediate, target).map(|()| fs::rename(&intermediate, temporary));
        }),
        // Not every file system can exchange names.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
            rename_to_free(target, aside)?;
            rename_to_free(temporary, target).inspect_err(|_| _ = fs::rename(aside, target))
        }
        Err(error) => Err(Error::io("exchange it with the new one", target)(error.into())),
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
    fn both_sides_of_an_exchange_are_recognised() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("new")).expect("a folder");
        fs::create_dir_all(at("X/old")).expect("folders");
        let intermediate = intermediate_name(&at("new")).expect("it is there");
        fs::rename(at("new"), &intermediate).expect("a free name");
        assert!(is_before_exchange(&intermediate) && !is_before_exchange(&at("X")));
        finish_exchanges(folder.path());
        assert!(intermediate.exists());

        // After the exchange: what was X has the intermediate name.
        fs::rename(&intermediate, at("new")).expect("a free name");
        fs::rename(at("X"), &intermediate).expect("a free name");
        fs::rename(at("new"), at("X")).expect("a free name");
        assert!(!is_before_exchange(&intermediate));
        let run = File::open(at("X")).expect("it is there");
        run.lock().expect("locks");
        finish_exchanges(folder.path());
        assert!(intermediate.exists(), "the run that exchanges them is alive");
        drop(run);
        finish_exchanges(folder.path());
        assert_eq!(names(folder.path()), ["X", "X.replaced"]);
        assert!(at("X.replaced/old").exists());
    }

    /// Intermediate names with the inodes of a FIFO and of a link: the test would hang if the FIFO were waited for or the link
    /// followed.
    #[test]
    fn intermediate_names_of_other_files_do_no_harm() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        assert!(Command::new("mkfifo").arg(at("fifo")).status().is_ok_and(|status| status.success()));
        std::os::unix::fs::symlink(at("fifo"), at("link")).expect("a link");
        let forged = ["fifo", "link"].map(|name| intermediate_name(&at(name)).expect("it is there"));
        for path in &forged {
            fs::write(path, "").expect("a file");
        }
        finish_exchanges(folder.path());
        assert_eq!(forged.map(|path| path.exists()), [false, true]);
    }
}
