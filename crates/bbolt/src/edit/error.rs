//! What can go wrong while editing.

use std::io;

use crate::build::ElementError;
use crate::problem::{Corruption, Detail};

/// Why an edit could not be made. Nothing has been written.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EditError {
    /// There is no bucket of this name.
    #[error("there is no bucket {}", Detail::key(bucket))]
    BucketMissing {
        /// The name.
        bucket: Box<[u8]>,
    },
    /// There is a bucket of this name already.
    #[error("there is a bucket {} already", Detail::key(bucket))]
    BucketExists {
        /// The name.
        bucket: Box<[u8]>,
    },
    /// A plain value stands where a bucket should be.
    #[error("{} is a plain value, not a bucket", Detail::key(bucket))]
    NotABucket {
        /// The name.
        bucket: Box<[u8]>,
    },
    /// A bucket stands where a plain value should be.
    #[error("bucket {}: key {} is a bucket, not a plain value", Detail::key(bucket), Detail::key(key))]
    NotAValue {
        /// Name of the bucket.
        bucket: Box<[u8]>,
        /// The key.
        key: Box<[u8]>,
    },
    /// A key or value that cannot be written.
    #[error("bucket {}, key {}: {source}", Detail::key(bucket), Detail::key(key))]
    Element {
        /// Name of the bucket; empty for the root bucket.
        bucket: Box<[u8]>,
        /// The key, its first 64 bytes.
        key: Box<[u8]>,
        /// What is wrong with it.
        source: ElementError,
    },
    /// The file is damaged where it was to be changed.
    #[error("bucket {}: {source}", Detail::key(bucket))]
    Source {
        /// Name of the bucket; empty for the root bucket.
        bucket: Box<[u8]>,
        /// Where and how.
        source: Corruption,
    },
    /// The file ends before its high-water mark.
    #[error("the high-water mark needs {needed} bytes, the file has {has}")]
    Truncated {
        /// Bytes up to the high-water mark.
        needed: u64,
        /// Bytes of the file.
        has: u64,
    },
    /// The meta in force names another page size than the file has.
    #[error("the meta says pages have {meta} bytes, but they have {file}")]
    PageSize {
        /// What the meta says.
        meta: u32,
        /// What the positions of the metas say.
        file: u32,
    },
    /// Transactions cannot be counted any further.
    #[error("no transactions are left after {0}")]
    Txid(u64),
}

/// Why an edit could not be applied.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApplyError {
    /// The file is not, or no longer, the one that the edit was made for. Nothing has been written.
    #[error("the file has changed since the edit was made")]
    Changed,
    /// Reading or writing failed. The file is as it was before the edit, or as it should be after it.
    #[error("input or output failed at byte {offset}")]
    Io {
        /// Byte offset in the file.
        offset: u64,
        /// Why.
        source: io::Error,
    },
}
