//! Decompresses gzip, zstd and zip, one layer, recognised by the magic and never by a file's name.
//!
//! Backup jobs compress in different ways, so all that the tools `gzip` and `zstd` read is read: several members or frames
//! one after another, skippable frames, windows of any size, and zero bytes after the last member.

use std::fmt;
use std::io::{self, BufRead, Read};

use etcdsnap_image::Error;
use flate2::bufread::GzDecoder;

use super::OpenOptions;
use super::error::OpenError;
use super::spool::{self, Content, Failure};
use super::zip::{Entry, ZipError};

/// How a file is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstd,
    /// An archive of one file.
    Zip,
}

/// What is wrong with a compressed file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// It ends too early.
    Truncated,
    /// It contradicts itself, in the words of the decoder.
    Corrupt(String),
}

impl Compression {
    /// How many bytes [`Compression::of`] and [`Frame::of`] look at.
    pub(super) const HEAD_LEN: u64 = 18;

    /// Told by the first bytes of a file.
    pub(super) fn of(bytes: &[u8]) -> Self {
        match bytes {
            [0x1f, 0x8b, 8, ..] => Self::Gzip,
            // A zstd frame, or a skippable one, as pzstd puts in front.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            // An entry, or the end of a list of none.
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Self::Zip,
            _ => Self::None,
        }
    }

    /// `none`, `gzip`, `zstd` or `zip`, for machines.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Zip => "zip",
        }
    }

    /// Decompresses a file that is in memory or mapped.
    pub(super) fn unpack(self, name: &str, file: &[u8], options: &OpenOptions) -> Result<Content, OpenError> {
        if self != Self::Zip {
            return self.decompress(name, file, file, options);
        }
        let damaged = |offset, produced, fault| OpenError::Compressed {
            name: name.to_owned(),
            compression: self,
            offset,
            produced,
            fault,
        };
        let entry = Entry::only(file).map_err(|error| match error {
            ZipError::Damaged { offset, fault } => damaged(offset, 0, fault),
            ZipError::Other(looks_like) => {
                OpenError::NotADatabase { name: name.to_owned(), compression: Self::None, looks_like }
            }
        })?;
        spool::read(name, entry.content(), Some(entry.len), options).map_err(|failure| match failure {
            Failure::Image(Error::Stream { offset, source, .. }) => damaged(entry.offset, offset, Fault::of(&source)),
            failure => failure.into(),
        })
    }

    /// Decompresses a stream; `head` has its first bytes once more. A zip archive is left as it is, because its end is
    /// needed first.
    pub(super) fn decompress(
        self,
        name: &str,
        head: &[u8],
        input: impl BufRead,
        options: &OpenOptions,
    ) -> Result<Content, OpenError> {
        let mut input = Counted { inner: input, taken: 0, failed: false };
        let frame = Frame::of(head);
        let content = match self {
            Self::None | Self::Zip => spool::read(name, &mut input, None, options),
            Self::Gzip => spool::read(name, Members::new(&mut input), None, options),
            Self::Zstd => zstd_frames(&mut input, frame)
                .map_err(|source| Failure::Image(Error::Stream { label: name.to_owned(), offset: 0, source }))
                .and_then(|frames| spool::read(name, frames, frame.content, options)),
        };
        content.map_err(|failure| match failure {
            Failure::Image(Error::Stream { label, source, .. }) if is_window_too_large(&source) => {
                OpenError::WindowTooLarge { name: label, largest: LARGEST_WINDOW }
            }
            Failure::Image(Error::Stream { label, offset, source }) if !input.failed => OpenError::Compressed {
                name: label,
                compression: self,
                offset: input.taken,
                produced: offset,
                fault: Fault::of(&source),
            },
            failure => failure.into(),
        })
    }

    /// For the sentence about what is in a file.
    pub(super) fn inside(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Gzip => ", compressed with gzip",
            Self::Zstd => ", compressed with zstd",
            Self::Zip => ", in a zip archive",
        }
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "uncompressed",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Zip => "zip",
        })
    }
}

impl Fault {
    fn of(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::Truncated,
            _ => Self::Corrupt(error.to_string()),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => f.write_str("cut off"),
            Self::Corrupt(reason) => write!(f, "corrupt ({reason})"),
        }
    }
}

/// The largest zstd window that is held in memory, in bytes: as the tool `zstd` has it when it is not told otherwise.
const LARGEST_WINDOW: u64 = 1 << LARGEST_WINDOW_LOG;
const LARGEST_WINDOW_LOG: u32 = 27;

/// The header of the first zstd frame (RFC 8878, 3.1.1.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Frame {
    /// The window size in bytes: the farthest that content refers back.
    window: u64,
    /// The length of its content, where it is given.
    content: Option<u64>,
}

