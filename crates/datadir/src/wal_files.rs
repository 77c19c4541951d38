//! [`WalFiles`]: the files of a `wal` directory, opened for reading.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

use etcdsnap_image::{FileChanged, Image, Mapping};
use etcdsnap_wal::{Wal, WalFileKind};
use thiserror::Error;

use crate::layout::kind;

/// A `wal` directory.
#[derive(Debug)]
pub struct WalFiles {
    /// Its path.
    pub directory: PathBuf,
    /// Its segments, by name.
    segments: Vec<(String, Image)>,
    /// Segments that could not be read, and why.
    pub unreadable: Vec<(String, etcdsnap_image::ImageError)>,
    /// Copies of segments that a server made before it repaired them, by name.
    broken: Vec<(String, Image)>,
    /// Copies that could not be read, and why.
    pub unreadable_broken: Vec<(String, etcdsnap_image::ImageError)>,
    /// All other files in it, by name; the copies are among them.
    pub others: Vec<OtherFile<WalFileKind>>,
}

/// A file that is not a segment or not a `.snap` file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherFile<K> {
    /// Its name, without its directory.
    pub name: OsString,
    /// Its kind, by its name.
    pub kind: K,
    /// Its length in bytes.
    pub size: u64,
}

/// The error that a directory cannot be listed.
#[derive(Debug, Error)]
#[error("{path}: the directory cannot be read: {source}")]
pub struct ListError {
    /// The directory.
    pub path: PathBuf,
    /// The error of the system.
    pub source: io::Error,
}

impl WalFiles {
    /// Opens all segments of a directory, or only one. Files that cannot be read are listed as
    /// [`unreadable`](Self::unreadable).
    ///
    /// # Errors
    /// The directory cannot be listed.
    pub fn open(directory: &Path, only: Option<&OsStr>, mapping: Mapping) -> Result<Self, ListError> {
        let (mut segments, mut unreadable, mut others) = (Vec::new(), Vec::new(), Vec::new());
        let (mut broken, mut unreadable_broken) = (Vec::new(), Vec::new());
        for (name, size) in list(directory)? {
            match (kind(&name), name.to_str()) {
                (WalFileKind::Segment(_), Some(_)) if only.is_some_and(|only| only != name) => {}
                (WalFileKind::Segment(_), Some(text)) => match Image::open(&directory.join(text), mapping) {
                    Ok(image) => segments.push((text.to_owned(), image)),
                    Err(error) => unreadable.push((text.to_owned(), error)),
                },
                (kind, text) => {
                    if let (WalFileKind::Broken, Some(text)) = (kind, text) {
                        match Image::open(&directory.join(text), mapping) {
                            Ok(image) => broken.push((text.to_owned(), image)),
                            Err(error) => unreadable_broken.push((text.to_owned(), error)),
                        }
                    }
                    others.push(OtherFile { name, kind, size });
                }
            }
        }
        Ok(Self { directory: directory.to_owned(), segments, unreadable, broken, unreadable_broken, others })
    }

    /// The files of a directory that does not exist.
    pub(crate) fn none(directory: &Path) -> Self {
        Self {
            directory: directory.to_owned(),
            segments: Vec::new(),
            unreadable: Vec::new(),
            broken: Vec::new(),
            unreadable_broken: Vec::new(),
            others: Vec::new(),
        }
    }

    /// Do servers find a log here? They only check the file name extensions.
    pub(crate) fn holds_log(&self) -> bool {
        let is_wal = |file: &OtherFile<WalFileKind>| Path::new(&file.name).extension() == Some(OsStr::new("wal"));
        !self.segments.is_empty() || !self.unreadable.is_empty() || self.others.iter().any(is_wal)
    }

    /// The copies of segments that a server made before it repaired them, by name: name and content.
    pub fn broken(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.broken.iter().map(|(name, image)| (name.as_str(), image.bytes()))
    }

    /// The log that consists of the segments.
    pub fn wal(&self) -> Wal<'_> {
        Wal::new(self.segments.iter().map(|(name, image)| (name.as_str(), image.bytes())))
    }

    /// Checks that the segments are still the same as when they were opened.
    ///
    /// # Errors
    /// The change.
    pub fn recheck(&self) -> Result<(), FileChanged> {
        self.segments.iter().try_for_each(|(_, image)| image.recheck())
    }
}

/// Names and sizes of the files in a directory, by name; without directories.
pub(crate) fn list(directory: &Path) -> Result<Vec<(OsString, u64)>, ListError> {
    let failed = |source| ListError { path: directory.to_owned(), source };
    let mut files = Vec::new();
    for entry in directory.read_dir().map_err(failed)? {
        let entry = entry.map_err(failed)?;
        // A file that was removed meanwhile is skipped.
        let Ok(metadata) = entry.path().metadata().or_else(|_| entry.metadata()) else { continue };
        if !metadata.is_dir() {
            files.push((entry.file_name(), metadata.len()));
        }
    }
    files.sort();
    Ok(files)
}
