//! Decompresses gzip, zstd and zip, one layer, recognised by the magic and never by a file's name.
//!
//! Backup jobs compress in different ways, so all that the tools `gzip` and `zstd` read is read: several members or frames
//! one after another, skippable frames, windows of any size, and zero bytes after the last member.

use std::fmt;
use std::io::{self, BufRead, Read};

use etcdsnap_image::ImageError;
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
    /// It is whole, and other bytes than zeros follow it.
    Followed,
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

    /// Can a member or frame begin with these bytes, of which there may be few?
    fn could_begin(self, head: &[u8]) -> bool {
        let agrees = |magic: &[u8]| head.iter().zip(magic).all(|(byte, expected)| byte == expected);
        match (self, head) {
            (Self::Gzip, _) => agrees(b"\x1f\x8b\x08"),
            (Self::Zstd, [first @ 0x50..=0x5f, ..]) => agrees(&[*first, 0x2a, 0x4d, 0x18]),
            (Self::Zstd, _) => agrees(b"\x28\xb5\x2f\xfd"),
            (Self::None | Self::Zip, _) => false,
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
            Failure::Image(ImageError::Stream { offset, source, .. }) => {
                damaged(entry.offset, offset, Fault::of(&source))
            }
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
            Self::Gzip => spool::read(name, gzip_members(&mut input), None, options),
            Self::Zstd => spool::read(name, zstd_frames(&mut input, frame), frame.content, options),
        };
        content.map_err(|failure| match failure {
            Failure::Image(ImageError::Stream { label, source, .. }) if is_window_too_large(&source) => {
                OpenError::WindowTooLarge { name: label, largest: LARGEST_WINDOW }
            }
            Failure::Image(ImageError::Stream { label, offset, source }) if !input.failed => OpenError::Compressed {
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
            _ if matches!(error.get_ref(), Some(source) if source.is::<Followed>()) => Self::Followed,
            _ => Self::Corrupt(error.to_string()),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => f.write_str("cut off"),
            Self::Corrupt(reason) => write!(f, "corrupt ({reason})"),
            Self::Followed => Followed.fmt(f),
        }
    }
}

/// The error of a reader that finds other bytes than zeros after a compressed file.
#[derive(Debug, thiserror::Error)]
#[error("followed by bytes that do not belong to it")]
struct Followed;

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
fn zstd_frames<R: BufRead>(input: R, first: Frame) -> impl Read {
    const LARGEST: u32 = if usize::BITS == 32 { 30 } else { 31 };
    let is_large = first.window > LARGEST_WINDOW;
    let window_log = if is_large { LARGEST } else { LARGEST_WINDOW_LOG };
    let begin = move |input| {
        let mut frame = zstd::Decoder::with_buffer(input)?.single_frame();
        frame.window_log_max(window_log)?;
        Ok(frame)
    };
    let frames = Parts { state: State::Between(input), compression: Compression::Zstd, begin };
    Windowed { frames, left: if is_large { LARGEST_WINDOW } else { u64::MAX } }
}

/// Decompresses consecutive members as one stream.
fn gzip_members<R: BufRead>(input: R) -> impl Read {
    Parts { state: State::Between(input), compression: Compression::Gzip, begin: |input| Ok(GzDecoder::new(input)) }
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

/// The decoder of one member of a gzip file or of one frame of a zstd file.
trait Part<R>: Read {
    /// What it has not read.
    fn into_input(self) -> R;
}

impl<R: BufRead> Part<R> for GzDecoder<R> {
    fn into_input(self) -> R {
        self.into_inner()
    }
}

impl<R: BufRead> Part<R> for zstd::Decoder<'static, R> {
    fn into_input(self) -> R {
        self.finish()
    }
}

/// The members or frames of a file one after another, as one stream. Zero bytes may follow the last one.
struct Parts<R, P, B> {
    state: State<R, P>,
    compression: Compression,
    /// Begins to decode one.
    begin: B,
}

/// How far the parts are read.
enum State<R, P> {
    /// Before a part, or after the last one.
    Between(R),
    /// In a part.
    Within(P),
    /// At the end, or after an error.
    Done,
}

impl<R: BufRead, P: Part<R>, B: Fn(R) -> io::Result<P>> Parts<R, P, B> {
    /// Begins with the next part, if there is one.
    fn next(&mut self, mut input: R) -> io::Result<()> {
        let padding = skip_zeros(&mut input)?;
        let head = input.fill_buf()?;
        if head.is_empty() {
            return Ok(());
        }
        if padding > 0 || !self.compression.could_begin(head) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, Followed));
        }
        self.state = State::Within((self.begin)(input)?);
        Ok(())
    }
}

impl<R: BufRead, P: Part<R>, B: Fn(R) -> io::Result<P>> Read for Parts<R, P, B> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            match std::mem::replace(&mut self.state, State::Done) {
                State::Between(input) => self.next(input)?,
                State::Within(mut part) => {
                    let read = part.read(into);
                    let is_interrupted = read.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::Interrupted);
                    let goes_on = into.is_empty() || is_interrupted || read.as_ref().is_ok_and(|count| *count > 0);
                    self.state = match (goes_on, &read) {
                        (true, _) => State::Within(part),
                        (false, Ok(_)) => State::Between(part.into_input()),
                        (false, Err(_)) => State::Done,
                    };
                    if goes_on || read.is_err() {
                        return read;
                    }
                }
                State::Done => return Ok(0),
            }
        }
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
