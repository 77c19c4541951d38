//! [`Image`]: a file or stream as one slice of bytes.

use std::fmt;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read, Seek as _, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use memmap2::{Mmap, MmapMut, MmapOptions};

use crate::buffer::{self, Failure};
use crate::error::{FileKind, ImageError};
use crate::file_state::{FileChange, FileChanged, FileState};
use crate::holes::{data_ranges, holes};
use crate::map::{map, map_zeros};
use crate::prefetched::PrefetchedBlocks;

/// Bytes of the longest file that is opened. Memory for a file grows with its length including holes, by up to a
/// five-hundredth of it; and reading its zeros takes time.
const MAX_FILE_LEN: u64 = 1 << 40;

/// The bytes of a file as it was at open, or of a stream.
pub struct Image {
    bytes: Bytes,
    /// `None` for a stream in memory.
    source: Option<Source>,
}

/// Whether a file may be mapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mapping {
    /// Map it; where that is impossible, read it into memory.
    #[default]
    Auto,
    /// Read it into memory. Takes as much memory as the file holds, but cannot meet SIGBUS.
    Never,
}

enum Bytes {
    Mapped(Mapped),
    /// A file in memory; its holes are pages that were never written, which take no memory.
    Copied(MmapMut),
    /// A stream in memory.
    Memory(Vec<u8>),
}

struct Mapped {
    map: Mmap,
    /// The blocks that were prefetched already, so that two readers of one file do not prefetch them twice.
    prefetched: PrefetchedBlocks,
}

struct Source {
    /// The name by which it was opened; for a file without a name, what errors call it.
    path: PathBuf,
    is_named: bool,
    file: File,
    state: FileState,
}

impl Image {
    /// Opens a regular file for reading, following symbolic links, without locking it.
    ///
    /// The length is read once, here. Nothing about the file changes, except its access time if the file system is
    /// mounted so.
    ///
    /// # Errors
    /// Every reason why this is not a readable regular file has its own [`ImageError`]; a FIFO is recognised by its type
    /// and never waited for. A file that shrinks while it is read into memory is [`ImageError::Changed`].
    pub fn open(path: &Path, mapping: Mapping) -> Result<Self, ImageError> {
        let source = Source::open(path)?;
        let bytes = match mapping {
            Mapping::Auto => source.map().or_else(|_| source.read()),
            Mapping::Never => source.read(),
        }?;
        Ok(Self { bytes, source: Some(source) })
    }

    /// Reads a stream to its end into memory; `label` names it in errors.
    ///
    /// Memory grows with the bytes that arrive.
    ///
    /// # Errors
    /// [`ImageError::TooLarge`] as soon as more than `limit` bytes have arrived, [`ImageError::Stream`] when the reader
    /// fails.
    pub fn from_reader(label: &str, reader: impl Read, limit: u64) -> Result<Self, ImageError> {
        let label = || label.to_owned();
        let bytes = buffer::read(reader, limit.saturating_add(1)).map_err(|failure| match failure {
            Failure::OutOfMemory { bytes } => ImageError::OutOfMemory { label: label(), bytes },
            Failure::Read { offset, source } => ImageError::Stream { label: label(), offset, source },
        })?;
        if bytes.len() as u64 > limit {
            return Err(ImageError::TooLarge { label: label(), limit });
        }
        Ok(Self { bytes: Bytes::Memory(bytes), source: None })
    }

    /// Maps a file that has no name, and so belongs to this process alone: the temporary file to which a stream was
    /// written. `label` names the stream in errors.
    ///
    /// # Errors
    /// [`ImageError::Io`] when the system cannot map it.
    pub fn from_unnamed(label: &str, file: File) -> Result<Self, ImageError> {
        let error = |source| ImageError::Io { path: label.into(), offset: 0, source };
        let stamp = FileState::of(&file.metadata().map_err(error)?);
        let source = Source { path: label.into(), is_named: false, file, state: stamp };
        let bytes = if stamp.len == 0 { Bytes::Memory(Vec::new()) } else { source.map().map_err(error)? };
        Ok(Self { bytes, source: Some(source) })
    }

