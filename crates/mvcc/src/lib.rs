//! etcd's revisions, tombstones and compactions over bbolt leaves, and the hashes made of them.
//!
//! A [`Scanner`] observes the structural walk of a database and looks at every record once; [`Keyspace`] puts together what
//! it saw: status hash, backend hash, HashKV, key counts, and every breach of the rules that records keep in a healthy
//! store. Memory is 24 bytes a record and a few dozen bytes a leaf page; values are never copied.
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
mod generations;
mod hash_kv;
mod keyspace;
mod live;
mod revision;
mod scan;
mod state;
mod summary;
mod violation;

pub use compaction::Compaction;
pub use digest::BackendHashRule;
pub use hash_kv::{HashKv, HashKvError};
pub use keyspace::Keyspace;
pub use revision::{Revision, RevisionKey, RevisionKeyError};
pub use scan::{ScanChunk, Scanner};
pub use summary::Summary;
pub use violation::{Fact, Rule, Violation};
