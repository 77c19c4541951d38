//! Building a whole file from the bottom up: from elements in key order to packed pages, in one pass.
//!
//! ```text
//!               root                    A bucket is a tree whose right edge alone is in memory: the leaf being filled and
//!             /      \                  one open branch a level. A page is written once, when the next element does not
//!        branch      branch …           fit it any more; it gets the next free page number, so children come before their
//!       /  |   \     /   :              parents. A bucket inside another one is finished before the leaf that names it,
//!    leaf leaf leaf leaf ┄ being filled and the root bucket comes last.
//! ```
//!
//! What comes out keeps every rule that bbolt relies on in its own later writes (`docs/format/bbolt.md#building`): a branch
//! has the whole first key of each child, at least two children, and only children of one height; no page but the root of
//! an empty bucket is empty; elements lie packed, and what is left of a page is zero.
//!
//! The metas are written last, so an output that was not finished is no database. They are those of a snapshot: slot 0 has
//! the transaction asked for, slot 1 the one before it, and both lead to the same root. Making the output durable is left
//! to the caller: sync a file of another name before giving it its own.
//!
//! ```
//! use std::io::Cursor;
//! use etcdsnap_bbolt::build::{BuildError, Builder, Options};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut file = Cursor::new(Vec::new());
//! let mut builder = Builder::new(&mut file, &Options::default())?;
//! builder.bucket::<BuildError>(b"meta", 0, |bucket| bucket.put(b"term", b"\x02"))?;
//! let built = builder.finish()?;
//! assert_eq!(built.size, file.get_ref().len() as u64);
//!
//! let db = etcdsnap_bbolt::Db::open(file.get_ref())?;
//! let meta = db.root().bucket(b"meta")?.expect("just built");
//! assert_eq!(meta.get(b"term")?, Some(&b"\x02"[..]));
//! # Ok(())
//! # }
//! ```

mod branch;
mod bytes;
mod copy;
mod element;
mod error;
mod estimate;
mod leaf;
mod page_writer;
mod tree_builder;

use std::io::{self, Seek, SeekFrom, Write};

pub use element::ElementError;
pub use error::{BuildError, CopyError};
pub use estimate::{BucketSize, SizeEstimate};

pub(crate) use branch::{Child, Level, root_above};
pub(crate) use bytes::{BuiltBucket, meta_page};
pub(crate) use element::Element;
pub(crate) use leaf::Leaf;
pub(crate) use page_writer::PageWriter;
pub(crate) use tree_builder::inline_limit;

use crate::db::Db;
use crate::format::{BUCKET_FLAG, ByteOrder, NO_FREELIST, PAGE_SIZES, PageKind};
use crate::meta::Meta;
use tree_builder::TreeBuilder;

/// Bytes that are gathered before they are written.
const WRITE_SIZE: usize = 512 << 10;

/// How the file is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuildOptions {
    /// Page size in bytes: a power of two from 512 to 16 MiB.
    pub page_size: u32,
    /// Byte order of all integers; that of the machine that will open the file.
    pub order: ByteOrder,
    /// How full pages get before the next one is begun, in percent, from 10 to 100. etcd's defrag uses 90.
    pub fill_percent: u32,
    /// Transaction of the newer meta, at least 1.
    pub txid: u64,
    /// Sequence of the root bucket; 0 in practice.
    pub sequence: u64,
    /// Is there a freelist?
    pub freelist: FreelistMode,
}

/// Is there a freelist? A built file has no free pages to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FreelistMode {
    /// None, as etcd on Linux leaves it: whoever opens the file for writing finds the free pages by a walk.
    None,
    /// An empty one, on a page of its own: no walk is needed. etcd on Linux drops it at its first commit.
    Empty,
}

impl Default for BuildOptions {
    /// What etcd on Linux makes: little-endian pages of 4 KiB, filled to 90 percent, no freelist.
    fn default() -> Self {
        Self {
            page_size: 4096,
            order: ByteOrder::Little,
            fill_percent: 90,
            txid: 1,
            sequence: 0,
            freelist: FreelistMode::None,
        }
    }
}

impl BuildOptions {
    /// Page size, byte order, transaction and root sequence of an existing file; the rest as by default.
    pub fn like(db: &Db<'_>) -> Self {
        let meta = db.meta();
        let (txid, sequence) = (meta.txid.max(1), meta.sequence);
        Self { page_size: db.page_size(), order: db.order(), txid, sequence, ..Self::default() }
    }

    fn validate(&self) -> Result<(), BuildError> {
        if !PAGE_SIZES.contains(&self.page_size) || !self.page_size.is_power_of_two() {
            return Err(BuildError::PageSize(self.page_size));
        }
        if !(10..=100).contains(&self.fill_percent) {
            return Err(BuildError::FillPercent(self.fill_percent));
        }
        if self.txid == 0 {
            return Err(BuildError::Txid);
        }
        Ok(())
    }
}

/// What was built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Built {
    /// First page id never used.
    pub high_water_mark: u64,
    /// Bytes of the file: the high-water mark times the page size.
    pub size: u64,
    /// Root page of the root bucket.
    pub root: u64,
}

/// Builds a file from elements in key order; see the [module](self).
///
/// Needs memory for the largest page, and for half a megabyte of pages that wait to be written. After an error the output
/// is worth nothing and the builder should be dropped.
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
    /// A builder that writes to `sink` from its byte 0 on. The root bucket is open.
    pub fn new(mut sink: W, options: &BuildOptions) -> Result<Self, BuildError> {
        options.validate()?;
        let offset = 2 * u64::from(options.page_size);
        sink.seek(SeekFrom::Start(offset)).map_err(|source| BuildError::Write { offset, source })?;
        let pages = PageWriter::new(options.order, options.page_size, 2);
        let bucket = OpenBucket::new(&[], options);
        Ok(Self { sink, options: *options, pages, bucket })
    }

    /// Puts a value into the open bucket. Keys must ascend.
    #[inline]
    pub fn put(&mut self, key: &[u8], value: &[u8]) -> Result<(), BuildError> {
        self.element(0, key, value)
    }

    /// Puts a bucket into the open bucket: opens it, lets `fill` put elements into it, and closes it. Names of buckets and
    /// keys of values ascend together.
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

    #[inline]
    fn element(&mut self, flags: u32, key: &[u8], value: &[u8]) -> Result<(), BuildError> {
        let bucket = &mut self.bucket;
        let element = bucket.admit(flags, key, value)?;
        bucket.last_key.clear();
        bucket.last_key.extend_from_slice(key);
        bucket.tree.put(&element, &mut self.pages);
        if self.pages.bytes().len() >= WRITE_SIZE { self.write_pages() } else { Ok(()) }
    }

    /// Writes what is left, and the metas.
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

    /// Both metas, as a snapshot has them (`docs/format/bbolt.md#twin-metas`).
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

    /// An element that may be written and that follows those before it.
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
