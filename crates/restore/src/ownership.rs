//! An existing empty data directory that a restore fills: it gets the owner of a new one and keeps its mode, as with
//! etcd's own tools.

use std::fs::{File, Metadata};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use etcdsnap_publish::Owner;

use crate::error::RestoreError;

/// Such a directory. Its former owner is restored when this is dropped before [`keep`](Self::keep).
#[derive(Debug)]
pub(crate) struct OwnershipChange {
    folder: File,
    was: Metadata,
    is_kept: bool,
}

impl OwnershipChange {
    /// Gives it the owner, if one is wanted.
    pub fn new(path: &Path, owner: Option<Owner>) -> Result<Self, RestoreError> {
        let folder = File::open(path).map_err(RestoreError::io("open the folder", path))?;
        let was = folder.metadata().map_err(RestoreError::io("look at the folder", path))?;
        let settled = Self { folder, was, is_kept: false };
        let given = owner.map_or(Ok(()), |owner| owner.give(&settled.folder));
        given.map_err(RestoreError::io("change its owner", path)).map(|()| settled)
    }

    /// It stays as it is now.
    pub fn keep(mut self) {
        self.is_kept = true;
    }
}

impl Drop for OwnershipChange {
    fn drop(&mut self) {
        if !self.is_kept {
            // Nothing better can be done when it fails.
            _ = Owner { user: Some(self.was.uid()), group: Some(self.was.gid()) }.give(&self.folder);
        }
    }
}
