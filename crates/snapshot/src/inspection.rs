//! The one walk over a database that every command's answer comes from.
//!
//! An [`Inspection`] holds what the walk found: structure, digests, keyspace and the small buckets. Verification adds the
//! SHA-256 beside it and judges; status and hashes just read numbers off it.

use etcdsnap_bbolt::check::{self, Walk};
use etcdsnap_bbolt::{Corruption, Db};
use etcdsnap_image::ImageError;
use etcdsnap_mvcc::{Compaction, Keyspace, ScanChunk, Scanner, Summary, ValuePrefilter};

use crate::buckets::{Buckets, SmallBuckets};
use crate::container::Container;
use crate::finding::Findings;
use crate::known::Known;
use crate::progress::Progress;
use crate::reading::{self, Advance, telling};

/// How to inspect.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Findings of each rule to keep; all are counted.
    pub limit: u64,
    /// Revision that a HashKV is wanted at; the current one when `None`.
    pub hash_at: Option<i64>,
}

impl Default for Options {
    /// 100 findings a rule, hashes at the current revision.
    fn default() -> Self {
        Self { limit: check::DEFAULT_LIMIT, hash_at: None }
    }
}

/// Everything one walk over a database found out.
#[derive(Debug)]
pub struct Inspection<'a> {
    /// The database.
    pub db: Db<'a>,
    /// Its structure; the observer's chunks are taken out.
    pub walk: Walk<'a, ScanChunk<'a>>,
    /// Its records and hashes.
    pub keyspace: Keyspace<'a>,
    /// Its small buckets.
    pub buckets: Buckets,
    /// What is wrong with entries of the small buckets.
    pub bucket_findings: Findings,
    /// The first plain value found where only buckets belong, directly below the root.
    pub stray_value: Option<&'a [u8]>,
    /// The first error that reading one of the small buckets ended at.
    pub unreadable: Option<Corruption>,
}

impl<'a> Inspection<'a> {
    /// Walks over an opened database on the rayon pool it is called in.
    ///
    /// `advance` hears of bytes about to be read, and may put an end to the walk: what was found is not all then.
    ///
    /// # Errors
    /// The system could not read the file; what is wrong *in* the file is never an error.
    pub(crate) fn new(
        container: &'a Container,
        db: Db<'a>,
        options: &Options,
        glance: Option<&'static dyn ValuePrefilter>,
        advance: &Advance<'_>,
    ) -> Result<Self, ImageError> {
        // Where the marks cannot be read, nothing that depends on them is reported or shown: `buckets.meta` is not
        // known then.
        let compaction = Compaction::read(&db).unwrap_or_default();
        let scanner = Scanner::new(compaction, options.limit).with_prefilter(glance);
        let mut walk = reading::walk(container, &db, &scanner, options.limit, advance)?;
        let keyspace = Keyspace::from_walk(&db, &mut walk, compaction, options.hash_at);
        let SmallBuckets { buckets, findings, stray_value, unreadable } =
            SmallBuckets::read_walked(&db, &walk, options.limit);
        Ok(Self { db, walk, keyspace, buckets, bucket_findings: findings, stray_value, unreadable })
    }

    /// What is known of the records of the bucket `key`.
    pub fn summary(&self) -> Known<&Summary> {
        Known::new(&self.keyspace.summary, self.buckets.is_read("key"))
    }

    /// Bytes of the pages in use; of those that could be reached if the walk is not whole.
    pub fn bytes_in_use(&self) -> u64 {
        self.walk.page_counts.in_use.saturating_mul(self.db.page_size().into())
    }

    /// Opens and walks a database, without anything beside it, on the rayon pool it is called in, and reports the pages
    /// that were read to `progress`.
    ///
    /// # Errors
    /// The system could not read the file, or there is no usable meta; what else is wrong *in* the file is never an error.
    pub fn alone(container: &'a Container, options: &Options, progress: &dyn Progress) -> Result<Self, Unusable> {
        let db = Db::open(container.database())?;
        progress.phase("pages", container.database().len() as u64);
        let inspection = Self::new(container, db, options, None, &telling(progress))?;
        progress.finished();
        Ok(inspection)
    }
}

/// Why there is nothing to inspect.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unusable {
    /// No usable meta.
    #[error(transparent)]
    Database(#[from] etcdsnap_bbolt::DbOpenError),
    /// The system could not read the file.
    #[error(transparent)]
    Image(#[from] ImageError),
}
