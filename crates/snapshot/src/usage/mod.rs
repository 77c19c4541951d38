//! Where the bytes of a backup are, to the byte.
//!
//! One walk looks at every leaf once. What a record takes is added up by prefix and by bucket as it is met; which put of a key
//! is the newest, and so alive, is known when all of them were seen, so for each key the newest is remembered.
//! What stands between the records (headers, branches, free pages …) is known from the walk itself. In the end
//! every byte of the file is in exactly one column of the [`Balance`], and that is checked, not hoped.
//!
//! A leaf page whose elements cannot be told apart without doubt is not attributed at all: its bytes are `damaged`.
//!
//! Memory: 40 to 60 bytes for each key that has a record, 16 bytes a leaf page beside what the walk itself needs, and
//! 100 bytes for each of at most [`MOST_PREFIXES`] prefixes. Values are never copied.

mod balance;
mod keys;
mod leaf;
mod observer;
mod prefix;
mod savings;

use etcdsnap_bbolt::Db;
use etcdsnap_fault::Severity;
use serde::Serialize;

pub use balance::{Balance, Unbalanced};
pub use prefix::{MOST_PREFIXES, PrefixUsage};
pub use savings::Savings;

use crate::container::Container;
use crate::inspection::Unusable;
use crate::known::Known;
use crate::progress::Progress;
use crate::reading;
use observer::Accountant;

/// What to account for.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Components of a prefix.
    pub depth: usize,
    /// What ends a component.
    pub separator: u8,
    /// Length of the lists of single keys.
    pub top: usize,
}

impl Default for Options {
    /// Prefixes of two components ended by `/`; ten keys a list.
    fn default() -> Self {
        Self { depth: 2, separator: b'/', top: 10 }
    }
}

/// Where the bytes of one backup are.
#[derive(Debug)]
pub struct Usage<'a> {
    /// All bytes of the file by what they are.
    pub balance: Balance,
    /// Keys and records.
    pub counts: Counts,
    /// What records take by prefix, largest first. Every record is in exactly one.
    pub prefixes: Vec<PrefixUsage<'a>>,
    /// Components of these prefixes: fewer than asked for when there would have been more than [`MOST_PREFIXES`].
    pub depth: usize,
    /// Components that were asked for.
    pub depth_asked: usize,
    /// What each bucket takes, parents before children; the root bucket is the first.
    pub buckets: Vec<BucketUsage<'a>>,
    /// Live keys that take most, largest first.
    pub largest: Vec<KeyUsage<'a>>,
    /// Keys with the most retained records beside the newest, most first; some may be deleted.
    pub most_rewritten: Vec<KeyUsage<'a>>,
    /// What compaction and defragmentation would give back; `None` when the file is damaged.
    pub savings: Option<Savings>,
    /// Bytes up to the high-water mark: what etcd measures against its quota.
    pub database_size: u64,
    /// Is the structure sound, and every record readable?
    pub is_sound: bool,
}

/// Numbers of keys and records; known when all records could be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Keys whose newest record is a put.
    pub live_keys: Known<u64>,
    /// Puts that a later record of the key supersedes.
    pub old_revisions: Known<u64>,
    /// Deletions.
    pub tombstones: Known<u64>,
    /// Records that cannot be read.
    pub unreadable_records: u64,
    /// Live keys that take more than [`REQUEST_LIMIT`] with their values.
    pub oversized_keys: Known<u64>,
}

/// What one bucket takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BucketUsage<'a> {
    /// Its name; empty for the root bucket.
    pub name: &'a [u8],
    /// Index of the bucket that holds it; `None` for the root bucket, which is the first.
    pub parent: Option<u32>,
    /// Has it pages of its own?
    pub inline: bool,
    /// Pairs and buckets in it.
    pub elements: u64,
    /// Bytes of its elements: 16 of the table, key and value; of a bucket in it only table, name and header.
    pub content: u64,
    /// Headers of its leaf pages.
    pub page_headers: u64,
    /// Its branch pages.
    pub branch_pages: u64,
    /// What is unused of its leaf pages.
    pub slack: u64,
}

impl BucketUsage<'_> {
    /// All of it.
    pub fn total(&self) -> u64 {
        self.content + self.page_headers + self.branch_pages + self.slack
    }
}

/// What one key takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyUsage<'a> {
    /// The key.
    pub key: &'a [u8],
    /// Is its newest record a deletion?
    pub deleted: bool,
    /// Bytes of its live value; 0 when deleted.
    pub value_size: u64,
    /// Puts since it was created, compacted ones included; 0 when deleted.
    pub version: i64,
    /// Records in the file.
    pub records: u64,
    /// Bytes that these records take in their leaves.
    pub bytes: u64,
}

/// Most bytes of a request that a server with default flags takes (`--max-request-bytes`).
pub const REQUEST_LIMIT: u64 = 1_572_864;

/// The largest quota that etcd suggests, in bytes.
pub const LARGEST_QUOTA: u64 = 8 << 30;

/// Why there is no account.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UsageError {
    /// The file could not be read, or has no usable meta.
    #[error(transparent)]
    Unusable(#[from] Unusable),
    /// The columns do not add up, which is a fault of this program.
    #[error(transparent)]
    Unbalanced(#[from] Unbalanced),
}

/// Accounts for every byte of a backup on the rayon pool it is called in.
///
/// # Errors
/// The system could not read the file, or there is no usable meta.
pub fn usage<'a>(
    container: &'a Container,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Usage<'a>, UsageError> {
    let db = Db::open(container.database()).map_err(Unusable::from)?;
    let accountant = Accountant::new(&db, options);
    progress.phase("pages", container.database().len() as u64);
    let advance = reading::telling(progress);
    let walk = reading::walk(container, &db, &accountant, 1, &advance);
    let mut walk = walk.map_err(Unusable::from)?;
    progress.finished();
    let chunks = std::mem::take(&mut walk.chunks);
    let account = accountant.close(&db, chunks, walk.is_whole());
    let structure = walk.problems.worst();
    let is_sound = structure < Some(Severity::Error) && account.counts.unreadable_records == 0;
    let trailer = (container.image().bytes().len() - container.database().len()) as u64;
    let balance = balance::draw_up(&db, &walk, &account, trailer)?;
    Ok(Usage {
        savings: is_sound.then(|| savings::estimate(&db, &walk.buckets, &account, &balance)),
        buckets: account.buckets(&db, &walk.buckets),
        balance,
        counts: account.counts,
        prefixes: account.prefixes,
        depth: account.depth,
        depth_asked: options.depth,
        largest: account.largest,
        most_rewritten: account.most_rewritten,
        database_size: db.size(),
        is_sound,
    })
}
