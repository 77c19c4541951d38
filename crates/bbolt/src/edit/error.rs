//! The errors of [`edit`](super): a commit cannot be prepared, or cannot be applied.

use etcdsnap_quantity::quantity;
use std::io;

use crate::build::ElementError;
use crate::corruption::Corruption;
use crate::problem::Detail;

/// Why a commit could not be prepared. Nothing has been written.
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
    /// There is a value where a bucket should be.
    #[error("{} is a value, not a bucket", Detail::key(bucket))]
    NotABucket {
        /// The name.
        bucket: Box<[u8]>,
    },
    /// There is a bucket where a value should be.
    #[error("bucket {}: key {} is a bucket, not a value", Detail::key(bucket), Detail::key(key))]
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
    #[error("the high-water mark needs {}, the file has {has}", quantity(*.needed, "byte"))]
    Truncated {
        /// Bytes up to the high-water mark.
        needed: u64,
        /// Bytes of the file.
        has: u64,
    },
    /// The meta in force has another page size than the file.
    #[error("the meta says pages have {meta} bytes, but they have {file}")]
    PageSize {
        /// Page size in the meta.
        meta: u32,
        /// Page size that follows from the offset of the second meta.
        file: u32,
    },
    /// There is no transaction id after this one.
    #[error("there is no transaction id after {0}")]
    Txid(u64),
}

/// Why a commit could not be applied.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApplyError {
    /// The file is not, or is no longer, the one that the commit was prepared for. Nothing has been written.
    #[error("the file has changed since the edit was prepared")]
    Changed,
    /// Reading or writing failed. The file has either the old or the new content.
    #[error("input or output failed at byte {offset}")]
    Io {
        /// Byte offset in the file.
        offset: u64,
        /// Why.
        source: io::Error,
    },
}
