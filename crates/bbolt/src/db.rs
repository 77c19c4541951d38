//! [`Db`]: an opened file, with the meta in force and access to pages by id.

use etcdsnap_checksum::touch;

use crate::bucket::{Bucket, Root};
use crate::format::{ByteOrder, NO_FREELIST, PAGE_HEADER, PAGE_SIZES};
use crate::meta::{self, Meta, MetaError};
use crate::page::Page;

/// A bbolt file in borrowed bytes. Opening it reads only the metas; everything else is read on demand.
#[derive(Clone, Copy, Debug)]
pub struct Db<'a> {
    bytes: &'a [u8],
    page_size: u32,
    meta: Meta,
    metas: [Result<Meta, MetaError>; 2],
}

/// Why a file cannot be opened: no meta can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DbOpenError {
    /// Both metas are invalid.
    #[error("no usable meta page: meta 0: {}, meta 1: {}", metas[0], metas[1])]
    NoMeta {
        /// What is wrong with each.
        metas: [MetaError; 2],
        /// The page size in bytes for which most page headers have the right id; a guess.
        page_size_guess: u32,
    },
    /// A meta is valid, but its page size is impossible.
    #[error("meta {slot} is valid but says the page size is {page_size} bytes, which is impossible")]
    PageSize {
        /// The meta.
        slot: u8,
        /// Its page size in bytes.
        page_size: u32,
    },
}

impl<'a> Db<'a> {
    /// Opens a file given as bytes; the SHA-256 at the end of a snapshot must not be among them.
    pub fn open(bytes: &'a [u8]) -> Result<Self, DbOpenError> {
        let Some(page_size) = meta::detect_page_size(bytes) else {
            let guess = guess_page_size(bytes);
            return Err(match Meta::parse(bytes, 0, 0) {
                Ok(meta) => DbOpenError::PageSize { slot: 0, page_size: meta.page_size },
                Err(zero) => {
                    let one = Meta::parse(bytes, 1, u64::from(guess)).err().unwrap_or(MetaError::Truncated);
                    DbOpenError::NoMeta { metas: [zero, one], page_size_guess: guess }
                }
            });
        };
        let metas = [Meta::parse(bytes, 0, 0), Meta::parse(bytes, 1, u64::from(page_size))];
        let Some(meta) = meta::choose(&metas) else {
            let metas = metas.map(|meta| meta.err().unwrap_or(MetaError::Truncated));
            return Err(DbOpenError::NoMeta { metas, page_size_guess: page_size });
        };
        Ok(Self { bytes, page_size, meta, metas })
    }

    /// The bytes it was opened on.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Page size in bytes.
    pub fn page_size(&self) -> u32 {
        self.page_size
    }

    /// Byte order of all integers.
    pub fn order(&self) -> ByteOrder {
        self.meta.order
    }

    /// The meta in force: the valid one with the higher transaction id.
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// Both metas as they were read.
    pub fn metas(&self) -> &[Result<Meta, MetaError>; 2] {
        &self.metas
    }

    /// Does the file have a freelist page?
    pub fn has_freelist(&self) -> bool {
        self.meta.freelist != NO_FREELIST
    }

    /// Number of pages that the file has bytes for, including a partial last one.
    pub fn pages_in_file(&self) -> u64 {
        (self.bytes.len() as u64).div_ceil(u64::from(self.page_size))
    }

    /// Bytes up to the high-water mark, which etcd calls the size of the database; saturates when the mark is impossibly
    /// high.
    pub fn size(&self) -> u64 {
        self.meta.high_water_mark.saturating_mul(u64::from(self.page_size))
    }

    /// The page with this id, whatever its content; `None` when the file ends before the end of its header.
    #[inline]
    pub fn page(&self, id: u64) -> Option<Page<'a>> {
        let offset = id.checked_mul(u64::from(self.page_size))?;
        let rest = self.bytes.get(usize::try_from(offset).ok()?..)?;
        let mut page = Page::parse(rest, self.order(), Some(id), offset)?;
        let run = (u64::from(page.overflow) + 1) * u64::from(self.page_size);
        page.run = rest.get(..usize::try_from(run).unwrap_or(usize::MAX)).unwrap_or(rest);
        Some(page)
    }

    /// Prefetches the first page of a run into the processor's cache, for a caller that reads it next.
    pub fn touch(&self, id: u64) {
        let size = self.page_size as usize;
        let start = usize::try_from(id).unwrap_or(usize::MAX).saturating_mul(size);
        if let Some(page) = self.bytes.get(start..start.saturating_add(size)) {
            touch(page);
        }
    }

    /// The root bucket, which contains all other buckets.
    pub fn root(&self) -> Bucket<'a> {
        Bucket { db: *self, root: Root::Page(self.meta.root), sequence: self.meta.sequence }
    }

    /// Byte offset in the file of a slice of its bytes; 0 for any other slice.
    pub(crate) fn offset_of(&self, part: &[u8]) -> u64 {
        (part.as_ptr().addr().saturating_sub(self.bytes.as_ptr().addr())) as u64
    }
}

/// The page size for which most page headers have the right id; used only to describe a file without a valid meta.
fn guess_page_size(bytes: &[u8]) -> u32 {
    const PAGES_TRIED: usize = 4096;
    let score = |size: u32| {
        let pages = bytes.chunks_exact(size as usize).enumerate().skip(2).take(PAGES_TRIED);
        let honest = |(position, page): &(usize, &[u8])| {
            [ByteOrder::Little, ByteOrder::Big].iter().any(|order| {
                let header = Page::parse(page.get(..PAGE_HEADER).unwrap_or_default(), *order, None, 0);
                header.is_some_and(|page| {
                    page.id == *position as u64 && !matches!(page.kind, crate::format::PageKind::Unknown(_))
                })
            })
        };
        pages.filter(honest).count()
    };
    let sizes = std::iter::successors(Some(*PAGE_SIZES.start()), |size| size.checked_mul(2));
    let best = sizes.take_while(|size| PAGE_SIZES.contains(size)).max_by_key(|size| (score(*size), *size == 4096));
    best.unwrap_or(4096)
}
