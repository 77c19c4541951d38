//! [`SnapFiles`]: the files of a `snap` directory, opened for reading.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use etcdsnap_image::{Image, Mapping};
use etcdsnap_wal::SnapshotPosition;
use etcdsnap_wal::snap::{self, SnapFile, SnapFileKind, SnapName};

use crate::wal_files::{ListError, OtherFile, list};

/// A `snap` directory.
#[derive(Debug)]
pub struct SnapFiles {
    /// Its path.
    pub directory: PathBuf,
    /// Its `.snap` files, by name.
    snaps: Vec<(String, Option<SnapName>, Image)>,
    /// `.snap` files that could not be read, and why.
    pub unreadable: Vec<(String, etcdsnap_image::ImageError)>,
    /// All other files in it, by name; the database is one of them.
    pub others: Vec<OtherFile<SnapFileKind>>,
}

impl SnapFiles {
    /// Opens all `.snap` files of a directory. Files that cannot be read are listed as [`unreadable`](Self::unreadable).
    ///
    /// # Errors
    /// The directory cannot be listed.
    pub fn open(directory: &Path, mapping: Mapping) -> Result<Self, ListError> {
        let (mut snaps, mut unreadable, mut others) = (Vec::new(), Vec::new(), Vec::new());
        for (name, size) in list(directory)? {
            let kind = name.to_str().map_or(SnapFileKind::Foreign, SnapFileKind::of);
            match (kind, name.to_str()) {
                (SnapFileKind::Snapshot(parsed), Some(text)) => match Image::open(&directory.join(text), mapping) {
                    Ok(image) => snaps.push((text.to_owned(), parsed, image)),
                    Err(error) => unreadable.push((text.to_owned(), error)),
                },
                (kind, _) => others.push(OtherFile { name, kind, size }),
            }
        }
        Ok(Self { directory: directory.to_owned(), snaps, unreadable, others })
    }

    /// The files of a directory that does not exist.
    pub(crate) fn none(directory: &Path) -> Self {
        Self { directory: directory.to_owned(), snaps: Vec::new(), unreadable: Vec::new(), others: Vec::new() }
    }

    /// The `.snap` files by name: name, parsed name if it is one that servers give, and content.
    pub fn snaps(&self) -> impl DoubleEndedIterator<Item = (&str, Option<SnapName>, &[u8])> {
        self.snaps.iter().map(|(name, parsed, image)| (name.as_str(), *parsed, image.bytes()))
    }

    /// The snapshot that a server up to 3.6 loads: the newest readable one that `wanted` accepts. `wanted` is called for
    /// each file, of which there can be many, from the newest on until it accepts one.
    pub fn newest(&self, wanted: impl Fn(SnapshotPosition) -> bool) -> Option<(&str, SnapFile<'_>)> {
        snap::newest(self.snaps().map(|(name, _, bytes)| (name, bytes)), wanted)
    }

    /// The file name of the database received with the snapshot at this index, if it exists.
    pub fn received(&self, index: u64) -> Option<&OsString> {
        let wanted = |file: &&OtherFile<SnapFileKind>| file.kind == SnapFileKind::ReceivedDatabase(index);
        self.others.iter().find(wanted).map(|file| &file.name)
    }
}
