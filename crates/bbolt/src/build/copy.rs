//! Copying buckets of an existing file into a new one, as etcd's defragmentation does.

use std::io::{Seek, Write};

use super::builder::Builder;
use super::error::CopyError;
use crate::bucket::{Bucket, Root};
use crate::check::VisitedPages;
use crate::format::{BUCKET_HEADER, ELEMENT, MAX_DEPTH};
use crate::page::LeafElement;

/// Limits that bound a copy, whatever the source's pages refer to.
struct CopyLimits {
    /// Root pages of all buckets copied so far; each may be copied once.
    copied_roots: VisitedPages,
    /// Bytes of the source minus those of all elements copied so far. Elements do not share bytes, unless the file is
    /// damaged or crafted.
    bytes_left: u64,
}

impl<W: Write + Seek> Builder<W> {
    /// Copies all elements of `bucket`, and of the buckets inside it, into the open bucket.
    ///
    /// A damaged source gives an error, never a silently incomplete copy; but only damage that a reader of keys notices
    /// is found, so [check](crate::check::check) the source first. The copied elements have at most as many bytes as the
    /// source.
    pub fn copy(&mut self, bucket: &Bucket<'_>) -> Result<(), CopyError> {
        let db = &bucket.db;
        let copied_roots = VisitedPages::new(db.meta().high_water_mark.min(db.pages_in_file()));
        self.copy_elements(bucket, &[], &mut CopyLimits { copied_roots, bytes_left: db.bytes().len() as u64 }, 0)
    }

    fn copy_elements(
        &mut self,
        bucket: &Bucket<'_>,
        name: &[u8],
        limits: &mut CopyLimits,
        depth: u32,
    ) -> Result<(), CopyError> {
        if let Root::Page(page) = bucket.root
            && !limits.copied_roots.visit(page)
            && page < limits.copied_roots.bound()
        {
            return Err(CopyError::SharedRoot { bucket: name.into(), page });
        }
        if depth > MAX_DEPTH {
            return Err(CopyError::TooDeep { bucket: name.into() });
        }
        let damaged = |source| CopyError::Source { bucket: name.into(), source };
        let mut cursor = bucket.cursor();
        while let Some(element) = cursor.next().map_err(damaged)? {
            let Some(bytes_left) = limits.bytes_left.checked_sub(own_bytes(&element)) else {
                return Err(CopyError::SharedBytes { bucket: name.into() });
            };
            limits.bytes_left = bytes_left;
            if !element.is_bucket() {
                self.put(element.key, element.value)?;
                continue;
            }
            if let Root::Inline(_) = bucket.root {
                return Err(CopyError::InsideInline { bucket: element.key.into() });
            }
            let inner = Bucket::from_element(bucket.db, &element);
            let inner = inner.map_err(|source| CopyError::Source { bucket: element.key.into(), source })?;
            self.bucket(element.key, inner.sequence, |builder| {
                builder.copy_elements(&inner, element.key, limits, depth + 1)
            })?;
        }
        Ok(())
    }
}

/// Bytes of an element and its entry in the element table. Of the value of a bucket only the header counts: what follows
/// are the elements of an inline bucket, which count themselves.
#[inline]
fn own_bytes(element: &LeafElement<'_>) -> u64 {
    let value = if element.is_bucket() { BUCKET_HEADER } else { element.value.len() };
    (ELEMENT + element.key.len() + value) as u64
}
