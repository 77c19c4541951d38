//! Buckets: a tree of pages, or a page image inside the parent's value (`docs/format/bbolt.md#buckets`).

use crate::cursor::Cursor;
use crate::db::Db;
use crate::format::{BUCKET_HEADER, ByteOrder};
use crate::page::{LeafElement, Page};
use crate::problem::Corruption;

/// The first 16 bytes of a bucket's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BucketHeader {
    /// Root page; 0 for an inline bucket.
    pub root: u64,
    /// A counter for the application; etcd leaves it at 0.
    pub sequence: u64,
}

impl BucketHeader {
    /// Reads the header from the front of a bucket's value; `None` when it is too short.
    pub fn parse(value: &[u8], order: ByteOrder) -> Option<Self> {
        Some(Self { root: order.u64(value, 0)?, sequence: order.u64(value, 8)? })
    }
}

/// Where a bucket's elements are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Root<'a> {
    Page(u64),
    Inline(Page<'a>),
}

/// A bucket of an opened file.
#[derive(Clone, Copy, Debug)]
pub struct Bucket<'a> {
    pub(crate) db: Db<'a>,
    pub(crate) root: Root<'a>,
    /// Its sequence.
    pub sequence: u64,
}

impl<'a> Bucket<'a> {
    pub(crate) fn from_element(db: Db<'a>, element: &LeafElement<'a>) -> Result<Self, Corruption> {
        let header = BucketHeader::parse(element.value, db.order()).ok_or(Corruption::BucketHeader)?;
        let root = match header.root {
            0 => {
                let image = element.value.get(BUCKET_HEADER..).unwrap_or_default();
                let page = Page::parse(image, db.order(), None, db.offset_of(image));
                Root::Inline(page.ok_or(Corruption::BucketHeader)?)
            }
            id => Root::Page(id),
        };
        Ok(Self { db, root, sequence: header.sequence })
    }

    /// A cursor before the first element.
    pub fn cursor(&self) -> Cursor<'a> {
        Cursor::new(self)
    }

    /// The element with exactly this key, be it a value or a bucket.
    pub fn element(&self, key: &[u8]) -> Result<Option<LeafElement<'a>>, Corruption> {
        Ok(self.cursor().seek(key)?.filter(|element| element.key == key))
    }

    /// The value of `key`; `None` when there is none or when it is a bucket.
    pub fn get(&self, key: &[u8]) -> Result<Option<&'a [u8]>, Corruption> {
        Ok(self.element(key)?.filter(|element| !element.is_bucket()).map(|element| element.value))
    }

    /// The bucket named `name`; `None` when there is none or when it is a plain value.
    pub fn bucket(&self, name: &[u8]) -> Result<Option<Self>, Corruption> {
        let element = self.element(name)?.filter(LeafElement::is_bucket);
        element.map(|element| Self::from_element(self.db, &element)).transpose()
    }

    /// All elements in key order; ends after the first error. Altogether they have no more bytes than the file: elements that
    /// share theirs would stand for any number of them.
    pub fn elements(&self) -> impl Iterator<Item = Result<LeafElement<'a>, Corruption>> {
        let mut cursor = self.cursor();
        let mut room = self.db.bytes().len();
        let mut broken = false;
        std::iter::from_fn(move || {
            if broken {
                return None;
            }
            let next = cursor.next().and_then(|element| {
                let Some(element) = element else { return Ok(None) };
                let left = room.checked_sub(element.key.len() + element.value.len());
                room = left.ok_or_else(|| cursor.sharing_error())?;
                Ok(Some(element))
            });
            broken = next.is_err();
            next.transpose()
        })
    }
}
