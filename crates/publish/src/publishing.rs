//! The step in which a temporary file or folder gets its final name, durably.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::exchange::exchange;
use crate::existing::{Existing, check_movable};
use crate::folder_sync::{folder_of, sync_open};
use crate::rename::{exchange_names, rename_to_free};
use crate::temporary::Temporary;

/// Gives a temporary file or folder the name `target`, durably. Returns where something that was there was moved to.
pub(crate) fn publish(made: &mut Temporary, target: &Path, existing: &Existing) -> Result<Option<PathBuf>, Error> {
    let aside = give_name(&made.path, target, existing)?;
    let Err(error) = sync_open(&made.parent, folder_of(target)) else {
        made.keep();
        return Ok(aside);
    };
    // A replaced file cannot be brought back.
    if *existing != Existing::Replace && take_back(&made.path, target, aside.as_deref()).is_ok() {
        return Err(error);
    }
    made.keep();
    Err(Error::NotDurable { path: target.to_owned(), source: Box::new(error) })
}

/// Gives `temporary` the name `target` by one rename or exchange.
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

/// Undoes [`give_name`]: what is at `target` gets its temporary name back, and what was moved `aside` gets its own.
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
