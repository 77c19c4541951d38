//! Damage to the order of keys, inside a page and in relation to the parent (corruptions `c…`). Only the bytes of keys change,
//! never their lengths.

use std::ops::Range;

use super::parsed_database::{Outcome, ParsedDatabase};

pub(super) fn leaf_keys_swapped(db: &mut ParsedDatabase) -> Outcome {
    let (first, second) = db.find_in_leaf(|_, entries| equal_neighbours(entries.iter().map(|entry| &entry.key), 1))?;
    swap(&mut db.bytes, first, second);
    Ok(())
}

pub(super) fn leaf_key_duplicated(db: &mut ParsedDatabase) -> Outcome {
    let (first, second) = db.find_in_leaf(|_, entries| equal_neighbours(entries.iter().map(|entry| &entry.key), 1))?;
    db.bytes.copy_within(first, second.start);
    Ok(())
}

/// Makes the first key of a leaf less than the key in its parent.
pub(super) fn first_key_below_parent(db: &mut ParsedDatabase) -> Outcome {
    let key = db.find_in_leaf(|_, entries| Some(entries.first()?.key.clone()))?;
    let last = key.clone().rev().find(|at| db.bytes[*at] != 0).unwrap_or(key.start);
    db.bytes[last] -= 1;
    Ok(())
}

/// Makes the last key of a leaf equal to the first key of the next leaf.
pub(super) fn last_key_above_next(db: &mut ParsedDatabase) -> Outcome {
    let (last, next) = db.find_in_branch(|_, entries| {
        entries.windows(2).find_map(|pair| {
            let last = last_key(db, pair[0].child).filter(|last| last.len() == pair[1].key.len())?;
            Some((last, pair[1].key.clone()))
        })
    })?;
    db.bytes.copy_within(next, last.start);
    Ok(())
}

/// Makes the key of a branch element equal to the last key of the child before it.
pub(super) fn branch_key_lowered(db: &mut ParsedDatabase) -> Outcome {
    let (last, key) = db.find_in_branch(|_, entries| {
        entries.windows(2).find_map(|pair| {
            let last = last_key(db, pair[0].child).filter(|last| last.len() == pair[1].key.len())?;
            (db.bytes[last.clone()] > db.bytes[pair[0].key.clone()]).then(|| (last, pair[1].key.clone()))
        })
    })?;
    db.bytes.copy_within(last, key.start);
    Ok(())
}

/// Makes the key of a branch element slightly greater than the key of the next element.
pub(super) fn branch_key_raised(db: &mut ParsedDatabase) -> Outcome {
    let (raised, key) = db.find_in_branch(|_, entries| {
        entries.windows(3).skip(1).find_map(|three| {
            let raised = successor(&db.bytes[three[1].key.clone()])?;
            let fits = three[0].key.len() == raised.len() && raised.as_slice() < &db.bytes[three[2].key.clone()];
            fits.then(|| (raised, three[0].key.clone()))
        })
    })?;
    db.bytes[key].copy_from_slice(&raised);
    Ok(())
}

pub(super) fn branch_keys_swapped(db: &mut ParsedDatabase) -> Outcome {
    let (first, second) =
        db.find_in_branch(|_, entries| equal_neighbours(entries.iter().map(|entry| &entry.key), 1))?;
    swap(&mut db.bytes, first, second);
    Ok(())
}

/// The first two neighbouring keys of equal length, from element `from` on.
fn equal_neighbours<'k>(
    keys: impl Iterator<Item = &'k Range<usize>>,
    from: usize,
) -> Option<(Range<usize>, Range<usize>)> {
    let keys: Vec<&Range<usize>> = keys.skip(from).collect();
    let pair = keys.windows(2).find(|pair| pair[0].len() == pair[1].len())?;
    Some((pair[0].clone(), pair[1].clone()))
}

/// The last key of a leaf with two elements or more.
fn last_key(db: &ParsedDatabase, leaf: u64) -> Option<Range<usize>> {
    let entries = db.leaf_entries(db.at(leaf).ok()?).ok()?;
    let [_, .., last] = entries.as_slice() else { return None };
    Some(last.key.clone())
}

/// The next larger byte string of the same length.
fn successor(key: &[u8]) -> Option<Vec<u8>> {
    let mut next = key.to_vec();
    for byte in next.iter_mut().rev() {
        *byte = byte.wrapping_add(1);
        if *byte != 0 {
            return Some(next);
        }
    }
    None
}

fn swap(bytes: &mut [u8], first: Range<usize>, second: Range<usize>) {
    for (one, other) in first.zip(second) {
        bytes.swap(one, other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn successors_carry() {
        assert_eq!(successor(&[1, 0xFF, 0xFF]), Some(vec![2, 0, 0]));
        assert_eq!(successor(&[0xFF, 0xFF]), None);
    }
}
