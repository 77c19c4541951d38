//! An opened file: its chosen meta, and pages by id.

use etcdsnap_checksum::touch;

use crate::bucket::{Bucket, Root};
use crate::format::{ByteOrder, NO_FREELIST, PAGE_HEADER, PAGE_SIZES};
use crate::meta::{self, Meta, MetaError};
use crate::page::Page;

/// A bbolt file over borrowed bytes. Opening it looks at the metas only; everything else is read when asked for.
#[derive(Clone, Copy, Debug)]
pub struct Db<'a> {
    bytes: &'a [u8],
    page_size: u32,
    meta: Meta,
    metas: [Result<Meta, MetaError>; 2],
}

/// Why no meta could be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DbOpenError {
    /// Both metas are bad.
    #[error("no usable meta page: meta 0: {}, meta 1: {}", metas[0], metas[1])]
    NoMeta {
        /// What is wrong with each.
        metas: [MetaError; 2],
        /// The page size at which most page headers name their own position; a guess, in bytes.
        page_size_guess: u32,
    },
    /// A meta is valid, but the page size it names cannot be true.
    #[error("meta {slot} is valid but says the page size is {page_size} bytes, which cannot be true")]
    PageSize {
        /// The meta.
        slot: u8,
        /// Its page size in bytes.
        page_size: u32,
    },
}

impl<'a> Db<'a> {
    /// Opens a file given as its bytes, without a snapshot's trailing SHA-256.
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

    /// The meta in force.
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// Both metas as they were read.
    pub fn metas(&self) -> &[Result<Meta, MetaError>; 2] {
        &self.metas
    }

    /// Was the freelist written to the file?
    pub fn has_freelist(&self) -> bool {
        self.meta.freelist != NO_FREELIST
    }

    /// Whole and partial pages that the file has bytes for.
    pub fn pages_in_file(&self) -> u64 {
        (self.bytes.len() as u64).div_ceil(u64::from(self.page_size))
    }

    /// Bytes up to the high-water mark, which is what etcd calls the size of the database; saturates on nonsense.
    pub fn size(&self) -> u64 {
        self.meta.high_water_mark.saturating_mul(u64::from(self.page_size))
    }

    /// The page at position `id`, whatever it holds; `None` when the file ends before its header does.
    #[inline]
    pub fn page(&self, id: u64) -> Option<Page<'a>> {
        let offset = id.checked_mul(u64::from(self.page_size))?;
        let rest = self.bytes.get(usize::try_from(offset).ok()?..)?;
        let mut page = Page::parse(rest, self.order(), Some(id), offset)?;
        let run = (u64::from(page.overflow) + 1) * u64::from(self.page_size);
        page.run = rest.get(..usize::try_from(run).unwrap_or(usize::MAX)).unwrap_or(rest);
        Some(page)
    }

    /// Has the processor fetch a page that is about to be looked at, but not the pages it overflows to.
    pub fn touch(&self, id: u64) {
        let size = self.page_size as usize;
        let start = usize::try_from(id).unwrap_or(usize::MAX).saturating_mul(size);
        if let Some(page) = self.bytes.get(start..start.saturating_add(size)) {
            touch(page);
        }
    }

    /// The bucket that holds all others.
    pub fn root(&self) -> Bucket<'a> {
        Bucket { db: *self, root: Root::Page(self.meta.root), sequence: self.meta.sequence }
    }

    /// Byte offset of a slice that was taken out of this file; 0 for a foreign one.
    pub(crate) fn offset_of(&self, part: &[u8]) -> u64 {
        (part.as_ptr().addr().saturating_sub(self.bytes.as_ptr().addr())) as u64
    }
}

/// The page size at which most pages name their own position. Only used to say something about a file without metas.
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
