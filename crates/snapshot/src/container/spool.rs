//! Reads a stream into an image: a short one in memory, a long one in a temporary file that has no name.
//!
//! Decompressed files and standard input come through here. Their length is known only at their end, and 10 MB of gzip
//! may hold 10 GB; so memory takes a bounded part, and what is longer goes to the disk and is mapped like any other
//! file. Runs of zero bytes become holes, which need no room.

use std::fmt;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use etcdsnap_image::{Image, ImageError};
use etcdsnap_publish::{available_space, is_in_memory, unnamed_file};
use etcdsnap_quantity::quantity;

use super::OpenOptions;
use super::error::OpenError;

/// The most bytes of a stream that are held in memory.
pub(super) const MEMORY: u64 = 64 << 20;
/// The unit in which a spool is written, in bytes.
const CHUNK: usize = 1 << 20;
/// The unit in which zero bytes are left out, in bytes: a block of most file systems.
const BLOCK: usize = 4 << 10;
/// What stays free on the file system of the spool, which others may need too, in bytes.
const RESERVE: u64 = 64 << 20;

/// Where the content of a stream was put that is too long for memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spooled {
    /// The folder whose file system has it.
    pub folder: PathBuf,
    /// Its length in bytes.
    pub bytes: u64,
    /// Whether that file system is itself in memory, as tmpfs is.
    pub in_memory: bool,
}

/// The content of a file or stream.
#[derive(Debug)]
pub(super) struct Content {
    pub image: Image,
    /// Where it is, when it was too long for memory.
    pub spooled: Option<Spooled>,
}

/// The content of a stream could not be put into a temporary file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpoolError {
    /// No file can be made in the folder.
    #[error(
        "{folder}: {name} is too long to be held in memory, and no temporary file can be made here: {source}; name \
         another folder with --spool-dir"
    )]
    Create {
        /// The folder.
        folder: PathBuf,
        /// The stream.
        name: String,
        /// The system's answer.
        source: io::Error,
    },
    /// The file system is too full.
    #[error(
        "{folder}: {name} is too long to be held in memory and needs {needed} here while it is read, besides \
         {reserve} that are kept free, but {available} are free; make room, or name another folder with --spool-dir",
        reserve = RESERVE
    )]
    NoSpace {
        /// The folder.
        folder: PathBuf,
        /// The stream.
        name: String,
        /// How much has to be written.
        needed: Needed,
        /// The bytes that were free before any of it was written.
        available: u64,
    },
    /// The file could not be written to.
    #[error(
        "{folder}: the temporary file for the content of {name} cannot be written to after {written}: {source}; \
         name another folder with --spool-dir",
        written = quantity(*.offset, "byte")
    )]
    Write {
        /// The folder.
        folder: PathBuf,
        /// The stream.
        name: String,
        /// How much of it was written.
        offset: u64,
        /// The system's answer.
        source: io::Error,
    },
}

/// How many bytes have to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needed {
    /// This many, according to the file itself.
    Exactly(u64),
    /// This many, and what was not read yet.
    AtLeast(u64),
}

impl fmt::Display for Needed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(bytes) => f.write_str(&quantity(*bytes, "byte")),
            Self::AtLeast(bytes) => write!(f, "at least {}", quantity(*bytes, "byte")),
        }
    }
}

/// Why the content of a stream could not be made an image.
#[derive(Debug)]
pub(super) enum Failure {
    /// The stream failed or is too long.
    Image(ImageError),
    /// There is no place for it.
    Spool(SpoolError),
}

impl From<Failure> for OpenError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Image(error) => error.into(),
            Failure::Spool(error) => error.into(),
        }
    }
}

/// Reads a stream to its end. `name` is its name in errors, `expected` its length where that is known beforehand.
pub(super) fn read(
    name: &str,
    mut stream: impl Read,
    expected: Option<u64>,
    options: &OpenOptions,
) -> Result<Content, Failure> {
    let too_large = || Failure::Image(ImageError::TooLarge { label: name.to_owned(), limit: options.limit });
    if options.limit <= options.memory {
        let image = Image::from_reader(name, stream, options.limit).map_err(Failure::Image)?;
        return Ok(Content { image, spooled: None });
    }
    let head =
        Image::from_reader(name, stream.by_ref().take(options.memory), options.memory).map_err(Failure::Image)?;
    if (head.bytes().len() as u64) < options.memory {
        return Ok(Content { image: head, spooled: None });
    }
    // A length beyond the limit is mostly a damaged one: what really comes decides.
    let expected = expected.filter(|expected| *expected <= options.limit);
    let mut spool = Spool::create(name, expected, options).map_err(Failure::Spool)?;
    spool.write(head.bytes()).map_err(Failure::Spool)?;
    drop(head);
    let mut chunk = vec![0; CHUNK];
    // Ends with the stream, or at the limit at the latest.
    loop {
        let count = fill(&mut stream, &mut chunk).map_err(|source| {
            Failure::Image(ImageError::Stream { label: name.to_owned(), offset: spool.written, source })
        })?;
        if count == 0 {
            break;
        }
        if spool.written + count as u64 > options.limit {
            return Err(too_large());
        }
        spool.write(&chunk[..count]).map_err(Failure::Spool)?;
    }
    spool.finish()
}

