//! etcd's MVCC store in a bbolt database: revisions, tombstones, compactions, and the hashes over them.
//!
//! A [`Scanner`] observes the structural check of a database and reads every record once; [`Keyspace`] merges its
//! results: status hash, backend hash, HashKV, key counts, and all violations of the rules about records. Memory is 24
//! bytes a record and a few dozen bytes a leaf page; values are never copied.
//!
//! [`Revisions`] reads the records themselves: it streams a range of revisions in either direction, or makes an
//! [`Index`] of records by key, which answers what was live, deleted or changed at any readable revision. An index takes
//! 24 bytes a record and some 64 bytes a leaf page; an answer takes 8 bytes a key, and some 32 more while it is sorted
//! by key.
//!
//! ```text
//! etcdsnap_bbolt::check --leaves--> Scanner --RecordState, LeafDigest--> ScanChunk
//!                                                                         |    |
//!      Keyspace <-- HistoryChecker (partitions of states, in parallel) ---+    +--> Index (states by key, no counts)
//!      hashes, counts, violations                                              live, deleted, changes at a revision
//! ```
//!
//! ```
//! use etcdsnap_bbolt::{Db, check};
//! use etcdsnap_mvcc::{Compaction, Keyspace, Scanner};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let file = etcdsnap_testkit::example();
//! let db = Db::open(&file)?;
//! let compaction = Compaction::read(&db)?;
//! let mut walk = check::check(&db, &Scanner::new(compaction, 100), 100);
//! let keyspace = Keyspace::from_walk(&db, &mut walk, compaction, None);
//! println!("{:08x} at revision {}", keyspace.hash_kv()?.hash, keyspace.current_revision());
//! # Ok(())
//! # }
//! ```

mod compaction;
pub mod digest;
mod hash_kv;
mod history_check;
mod incremental_index;
mod index;
mod key_history;
mod key_leaf;
mod key_range;
mod key_sort;
mod keyspace;
mod position;
mod rank_table;
mod record_code;
mod record_state;
mod records;
mod revision;
mod revisions;
mod scan;
mod summary;
mod violation;

pub use compaction::{Compaction, RevisionError};
pub use digest::BackendHashRule;
pub use hash_kv::HashKv;
pub use incremental_index::{Baseline, UnchangedLeaves};
pub use index::{DeletedKey, Index};
pub use key_range::KeyRange;
pub use keyspace::Keyspace;
pub use position::Position;
pub use record_code::RecordCode;
pub use records::Record;
pub use revision::{ENOUGH_REVISIONS, Revision, RevisionKey, RevisionKeyError, revisions_after};
pub use revisions::{Batches, Direction, KeyFilter, KeyspaceDamage, ReadAhead, Revisions};
pub use scan::{ScanChunk, Scanner, ValuePrefilter};
pub use summary::Summary;
pub use violation::{Violation, ViolationDetail};