    /// All bytes.
    pub fn bytes(&self) -> &[u8] {
        match &self.bytes {
            Bytes::Mapped(mapped) => &mapped.map,
            Bytes::Copied(copied) => copied,
            Bytes::Memory(bytes) => bytes,
        }
    }

    /// Checks that the file is still the same file, has the same length as at open and was not written to since.
    ///
    /// Always succeeds for a stream and for a file without a name. A file system's clock has a resolution of some
    /// milliseconds: a write in the same tick as the last one before the file was opened is not noticed.
    ///
    /// # Errors
    /// The change.
    pub fn recheck(&self) -> Result<(), FileChanged> {
        match self.named() {
            Some(Source { path, file, state: stamp, .. }) => stamp.recheck(path, file),
            None => Ok(()),
        }
    }

    /// The time of the last write to the file before it was opened; `None` for a stream.
    pub fn modified(&self) -> Option<SystemTime> {
        self.named()?.state.modified
    }

    /// The name by which the file was opened; `None` for a stream.
    pub fn path(&self) -> Option<&Path> {
        self.named().map(|source| source.path.as_path())
    }

    fn named(&self) -> Option<&Source> {
        self.source.as_ref().filter(|source| source.is_named)
    }

    /// The open file, so that the system can copy from it; `None` for a stream in memory. Its position is unspecified.
    pub fn file(&self) -> Option<&File> {
        self.source.as_ref().map(|source| &source.file)
    }

    /// Brings the bytes of `range` into memory before they are read, so that reading them cannot fail. Call it before a
    /// scan, for some MiB at a time; bytes that were prefetched before cost nothing.
    ///
    /// A range is cut at the end of the file. Where the system has no such call (Linux has it since 5.14), nothing is done.
    ///
    /// # Errors
    /// [`ImageError::Changed`] when the file was truncated, [`ImageError::Io`] when the disk cannot read the bytes.
    pub fn prefetch(&self, range: Range<u64>) -> Result<(), ImageError> {
        let (Bytes::Mapped(Mapped { map, prefetched: present }), Some(source)) = (&self.bytes, &self.source) else {
            return Ok(());
        };
        // An offset that does not fit into a `usize` is after the end of the map.
        let end = usize::try_from(range.end).map_or(map.len(), |end| end.min(map.len()));
        let start = usize::try_from(range.start).map_or(end, |start| start.min(end));
        for missing in present.missing(start..end) {
            let end = missing.end.min(map.len());
            if let Err(error) = populate(map, missing.start, end - missing.start) {
                self.recheck()?;
                return Err(source.io_error(missing.start as u64, error));
            }
            present.add(missing);
        }
        Ok(())
    }
}

/// Prefetches a range of a map. Only errors about the bytes themselves are returned; others mean that the system cannot
/// prefetch.
#[cfg(target_os = "linux")]
fn populate(map: &Mmap, offset: usize, len: usize) -> io::Result<()> {
    match map.advise_range(memmap2::Advice::PopulateRead, offset, len) {
        Err(error) if matches!(error.raw_os_error(), Some(libc::EFAULT | libc::EHWPOISON | libc::EIO)) => Err(error),
        _ => Ok(()),
    }
}

#[cfg(not(target_os = "linux"))]
fn populate(_: &Mmap, _: usize, _: usize) -> io::Result<()> {
    Ok(())
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Image")
            .field("path", &self.path())
            .field("len", &self.bytes().len())
            .field("mapped", &matches!(self.bytes, Bytes::Mapped(_)))
            .finish_non_exhaustive()
    }
}

/// Opens a regular file for reading, following symbolic links. A FIFO is recognised by its type and never waited for.
///
/// # Errors
/// Every reason why this is not a readable regular file has its own [`ImageError`].
pub fn open_file(path: &Path) -> Result<File, ImageError> {
    open(path).map(|(file, _)| file)
}

