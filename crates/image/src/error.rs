//! [`ImageError`]: why a file or stream cannot be read. Every message is one sentence that also says what to do.

use etcdsnap_quantity::quantity;
use std::fmt;
use std::fs::FileType;
use std::io;
use std::path::PathBuf;

use crate::file_state::FileChanged;

/// Why an image cannot be opened or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    /// There is no file with this name.
    #[error("{path}: no such file; check the name")]
    Missing {
        /// The name that was asked for.
        path: PathBuf,
    },
    /// The name is a symbolic link to a file that does not exist.
    #[error(
        "{path}: a symbolic link to {target}, which does not exist; restore the link's target or name another file"
    )]
    DanglingLink {
        /// The link.
        path: PathBuf,
        /// The target of the link, as written in it.
        target: PathBuf,
    },
    /// The file, or a directory in its path, may not be read.
    #[error("{path}: permission denied; run as a user who may read it")]
    PermissionDenied {
        /// The name that was asked for.
        path: PathBuf,
    },
    /// The name is that of something other than a regular file.
    #[error("{path}: is {kind}, not a file; {}", .kind.remedy())]
    NotAFile {
        /// The name that was asked for.
        path: PathBuf,
        /// What it is.
        kind: FileKind,
    },
    /// The system refused to open or read the file.
    #[error("{path}: cannot be read at byte {offset}: {source}; check the disk, or take another copy of the file")]
    Io {
        /// The file.
        path: PathBuf,
        /// The first byte that was to be read; zero while opening.
        offset: u64,
        /// The error of the system.
        source: io::Error,
    },
    /// A stream failed before its end.
    #[error("{label}: cannot be read after byte {offset}: {source}")]
    Stream {
        /// The caller's name for the stream.
        label: String,
        /// Number of bytes before the failure.
        offset: u64,
        /// The error of the stream.
        source: io::Error,
    },
    /// A stream has more bytes than the caller allows.
    #[error(
        "{label}: holds more than the {} that may be read of it; if a backup can be that long, give a larger --max-input",
        quantity(*.limit, "byte")
    )]
    TooLarge {
        /// The caller's name for the stream.
        label: String,
        /// The most bytes allowed.
        limit: u64,
    },
    /// A file is longer than any file that etcd writes.
    #[error(
        "{path}: is {len} bytes long, and no file of etcd is longer than {limit}; check the name, or copy the file anew"
    )]
    TooLong {
        /// The file.
        path: PathBuf,
        /// Its length.
        len: u64,
        /// The greatest length allowed.
        limit: u64,
    },
    /// There is not enough memory for the bytes.
    #[error(
        "{label}: {bytes} bytes do not fit into memory; free some, or put it into a file, uncompressed, and let that be mapped"
    )]
    OutOfMemory {
        /// The path, or the caller's name for the stream.
        label: String,
        /// How many bytes were asked for.
        bytes: u64,
    },
    /// The file changed while it was read.
    #[error(transparent)]
    Changed(#[from] FileChanged),
}

/// The kind of a file that is not a regular file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileKind {
    /// A directory.
    Directory,
    /// A FIFO, by name or as a shell's process substitution.
    NamedPipe,
    /// A Unix domain socket.
    Socket,
    /// A disk or partition.
    BlockDevice,
    /// A terminal, `/dev/null` and the like.
    CharacterDevice,
    /// Another kind that this system has.
    Other,
}

impl FileKind {
    /// The kind of a file; `None` for a regular file.
    pub(crate) fn of(kind: FileType) -> Option<Self> {
        if kind.is_file() {
            return None;
        }
        if kind.is_dir() {
            return Some(Self::Directory);
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::FileTypeExt;
            let special = [
                (kind.is_fifo(), Self::NamedPipe),
                (kind.is_socket(), Self::Socket),
                (kind.is_block_device(), Self::BlockDevice),
                (kind.is_char_device(), Self::CharacterDevice),
            ];
            if let Some((_, kind)) = special.into_iter().find(|(is, _)| *is) {
                return Some(kind);
            }
        }
        Some(Self::Other)
    }

    fn remedy(self) -> &'static str {
        match self {
            Self::Directory => "name a file in it",
            Self::NamedPipe | Self::BlockDevice | Self::CharacterDevice => {
                "redirect it to standard input and give `-` as the file"
            }
            Self::Socket | Self::Other => "name a regular file",
        }
    }
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Directory => "a directory",
            Self::NamedPipe => "a named pipe",
            Self::Socket => "a socket",
            Self::BlockDevice => "a block device",
            Self::CharacterDevice => "a character device",
            Self::Other => "a special file",
        })
    }
}
