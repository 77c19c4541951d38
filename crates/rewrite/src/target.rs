//! Where an output is to appear.

use etcdsnap_bbolt::ByteOrder;
use etcdsnap_publish::{Destination, NewFile, Owner, SpaceDemand};

use crate::Error;

/// A file that is to appear.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its path, and what must not be replaced there.
    pub destination: Destination,
    /// Whose it is to be; of the user who runs this when `None`.
    pub owner: Option<Owner>,
    /// The byte order it is to have; that of the source when `None`.
    pub order: Option<ByteOrder>,
}

impl Target {
    /// May the file appear there? To be asked before a long work, since publishing asks it again only at the end.
    pub(crate) fn check(&self) -> Result<(), Error> {
        Ok(self.destination.check()?)
    }

    /// Makes the file under its temporary name, if there is room for this many bytes.
    pub(crate) fn create(&self, bytes: u64) -> Result<NewFile, Error> {
        let mut demand = SpaceDemand::default();
        // Where nothing is known about the file system, creating the file says why.
        if demand.add(self.destination.path(), bytes).is_ok() {
            demand.check()?;
        }
        Ok(NewFile::create(&self.destination, self.owner)?)
    }

    pub(crate) fn write_error(&self, source: std::io::Error) -> Error {
        Error::Write { path: self.destination.path().to_owned(), source }
    }
}
