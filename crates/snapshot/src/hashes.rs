//! All hashes of one backup: of the image, of all buckets, of the backend, of the keyspace at a revision.

use std::ops::ControlFlow;

use etcdsnap_bbolt::{Corruption, Db};
use etcdsnap_image::ImageError;
use etcdsnap_mvcc::digest::backend_hash;
use etcdsnap_mvcc::{BackendHashRule, HashKv, RevisionError};

use crate::catalogue::mvcc;
use crate::container::Container;
use crate::finding::Severity;
use crate::image_hash::{self, ImageHash};
use crate::inspection::{Inspection, Options, Unusable};
use crate::known::Known;
use crate::progress::Progress;
use crate::report::Sha256Facts;

/// The hashes of one backup.
#[derive(Debug)]
pub struct Hashes {
    /// SHA-256 of the image.
    pub sha256: Sha256Facts,
    /// What `etcdutl snapshot status` prints.
    pub status: Known<u32>,
    /// What a server of version 3.6 or later answers to `Maintenance.Hash`. Older versions answer the same unless a newer
    /// one wrote its own keys into the database.
    pub backend: Known<u32>,
    /// What a server answers to `Maintenance.HashKV`.
    pub kv: Known<Result<HashKv, RevisionError>>,
    /// Is the structure sound? Hashes are not known where a page could not be read.
    pub sound: bool,
}

/// Computes all hashes, the SHA-256 beside the others, on the rayon pool it is called in.
///
/// # Errors
/// The system could not read the file, or there is no usable meta.
pub fn hashes(container: &Container, options: &Options, progress: &dyn Progress) -> Result<Hashes, Unusable> {
    let db = Db::open(container.database())?;
    progress.phase("hash", container.database().len() as u64);
    let walk = || {
        let inspection = Inspection::new(container, db, options, None, &|_| ControlFlow::Continue(()))?;
        let kv = inspection.keyspace.hash_kv();
        Ok::<_, ImageError>((inspection, kv))
    };
    let hash = || ImageHash::new(container).finish(&|| false, &|bytes| progress.advance(bytes));
    let (walked, digest) = rayon::join(walk, hash);
    let (digest, (inspection, kv)) = (digest?, walked?);
    progress.finished();
    let store = inspection.store_facts();
    let backend = inspection.backend_hash(BackendHashRule::V3_6);
    let keyspace_is_known = inspection.summary().is_whole() && inspection.buckets.meta.is_whole();
    Ok(Hashes {
        sha256: image_hash::facts(container, digest.as_ref()),
        status: store.status_hash,
        backend: backend.map_or_else(|_| Known::default(), |hash| Known::new(hash, inspection.walk.is_whole())),
        kv: Known::new(kv, keyspace_is_known),
        sound: inspection.is_sound(),
    })
}

impl Inspection<'_> {
    /// The hash of `Maintenance.Hash` by the rule of a version.
    ///
    /// # Errors
    /// The `meta` bucket cannot be read.
    pub fn backend_hash(&self, rule: BackendHashRule) -> Result<u32, Corruption> {
        backend_hash(&self.keyspace.buckets, self.db.root().bucket(b"meta")?, rule)
    }

    /// Has nothing of the grade of an error been found in the structure, the records, and the entries of etcd's small buckets?
    pub fn is_sound(&self) -> bool {
        let mut entries = self.bucket_findings.kept().iter().filter(|_| self.is_etcd());
        self.walk.problems.worst() < Some(Severity::Error)
            && mvcc::errors(&self.keyspace.violations) == 0
            && self.unreadable.is_none()
            && entries.all(|finding| finding.severity < Severity::Error)
    }
}
