//! Copying buckets of an existing file into a new one, which leaves its free pages behind.

use std::io::{Seek, Write};

use super::{Builder, CopyError};
use crate::bucket::{Bucket, Root};
use crate::check::Claims;
use crate::format::MAX_DEPTH;

impl<W: Write + Seek> Builder<W> {
    /// Puts all elements of `bucket`, and of the buckets inside it, into the open bucket.
    ///
    /// A damaged source ends in an error, never in a copy that lacks something silently; but only what a reader of keys
    /// meets is noticed, so [check](crate::check::check) the source first.
    pub fn copy(&mut self, bucket: &Bucket<'_>) -> Result<(), CopyError> {
        let db = &bucket.db;
        let roots = Claims::new(db.meta().high_water_mark.min(db.pages_in_file()));
        self.copy_elements(bucket, &[], &roots, 0)
    }

    /// `roots` are the root pages of all buckets met, each of which may be met once.
    fn copy_elements(&mut self, bucket: &Bucket<'_>, name: &[u8], roots: &Claims, depth: u32) -> Result<(), CopyError> {
        if let Root::Page(page) = bucket.root
            && !roots.claim(page)
            && page < roots.bound()
        {
            return Err(CopyError::SharedRoot { bucket: name.into(), page });
        }
        if depth > MAX_DEPTH {
            return Err(CopyError::TooDeep { bucket: name.into() });
        }
        let damaged = |source| CopyError::Source { bucket: name.into(), source };
        let mut cursor = bucket.cursor();
        while let Some(element) = cursor.next().map_err(damaged)? {
            if element.is_bucket() {
                let inner = Bucket::from_element(bucket.db, &element);
                let inner = inner.map_err(|source| CopyError::Source { bucket: element.key.into(), source })?;
                self.bucket(element.key, inner.sequence, |builder| {
                    builder.copy_elements(&inner, element.key, roots, depth + 1)
                })?;
            } else {
                self.put(element.key, element.value)?;
            }
        }
        Ok(())
    }
}
