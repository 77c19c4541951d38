//! The one walk over a database that every command's answer comes from.
//!
//! An [`Inspection`] holds what the walk found: structure, digests, keyspace and the small buckets. Verification adds the
//! SHA-256 beside it and judges; status and hashes just read numbers off it.

use etcdsnap_bbolt::check::{self, Walk};
use etcdsnap_bbolt::{Corruption, Db};
use etcdsnap_image::Error;
use etcdsnap_mvcc::{Compaction, Keyspace, ScanChunk, Scanner};

use crate::buckets::Buckets;
use crate::catalogue::container::STATUS_NOT_BUCKET;
use crate::container::Container;
use crate::finding::{Finding, Findings};
use crate::place::{Place, excerpt};
use crate::progress::Progress;
use crate::reading::{self, on_threads, thread_count};

/// How to inspect.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Threads to use, at least 1; all cores when 0.
    pub threads: usize,
    /// Findings of each rule to keep; all are counted.
    pub limit: u64,
    /// Revision that a HashKV is wanted at; the current one when `None`.
    pub hash_at: Option<i64>,
}

impl Default for Options {
    /// All cores, 100 findings a rule, hashes at the current revision.
    fn default() -> Self {
        Self { threads: 0, limit: check::DEFAULT_LIMIT, hash_at: None }
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
    /// Walks over an opened database on `threads` threads.
    ///
    /// # Errors
    /// The system could not read the file; what is wrong *in* the file is never an error.
    pub fn new(
        container: &'a Container,
        db: Db<'a>,
        options: &Options,
        threads: usize,
        advance: &(dyn Fn(u64) + Sync),
    ) -> Result<Self, Error> {
        let compaction = Compaction::read(&db).unwrap_or_default();
        let scanner = Scanner::new(compaction, options.limit);
        let (walk, keyspace) = on_threads(threads, || {
            let mut walk = reading::walk(container, &db, &scanner, options.limit, advance)?;
            let keyspace = Keyspace::from_walk(&db, &mut walk, compaction, options.hash_at);
            Ok::<_, Error>((walk, keyspace))
        })?;
        let (buckets, bucket_findings) = (Buckets::default(), Findings::new(options.limit));
        let mut inspection = Self { db, walk, keyspace, buckets, bucket_findings, stray_value: None, unreadable: None };
        let listed = inspection.read_buckets();
        let findings = &mut inspection.bucket_findings;
        match listed {
            Ok(()) => inspection.buckets.finish(&mut |finding| findings.push(finding)),
            // What stands behind the error is not known, so nothing of it is said to be missing.
            Err(_) => inspection.buckets.finish(&mut |_| ()),
        }
        inspection.unreadable = inspection.unreadable.or(listed.err());
        Ok(inspection)
    }

    /// Opens and walks a database without anything beside it, telling `progress` about the pages read.
    ///
    /// # Errors
    /// As [`Inspection::new`], or there is no usable meta.
    pub fn alone(container: &'a Container, options: &Options, progress: &dyn Progress) -> Result<Self, Unusable> {
        let db = Db::open(container.database())?;
        progress.phase("pages", container.database().len() as u64);
        let inspection =
            Self::new(container, db, options, thread_count(options.threads), &|bytes| progress.advance(bytes));
        progress.finished();
        Ok(inspection?)
    }

    /// Reads the small buckets by cursor; they are few pages, and their rules want their entries in order. An error in one
    /// of them is kept, and the next one is read; an error in the list of buckets ends it.
    fn read_buckets(&mut self) -> Result<(), Corruption> {
        for element in self.db.root().elements() {
            let element = element?;
            let findings = &mut self.bucket_findings;
            if element.is_bucket() {
                self.buckets.read_bucket(element.key, &mut |finding| findings.push(finding));
            } else {
                self.stray_value = self.stray_value.or(Some(element.key));
                let name = excerpt(element.key);
                let message = format!("{name} is a value, not a bucket");
                findings.push(Finding::new(&STATUS_NOT_BUCKET, Place::bucket(&name), message));
            }
            if element.is_bucket() && element.key != b"key" {
                let entries = self.read_entries(element.key);
                self.unreadable = self.unreadable.or(entries.err());
            }
        }
        Ok(())
    }

    fn read_entries(&mut self, name: &[u8]) -> Result<(), Corruption> {
        let Some(bucket) = self.db.root().bucket(name)? else { return Ok(()) };
        let findings = &mut self.bucket_findings;
        for entry in bucket.elements() {
            let entry = entry?;
            if !entry.is_bucket() {
                self.buckets.read_entry(name, entry.key, entry.value, &mut |finding| findings.push(finding));
            }
        }
        Ok(())
    }
}

/// Why there is nothing to inspect.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unusable {
    /// No usable meta.
    #[error(transparent)]
    Database(#[from] etcdsnap_bbolt::OpenError),
    /// The system could not read the file.
    #[error(transparent)]
    Image(#[from] Error),
}
