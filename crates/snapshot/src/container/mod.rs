//! What a `FILE` argument is: a snapshot, a raw database, a data directory, any of them compressed, or a stream.
//!
//! ```text
//!   path or stream ── line ends? ── compression? ── image ──┬── database: the bbolt file
//!                    (CR LF undone)  (by its magic)         └── trailer: 32 bytes of SHA-256, when size mod 512 is 32
//! ```
//!
//! A damaged database is still a database: it is opened, so that its damage can be found and named. What never was one (an
//! error page saved by a download, an archive, an empty file) is refused with its own name and a remedy.

mod companion;
mod compression;
mod conversion;
mod error;
mod evidence;
mod folder;
mod foreign;
mod given;
mod line_ends;
mod spool;
mod tar;
mod zip;

use std::io::{BufReader, Cursor, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use etcdsnap_image::{FileChanged, Image, Mapping};

pub use companion::Companion;
pub use compression::{Compression, Fault};
pub use conversion::Conversion;
pub use error::OpenError;
pub use folder::Holding;
pub use foreign::{ArchiveNames, Foreign};
pub use line_ends::LineEnd;
pub use spool::{Needed, SpoolError, Spooled};

use spool::Content;

/// The name of a stream in errors.
const STANDARD_INPUT: &str = "standard input";
/// Length of a SHA-256, and so of the trailer, in bytes.
const TRAILER_LEN: usize = 32;

/// One recognised backup, opened for reading.
#[derive(Debug)]
pub struct Container {
    image: Image,
    /// The file that `image` was made from, when it is not the file itself.
    stored: Option<Image>,
    /// How the file is compressed.
    pub compression: Compression,
    /// Where the bytes come from.
    pub origin: Origin,
    /// How many LF had become CR LF in the file or in its content; they are LF again in the image.
    pub line_ends_undone: Option<u64>,
    /// Where the content is, when it was too long for memory.
    pub spooled: Option<Spooled>,
    /// Whether a hash follows the database, and which.
    pub trailer: Trailer,
}

/// Where the bytes of a container come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The file that was named.
    File,
    /// A directory was named; the bytes are those of the database in it.
    DataDirectory {
        /// The path of that database.
        database: PathBuf,
    },
    /// A stream.
    StandardInput,
}

/// The SHA-256 that `etcdctl snapshot save` appends to the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trailer {
    /// The last 32 bytes, to be compared with the hash of all bytes before them.
    Present([u8; TRAILER_LEN]),
    /// A plain copy of a database: nothing says what its bytes should be.
    Absent,
}

/// How to open.
#[derive(Debug, Clone)]
pub struct OpenOptions {
    /// Whether an uncompressed file may be mapped.
    pub mapping: Mapping,
    /// The most bytes of a decompressed file or of a stream that are read. A file that is not compressed is as long as
    /// it is.
    pub limit: u64,
    /// The most bytes of a decompressed file or of a stream that are held in memory. What is longer is written to a
    /// temporary file without a name, and that is mapped.
    pub memory: u64,
    /// The folder on whose file system that file is made.
    pub spool_dir: PathBuf,
    /// Whether a compressed file is decompressed. One that is not is no database, whatever is in it.
    pub decompress: bool,
}

impl Default for OpenOptions {
    /// Mapped; up to 64 MiB in memory, and up to 32 GiB, four times the largest database that etcd advises, in `/tmp`.
    fn default() -> Self {
        Self {
            mapping: Mapping::Auto,
            limit: 32 << 30,
            memory: spool::MEMORY,
            spool_dir: PathBuf::from("/tmp"),
            decompress: true,
        }
    }
}

impl OpenOptions {
    /// What is to be undone of a file with these first bytes.
    fn compression(&self, head: &[u8]) -> Compression {
        if self.decompress { Compression::of(head) } else { Compression::None }
    }
}

impl Container {
    /// Opens a file or data directory and recognises what it holds.
    ///
    /// # Errors
    /// Each reason has its own [`OpenError`]; [`OpenError::is_damage`] tells a bad backup from one that could not be read.
    pub fn open(path: &Path, options: &OpenOptions) -> Result<Self, OpenError> {
        let (path, origin) = if path.is_dir() {
            let database = folder::database_in(path)
                .ok_or_else(|| OpenError::NoDatabase { directory: path.to_owned(), instead: Holding::of(path) })?;
            (database.clone(), Origin::DataDirectory { database })
        } else {
            (path.to_owned(), Origin::File)
        };
        let name = path.display().to_string();
        let file = Content { image: Image::open(&path, options.mapping)?, spooled: None };
        let opened = Opened { content: file, stored: None, line_ends: None }.undo_line_ends(&name, options)?;
        let compression = opened.compression(options);
        opened.unpack(compression, &name, options)?.recognise(&name, compression, origin)
    }

    /// Reads a stream, which is standard input for a user, to its end and recognises what it holds.
    ///
    /// # Errors
    /// As [`Container::open`].
    pub fn from_stdin(mut reader: impl Read, options: &OpenOptions) -> Result<Self, OpenError> {
        let head = Image::from_reader(STANDARD_INPUT, reader.by_ref().take(Compression::HEAD_LEN), u64::MAX)?;
        let whole = Cursor::new(head.bytes()).chain(BufReader::new(reader));
        let compression = options.compression(head.bytes());
        let content = compression.decompress(STANDARD_INPUT, head.bytes(), whole, options)?;
        let opened = Opened { content, stored: None, line_ends: None };
        if compression != Compression::Zip {
            let opened = opened.undo_line_ends(STANDARD_INPUT, options)?;
            return opened.recognise(STANDARD_INPUT, compression, Origin::StandardInput);
        }
        let compression = opened.compression(options);
        opened.unpack(compression, STANDARD_INPUT, options)?.recognise(
            STANDARD_INPUT,
            compression,
            Origin::StandardInput,
        )
    }

