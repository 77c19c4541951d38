//! The one moment in which something appears under its name.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use crate::destination::{is_mount_point, kind};
use crate::error::Error;
use crate::parents::{folder_of, sync_open};
use crate::swap;
use crate::temporary::Temporary;

/// What to do about something that has the name already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Existing {
    /// Leave it and fail.
    Refuse,
    /// Put the new file in its place. For files only.
    Replace,
    /// Move it to another name in the same folder, which must be free; see [`vacant_beside`].
    MoveTo(PathBuf),
}

/// Gives what is made the name `target`, durably. Tells where something that had the name went.
pub(crate) fn publish(made: &mut Temporary, target: &Path, existing: &Existing) -> Result<Option<PathBuf>, Error> {
    let aside = give_name(&made.path, target, existing)?;
    let Err(error) = sync_open(&made.parent, folder_of(target)) else {
        made.keep();
        return Ok(aside);
    };
    // What was replaced is gone.
    if *existing != Existing::Replace && take_back(&made.path, target, aside.as_deref()).is_ok() {
        return Err(error);
    }
    made.keep();
    Err(Error::NotDurable { path: target.to_owned(), source: Box::new(error) })
}

/// Gives `temporary` the name `target`, atomically.
fn give_name(temporary: &Path, target: &Path, existing: &Existing) -> Result<Option<PathBuf>, Error> {
    match existing {
        Existing::Replace => fs::rename(temporary, target).map_err(Error::io("give the file its name", target))?,
        Existing::Refuse => rename_to_free(temporary, target)?,
        Existing::MoveTo(_) if target.symlink_metadata().is_err() => rename_to_free(temporary, target)?,
        Existing::MoveTo(aside) => {
            if temporary.is_dir() {
                check_movable(target)?;
            }
            exchange(temporary, target, aside)?;
            return Ok(Some(aside.clone()));
        }
    }
    Ok(None)
}

/// Checks that what is at `path` can be moved aside for a new folder: it has to be a folder, and no mount point.
///
/// # Errors
/// It is something else, a mount point, or missing.
pub fn check_movable(path: &Path) -> Result<(), Error> {
    let found = path.symlink_metadata().map_err(Error::io("look at it", path))?;
    if !found.is_dir() {
        return Err(Error::NotAFolder { path: path.to_owned(), kind: kind(found.file_type()) });
    }
    if is_mount_point(path) { Err(Error::MountPoint { path: path.to_owned() }) } else { Ok(()) }
}

/// Gives the name to something only if nothing has it.
pub(crate) fn rename_to_free(from: &Path, to: &Path) -> Result<(), Error> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // Not every file system can do it in one step. Then there is a moment in between; a rename never replaces a folder
        // that has something in it.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => match to.symlink_metadata() {
            Ok(_) => Err(Error::Exists { path: to.to_owned() }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::rename(from, to).map_err(Error::io("give it its name", to))
            }
            Err(error) => Err(Error::io("look at it", to)(error)),
        },
        Err(Errno::EXIST | Errno::NOTEMPTY) => Err(Error::Exists { path: to.to_owned() }),
        result => result.map_err(|error| Error::io("give it its name", to)(error.into())),
    }
}

/// Puts `temporary` in the place of `target`, which goes to `aside`, without a moment in which nothing has the name.
fn exchange(temporary: &Path, target: &Path, aside: &Path) -> Result<(), Error> {
    let between = swap::name_for(temporary).map_err(Error::io("look at it", temporary))?;
    rename_to_free(temporary, &between)?;
    let swapped = exchange_names(&between, target);
    if swapped.is_err() {
        fs::rename(&between, temporary).map_err(Error::io("rename it", &between))?;
    }
    match swapped {
        Ok(()) => rename_to_free(&between, aside).inspect_err(|_| {
            _ = exchange_names(&between, target).map(|()| fs::rename(&between, temporary));
        }),
        // Not every file system can do it in one step.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
            rename_to_free(target, aside)?;
            rename_to_free(temporary, target).inspect_err(|_| _ = fs::rename(aside, target))
        }
        Err(error) => Err(Error::io("exchange it with the new one", target)(error.into())),
    }
}

/// Undoes [`give_name`]: what is at `target` gets its temporary name again, and what went `aside` its own.
pub(crate) fn take_back(temporary: &Path, target: &Path, aside: Option<&Path>) -> Result<(), Error> {
    let Some(aside) = aside else {
        return fs::rename(target, temporary).map_err(Error::io("rename it", target));
    };
    if exchange_names(aside, target).is_ok() {
        return fs::rename(aside, temporary).map_err(Error::io("rename it", aside));
    }
    fs::rename(target, temporary).map_err(Error::io("rename it", target))?;
    rename_to_free(aside, target)
}

fn exchange_names(one: &Path, other: &Path) -> Result<(), Errno> {
    renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)
}

/// A free name beside `path`: its own with `suffix`, and a number when even that is taken.
pub fn vacant_beside(path: &Path, suffix: &str) -> PathBuf {
    let named = |number: u32| {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(suffix);
        if number > 1 {
            name.push(format!("-{number}"));
        }
        path.with_file_name(name)
    };
    (1..u32::MAX).map(named).find(|path| path.symlink_metadata().is_err()).unwrap_or_else(|| named(u32::MAX))
}
