//! HashKV: the hash by which the members of a cluster compare their keyspaces at one revision
//! (`docs/format/mvcc.md#hashkv`).
//!
//! It is the CRC-32C of `key`, then of all records up to the revision, except those that a compaction would have removed:
//! at or below the compacted revision only the newest put of every key that still stood at the revision counts, even when
//! a compaction is unfinished and older records are still in the file. So all members get the same hash.

use etcdsnap_bbolt::Page;
use rayon::prelude::*;

use crate::digest::Digest;
use crate::key_leaf::KeyLeaf;
use crate::keyspace::{KeptPuts, Keyspace};
use crate::position::Position;
use crate::{RevisionError, RevisionKey};

/// A HashKV with its revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashKv {
    /// CRC-32C.
    pub hash: u32,
    /// The revision at which it was computed.
    pub revision: i64,
    /// The compacted revision; -1 when never compacted.
    pub compact_revision: i64,
}

impl Keyspace<'_> {
    /// The current revision of a server that starts with this database.
    pub fn current_revision(&self) -> i64 {
        self.compaction.current(self.summary.last)
    }

    /// HashKV at the revision that the keyspace was made for. As in etcd a negative one is not refused, and hashes no
    /// record.
    pub fn hash_kv(&self) -> Result<HashKv, RevisionError> {
        let (revision, current) = (self.kept.revision, self.current_revision());
        let compact_revision = self.compaction.compacted();
        if revision > 0 && revision < compact_revision {
            return Err(RevisionError::Compacted);
        }
        if revision > current {
            return Err(RevisionError::Future);
        }
        let selection = Selection::new(&self.kept, compact_revision);
        let leaf = |leaf: &KeyLeaf| self.leaf(leaf, &selection);
        let pieces = self.records.leaves.par_copied_chunks();
        let pieces = pieces.map(|piece| piece.iter().map(leaf).fold(Digest::default(), Digest::then));
        let all = Digest::of(b"key").then(pieces.reduce(Digest::default, Digest::then));
        Ok(HashKv { hash: all.crc, revision, compact_revision })
    }

    /// The digest of the records of a leaf that count. The leaf is read again only when some of its records do not count.
    fn leaf(&self, leaf: &KeyLeaf, selection: &Selection<'_>) -> Digest {
        if leaf.first.main > selection.revision || selection.has_none(leaf) {
            return Digest::default();
        }
        let all_count = leaf.first.main > selection.compacted && leaf.last.main <= selection.revision;
        if let Some(whole) = self.digests.get(leaf.rank).filter(|_| all_count) {
            return whole.digest();
        }
        self.records.db.touch(leaf.page);
        self.records.page(leaf).map_or(Digest::default(), |page| selection.digest(page.within_budget(), leaf.rank))
    }
}

/// Decides which records count for a HashKV.
struct Selection<'k> {
    kept: &'k KeptPuts,
    revision: i64,
    compacted: i64,
}

impl<'k> Selection<'k> {
    fn new(kept: &'k KeptPuts, compacted: i64) -> Self {
        Self { kept, revision: kept.revision, compacted }
    }

    fn counts(&self, key: RevisionKey, is_kept: impl FnOnce() -> bool) -> bool {
        let main = key.revision.main;
        if main > self.revision || (main == self.compacted && key.tombstone) {
            return false;
        }
        // When no put is kept, etcd skips no record: it tests whether the set of kept revisions is empty.
        main > self.compacted || !self.kept.any || is_kept()
    }

    /// Is it certain that no record of a leaf counts?
    fn has_none(&self, leaf: &KeyLeaf) -> bool {
        let kept = || self.kept_from(leaf.rank).first().is_some_and(|kept| kept.rank() == leaf.rank);
        leaf.last.main <= self.compacted && self.kept.any && !kept()
    }

    /// The kept puts of a leaf and of the leaves after it.
    fn kept_from(&self, rank: u32) -> &[Position] {
        let start = Position::new(rank, 0);
        &self.kept.compacted[self.kept.compacted.partition_point(|position| *position < start)..]
    }

    fn digest(&self, page: Page<'_>, rank: u32) -> Digest {
        let mut kept = self.kept_from(rank).iter().peekable();
        (0..page.count).fold(Digest::default(), |digest, index| {
            let position = Position::new(rank, index);
            while kept.next_if(|kept| **kept < position).is_some() {}
            let Some(element) = page.leaf_element(index) else { return digest };
            match RevisionKey::parse(element.key) {
                Ok(key) if self.counts(key, || kept.peek() == Some(&&position)) => {
                    digest.append(element.key).append(element.value)
                }
                _ => digest,
            }
        })
    }
}
