//! The content of a database: buckets, keys and values, independent of pages.

use std::collections::BTreeMap;

/// A bucket: keys with values, and buckets inside. The root of a database is a bucket too.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bucket {
    /// The counter of bbolt's `NextSequence`; 0 in etcd's databases.
    pub sequence: u64,
    /// Everything in the bucket, in key order. Keys must not be empty.
    pub entries: BTreeMap<Vec<u8>, Entry>,
}

/// The value of a key: bytes, or a nested bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// Plain bytes.
    Value(Vec<u8>),
    /// A nested bucket.
    Bucket(Bucket),
}

impl Bucket {
    /// An empty bucket.
    pub fn new() -> Self {
        Bucket::default()
    }

    /// Stores a value; an entry of that key is replaced.
    pub fn put(&mut self, key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) -> &mut Self {
        self.entries.insert(key.into(), Entry::Value(value.into()));
        self
    }

    /// The bucket of that name, created when missing; a plain value of that name is replaced.
    ///
    /// # Panics
    /// Never: the entry was just made a bucket.
    pub fn bucket(&mut self, name: impl Into<Vec<u8>>) -> &mut Bucket {
        let entry = self.entries.entry(name.into()).or_insert_with(|| Entry::Bucket(Bucket::new()));
        if matches!(entry, Entry::Value(_)) {
            *entry = Entry::Bucket(Bucket::new());
        }
        match entry {
            Entry::Bucket(bucket) => bucket,
            Entry::Value(_) => unreachable!("made a bucket above"),
        }
    }

    /// The value of `key`, unless it is missing or a bucket.
    pub fn value(&self, key: &[u8]) -> Option<&[u8]> {
        match self.entries.get(key)? {
            Entry::Value(value) => Some(value),
            Entry::Bucket(_) => None,
        }
    }

    /// Does it contain buckets? Such a bucket is never stored inline.
    pub(crate) fn has_buckets(&self) -> bool {
        self.entries.values().any(|entry| matches!(entry, Entry::Bucket(_)))
    }
}
