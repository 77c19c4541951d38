//! Questions about live keys that can be answered from the newest records on.

use std::collections::HashSet;

use etcdsnap_proto::KeyValueRef;

use crate::{Keyspace, RevisionKey};

impl Keyspace<'_> {
    /// Is there a live key for which `wanted` holds? Reads records from the newest to the oldest and stops at the first hit;
    /// remembers the deleted keys that were wanted.
    pub fn any_live_key(&self, wanted: impl Fn(&[u8]) -> bool) -> bool {
        let mut deleted = HashSet::new();
        let pages = self.records.leaves.iter().rev().filter_map(|leaf| self.records.page(leaf));
        let elements = pages.flat_map(|page| (0..page.count).rev().filter_map(move |index| page.leaf_element(index)));
        for element in elements {
            let (Ok(key), Ok(record)) = (RevisionKey::parse(element.key), KeyValueRef::parse(element.value)) else {
                continue;
            };
            if record.key.is_empty() || !wanted(record.key) || deleted.contains(record.key) {
                continue;
            }
            if !key.tombstone {
                return true;
            }
            deleted.insert(record.key);
        }
        false
    }
}