/// The file while it is written.
struct Spool<'a> {
    file: File,
    folder: &'a Path,
    name: &'a str,
    /// The length of the content so far, and how much of it was stored, which is all but the holes.
    written: u64,
    stored: u64,
    expected: Option<u64>,
    /// Free bytes before the first was written.
    available: u64,
    /// Bytes that may be written before the free space is looked up again.
    unasked: u64,
}

impl<'a> Spool<'a> {
    fn create(name: &'a str, expected: Option<u64>, options: &'a OpenOptions) -> Result<Self, SpoolError> {
        let folder = options.spool_dir.as_path();
        let file = unnamed_file(folder).map_err(|source| SpoolError::Create {
            folder: folder.to_owned(),
            name: name.to_owned(),
            source,
        })?;
        let available = free(folder);
        let spool = Self { file, folder, name, written: 0, stored: 0, expected, available, unasked: 0 };
        if expected.is_some_and(|expected| expected.saturating_add(RESERVE) > available) {
            return Err(spool.no_space(0));
        }
        Ok(spool)
    }

    /// Writes whole blocks, except at the end of the content.
    fn write(&mut self, bytes: &[u8]) -> Result<(), SpoolError> {
        let mut rest = bytes;
        // Ends, because every round takes at least one block away from the rest.
        while !rest.is_empty() {
            let (zeros, after) = rest.split_at(run(rest, true));
            self.written += zeros.len() as u64;
            let (data, after) = after.split_at(run(after, false));
            if !data.is_empty() {
                self.store(data)?;
            }
            rest = after;
        }
        Ok(())
    }

    fn store(&mut self, data: &[u8]) -> Result<(), SpoolError> {
        let len = data.len() as u64;
        if self.unasked < len {
            if free(self.folder) < RESERVE.saturating_add(len) {
                return Err(self.no_space(len));
            }
            self.unasked = len + RESERVE / 2;
        }
        self.file.write_all_at(data, self.written).map_err(|source| match source.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => self.no_space(len),
            _ => self.write_error(source),
        })?;
        self.unasked -= len;
        self.stored += len;
        self.written += len;
        Ok(())
    }

    /// There is no room for the next `len` bytes.
    fn no_space(&self, len: u64) -> SpoolError {
        SpoolError::NoSpace {
            folder: self.folder.to_owned(),
            name: self.name.to_owned(),
            needed: match self.expected {
                Some(expected) if expected >= self.written => Needed::Exactly(expected),
                _ => Needed::AtLeast(self.stored.saturating_add(len)),
            },
            available: self.available,
        }
    }

    fn write_error(&self, source: io::Error) -> SpoolError {
        SpoolError::Write { folder: self.folder.to_owned(), name: self.name.to_owned(), offset: self.written, source }
    }

    /// Maps the file, whose last bytes may be a hole.
    fn finish(self) -> Result<Content, Failure> {
        self.file.set_len(self.written).map_err(|source| Failure::Spool(self.write_error(source)))?;
        let in_memory = is_in_memory(self.folder);
        let spooled = Spooled { folder: self.folder.to_owned(), bytes: self.written, in_memory };
        let image = Image::from_unnamed(self.name, self.file).map_err(Failure::Image)?;
        Ok(Content { image, spooled: Some(spooled) })
    }
}

/// Free bytes on the file system of `folder`; where they are not known, room is assumed.
fn free(folder: &Path) -> u64 {
    available_space(folder).unwrap_or(u64::MAX)
}

/// The length of the blocks at the beginning of `bytes` that are all zero, or of those that are not.
fn run(bytes: &[u8], zero: bool) -> usize {
    const ZEROS: [u8; BLOCK] = [0; BLOCK];
    let belongs = |block: &&[u8]| (**block == ZEROS[..block.len()]) == zero;
    bytes.chunks(BLOCK).take_while(belongs).map(<[u8]>::len).sum()
}

/// Reads until `chunk` is full or the stream ends; returns the number of bytes.
fn fill(stream: &mut impl Read, chunk: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < chunk.len() {
        match stream.read(&mut chunk[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_folder_is_told_how_much_is_needed_at_least() {
        let folder = tempfile::tempdir().expect("folder");
        let options = OpenOptions { spool_dir: folder.path().to_owned(), ..OpenOptions::default() };
        let mut spool = Spool::create("standard input", None, &options).expect("a file");
        let needs = |spool: &Spool<'_>, len| spool.no_space(len).to_string().split("needs ").nth(1).map(str::to_owned);
        assert!(needs(&spool, 4096).is_some_and(|rest| rest.starts_with("at least 4096 bytes here")));
        spool.write(&[7]).expect("written");
        assert!(needs(&spool, 1).is_some_and(|rest| rest.starts_with("at least 2 bytes here")));
    }
}
