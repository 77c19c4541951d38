//! [`Builder`]: builds a new file from elements in key order and writes it to a sink.

use std::io::{self, Seek, SeekFrom, Write};

use super::bytes::meta_page;
use super::element::{Element, ElementError};
use super::error::BuildError;
use super::options::{BuildOptions, FreelistMode};
use super::page_writer::PageWriter;
use super::tree_builder::TreeBuilder;
use crate::format::{BUCKET_FLAG, NO_FREELIST, PageKind};
use crate::meta::Meta;

/// Bytes of pages that are collected before they are written.
const WRITE_SIZE: usize = 512 << 10;

/// The sizes of a file that was built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Built {
    /// First page id that is not used.
    pub high_water_mark: u64,
    /// Bytes of the file: the high-water mark times the page size.
    pub size: u64,
    /// Root page of the root bucket.
    pub root: u64,
}

/// Builds a file from elements in key order; see the [module](super).
///
/// Needs memory for the largest page, and for half a megabyte of pages that wait to be written. After an error the output is
/// unusable and the builder should be dropped.
#[derive(Debug)]
pub struct Builder<W> {
    sink: W,
    options: BuildOptions,
    pages: PageWriter,
    /// The innermost bucket that is open.
    bucket: OpenBucket,
}

#[derive(Debug)]
struct OpenBucket {
    name: Box<[u8]>,
    tree: TreeBuilder,
    /// Its last key; empty before the first.
    last_key: Vec<u8>,
}

impl<W: Write + Seek> Builder<W> {
    /// Makes a builder that writes to `sink` from byte 0 on. The root bucket is open.
    pub fn new(mut sink: W, options: &BuildOptions) -> Result<Self, BuildError> {
        options.validate()?;
        let offset = 2 * u64::from(options.page_size);
        sink.seek(SeekFrom::Start(offset)).map_err(|source| BuildError::Write { offset, source })?;
        let pages = PageWriter::new(options.order, options.page_size, 2);
        let bucket = OpenBucket::new(&[], options);
        Ok(Self { sink, options: *options, pages, bucket })
    }

    /// Adds a key with a value to the open bucket. Keys must ascend.
    #[inline]
    pub fn put(&mut self, key: &[u8], value: &[u8]) -> Result<(), BuildError> {
        self.element(0, key, value)
    }

    /// Adds a bucket to the open bucket: opens it, calls `fill` to add its elements, and closes it. The names of buckets
    /// and the keys of values of one bucket must ascend together.
    pub fn bucket<E: From<BuildError>>(
        &mut self,
        name: &[u8],
        sequence: u64,
        fill: impl FnOnce(&mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        self.bucket.admit(BUCKET_FLAG, name, &[])?;
        let outer = std::mem::replace(&mut self.bucket, OpenBucket::new(name, &self.options));
        let filled = fill(self);
        let inner = std::mem::replace(&mut self.bucket, outer);
        filled?;
        let value = inner.tree.finish(&mut self.pages).value(self.options.order, sequence);
        Ok(self.element(BUCKET_FLAG, name, &value)?)
    }

    /// Adds an element to the open bucket, and writes the pages that are complete when they are many.
    #[inline]
    fn element(&mut self, flags: u32, key: &[u8], value: &[u8]) -> Result<(), BuildError> {
        let bucket = &mut self.bucket;
        let element = bucket.admit(flags, key, value)?;
        bucket.last_key.clear();
        bucket.last_key.extend_from_slice(key);
        bucket.tree.put(&element, &mut self.pages);
        if self.pages.bytes().len() >= WRITE_SIZE { self.write_pages() } else { Ok(()) }
    }

    /// Writes the remaining pages and the metas.
    pub fn finish(mut self) -> Result<Built, BuildError> {
        let root_bucket = std::mem::replace(&mut self.bucket, OpenBucket::new(&[], &self.options));
        let root = root_bucket.tree.finish_pages(&mut self.pages);
        let freelist = match self.options.freelist {
            FreelistMode::None => NO_FREELIST,
            FreelistMode::Empty => self.pages.empty_freelist(),
        };
        self.write_pages()?;
        let high_water_mark = self.pages.next();
        self.write_metas(root, freelist, high_water_mark).map_err(|source| BuildError::Write { offset: 0, source })?;
        Ok(Built { high_water_mark, size: high_water_mark * u64::from(self.options.page_size), root })
    }

    fn write_pages(&mut self) -> Result<(), BuildError> {
        let bytes = self.pages.bytes();
        self.sink.write_all(bytes).map_err(|source| {
            let end = self.pages.next() * u64::from(self.options.page_size);
            BuildError::Write { offset: end - bytes.len() as u64, source }
        })?;
        self.pages.clear(2 * WRITE_SIZE.max(self.options.page_size as usize));
        Ok(())
    }

    /// Writes both metas as they are in a snapshot (`docs/format/bbolt.md#twin-metas`).
    fn write_metas(&mut self, root: u64, freelist: u64, high_water_mark: u64) -> io::Result<()> {
        let BuildOptions { page_size, order, txid, sequence, .. } = self.options;
        self.sink.seek(SeekFrom::Start(0))?;
        for (slot, txid) in [(0, txid), (1, txid - 1)] {
            self.sink.write_all(&meta_page(&Meta {
                slot,
                order,
                page_size,
                flags: 0,
                root,
                sequence,
                freelist,
                high_water_mark,
                txid,
                checksum: 0,
                header_id: slot.into(),
                header_kind: PageKind::Meta,
            }))?;
        }
        self.sink.flush()
    }
}

impl OpenBucket {
    fn new(name: &[u8], options: &BuildOptions) -> Self {
        let limit = u64::from(options.page_size) * u64::from(options.fill_percent) / 100;
        let limit = u32::try_from(limit).unwrap_or(options.page_size);
        Self { name: name.into(), tree: TreeBuilder::new(limit), last_key: Vec::new() }
    }

    /// The element with this key and value, if it may be written and its key is above the key before it.
    #[inline]
    fn admit<'e>(&self, flags: u32, key: &'e [u8], value: &'e [u8]) -> Result<Element<'e>, BuildError> {
        let element = Element::new(flags, key, value).map_err(|source| self.refuse(key, source))?;
        if key > self.last_key.as_slice() { Ok(element) } else { Err(self.disorder(key)) }
    }

    #[cold]
    fn refuse(&self, key: &[u8], source: ElementError) -> BuildError {
        BuildError::Element { bucket: self.name.clone(), key: key.get(..64).unwrap_or(key).into(), source }
    }

    #[cold]
    fn disorder(&self, key: &[u8]) -> BuildError {
        BuildError::KeyOrder { bucket: self.name.clone(), key: key.into(), previous: self.last_key.as_slice().into() }
    }
}
