//! Every byte of the file in exactly one column.

use etcdsnap_bbolt::Db;
use etcdsnap_bbolt::check::{VisitedPages, Walk};
use etcdsnap_fault::Severity;
use serde::Serialize;

use super::observer::{Account, Chunk};
use crate::known::Known;

/// The bytes of a file by what they are. [`total`](Self::total) is the size of the file, decompressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Balance {
    /// Values of live keys.
    pub live_values: u64,
    /// The live keys themselves.
    pub live_keys: u64,
    /// What the newest put of a live key takes beside key and value: 16 bytes of the element table, 17 of the revision,
    /// and the other fields of the record with their tags and lengths.
    pub live_overhead: u64,
    /// Puts that a later record of the same key supersedes, with all they take in their leaf.
    pub old_revisions: u64,
    /// Deletions, with all they take in their leaf.
    pub tombstones: u64,
    /// Elements of all buckets but `key`, and the names and headers of buckets.
    pub other_buckets: u64,
    /// Headers of leaf pages, 16 bytes each, those of inline buckets included.
    pub page_headers: u64,
    /// Branch pages, whole.
    pub branch_pages: u64,
    /// What is unused of leaf pages.
    pub slack: u64,
    /// Pages below the high-water mark that nothing uses; not known when the tree could not be read to its ends.
    pub free_pages: Known<u64>,
    /// Pages that nothing refers to of what could be read, when that is not all of the tree: free, or in use by what
    /// was lost.
    pub unreached: u64,
    /// The list of free pages; 0 in files of etcd on Linux.
    pub freelist: u64,
    /// The two meta pages.
    pub metas: u64,
    /// What the file has behind its last page: room that bbolt took in advance.
    pub beyond_high_water_mark: u64,
    /// Pages and records that are in use but cannot be read, or not without doubt.
    pub damaged: u64,
    /// The SHA-256 behind the database.
    pub trailer: u64,
}

impl Balance {
    /// All columns with their names as in JSON, in the order of the structure.
    pub fn columns(&self) -> [(&'static str, u64); 16] {
        [
            ("liveValues", self.live_values),
            ("liveKeys", self.live_keys),
            ("liveOverhead", self.live_overhead),
            ("oldRevisions", self.old_revisions),
            ("tombstones", self.tombstones),
            ("otherBuckets", self.other_buckets),
            ("pageHeaders", self.page_headers),
            ("branchPages", self.branch_pages),
            ("slack", self.slack),
            ("freePages", self.free_pages.all().copied().unwrap_or(0)),
            ("unreached", self.unreached),
            ("freelist", self.freelist),
            ("metas", self.metas),
            ("beyondHighWaterMark", self.beyond_high_water_mark),
            ("damaged", self.damaged),
            ("trailer", self.trailer),
        ]
    }

    /// The sum of all columns, in bytes.
    pub fn total(&self) -> u64 {
        self.columns().iter().map(|(_, bytes)| bytes).sum()
    }
}

/// The columns do not add up to the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the account does not add up: {accounted} bytes of {file}, {unexplained} of them without a cause; this is a fault of \
     etcdsnap, please report it"
)]
pub struct Unbalanced {
    /// Bytes of the file.
    pub file: u64,
    /// Sum of all columns.
    pub accounted: u64,
    /// Bytes that no column explains although nothing is wrong with the file.
    pub unexplained: u64,
}

/// Puts the columns together. What is in use and was not attributed is damaged; in a file without a structural problem there
/// must be nothing of the kind.
pub(super) fn draw_up<'a>(
    db: &Db<'a>,
    walk: &Walk<'a, Chunk<'a>>,
    account: &Account<'a>,
    trailer: u64,
) -> Result<Balance, Unbalanced> {
    let page_size = u64::from(db.page_size());
    let length = db.bytes().len() as u64;
    let regions = Regions::new(db, &walk.in_use);
    let metas = (0..2_u64).filter(|id| (id + 1) * page_size <= length && walk.in_use.contains(*id)).count() as u64;
    let whole = walk.is_whole();
    let branches: u64 = walk.buckets.iter().map(|bucket| bucket.branch_pages).sum();
    let mut balance = Balance {
        branch_pages: branches * page_size,
        freelist: walk.page_counts.freelist * page_size,
        metas: metas * page_size,
        free_pages: Known::new(if whole { regions.free } else { 0 }, whole),
        unreached: if whole { 0 } else { regions.free },
        beyond_high_water_mark: regions.beyond,
        trailer,
        damaged: 0,
        ..account.columns
    };
    let outside = regions.free + regions.beyond + trailer;
    let attributed = balance.total() - outside;
    let file = length + trailer;
    let unbalanced = |unexplained| Unbalanced { file, accounted: attributed + outside, unexplained };
    balance.damaged = regions.in_use.checked_sub(attributed).ok_or_else(|| unbalanced(0))?;
    let unexplained = balance.damaged.abs_diff(account.unreadable);
    let is_sound = walk.problems.worst() < Some(Severity::Warning);
    if balance.total() != file || is_sound && unexplained != 0 {
        return Err(unbalanced(unexplained));
    }
    Ok(balance)
}

/// The bytes of a database by whether a page uses them.
struct Regions {
    in_use: u64,
    free: u64,
    beyond: u64,
}

impl Regions {
    fn new(db: &Db<'_>, claims: &VisitedPages) -> Self {
        let page_size = u64::from(db.page_size());
        let length = db.bytes().len() as u64;
        // A page that the file ends in counts with what there is of it.
        let missing = claims.bound().saturating_mul(page_size).saturating_sub(length);
        let cut_in_use = claims.bound().checked_sub(1).is_some_and(|last| claims.contains(last));
        let in_use = claims.len();
        let (of_used, of_free) = if cut_in_use { (missing, 0) } else { (0, missing) };
        Self {
            in_use: in_use * page_size - of_used,
            free: (claims.bound() - in_use) * page_size - of_free,
            beyond: length.saturating_sub(db.size()),
        }
    }
}
