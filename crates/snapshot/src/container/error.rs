//! Why there is no container. Every message is one sentence: what, where, and what to do about it.

use etcdsnap_quantity::quantity;
use std::path::PathBuf;

use super::compression::{Compression, Fault};
use super::folder::Holding;
use super::foreign::Foreign;
use super::given::Given;
use super::spool::SpoolError;
use crate::catalogue::container::{COMPRESSED_STREAM_DAMAGED, FILE_EMPTY, NOT_A_DATABASE};
use crate::finding::Finding;
use crate::place::Place;

/// A backup could not be opened, or what was opened is none.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The bytes could not be had.
    #[error(transparent)]
    Image(#[from] etcdsnap_image::ImageError),
    /// A directory was named that is not a member's.
    #[error("{directory}: a directory without etcd's member/snap/db; {instead}")]
    NoDatabase {
        /// The directory.
        directory: PathBuf,
        /// What is in it that can be named instead.
        instead: Holding,
    },
    /// The compressed file is not whole.
    #[error(
        "{name}: {fault} at byte {offset} of the {compression} file, after {} of content; take another copy",
        quantity(*.produced, "byte")
    )]
    Compressed {
        /// The path, or "standard input".
        name: String,
        /// What it is compressed with.
        compression: Compression,
        /// How many compressed bytes were taken in, so the place of the fault or shortly after it.
        offset: u64,
        /// How many bytes could be decompressed.
        produced: u64,
        /// What is wrong there.
        fault: Fault,
    },
    /// Decompressing it takes more memory than is used.
    #[error(
        "{name}: compressed with a zstd window of more than {largest} bytes, all of which would have to be held in memory; \
         decompress it with `zstd -d --long=31` first"
    )]
    WindowTooLarge {
        /// The path, or "standard input".
        name: String,
        /// The largest window, in bytes.
        largest: u64,
    },
    /// The content could not be put into a temporary file.
    #[error(transparent)]
    Spool(#[from] SpoolError),
    /// The bytes are something else than a database.
    #[error("{name}: not an etcd database but {looks_like}{}; {}", .compression.inside(), .looks_like.remedy(&Given::new(.name, *.compression)))]
    NotADatabase {
        /// The path, or "standard input".
        name: String,
        /// What it was compressed with.
        compression: Compression,
        /// What it is instead.
        looks_like: Foreign,
    },
}

impl OpenError {
    /// Whether the file was read and the fault is in it: it is no backup that anything could be restored from. Otherwise
    /// nothing is known about it, because it could not be read.
    pub fn is_damage(&self) -> bool {
        self.finding().is_some()
    }

    /// What verification has to say about such a file; `None` when nothing is known about it.
    pub fn finding(&self) -> Option<Finding> {
        let (kind, place) = match self {
            Self::Compressed { offset, .. } => (&COMPRESSED_STREAM_DAMAGED, Place::offset(*offset)),
            Self::NotADatabase { looks_like, .. } if looks_like.is_companion() => return None,
            Self::NotADatabase { looks_like: Foreign::Empty, .. } => (&FILE_EMPTY, Place::file()),
            Self::NotADatabase { .. } => (&NOT_A_DATABASE, Place::file()),
            Self::Image(_) | Self::NoDatabase { .. } | Self::WindowTooLarge { .. } | Self::Spool(_) => return None,
        };
        Some(Finding::new(kind, place, self.to_string()))
    }
}
