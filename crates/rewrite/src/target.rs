//! Where an output is to appear.

use std::path::Path;

use etcdsnap_bbolt::ByteOrder;
use etcdsnap_publish::{Demand, Existing, NewFile, Owner};

use crate::Error;

/// A file that is to appear.
#[derive(Clone, Debug)]
pub struct Target<'t> {
    /// Its path.
    pub path: &'t Path,
    /// What to do about a file that is there.
    pub existing: Existing,
    /// Whose it is to be; of the user who runs this when `None`.
    pub owner: Option<Owner>,
    /// The byte order it is to have; that of the source when `None`.
    pub order: Option<ByteOrder>,
}

impl Target<'_> {
    /// Is the name free? To be asked before a long work, at whose end it would turn out anyway.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match self.path.symlink_metadata() {
            Ok(_) if self.existing == Existing::Refuse => {
                Err(etcdsnap_publish::Error::Exists { path: self.path.to_owned() }.into())
            }
            _ => Ok(()),
        }
    }

    /// Makes the file under its temporary name, if there is room for this many bytes.
    pub(crate) fn create(&self, bytes: u64) -> Result<NewFile, Error> {
        let mut demand = Demand::default();
        // Where nothing is known about the file system, creating the file says why.
        if demand.add(self.path, bytes).is_ok() {
            demand.check()?;
        }
        Ok(NewFile::create(self.path, self.owner)?)
    }

    pub(crate) fn write_error(&self, source: std::io::Error) -> Error {
        Error::Write { path: self.path.to_owned(), source }
    }
}
