//! Buckets: a tree of pages, or a page image inside the parent's value (`docs/format/bbolt.md#buckets`).

use crate::corruption::Corruption;
use crate::cursor::Cursor;
use crate::db::Db;
use crate::format::{BUCKET_HEADER, ByteOrder};
use crate::page::{LeafElement, Page};

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

/// Where the elements of a bucket are: in a tree of pages, or in its own value.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Root<'a> {
    Page(u64),
    Inline(Page<'a>),
}

/// A bucket of an opened file; gives access to its elements.
#[derive(Clone, Copy, Debug)]
pub struct Bucket<'a> {
    pub(crate) db: Db<'a>,
    pub(crate) root: Root<'a>,
    /// Its sequence number.
    pub sequence: u64,
}

impl<'a> Bucket<'a> {
    /// Reads the bucket that is the value of an element.
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

    /// Makes a cursor, which is before the first element.
    pub fn cursor(&self) -> Cursor<'a> {
        Cursor::new(self)
    }

    /// The element with this key, whether it is a value or a bucket.
    pub fn element(&self, key: &[u8]) -> Result<Option<LeafElement<'a>>, Corruption> {
        Ok(self.cursor().seek(key)?.filter(|element| element.key == key))
    }

    /// The value of `key`; `None` when the key does not exist or is a bucket.
    pub fn get(&self, key: &[u8]) -> Result<Option<&'a [u8]>, Corruption> {
        Ok(self.element(key)?.filter(|element| !element.is_bucket()).map(|element| element.value))
    }

    /// The bucket with this name; `None` when it does not exist or is a value.
    pub fn bucket(&self, name: &[u8]) -> Result<Option<Self>, Corruption> {
        let element = self.element(name)?.filter(LeafElement::is_bucket);
        element.map(|element| Self::from_element(self.db, &element)).transpose()
    }

    /// All elements in key order; ends after the first error. Their sizes add up to at most the size of the file;
    /// without that limit elements that share bytes could add up to any size.
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