fn open(path: &Path) -> Result<(File, Metadata), ImageError> {
    let error = |error| open_error(path, error);
    // The kind is checked twice: by name, because opening a device may have an effect, and on the open file, because the
    // name may refer to another file in between.
    check_regular(path, path.metadata().map_err(error)?.file_type())?;
    let file = nonblocking_open_options().read(true).open(path).map_err(error)?;
    let metadata = file.metadata().map_err(error)?;
    check_regular(path, metadata.file_type())?;
    Ok((file, metadata))
}

impl Source {
    fn open(path: &Path) -> Result<Self, ImageError> {
        let (file, metadata) = open(path)?;
        if metadata.len() > MAX_FILE_LEN {
            return Err(ImageError::TooLong { path: path.to_owned(), len: metadata.len(), limit: MAX_FILE_LEN });
        }
        Ok(Self { path: path.to_owned(), is_named: true, file, state: FileState::of(&metadata) })
    }

    /// Maps the file. Fails where the system cannot map it, and for an empty file, which cannot be mapped.
    fn map(&self) -> io::Result<Bytes> {
        let len = usize::try_from(self.state.len).ok().filter(|&len| len > 0);
        let len = len.ok_or(io::ErrorKind::InvalidInput)?;
        let map = map(&self.file, len)?;
        map_zeros(&map, &holes(&self.file, self.state.len));
        Ok(Bytes::Mapped(Mapped { map, prefetched: PrefetchedBlocks::new(len) }))
    }

    /// Reads the data of the file into memory in pieces, so that the error about a bad sector has its offset.
    fn read(&self) -> Result<Bytes, ImageError> {
        const PIECE: usize = 1 << 20;
        let before = self.state.len;
        if before == 0 {
            return Ok(Bytes::Memory(Vec::new()));
        }
        let out_of_memory = || ImageError::OutOfMemory { label: self.path.display().to_string(), bytes: before };
        let len = usize::try_from(before).map_err(|_| out_of_memory())?;
        let mut copied = MmapOptions::new().len(len).no_reserve_swap().map_anon().map_err(|_| out_of_memory())?;
        for data in data_ranges(&holes(&self.file, before), before) {
            let position = |offset| usize::try_from(offset).unwrap_or(len);
            let bytes = &mut copied[position(data.start)..position(data.end)];
            let mut file = &self.file;
            file.seek(SeekFrom::Start(data.start)).map_err(|source| self.io_error(data.start, source))?;
            for (offset, piece) in (data.start..).step_by(PIECE).zip(bytes.chunks_mut(PIECE)) {
                file.read_exact(piece).map_err(|source| self.read_error(offset, source))?;
            }
        }
        Ok(Bytes::Copied(copied))
    }

    fn read_error(&self, offset: u64, source: io::Error) -> ImageError {
        if source.kind() == io::ErrorKind::UnexpectedEof {
            let after = self.file.metadata().map_or(offset, |metadata| metadata.len());
            let change = FileChange::Shrank { before: self.state.len, after };
            return FileChanged { path: self.path.clone(), change }.into();
        }
        self.io_error(offset, source)
    }

    fn io_error(&self, offset: u64, source: io::Error) -> ImageError {
        ImageError::Io { path: self.path.clone(), offset, source }
    }
}

fn check_regular(path: &Path, kind: std::fs::FileType) -> Result<(), ImageError> {
    match FileKind::of(kind) {
        None => Ok(()),
        Some(kind) => Err(ImageError::NotAFile { path: path.to_owned(), kind }),
    }
}

/// Options to open a file without waiting: opening a FIFO waits for a writer otherwise. For a regular file they make no
/// difference.
#[cfg(unix)]
fn nonblocking_open_options() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = OpenOptions::new();
    options.custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
    options
}

#[cfg(not(unix))]
fn without_waiting() -> OpenOptions {
    OpenOptions::new()
}

fn open_error(path: &Path, error: io::Error) -> ImageError {
    let path = path.to_owned();
    match error.kind() {
        io::ErrorKind::NotFound => match path.read_link() {
            Ok(target) => ImageError::DanglingLink { path, target },
            Err(_) => ImageError::Missing { path },
        },
        io::ErrorKind::PermissionDenied => ImageError::PermissionDenied { path },
        _ => ImageError::Io { path, offset: 0, source: error },
    }
}
