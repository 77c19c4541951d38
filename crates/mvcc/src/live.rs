//! Questions about live keys that can be answered from the newest records on.

use std::collections::HashSet;

use crate::{Keyspace, Record};

impl Keyspace<'_> {
    /// Is there a live key for which `wanted` holds? Reads records from the newest to the oldest and stops at the first hit;
    /// remembers the deleted keys that were wanted.
    pub fn any_live_key(&self, wanted: impl Fn(&[u8]) -> bool) -> bool {
        let mut deleted = HashSet::new();
        let pages = self.records.leaves.iter().rev().filter_map(|leaf| Some(self.records.page(leaf)?.admitted()));
        let elements = pages.flat_map(|page| (0..page.count).rev().filter_map(move |index| page.leaf_element(index)));
        for element in elements {
            let Some(Record { tombstone, kv, .. }) = Record::parse(&element).filter(|record| !record.is_nameless())
            else {
                continue;
            };
            if !wanted(kv.key) || deleted.contains(kv.key) {
                continue;
            }
            if !tombstone {
                return true;
            }
            deleted.insert(kv.key);
        }
        false
    }
}
