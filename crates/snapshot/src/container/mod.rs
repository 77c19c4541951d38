//! What a `FILE` argument is: a snapshot, a raw database, a data directory, any of them compressed, or a stream.
//!
//! ```text
//!   path or stream ── compression? ── image ──┬── database: the bbolt file
//!                     (by its magic)          └── trailer: 32 bytes of SHA-256, when size mod 512 is 32
//! ```
//!
//! A damaged database is still a database: it is opened, so that its damage can be found and named. What never was one (an
//! error page saved by a download, an archive, an empty file) is refused with its own name and a remedy.

mod compression;
mod error;
mod evidence;
mod foreign;

use std::io::{BufReader, Cursor, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use etcdsnap_image::{Changed, Image, Mapping};

pub use compression::{Compression, Fault};
pub use error::OpenError;
pub use foreign::Foreign;

/// The name of a stream in errors.
const STANDARD_INPUT: &str = "standard input";
/// Length of a SHA-256, and so of the trailer, in bytes.
const TRAILER_LEN: usize = 32;

/// One recognised backup, opened for reading.
#[derive(Debug)]
pub struct Container {
    image: Image,
    /// The file that `image` was decompressed from.
    compressed: Option<Image>,
    /// How the file is compressed.
    pub compression: Compression,
    /// Where the bytes come from.
    pub origin: Origin,
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
#[derive(Debug, Clone, Copy)]
pub struct OpenOptions {
    /// Whether an uncompressed file may be mapped.
    pub mapping: Mapping,
    /// The most bytes of a decompressed file or of a stream that are taken into memory. A file that is mapped, or read
    /// because mapping is off, is as long as it is.
    pub limit: u64,
    /// Whether a compressed file is decompressed. One that is not is no database, whatever is in it.
    pub decompress: bool,
}

impl Default for OpenOptions {
    /// Mapped, and up to 16 GiB in memory: twice the largest database that etcd advises. Memory grows with the bytes that are
    /// really produced, so the limit only decides when a decompression bomb is called one.
    fn default() -> Self {
        Self { mapping: Mapping::Auto, limit: 16 << 30, decompress: true }
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
            let database = database_in(path).ok_or_else(|| OpenError::NoDatabase { directory: path.to_owned() })?;
            (database.clone(), Origin::DataDirectory { database })
        } else {
            (path.to_owned(), Origin::File)
        };
        let file = Image::open(&path, options.mapping)?;
        let name = path.display().to_string();
        let compression = options.compression(file.bytes());
        let (image, compressed) = match compression {
            Compression::None => (file, None),
            _ => (compression.decompress(&name, file.bytes(), options.limit)?, Some(file)),
        };
        Self::recognise(&name, image, compressed, compression, origin)
    }

    /// Reads a stream, which is standard input for a user, to its end and recognises what it holds.
    ///
    /// # Errors
    /// As [`Container::open`].
    pub fn from_stdin(mut reader: impl Read, options: &OpenOptions) -> Result<Self, OpenError> {
        let head = Image::from_reader(STANDARD_INPUT, reader.by_ref().take(Compression::MAGIC_LEN), options.limit)?;
        let whole = Cursor::new(head.bytes()).chain(BufReader::new(reader));
        let compression = options.compression(head.bytes());
        let image = match compression {
            Compression::None => Image::from_reader(STANDARD_INPUT, whole, options.limit)?,
            _ => compression.decompress(STANDARD_INPUT, whole, options.limit)?,
        };
        Self::recognise(STANDARD_INPUT, image, None, compression, Origin::StandardInput)
    }

    fn recognise(
        name: &str,
        image: Image,
        compressed: Option<Image>,
        compression: Compression,
        origin: Origin,
    ) -> Result<Self, OpenError> {
        let bytes = image.bytes();
        if !evidence::is_database(bytes) {
            let looks_like = Foreign::name(bytes);
            return Err(OpenError::NotADatabase { name: name.to_owned(), compression, looks_like });
        }
        let trailer = Trailer::of(bytes);
        Ok(Self { image, compressed, compression, origin, trailer })
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

    /// The file that was opened, whatever it is compressed with; the stream for a stream.
    fn source(&self) -> &Image {
        self.compressed.as_ref().unwrap_or(&self.image)
    }

    /// The file that was opened: in a data directory its database. `None` for a stream.
    pub fn path(&self) -> Option<&Path> {
        self.source().path()
    }

    /// When the file was last written to before it was opened; `None` for a stream.
    pub fn modified(&self) -> Option<SystemTime> {
        self.source().modified()
    }

    /// Is the file still the one that was opened, and unchanged? See [`Image::recheck`].
    ///
    /// # Errors
    /// What changed.
    pub fn recheck(&self) -> Result<(), Changed> {
        self.source().recheck()
    }
}

impl Trailer {
    /// By the rule of every etcd tool, which is the length and nothing else (etcd-format 1.1): databases are whole pages, so
    /// a length of 32 beyond a multiple of 512 is one with a hash.
    fn of(bytes: &[u8]) -> Self {
        match bytes.last_chunk() {
            Some(hash) if bytes.len() % 512 == TRAILER_LEN => Self::Present(*hash),
            _ => Self::Absent,
        }
    }
}

/// The database of a data directory, given that directory, its `member` or its `member/snap`.
///
/// One that is there but may not be looked at is the answer too: opening it gives the reason.
fn database_in(directory: &Path) -> Option<PathBuf> {
    use std::io::ErrorKind::{NotADirectory, NotFound};
    ["member/snap/db", "snap/db", "db"].into_iter().map(|inside| directory.join(inside)).find(|path| {
        match path.metadata() {
            Ok(metadata) => !metadata.is_dir(),
            Err(error) => !matches!(error.kind(), NotFound | NotADirectory),
        }
    })
}
