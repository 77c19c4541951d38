//! What a caller of the [check](super::check) sees of a file while it is walked: each leaf once, with its bucket.

use std::ops::{ControlFlow, Range};

use crate::page::Page;

/// A bucket as the walk found it.
#[derive(Clone, Copy, Debug)]
pub struct BucketInfo<'a> {
    /// Index in [`Walk::buckets`](super::Walk::buckets); 0 is the root bucket.
    pub index: u32,
    /// Index of the bucket that contains it; `None` for the root bucket.
    pub parent: Option<u32>,
    /// Name of the bucket; empty for the root bucket.
    pub name: &'a [u8],
    /// Id of its root page; 0 when inline.
    pub root: u64,
    /// Its sequence number.
    pub sequence: u64,
    /// Levels of pages from the root page to the leaves; 0 when inline.
    pub depth: u32,
    /// Pages of its branches with their overflow, counting only [whole](Leaf::whole) ones; complete after the walk.
    pub branch_pages: u64,
}

/// A readable leaf page, or the page of an inline bucket. Its element table fits; single elements may still be unsound.
#[derive(Clone, Copy, Debug)]
pub struct Leaf<'a> {
    /// The page.
    pub page: Page<'a>,
    /// Order among the leaves of its bucket: ascending in key order, with gaps.
    pub rank: u32,
    /// Are the page and all its overflow pages in the file, below the high-water mark, and not part of another page?
    /// Always true for the page of an inline bucket, which lies inside its parent's page.
    pub whole: bool,
    /// The bytes from its first key to its last value (key, value, key, value …) when they follow one another without a gap
    /// and none of the values is a bucket. They are then exactly what etcd's hashes read of the page.
    pub packed: Option<&'a [u8]>,
}

/// Receives every leaf of a walk; implemented by callers of [`check`](super::check) that want more than the problems.
///
/// Leaves arrive in file order, in chunks that are processed on several threads; each chunk has a value of its own. The
/// values are returned in file order, bucket level by bucket level.
pub trait Observer<'a>: Sync {
    /// What is gathered over one chunk of leaves.
    type Chunk: Send;

    /// Makes the value of a chunk that has no leaves yet.
    fn chunk(&self) -> Self::Chunk;

    /// Receives one leaf of `bucket`.
    fn leaf(&self, chunk: &mut Self::Chunk, bucket: &BucketInfo<'a>, leaf: &Leaf<'a>);

    /// Called after the last leaf of a chunk.
    fn finish(&self, _chunk: &mut Self::Chunk) {}

    /// Called before these bytes of the file are read. After [`ControlFlow::Break`] their chunk is skipped, and the
    /// result of the walk is incomplete.
    fn prepare(&self, _bytes: Range<u64>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// The observer for callers that want only the problems and counts: it ignores every leaf.
impl<'a> Observer<'a> for () {
    type Chunk = ();

    fn chunk(&self) {}

    fn leaf(&self, (): &mut (), _: &BucketInfo<'a>, _: &Leaf<'a>) {}
}
