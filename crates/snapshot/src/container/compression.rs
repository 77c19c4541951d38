//! gzip and zstd, told by their magic and never by a file's name, undone once.
//!
//! Backup jobs compress in different ways, so all that the tools `gzip` and `zstd` read is read: several members or frames
//! one after another, skippable frames, windows of any size, and zero bytes after the last member.

use std::fmt;
use std::io::{self, BufRead, Read};

use etcdsnap_image::{Error, Image};
use flate2::bufread::GzDecoder;

use super::error::OpenError;

/// How a file is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstd,
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
    /// How many bytes [`Compression::of`] looks at.
    pub(super) const MAGIC_LEN: u64 = 4;

    /// Told by the first bytes of a file.
    pub(super) fn of(bytes: &[u8]) -> Self {
        match bytes {
            [0x1f, 0x8b, 8, ..] => Self::Gzip,
            // A zstd frame, or a skippable one, as pzstd puts in front.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            _ => Self::None,
        }
    }

    /// `none`, `gzip` or `zstd`, for machines.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    /// The content of `input`, at most `limit` bytes of it.
    pub(super) fn decompress(self, name: &str, input: impl BufRead, limit: u64) -> Result<Image, OpenError> {
        let mut input = Counted { inner: input, taken: 0, failed: false };
        let image = match self {
            Self::None => Image::from_reader(name, &mut input, limit),
            Self::Gzip => Image::from_reader(name, Members::new(&mut input), limit),
            Self::Zstd => zstd_frames(&mut input)
                .map_err(|source| Error::Stream { label: name.to_owned(), offset: 0, source })
                .and_then(|frames| Image::from_reader(name, frames, limit)),
        };
        image.map_err(|error| match error {
            Error::Stream { label, offset, source } if !input.failed => OpenError::Compressed {
                name: label,
                compression: self,
                offset: input.taken,
                produced: offset,
                fault: Fault::of(&source),
            },
            error => error.into(),
        })
    }

    /// For the sentence about what is in a file.
    pub(super) fn inside(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Gzip => ", compressed with gzip",
            Self::Zstd => ", compressed with zstd",
        }
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "uncompressed",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
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

/// Frames of any window size. The decoder touches window memory only as content fills it.
fn zstd_frames<R: BufRead>(input: R) -> io::Result<zstd::Decoder<'static, R>> {
    const LARGEST_WINDOW: u32 = if usize::BITS == 32 { 30 } else { 31 };
    let mut frames = zstd::Decoder::with_buffer(input)?;
    frames.window_log_max(LARGEST_WINDOW)?;
    Ok(frames)
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
