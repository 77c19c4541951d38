//! Copying buckets of an existing file into a new one, which leaves its free pages behind.

use std::io::{Seek, Write};

use super::{Builder, CopyError};
use crate::bucket::{Bucket, Root};
use crate::check::VisitedPages;
use crate::format::{BUCKET_HEADER, ELEMENT, MAX_DEPTH};
use crate::page::LeafElement;

/// What makes a copy end, whatever the source's pages lead to.
struct CopyLimits {
    /// Root pages of all buckets met, each of which may be met once.
    roots: VisitedPages,
    /// Bytes of the source that no element met so far has for its own. Every element has its bytes to itself, unless the file is
    /// damaged or made to look large.
    unmet: u64,
}

impl<W: Write + Seek> Builder<W> {
    /// Puts all elements of `bucket`, and of the buckets inside it, into the open bucket.
    ///
    /// A damaged source ends in an error, never in a copy that lacks something silently; but only what a reader of keys
    /// meets is noticed, so [check](crate::check::check) the source first. No more content than the source has bytes is copied.
    pub fn copy(&mut self, bucket: &Bucket<'_>) -> Result<(), CopyError> {
        let db = &bucket.db;
        let roots = VisitedPages::new(db.meta().high_water_mark.min(db.pages_in_file()));
        self.copy_elements(bucket, &[], &mut CopyLimits { roots, unmet: db.bytes().len() as u64 }, 0)
    }

    fn copy_elements(
        &mut self,
        bucket: &Bucket<'_>,
        name: &[u8],
        limits: &mut CopyLimits,
        depth: u32,
    ) -> Result<(), CopyError> {
        if let Root::Page(page) = bucket.root
            && !limits.roots.visit(page)
            && page < limits.roots.bound()
        {
            return Err(CopyError::SharedRoot { bucket: name.into(), page });
        }
        if depth > MAX_DEPTH {
            return Err(CopyError::TooDeep { bucket: name.into() });
        }
        let damaged = |source| CopyError::Source { bucket: name.into(), source };
        let mut cursor = bucket.cursor();
        while let Some(element) = cursor.next().map_err(damaged)? {
            let Some(unmet) = limits.unmet.checked_sub(own_bytes(&element)) else {
                return Err(CopyError::SharedBytes { bucket: name.into() });
            };
            limits.unmet = unmet;
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

/// Bytes of an element and its entry in the table, but of a bucket's value only the header: what is behind that is the elements of
/// an inline bucket.
#[inline]
fn own_bytes(element: &LeafElement<'_>) -> u64 {
    let value = if element.is_bucket() { BUCKET_HEADER } else { element.value.len() };
    (ELEMENT + element.key.len() + value) as u64
}
