//! A data directory that was there before and stays: the new member gets into it, and it the rights and the owner of one.

use std::fs::{File, Metadata, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use etcdsnap_publish::Owner;

use crate::error::RestoreError;

/// Such a directory. What it had before it gets back when this is dropped before it was kept.
#[derive(Debug)]
pub(crate) struct Settled {
    folder: File,
    was: Metadata,
    is_kept: bool,
}

impl Settled {
    /// Gives it its rights, and the owner if one is wanted.
    pub fn new(path: &Path, owner: Option<Owner>) -> Result<Self, RestoreError> {
        let folder = File::open(path).map_err(RestoreError::io("open the folder", path))?;
        let was = folder.metadata().map_err(RestoreError::io("look at the folder", path))?;
        let settled = Self { folder, was, is_kept: false };
        // One that belongs to somebody else keeps its rights; etcd does not mind.
        _ = settled.folder.set_permissions(Permissions::from_mode(0o700));
        let given = owner.map_or(Ok(()), |owner| owner.give(&settled.folder));
        given.map_err(RestoreError::io("change its owner", path)).map(|()| settled)
    }

    /// It stays as it is now.
    pub fn keep(mut self) {
        self.is_kept = true;
    }
}

impl Drop for Settled {
    fn drop(&mut self) {
        if !self.is_kept {
            // Nothing better can be done about what fails. The owner goes first: a new one takes some rights away.
            let owner = Owner { user: Some(self.was.uid()), group: Some(self.was.gid()) };
            _ = owner.give(&self.folder);
            _ = self.folder.set_permissions(self.was.permissions());
        }
    }
}
