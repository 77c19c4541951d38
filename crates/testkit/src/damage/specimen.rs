//! The specimen: a database that is large enough for every corruption.

use crate::bbolt::Layout;
use crate::etcd::{Compactions, EtcdStore, RandomHistory};

/// The etcd store in a [`specimen`]: some 4 000 records of a 3.6 member, compacted once in the first quarter.
pub fn specimen_store() -> EtcdStore {
    let first = RandomHistory {
        seed: 68,
        operations: 900,
        keys: 400,
        compactions: Compactions::Never,
        ..RandomHistory::default()
    };
    let mut store = first.build_store();
    store.compact(700);
    store.put("large", "L".repeat(100_000));
    for (round, number) in (0..9_u64).flat_map(|round| (0..400).map(move |number| (round, number))) {
        let value = "v".repeat(usize::from(number % 7 == 0) * 100 + 90);
        store.put(format!("key/{number:06}"), format!("{round} {value}"));
    }
    store
}

/// The database file with [`specimen_store`] in that layout, without a trailer. With pages of 4 KiB or less the tree has
/// three levels; larger pages need [`Layout::min_depth`]. Pages of 512 bytes are too small for `d08`.
pub fn specimen(layout: &Layout) -> Vec<u8> {
    layout.build(&specimen_store().to_tree())
}
