//! How the bytes of one leaf page divide.

use etcdsnap_bbolt::Page;
use etcdsnap_bbolt::check::Leaf;
use etcdsnap_bbolt::format::{ELEMENT, PAGE_HEADER};

/// Bytes of the header and of what no element takes; `None` when the elements cannot be told apart without doubt, because the
/// page is not all there, or one of them does not lie inside it, or two overlap.
pub(super) fn unused(leaf: &Leaf<'_>) -> Option<u64> {
    if !leaf.whole {
        return None;
    }
    let page = leaf.page;
    let table_end = PAGE_HEADER + ELEMENT * usize::from(page.count);
    let used = match leaf.packed {
        Some(packed) => packed.len(),
        None => packed_bytes(&page, table_end)?,
    };
    Some(page.bytes().len().checked_sub(table_end + used)? as u64)
}

/// Bytes of keys and values that follow each other, gaps allowed.
#[cold]
fn packed_bytes(page: &Page<'_>, table_end: usize) -> Option<usize> {
    let start = page.bytes().as_ptr().addr();
    let (mut free_from, mut used) = (table_end, 0);
    for index in 0..page.count {
        let element = page.leaf_element(index)?;
        let at = element.key.as_ptr().addr().checked_sub(start)?;
        if at < free_from {
            return None;
        }
        let bytes = element.key.len() + element.value.len();
        free_from = at + bytes;
        used += bytes;
    }
    Some(used)
}
