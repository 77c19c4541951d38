//! Reads zip archives of one file, as k3s and RKE2 compress their snapshots (APPNOTE.TXT of PKWARE, version 6.3.10).
//!
//! The central directory at the end of an archive, here the list of entries, says where each begins, how long it is and
//! its CRC-32. So an archive whose end is missing is cut off, and one is read only when all of it is there.

use std::io::{self, ErrorKind, Read};

use crc32fast::Hasher;
use etcdsnap_checksum::is_zero;
use etcdsnap_quantity::quantity;
use flate2::bufread::DeflateDecoder;

use super::compression::Fault;
use super::foreign::{ArchiveNames, Foreign};

/// Signature of the end of central directory record, which only a comment follows.
const END: &[u8] = b"PK\x05\x06";
const END_LEN: usize = 22;
const LONGEST_COMMENT: usize = u16::MAX as usize;
/// Signature of the zip64 end of central directory locator, which precedes that record when a number does not fit into
/// it.
const LOCATOR: &[u8] = b"PK\x06\x07";
const LOCATOR_LEN: usize = 20;
/// Signature of the zip64 end of central directory record.
const WIDE_END: &[u8] = b"PK\x06\x06";
/// Signature of a central directory file header, an item of the list.
const ITEM: &[u8] = b"PK\x01\x02";
const ITEM_LEN: usize = 46;
/// Signature of a local file header, which precedes the content of an entry.
const ENTRY: &[u8] = b"PK\x03\x04";
const ENTRY_LEN: usize = 30;
/// The value of a 32-bit field with a number that only the zip64 extra field can hold.
const WIDER: u64 = u32::MAX as u64;

/// Why no content could be found in an archive.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ZipError {
    /// The archive is damaged at this byte.
    Damaged { offset: u64, fault: Fault },
    /// It is whole, but it does not hold one file that can be read.
    Other(Foreign),
}

/// The one file in an archive.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'a> {
    /// Where its content begins in the archive.
    pub offset: u64,
    /// Its length when decompressed.
    pub len: u64,
    data: &'a [u8],
    is_deflated: bool,
    crc32: u32,
}

/// An item of the list.
struct Item<'a> {
    is_encrypted: bool,
    method: u64,
    crc32: u32,
    packed_len: u64,
    len: u64,
    entry: u64,
    name: &'a [u8],
}

/// Is there an end of central directory record? Without one the archive is cut off.
pub(super) fn has_end(bytes: &[u8]) -> bool {
    find_end(bytes).is_some() || find_followed_end(bytes).is_some()
}

impl<'a> Entry<'a> {
    /// Finds the one file in an archive.
    pub(super) fn only(bytes: &'a [u8]) -> Result<Self, ZipError> {
        let Some(end) = find_end(bytes) else {
            return match find_followed_end(bytes) {
                Some(end) if is_zero(&bytes[end..]) => Self::only(&bytes[..end]),
                Some(end) => Err(ZipError::Damaged { offset: end as u64, fault: Fault::Followed }),
                None => Err(ZipError::Damaged { offset: bytes.len() as u64, fault: Fault::Truncated }),
            };
        };
        let list = list(bytes, end).ok_or_else(|| damaged(end as u64, "its end names no list of entries"))?;
        let mut only = None;
        let mut names = ArchiveNames::default();
        let mut at = list;
        // Every item is at least 46 bytes long, so the list ends.
        while bytes.get(at..).is_some_and(|rest| rest.starts_with(ITEM)) {
            let (item, next) =
                item(bytes, at).ok_or_else(|| damaged(at as u64, "an item of its list of entries is cut off"))?;
            at = next;
            if item.is_file() {
                names.push(item.name);
                only = Some(item);
            }
        }
        match only {
            Some(item) if names.count() == 1 => Self::at(bytes, &item),
            None => Err(ZipError::Other(Foreign::Archive("zip"))),
            Some(_) => Err(ZipError::Other(Foreign::Members { format: "zip", names, backup: None })),
        }
    }

    fn at(bytes: &'a [u8], item: &Item<'_>) -> Result<Self, ZipError> {
        if item.is_encrypted {
            return Err(ZipError::Other(Foreign::Encrypted("zip")));
        }
        if !matches!(item.method, 0 | 8) {
            return Err(ZipError::Other(Foreign::Compressed("zip by another method than deflate")));
        }
        let contradiction = || damaged(item.entry, "no entry where its list names one");
        let start = usize::try_from(item.entry).map_err(|_| contradiction())?;
        let header = bytes.get(start..).filter(|rest| rest.starts_with(ENTRY)).ok_or_else(contradiction)?;
        let (name, extra) = (number(header, 26, 2), number(header, 28, 2));
        let lengths = name.zip(extra).and_then(|(name, extra)| usize::try_from(name + extra).ok());
        let data = start + ENTRY_LEN + lengths.ok_or_else(contradiction)?;
        let len = usize::try_from(item.packed_len).ok();
        let packed = len.and_then(|len| bytes.get(data..)?.get(..len));
        let packed = packed.ok_or_else(|| damaged(item.entry, "the entry is longer than the file"))?;
        let is_deflated = item.method == 8;
        Ok(Self { offset: data as u64, len: item.len, data: packed, is_deflated, crc32: item.crc32 })
    }

    /// The content, whose length and CRC-32 are compared at its end.
    pub(super) fn content(self) -> impl Read + use<'a> {
        let packed: Box<dyn Read + 'a> =
            if self.is_deflated { Box::new(DeflateDecoder::new(self.data)) } else { Box::new(self.data) };
        Checked { packed, hasher: Hasher::new(), len: 0, wanted: (self.crc32, self.len) }
    }
}