impl Frame {
    /// Reads it from `head`; zero and `None` when the file does not begin with a frame of content.
    fn of(head: &[u8]) -> Self {
        Self::parse(head).unwrap_or_default()
    }

    fn parse(head: &[u8]) -> Option<Self> {
        let rest = head.strip_prefix(b"\x28\xb5\x2f\xfd")?;
        let (&descriptor, rest) = rest.split_first()?;
        let is_single_segment = descriptor & 0x20 != 0;
        let (window, rest) = if is_single_segment {
            (None, rest)
        } else {
            let (&window, rest) = rest.split_first()?;
            let base = 1u64 << (10 + (window >> 3));
            (Some(base + base / 8 * u64::from(window & 7)), rest)
        };
        let dictionary_id = [0, 1, 2, 4][usize::from(descriptor & 3)];
        let len = [usize::from(is_single_segment), 2, 4, 8][usize::from(descriptor >> 6)];
        let field = rest.get(dictionary_id..)?.get(..len)?;
        let value = field.iter().rev().fold(0, |value, byte| (value << 8) | u64::from(*byte));
        let content = match len {
            0 => None,
            // This form begins where the one of one byte ends.
            2 => Some(value + 256),
            _ => Some(value),
        };
        Some(Self { window: window.or(content)?, content })
    }
}

/// Decompresses consecutive frames as one stream.
///
/// The decoder takes memory for the window as content fills it. A frame with a larger window than is held in memory is
/// read as long as its content is no longer than that.
fn zstd_frames<R: BufRead>(input: R, first: Frame) -> io::Result<impl Read> {
    const LARGEST: u32 = if usize::BITS == 32 { 30 } else { 31 };
    let mut frames = zstd::Decoder::with_buffer(input)?;
    let is_large = first.window > LARGEST_WINDOW;
    frames.window_log_max(if is_large { LARGEST } else { LARGEST_WINDOW_LOG })?;
    Ok(Windowed { frames, left: if is_large { LARGEST_WINDOW } else { u64::MAX } })
}

/// A reader that limits the content of a frame with a large window, because all of it is in memory while it is
/// decompressed.
struct Windowed<R> {
    frames: R,
    left: u64,
}

impl<R: Read> Read for Windowed<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.frames.read(into)?;
        self.left = self.left.checked_sub(count as u64).ok_or_else(|| io::Error::other(window_too_large()))?;
        Ok(count)
    }
}

/// The text of the decoder's error for a window that is larger than allowed.
fn window_too_large() -> &'static str {
    /// `ZSTD_error_frameParameter_windowTooLarge`, which the library returns negated.
    const WINDOW_TOO_LARGE: usize = 16;
    zstd::zstd_safe::get_error_name(0usize.wrapping_sub(WINDOW_TOO_LARGE))
}

fn is_window_too_large(error: &io::Error) -> bool {
    error.to_string() == window_too_large()
}

/// The members of a gzip file one after another, as one stream.
struct Members<R> {
    /// `None` only while one member is exchanged for the next.
    member: Option<GzDecoder<R>>,
}

impl<R: BufRead> Members<R> {
    fn new(input: R) -> Self {
        Self { member: Some(GzDecoder::new(input)) }
    }

    /// Goes on to the next member; `false` at the end of the file.
    fn next(&mut self) -> io::Result<bool> {
        let Some(mut input) = self.member.take().map(GzDecoder::into_inner) else {
            return Ok(false);
        };
        let padding = skip_zeros(&mut input)?;
        if input.fill_buf()?.is_empty() {
            return Ok(false);
        }
        if padding > 0 {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "something follows the padding after the last member",
            ));
        }
        self.member = Some(GzDecoder::new(input));
        Ok(true)
    }
}

impl<R: BufRead> Read for Members<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            let count = member.read(into)?;
            if count > 0 || into.is_empty() || !self.next()? {
                return Ok(count);
            }
        }
        Ok(0)
    }
}

/// Tells how many zero bytes it skipped.
fn skip_zeros(input: &mut impl BufRead) -> io::Result<u64> {
    let mut skipped = 0;
    loop {
        let zeros = input.fill_buf()?.iter().take_while(|&&byte| byte == 0).count();
        if zeros == 0 {
            return Ok(skipped);
        }
        input.consume(zeros);
        skipped += zeros as u64;
    }
}

/// Input that remembers how far it was taken, and whether it was the input that failed and not its decoder.
struct Counted<R> {
    inner: R,
    taken: u64,
    failed: bool,
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let Self { inner, failed, .. } = self;
        inner.fill_buf().inspect_err(|error| *failed = error.kind() != io::ErrorKind::Interrupted)
    }

    fn consume(&mut self, amount: usize) {
        self.inner.consume(amount);
        self.taken += amount as u64;
    }
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(into)?;
        self.consume(count);
        Ok(count)
    }
}
