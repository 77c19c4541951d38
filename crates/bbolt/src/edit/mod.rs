//! Changing a few elements of an existing file by copy-on-write, without building the whole file anew
//! (`docs/format/bbolt.md#editing`).
//!
//! ```text
//!   before                          after: three pages are new, all others are unchanged
//!
//!   meta T ──► root                 meta T+1 ──► root' ──┐          meta T ──► root (the old state)
//!             /    \                            /     :  │
//!        bucket    bucket                  bucket   bucket'
//!        /    \       :                             /    \
//!     leaf    leaf  leaf                         leaf    leaf'
//! ```
//!
//! An [`Editor`] collects changes of values in top-level buckets. [`finish`](Editor::finish) reads the pages on the
//! paths to them, applies the changes, rebalances the trees, and lays the result out on new pages after the high-water
//! mark: the changed leaves, their branches, and the leaf of the root bucket that has the bucket's root page. The result
//! is a [`PreparedCommit`], a list of writes in a crash-safe order; [`apply`] writes them. No free page is reused, so
//! the content that both metas refer to is intact until the new meta is complete.
//!
//! The new meta has no freelist, whatever the file had before: bbolt then finds the free pages by a walk when it opens
//! the file.
//!
//! The source should have passed the [check](crate::check::check). Only pages on the path to a change are read here;
//! unsound ones are refused, but damage elsewhere is not noticed.
//!
//! ```
//! use etcdsnap_bbolt::Db;
//! use etcdsnap_bbolt::edit::{CommitStep, Editor};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut file = etcdsnap_testkit::example();
//! let mut editor = Editor::new(Db::open(&file)?)?;
//! editor.put(b"meta", &b"term"[..], vec![0, 0, 0, 0, 0, 0, 0, 9])?;
//! editor.delete_bucket(b"alarm")?;
//! let commit = editor.finish()?;
//!
//! // In memory; `apply` does the same to a file and syncs in between.
//! file.resize(commit.size().try_into()?, 0);
//! for step in commit.steps() {
//!     if let CommitStep::Write { offset, bytes } = step {
//!         let offset = usize::try_from(offset)?;
//!         file[offset..offset + bytes.len()].copy_from_slice(bytes);
//!     }
//! }
//! let db = Db::open(&file)?;
//! assert!(db.root().bucket(b"alarm")?.is_none());
//! # Ok(())
//! # }
//! ```

mod commit;
mod error;
mod rebalance;
mod rewrite;
mod subtree;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

pub use commit::{CommitStep, PreparedCommit, apply};
pub use error::{ApplyError, EditError};

use crate::bucket::{Bucket, Root};
use crate::build::{Element, PageWriter};
use crate::db::Db;
use crate::format::{BUCKET_FLAG, NO_FREELIST, PageKind};
use crate::meta::Meta;
use subtree::{ElementChange, SubtreeReader};

/// Collects changes to a file and prepares their commit; see the [module](self).
#[derive(Debug)]
pub struct Editor<'a> {
    db: Db<'a>,
    /// Buckets with changes; `None` for one to delete.
    buckets: BTreeMap<Box<[u8]>, Option<BucketDraft<'a>>>,
}

/// The changes of one bucket.
#[derive(Debug)]
struct BucketDraft<'a> {
    /// Where its existing elements are; `None` when it begins empty.
    base: Option<Root<'a>>,
    sequence: u64,
    /// New values by key; `None` for a key to delete.
    values: BTreeMap<Cow<'a, [u8]>, Option<Cow<'a, [u8]>>>,
}

impl BucketDraft<'_> {
    fn is_changed(&self) -> bool {
        self.base.is_none() || !self.values.is_empty()
    }
}

impl<'a> Editor<'a> {
    /// Makes an editor without changes. Refuses a file that ends before its high-water mark, or whose meta has another
    /// page size than the file: new pages would get wrong offsets.
    pub fn new(db: Db<'a>) -> Result<Self, EditError> {
        let (needed, has) = (db.size(), db.bytes().len() as u64);
        if needed > has {
            return Err(EditError::Truncated { needed, has });
        }
        let (meta, file) = (db.meta().page_size, db.page_size());
        if meta != file {
            return Err(EditError::PageSize { meta, file });
        }
        Ok(Self { db, buckets: BTreeMap::new() })
    }

    /// Sets the value of `key` in `bucket`, which must exist.
    pub fn put(
        &mut self,
        bucket: &[u8],
        key: impl Into<Cow<'a, [u8]>>,
        value: impl Into<Cow<'a, [u8]>>,
    ) -> Result<(), EditError> {
        let (key, value) = (key.into(), value.into());
        validate(bucket, &key, &value)?;
        self.draft(bucket)?.values.insert(key, Some(value));
        Ok(())
    }

    /// Deletes `key` from `bucket`, which must exist; does nothing when the key does not exist.
    pub fn delete(&mut self, bucket: &[u8], key: impl Into<Cow<'a, [u8]>>) -> Result<(), EditError> {
        self.draft(bucket)?.values.insert(key.into(), None);
        Ok(())
    }

