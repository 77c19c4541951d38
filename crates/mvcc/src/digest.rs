//! The hashes over whole buckets, put together from their leaves (`docs/format/mvcc.md#status-hash`).
//!
//! Both are CRC-32C over bucket names, keys and values without any framing, so a leaf's part of them is one run of bytes,
//! computed wherever the leaf is read, and the parts are combined in key order at the end.

use etcdsnap_bbolt::check::{BucketInfo, Leaf};
use etcdsnap_bbolt::{Bucket, Corruption};
use etcdsnap_checksum::crc32c;
use rayon::prelude::*;

use crate::rank_table::{HasRank, RankTable};

/// The CRC-32C of some bytes and their number, so that it can be appended to another digest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Digest {
    /// CRC-32C.
    pub crc: u32,
    /// Bytes it covers.
    pub len: u64,
}

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self::default().append(bytes)
    }

    /// The digest of what this one covers followed by `bytes`.
    #[must_use]
    pub fn append(self, bytes: &[u8]) -> Self {
        Self { crc: crc32c::append(self.crc, bytes), len: self.len.saturating_add(bytes.len() as u64) }
    }

    /// The digest of what this one covers followed by what `other` covers.
    #[must_use]
    pub fn then(self, other: Self) -> Self {
        let crc = crc32c::combine(self.crc, other.crc, other.len);
        Self { crc, len: self.len.saturating_add(other.len) }
    }
}

/// The digest of one leaf, which is a part of its bucket's digest; takes 24 bytes.
#[derive(Clone, Copy, Debug)]
pub struct LeafDigest {
    /// Index of the bucket in the walk.
    pub bucket: u32,
    /// Rank of the leaf in its bucket.
    pub rank: u32,
    /// Number of elements on the leaf.
    pub pairs: u32,
    crc: u32,
    len: u64,
}

impl HasRank for LeafDigest {
    fn rank(&self) -> u32 {
        self.rank
    }
}

impl LeafDigest {
    /// Computes the digest of a leaf; over one run of bytes when the leaf is packed.
    pub fn of(bucket: &BucketInfo<'_>, leaf: &Leaf<'_>) -> Self {
        let (pairs, digest) = match leaf.packed {
            Some(packed) => (leaf.page.count.into(), Digest::of(packed)),
            None => leaf.page.leaf_elements().fold((0, Digest::default()), |(pairs, digest), element| {
                let value = if element.is_bucket() { &[] } else { element.value };
                (pairs + 1, digest.append(element.key).append(value))
            }),
        };
        Self { bucket: bucket.index, rank: leaf.rank, pairs, crc: digest.crc, len: digest.len }
    }

    /// All keys and values of the leaf, in order. Of a nested bucket etcd hashes the name only.
    pub fn digest(&self) -> Digest {
        Digest { crc: self.crc, len: self.len }
    }
}

/// A bucket directly below the root bucket, with its digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketDigest<'a> {
    /// Name.
    pub name: &'a [u8],
    /// Number of keys and nested buckets in it.
    pub pairs: u64,
    /// Digest of its keys and values in order, without its name.
    pub digest: Digest,
}

/// Computes the digests of the buckets directly below the root bucket from those of their leaves; in key order.
pub(crate) fn buckets<'a>(infos: &[BucketInfo<'a>], leaves: &RankTable<LeafDigest>) -> Vec<BucketDigest<'a>> {
    let runs: Vec<Vec<LeafRun>> = leaves.par_copied_chunks().map(|piece| leaf_runs(&piece)).collect();
    let mut sums = vec![LeafRun::default(); infos.len()];
    for run in runs.iter().flatten() {
        if let Some(sum) = sums.get_mut(run.bucket as usize) {
            *sum = sum.then(run);
        }
    }
    let of_root = infos.iter().zip(sums).filter(|(info, _)| info.parent == Some(0));
    of_root.map(|(info, sum)| BucketDigest { name: info.name, pairs: sum.pairs, digest: sum.digest }).collect()
}

/// Consecutive leaves of one bucket, with their common digest.
#[derive(Clone, Copy, Debug, Default)]
struct LeafRun {
    bucket: u32,
    pairs: u64,
    digest: Digest,
}

impl LeafRun {
    fn then(&self, next: &Self) -> Self {
        Self { bucket: next.bucket, pairs: self.pairs + next.pairs, digest: self.digest.then(next.digest) }
    }
}

/// Merges consecutive leaves of the same bucket.
fn leaf_runs(leaves: &[LeafDigest]) -> Vec<LeafRun> {
    let mut runs: Vec<LeafRun> = Vec::new();
    for leaf in leaves {
        let next = LeafRun { bucket: leaf.bucket, pairs: leaf.pairs.into(), digest: leaf.digest() };
        match runs.last_mut().filter(|run| run.bucket == next.bucket) {
            Some(run) => *run = run.then(&next),
            None => runs.push(next),
        }
    }
    runs
}

/// The hash that `snapshot status` prints: every bucket's name, then its keys and values.
pub fn status_hash(buckets: &[BucketDigest<'_>]) -> u32 {
    buckets.iter().fold(Digest::default(), |all, bucket| all.append(bucket.name).then(bucket.digest)).crc
}

/// Which keys of the `meta` bucket a version excludes from its backend hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackendHashRule {
    /// etcd 3.4 excludes `consistent_index`.
    V3_4,
    /// etcd 3.5 also excludes `term`.
    V3_5,
    /// etcd 3.6 and later also exclude `storageVersion`.
    V3_6,
}

impl BackendHashRule {
    fn ignored(self) -> &'static [&'static [u8]] {
        let all: &[&[u8]] = &[b"consistent_index", b"term", b"storageVersion"];
        match self {
            Self::V3_4 => &all[..1],
            Self::V3_5 => &all[..2],
            Self::V3_6 => all,
        }
    }
}

/// The hash of `Maintenance.Hash`: like [`status_hash`], but without the keys that `rule` excludes from the bucket `meta`.
pub fn backend_hash(
    buckets: &[BucketDigest<'_>],
    meta: Option<Bucket<'_>>,
    rule: BackendHashRule,
) -> Result<u32, Corruption> {
    let mut all = Digest::default();
    for bucket in buckets {
        all = all.append(bucket.name);
        match meta {
            Some(meta) if bucket.name == b"meta" => {
                for element in meta.elements() {
                    let element = element?;
                    if !rule.ignored().contains(&element.key) {
                        all = all.append(element.key).append(element.value);
                    }
                }
            }
            _ => all = all.then(bucket.digest),
        }
    }
    Ok(all.crc)
}