    /// All bytes after decompression, trailer included.
    pub fn image(&self) -> &Image {
        &self.image
    }

    /// The bytes of the database: all but the trailer.
    pub fn database(&self) -> &[u8] {
        let bytes = self.image.bytes();
        let trailer = match self.trailer {
            Trailer::Present(hash) => hash.len(),
            Trailer::Absent => 0,
        };
        &bytes[..bytes.len() - trailer]
    }

    /// Whether the file that was opened is the image: neither compressed nor changed in its line ends.
    pub fn is_stored_plain(&self) -> bool {
        self.stored.is_none()
    }

    /// The file that was opened, whatever it is compressed with; the stream for a stream.
    fn source(&self) -> &Image {
        self.stored.as_ref().unwrap_or(&self.image)
    }

    /// The file that was opened: in a data directory its database. `None` for a stream.
    pub fn path(&self) -> Option<&Path> {
        self.source().path()
    }

    /// Is it the database in a member's directory, and not a snapshot? Told by where it was found.
    pub fn is_member_database(&self) -> bool {
        matches!(self.origin, Origin::DataDirectory { .. }) || self.path().is_some_and(is_in_member)
    }

    /// The data directory that the database was found in, when all of its path is that of a member's database.
    pub fn member_directory(&self) -> Option<&Path> {
        let directory = self.path().filter(|path| is_in_member(path))?.ancestors().nth(3)?;
        Some(if directory.as_os_str().is_empty() { Path::new(".") } else { directory })
    }

    /// When the file was last written to before it was opened; `None` for a stream.
    pub fn modified(&self) -> Option<SystemTime> {
        self.source().modified()
    }

    /// Is the file still the one that was opened, and unchanged? See [`Image::recheck`].
    ///
    /// # Errors
    /// What changed.
    pub fn recheck(&self) -> Result<(), FileChanged> {
        self.source().recheck()
    }
}

fn is_in_member(path: &Path) -> bool {
    path.ends_with("member/snap/db")
}

/// A file or stream while its line ends and its compression are undone, step by step.
struct Opened {
    content: Content,
    /// The image of the file itself, when something was undone.
    stored: Option<Image>,
    line_ends: Option<u64>,
}

impl Opened {
    fn bytes(&self) -> &[u8] {
        self.content.image.bytes()
    }

    /// The compression to undo next: none where the file is a database, even if an archive's magic was written over its
    /// start.
    fn compression(&self, options: &OpenOptions) -> Compression {
        let bytes = self.bytes();
        match options.compression(bytes) {
            Compression::Zip if !zip::has_end(bytes) && evidence::is_database(bytes) => Compression::None,
            compression => compression,
        }
    }

    fn followed_by(self, content: Content) -> Self {
        Self { stored: Some(self.stored.unwrap_or(self.content.image)), content, ..self }
    }

    /// Undoes the change of line ends where that gives a backup.
    fn undo_line_ends(self, name: &str, options: &OpenOptions) -> Result<Self, OpenError> {
        let Some(count) = line_ends::translated(self.bytes()).filter(|_| options.decompress) else {
            return Ok(self);
        };
        let content = spool::read(name, line_ends::Undone::new(self.bytes()), None, options)?;
        let bytes = content.image.bytes();
        if Compression::of(bytes) == Compression::None && !evidence::is_database(bytes) {
            return Ok(self);
        }
        Ok(Self { line_ends: Some(count), ..self.followed_by(content) })
    }

    fn unpack(self, compression: Compression, name: &str, options: &OpenOptions) -> Result<Self, OpenError> {
        if compression == Compression::None {
            return Ok(self);
        }
        let content = compression.unpack(name, self.bytes(), options)?;
        self.followed_by(content).undo_line_ends(name, options)
    }

    fn recognise(self, name: &str, compression: Compression, origin: Origin) -> Result<Container, OpenError> {
        let Self { content: Content { image, spooled }, stored, line_ends: line_ends_undone } = self;
        let bytes = image.bytes();
        // Content that is compressed twice may have the pages of the database in it as they are.
        let is_packed = matches!(Compression::of(bytes), Compression::Gzip | Compression::Zstd);
        if is_packed || !evidence::is_database(bytes) {
            let looks_like = Foreign::name(bytes, name);
            return Err(OpenError::NotADatabase { name: name.to_owned(), compression, looks_like });
        }
        let trailer = Trailer::of(bytes);
        Ok(Container { image, stored, compression, origin, line_ends_undone, spooled, trailer })
    }
}

impl Trailer {
    /// By the rule of every etcd tool, which is the length and nothing else (docs/format/snapshot.md#trailer): databases are
    /// whole pages, so a length of 32 beyond a multiple of 512 is one with a hash.
    fn of(bytes: &[u8]) -> Self {
        match bytes.last_chunk() {
            Some(hash) if bytes.len() % 512 == TRAILER_LEN => Self::Present(*hash),
            _ => Self::Absent,
        }
    }
}
