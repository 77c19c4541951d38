//! Editing a few elements of a file that is too large to build anew, by copy-on-write (`docs/format/bbolt.md#editing`).
//!
//! ```text
//!   before                          after: three pages are new, everything else stays where it is
//!
//!   meta T ──► root                 meta T+1 ──► root' ──┐          meta T ──► root (the way back)
//!             /    \                            /     :  │
//!        bucket    bucket                  bucket   bucket'
//!        /    \       :                             /    \
//!     leaf    leaf  leaf                         leaf    leaf'
//! ```
//!
//! An [`Editor`] gathers changes of plain values in top-level buckets. [`finish`](Editor::finish) opens the pages on the way
//! to them, merges the changes in, makes the trees legal again and lays the result out on new pages behind the high-water
//! mark: the changed leaves, their branches, and the root bucket's leaf with what it says of the bucket. What comes of it is
//! an [`Edit`], a list of writes in a crash-safe order; [`apply`] makes them. No free page is reused, so the file that both
//! of its metas lead to stays whole until a new meta is.
//!
//! The new meta has no freelist, whatever the file had: bbolt then finds the free pages by a walk when it opens the file.
//!
//! The source should have passed the [check](crate::check::check). Only pages on the way to a change are looked at here;
//! they are refused when unsound, but damage elsewhere goes unnoticed.
//!
//! ```
//! use etcdsnap_bbolt::Db;
//! use etcdsnap_bbolt::edit::{Editor, Step};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut file = etcdsnap_testkit::example();
//! let mut editor = Editor::new(Db::open(&file)?)?;
//! editor.put(b"meta", &b"term"[..], vec![0, 0, 0, 0, 0, 0, 0, 9])?;
//! editor.delete_bucket(b"alarm")?;
//! let edit = editor.finish()?;
//!
//! // In memory; `apply` does the same to a file and syncs in between.
//! file.resize(edit.size().try_into()?, 0);
//! for step in edit.steps() {
//!     if let Step::Write { offset, bytes } = step {
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

/// Gathers changes to a file; see the [module](self).
#[derive(Debug)]
pub struct Editor<'a> {
    db: Db<'a>,
    /// Buckets with changes; `None` for one that is to go.
    buckets: BTreeMap<Box<[u8]>, Option<BucketDraft<'a>>>,
}

/// What becomes of a bucket.
#[derive(Debug)]
struct BucketDraft<'a> {
    /// Where its elements are; `None` when it begins empty.
    base: Option<Root<'a>>,
    sequence: u64,
    /// New values by key; `None` for a key that is to go.
    values: BTreeMap<Cow<'a, [u8]>, Option<Cow<'a, [u8]>>>,
}

impl BucketDraft<'_> {
    fn is_changed(&self) -> bool {
        self.base.is_none() || !self.values.is_empty()
    }
}

impl<'a> Editor<'a> {
    /// An editor without changes. Refuses a file that ends before its high-water mark or whose metas disagree with it about
    /// the page size: new pages would not come to lie where they should.
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

    /// Gives `key` in `bucket` a value. The bucket must exist.
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

    /// Deletes `key` from `bucket`; nothing happens if it is not there. The bucket must exist.
    pub fn delete(&mut self, bucket: &[u8], key: impl Into<Cow<'a, [u8]>>) -> Result<(), EditError> {
        self.draft(bucket)?.values.insert(key.into(), None);
        Ok(())
    }

    /// Replaces everything in `bucket`, which must exist. Its sequence stays. Of entries with the same key the last one counts.
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

    /// Deletes a bucket, which must exist, with everything in it.
    pub fn delete_bucket(&mut self, bucket: &[u8]) -> Result<(), EditError> {
        self.draft(bucket)?;
        self.buckets.insert(bucket.into(), None);
        Ok(())
    }

    /// What is known of a bucket's changes so far; looks it up in the file the first time.
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

    /// Works out the pages and the meta that make the changes.
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

    /// Writes the buckets with changes, then the root bucket that names them. Returns the root page.
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

    /// Writes the pages of a bucket and returns the value of its element.
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

/// Slot and transaction of the commit after `meta`: the other slot, and the next transaction that belongs there, since bbolt
/// writes transaction T to slot T modulo 2. (A snapshot's metas do not obey that, hence the step of two after an odd one.)
fn next_commit(meta: &Meta) -> Result<(u8, u64), EditError> {
    let slot = 1 - meta.slot;
    // One more than needed must exist, for the second meta of `without_undo`.
    if meta.txid > u64::MAX - 3 {
        return Err(EditError::Txid(meta.txid));
    }
    let next = meta.txid + 1;
    Ok((slot, if next % 2 == u64::from(slot) { next } else { next + 1 }))
}
