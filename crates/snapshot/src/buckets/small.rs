//! Reading the small buckets of a database by cursor: they are few pages, and their rules want their entries in order.

use etcdsnap_bbolt::{Corruption, Db};

use super::{Buckets, EXPECTED};
use crate::catalogue::container::STATUS_NOT_BUCKET;
use crate::finding::{Finding, Findings};
use crate::place::{Place, excerpt};

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
        let (buckets, findings) = (Buckets::default(), Findings::new(limit));
        let mut small = Self { buckets, findings, stray_value: None, unreadable: None };
        let listed = small.read_all(db);
        let findings = &mut small.findings;
        match listed {
            Ok(()) => small.buckets.finish(&mut |finding| findings.push(finding)),
            // What stands behind the error is not known, so nothing of it is said to be missing.
            Err(_) => small.buckets.finish(&mut |_| ()),
        }
        small.unreadable = small.unreadable.or(listed.err());
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
                let name = excerpt(element.key);
                let message = format!("{name} is a value, not a bucket");
                findings.push(Finding::new(&STATUS_NOT_BUCKET, Place::bucket(&name), message));
            }
            // Unknown ones are passed over: there can be any number of them, all with the same pages.
            if element.is_bucket() && EXPECTED.iter().any(|name| name.as_bytes() == element.key && *name != "key") {
                let entries = self.read_entries(db, element.key);
                self.unreadable = self.unreadable.or(entries.err());
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
