//! The errors of [`build`](super): a file cannot be built, or a bucket cannot be copied into it.

use std::io;

use super::element::ElementError;
use crate::corruption::Corruption;
use crate::problem::Detail;

/// Why a file could not be built. The unfinished output cannot be opened, because its metas are missing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The page size is not a power of two from 512 bytes to 16 MiB.
    #[error("a page size of {0} bytes is not a power of two from 512 bytes to 16 MiB")]
    PageSize(u32),
    /// The fill percentage is not from 10 to 100.
    #[error("pages cannot be filled to {0} percent, only to 10 to 100")]
    FillPercent(u32),
    /// The transaction id is 0. The other meta takes the id before it, and there is none.
    #[error("transaction id 0 leaves no lower one for the other meta")]
    Txid,
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
    /// A key that is not above the one before it.
    #[error(
        "bucket {}: key {} is not above the key before it, {}",
        Detail::key(bucket),
        Detail::key(key),
        Detail::key(previous)
    )]
    KeyOrder {
        /// Name of the bucket; empty for the root bucket.
        bucket: Box<[u8]>,
        /// The key.
        key: Box<[u8]>,
        /// The key before it.
        previous: Box<[u8]>,
    },
    /// The output could not be written.
    #[error("cannot write at byte {offset}")]
    Write {
        /// Byte offset in the output.
        offset: u64,
        /// Why.
        source: io::Error,
    },
}

/// Why a bucket could not be copied.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CopyError {
    /// The source is damaged.
    #[error("bucket {}: {source}", Detail::key(bucket))]
    Source {
        /// Name of the bucket; empty for the root bucket.
        bucket: Box<[u8]>,
        /// Where and how.
        source: Corruption,
    },
    /// A page of the source is the root of two buckets.
    #[error("bucket {}: its root page {page} is also that of another bucket", Detail::key(bucket))]
    SharedRoot {
        /// Name of the second bucket.
        bucket: Box<[u8]>,
        /// The page.
        page: u64,
    },
    /// Buckets of the source are nested deeper than the most that are followed.
    #[error("bucket {} is nested too deeply", Detail::key(bucket))]
    TooDeep {
        /// Name of the bucket.
        bucket: Box<[u8]>,
    },
    /// Elements of the source share bytes: together they are larger than the source.
    #[error("bucket {}: elements share bytes, so that the copy would be larger than the database", Detail::key(bucket))]
    SharedBytes {
        /// Name of the bucket at which the limit was exceeded.
        bucket: Box<[u8]>,
    },
    /// A bucket is inside an inline bucket, which bbolt never writes (`docs/format/bbolt.md#inline-buckets`).
    #[error("bucket {} is inside an inline bucket", Detail::key(bucket))]
    InsideInline {
        /// Name of the inner bucket.
        bucket: Box<[u8]>,
    },
    /// The copy could not be built.
    #[error(transparent)]
    Build(#[from] BuildError),
}
