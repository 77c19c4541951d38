//! Reading the small buckets of a database by cursor: they are few pages, and their rules want their entries in order.

use std::collections::BTreeSet;

use etcdsnap_bbolt::check::Walk;
use etcdsnap_bbolt::{Corruption, Db};

use super::{Buckets, EXPECTED};
use crate::catalogue::container::STATUS_NOT_BUCKET;
use crate::finding::{Finding, Findings};
use crate::place::Place;
use etcdsnap_quote::excerpt;

/// What the small buckets of one database hold, and what is wrong with them.
#[derive(Debug)]
pub struct SmallBuckets<'a> {
    /// What could be read.
    pub buckets: Buckets,
    /// What is wrong with their entries.
    pub findings: Findings,
    /// The first plain value found where only buckets belong, directly below the root.
    pub stray_value: Option<&'a [u8]>,
    /// The first error that reading one of them ended at.
    pub unreadable: Option<Corruption>,
}

impl<'a> SmallBuckets<'a> {
    /// Reads all of them, keeping at most `limit` findings of each rule. An error in one of them is kept, and the next one is
    /// read; an error in the list of buckets ends it.
    pub fn read(db: &Db<'a>, limit: u64) -> Self {
        let mut small = Self::listed(db, limit);
        small.finish();
        small
    }

    /// As [`read`](Self::read), beside a walk over the same database, which sees damage that a cursor passes by.
    pub(crate) fn read_walked<C>(db: &Db<'a>, walk: &Walk<'a, C>, limit: u64) -> Self {
        let mut small = Self::listed(db, limit);
        if !walk.lists_all_buckets() {
            small.buckets.miss_buckets();
        }
        let unread = walk.unread_buckets();
        let read: BTreeSet<&[u8]> = walk
            .buckets
            .iter()
            .filter(|bucket| bucket.parent == Some(0) && !unread.contains(&bucket.index))
            .map(|bucket| bucket.name)
            .collect();
        for name in EXPECTED {
            if small.buckets.has(name).all() == Some(&true) && !read.contains(name.as_bytes()) {
                small.buckets.miss_bucket(name.as_bytes());
            }
        }
        small.finish();
        small
    }

    fn finish(&mut self) {
        let findings = &mut self.findings;
        self.buckets.finish(&mut |finding| findings.push(finding));
    }

    /// All of them that the list of buckets leads to.
    fn listed(db: &Db<'a>, limit: u64) -> Self {
        let (buckets, findings) = (Buckets::default(), Findings::new(limit));
        let mut small = Self { buckets, findings, stray_value: None, unreadable: None };
        if let Err(error) = small.read_all(db) {
            small.buckets.miss_buckets();
            small.unreadable = small.unreadable.or(Some(error));
        }
        small
    }

    fn read_all(&mut self, db: &Db<'a>) -> Result<(), Corruption> {
        for element in db.root().elements() {
            let element = element?;
            let findings = &mut self.findings;
            if element.is_bucket() {
                self.buckets.read_bucket(element.key, &mut |finding| findings.push(finding));
            } else {
                self.stray_value = self.stray_value.or(Some(element.key));
                // A bucket whose mark is damaged: what it holds is not known.
                self.buckets.miss_bucket(element.key);
                let name = excerpt(element.key);
                let message = format!("{name} is a value, not a bucket");
                findings.push(Finding::new(&STATUS_NOT_BUCKET, Place::bucket(&name), message));
            }
            // Unknown ones are passed over: there can be any number of them, all with the same pages.
            if element.is_bucket()
                && EXPECTED.iter().any(|name| name.as_bytes() == element.key && *name != "key")
                && let Err(error) = self.read_entries(db, element.key)
            {
                self.buckets.miss_bucket(element.key);
                self.unreadable = self.unreadable.or(Some(error));
            }
        }
        Ok(())
    }

    fn read_entries(&mut self, db: &Db<'a>, name: &[u8]) -> Result<(), Corruption> {
        let Some(bucket) = db.root().bucket(name)? else { return Ok(()) };
        let findings = &mut self.findings;
        for entry in bucket.elements() {
            let entry = entry?;
            let report = &mut |finding| findings.push(finding);
            let value = if entry.is_bucket() { self.buckets.nested.read(name, entry.key, report) } else { entry.value };
            self.buckets.read_entry(name, entry.key, value, report);
        }
        Ok(())
    }
}
