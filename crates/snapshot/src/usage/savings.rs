//! What compaction and defragmentation would give back.

use etcdsnap_bbolt::Db;
use etcdsnap_bbolt::build::{BucketSize, BuildOptions, SizeEstimate};
use etcdsnap_bbolt::check::BucketInfo;
use serde::Serialize;

use super::balance::Balance;
use super::observer::Account;

/// What could be given back, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Savings {
    /// What a compaction at the newest revision would free inside the file, which stays as large as it is. At most: a
    /// deletion that is the newest change of all is kept.
    pub compaction: u64,
    /// Size of the database after a defragmentation: an estimate, see [`SizeEstimate`].
    pub defragmented_size: u64,
    /// Size of the database after both, the compaction first: a coarser estimate, of records of mean size.
    pub compacted_and_defragmented_size: u64,
}

/// Estimates both.
pub(super) fn estimate<'a>(db: &Db<'a>, infos: &[BucketInfo<'a>], account: &Account<'a>, balance: &Balance) -> Savings {
    let superseded = balance.old_revisions + balance.tombstones;
    let records = superseded + balance.live_values + balance.live_keys + balance.live_overhead;
    let whole = |pages| pages;
    let compacted = |pages: u64| {
        let live = u128::from(records - superseded);
        u64::try_from((u128::from(pages) * live).div_ceil(u128::from(records.max(1)))).unwrap_or(u64::MAX).max(1)
    };
    Savings {
        compaction: superseded,
        defragmented_size: rebuilt(db, infos, account, whole),
        compacted_and_defragmented_size: rebuilt(db, infos, account, compacted),
    }
}

/// Size of a file built anew; `keys` makes of the pages of the bucket `key` those that would be left of it.
fn rebuilt<'a>(db: &Db<'a>, infos: &[BucketInfo<'a>], account: &Account<'a>, keys: impl Fn(u64) -> u64) -> u64 {
    let empty = SizeEstimate::new(&BuildOptions::like(db));
    let of = |info: &BucketInfo<'a>| account.sums.get(&info.index).map_or(empty, |sums| sums.estimate);
    let mut estimates: Vec<SizeEstimate> = infos.iter().map(of).collect();
    // Parents stand before their buckets, so from the end on each bucket is complete when its parent asks for it.
    for (at, info) in infos.iter().enumerate().rev() {
        let Some(parent) = info.parent else { continue };
        let Some(room) = estimates.get(at).map(|estimate| estimate.bucket_size()) else { continue };
        let room = match room {
            BucketSize::Pages(pages) if parent == 0 && info.name == b"key" => BucketSize::Pages(keys(pages)),
            room => room,
        };
        if let Some(outer) = estimates.get_mut(parent as usize) {
            outer.bucket(info.name.len() as u64, room);
        }
    }
    estimates.first().map_or(0, |root| root.file_pages()) * u64::from(db.page_size())
}