    /// Replaces all elements of `bucket`, which must exist, and keeps its sequence number. Of entries with the same key
    /// the last one counts.
    pub fn replace_bucket<K: Into<Cow<'a, [u8]>>, V: Into<Cow<'a, [u8]>>>(
        &mut self,
        bucket: &[u8],
        entries: impl IntoIterator<Item = (K, V)>,
    ) -> Result<(), EditError> {
        let mut values = BTreeMap::new();
        for (key, value) in entries {
            let (key, value) = (key.into(), value.into());
            validate(bucket, &key, &value)?;
            values.insert(key, Some(value));
        }
        let draft = self.draft(bucket)?;
        (draft.base, draft.values) = (None, values);
        Ok(())
    }

    /// Creates an empty bucket, which must not exist.
    pub fn create_bucket(&mut self, bucket: &[u8]) -> Result<(), EditError> {
        validate(bucket, bucket, &[])?;
        match self.draft(bucket) {
            Ok(_) => return Err(EditError::BucketExists { bucket: bucket.into() }),
            Err(EditError::BucketMissing { .. }) => {}
            Err(error) => return Err(error),
        }
        self.buckets.insert(bucket.into(), Some(BucketDraft { base: None, sequence: 0, values: BTreeMap::new() }));
        Ok(())
    }

    /// Deletes a bucket, which must exist, with all its elements.
    pub fn delete_bucket(&mut self, bucket: &[u8]) -> Result<(), EditError> {
        self.draft(bucket)?;
        self.buckets.insert(bucket.into(), None);
        Ok(())
    }

    /// The changes of a bucket so far; looks the bucket up in the file the first time.
    fn draft(&mut self, name: &[u8]) -> Result<&mut BucketDraft<'a>, EditError> {
        let missing = || EditError::BucketMissing { bucket: name.into() };
        match self.buckets.entry(name.into()) {
            Entry::Occupied(entry) => entry.into_mut().as_mut().ok_or_else(missing),
            Entry::Vacant(entry) => {
                let damaged = |source| EditError::Source { bucket: name.into(), source };
                let element = self.db.root().element(name).map_err(damaged)?.ok_or_else(missing)?;
                if !element.is_bucket() {
                    return Err(EditError::NotABucket { bucket: name.into() });
                }
                let Bucket { root, sequence, .. } = Bucket::from_element(self.db, &element).map_err(damaged)?;
                let draft = BucketDraft { base: Some(root), sequence, values: BTreeMap::new() };
                entry.insert(Some(draft)).as_mut().ok_or_else(missing)
            }
        }
    }

    /// Prepares the commit of all changes: their pages, and the new meta.
    pub fn finish(self) -> Result<PreparedCommit, EditError> {
        let meta = *self.db.meta();
        let (slot, txid) = next_commit(&meta)?;
        let mut pages = PageWriter::new(meta.order, meta.page_size, meta.high_water_mark);
        let root = self.write(&mut pages)?;
        let meta = Meta {
            slot,
            flags: 0,
            root,
            freelist: NO_FREELIST,
            high_water_mark: pages.next(),
            txid,
            checksum: 0,
            header_id: slot.into(),
            header_kind: PageKind::Meta,
            ..meta
        };
        Ok(PreparedCommit::new(&self.db, pages.into_bytes(), meta))
    }

    /// Lays out the buckets with changes, then the root bucket that refers to them. Returns the root page.
    fn write(&self, pages: &mut PageWriter) -> Result<u64, EditError> {
        let meta = self.db.meta();
        let mut buckets = Vec::with_capacity(self.buckets.len());
        for (name, draft) in &self.buckets {
            match draft {
                None => buckets.push((name, None)),
                Some(draft) if draft.is_changed() => buckets.push((name, Some(self.write_bucket(name, draft, pages)?))),
                Some(_) => {}
            }
        }
        if buckets.is_empty() {
            return Ok(meta.root);
        }
        let changes: Vec<_> = buckets
            .iter()
            .map(|(name, value)| ElementChange { key: name, flags: BUCKET_FLAG, value: value.as_deref() })
            .collect();
        SubtreeReader { db: self.db, bucket: &[] }.rewrite_root(meta.root, &changes, pages)
    }

    /// Lays out the pages of a bucket and returns the value of its element.
    fn write_bucket(&self, name: &[u8], draft: &BucketDraft<'_>, pages: &mut PageWriter) -> Result<Vec<u8>, EditError> {
        let changes: Vec<_> =
            draft.values.iter().map(|(key, value)| ElementChange { key, flags: 0, value: value.as_deref() }).collect();
        let opener = SubtreeReader { db: self.db, bucket: name };
        let stored = opener.rewrite(draft.base, &changes, pages)?;
        Ok(stored.value(self.db.order(), draft.sequence))
    }
}

fn validate(bucket: &[u8], key: &[u8], value: &[u8]) -> Result<(), EditError> {
    let refused =
        |source| EditError::Element { bucket: bucket.into(), key: key.get(..64).unwrap_or(key).into(), source };
    Element::new(0, key, value).map(|_| ()).map_err(refused)
}

/// Slot and transaction id of the commit after `meta`: the other slot, and the next transaction id that belongs there,
/// since bbolt writes transaction T to slot T modulo 2. (The metas of a snapshot do not follow that rule, so the id may
/// increase by two.)
fn next_commit(meta: &Meta) -> Result<(u8, u64), EditError> {
    let slot = 1 - meta.slot;
    // One more than needed must exist, for the second meta of `without_undo`.
    if meta.txid > u64::MAX - 3 {
        return Err(EditError::Txid(meta.txid));
    }
    let next = meta.txid + 1;
    Ok((slot, if next % 2 == u64::from(slot) { next } else { next + 1 }))
}