impl Item<'_> {
    /// Is it a file of the user, and not a folder, the metadata that macOS adds, or the state that RKE puts beside a
    /// snapshot?
    fn is_file(&self) -> bool {
        let Self { name, .. } = self;
        !name.ends_with(b"/") && !name.starts_with(b"__MACOSX/") && !name.ends_with(b".rkestate")
    }
}

fn damaged(offset: u64, reason: &str) -> ZipError {
    ZipError::Damaged { offset, fault: Fault::Corrupt(reason.to_owned()) }
}

/// A little-endian number of `len` bytes at `at`.
fn number(bytes: &[u8], at: usize, len: usize) -> Option<u64> {
    let field = bytes.get(at..)?.get(..len)?;
    Some(field.iter().rev().fold(0, |value, byte| (value << 8) | u64::from(*byte)))
}

/// Where an archive ends that other bytes follow: the end of its last end of central directory record which leads to a
/// list of entries. Zeros at the end of the file are passed over, and as much is looked at before them as at the end of an
/// archive.
fn find_followed_end(bytes: &[u8]) -> Option<usize> {
    let last = bytes.iter().rposition(|byte| *byte != 0)?;
    let first = last.saturating_sub(END_LEN + LONGEST_COMMENT);
    (first..=last).rev().filter(|at| bytes[*at..].starts_with(END)).find_map(|at| {
        let comment = usize::try_from(number(bytes, at + 20, 2)?).ok()?;
        let end = at.checked_add(END_LEN + comment).filter(|end| *end <= bytes.len())?;
        let leads_to_list = list(bytes, at).is_some_and(|start| bytes[start..].starts_with(ITEM));
        leads_to_list.then_some(end)
    })
}

/// Offset of the end of central directory record: the last place with its signature and a comment that ends with the
/// file.
fn find_end(bytes: &[u8]) -> Option<usize> {
    let last = bytes.len().checked_sub(END_LEN)?;
    let first = last.saturating_sub(LONGEST_COMMENT);
    (first..=last).rev().find(|&at| {
        let comment = number(bytes, at + 20, 2);
        bytes[at..].starts_with(END) && comment == Some((last - at) as u64)
    })
}

/// Offset of the first item of the list.
fn list(bytes: &[u8], end: usize) -> Option<usize> {
    let start = number(bytes, end + 16, 4)?;
    if start != WIDER {
        return usize::try_from(start).ok().filter(|start| *start <= end);
    }
    let locator = bytes.get(end.checked_sub(LOCATOR_LEN)?..end)?.strip_prefix(LOCATOR)?;
    let wide = usize::try_from(number(locator, 4, 8)?).ok()?;
    let wide = bytes.get(wide..end)?.strip_prefix(WIDE_END)?;
    usize::try_from(number(wide, 44, 8)?).ok().filter(|start| *start <= end)
}

/// Reads the item at `at`; returns it with the offset of the next one.
fn item(bytes: &[u8], at: usize) -> Option<(Item<'_>, usize)> {
    let fixed = bytes.get(at..)?.get(..ITEM_LEN)?;
    let short = |at| number(fixed, at, 2).and_then(|len| usize::try_from(len).ok());
    let (name, extra, comment) = (short(28)?, short(30)?, short(32)?);
    let start = at + ITEM_LEN;
    let fields = bytes.get(start + name..)?.get(..extra)?;
    let mut wide = wide_numbers(fields);
    // Only the numbers that do not fit their field stand in the extra one, in this order.
    let mut wider = |at| {
        let value = number(fixed, at, 4)?;
        if value == WIDER {
            let (first, rest) = wide.split_at_checked(8)?;
            wide = rest;
            return number(first, 0, 8);
        }
        Some(value)
    };
    let (len, packed_len, entry) = (wider(24)?, wider(20)?, wider(42)?);
    let item = Item {
        is_encrypted: number(fixed, 8, 2)? & 1 != 0,
        method: number(fixed, 10, 2)?,
        crc32: u32::try_from(number(fixed, 16, 4)?).ok()?,
        packed_len,
        len,
        entry,
        name: bytes.get(start..start + name)?,
    };
    Some((item, start + name + extra + comment))
}

/// The extra field of zip64, empty when there is none.
fn wide_numbers(mut fields: &[u8]) -> &[u8] {
    // Every field is at least 4 bytes long.
    while let (Some(id), Some(len)) = (number(fields, 0, 2), number(fields, 2, 2)) {
        let Some(value) = usize::try_from(len).ok().and_then(|len| fields.get(4..)?.get(..len)) else { break };
        if id == 1 {
            return value;
        }
        fields = &fields[4 + value.len()..];
    }
    &[]
}

/// A reader that fails at the end of the content unless length and CRC-32 are those in the list of entries.
struct Checked<R> {
    packed: R,
    hasher: Hasher,
    len: u64,
    wanted: (u32, u64),
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.packed.read(into)?;
        self.hasher.update(&into[..count]);
        self.len += count as u64;
        let (crc32, len) = self.wanted;
        if count > 0 || into.is_empty() {
            return Ok(count);
        }
        let found = self.hasher.clone().finalize();
        let wrong = match () {
            () if self.len != len => format!("its content has {} instead of {len}", quantity(self.len, "byte")),
            () if found != crc32 => format!("the CRC-32 of its content is {found:08x} instead of {crc32:08x}"),
            () => return Ok(0),
        };
        Err(io::Error::new(ErrorKind::InvalidData, wrong))
    }
}
