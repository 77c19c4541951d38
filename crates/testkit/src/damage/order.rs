//! Damage to the order of keys, inside a page and against the parent (`c`). Lengths never change, only key bytes do.

use std::ops::Range;

use super::subject::{Outcome, Subject};

pub(super) fn leaf_keys_swapped(subject: &mut Subject) -> Outcome {
    let (first, second) = subject.in_leaf(|_, entries| equal_neighbours(entries.iter().map(|entry| &entry.key), 1))?;
    swap(&mut subject.bytes, first, second);
    Ok(())
}

pub(super) fn leaf_key_duplicated(subject: &mut Subject) -> Outcome {
    let (first, second) = subject.in_leaf(|_, entries| equal_neighbours(entries.iter().map(|entry| &entry.key), 1))?;
    subject.bytes.copy_within(first, second.start);
    Ok(())
}

/// The first key of a leaf goes below the key its parent has for it.
pub(super) fn first_key_below_parent(subject: &mut Subject) -> Outcome {
    let key = subject.in_leaf(|_, entries| Some(entries.first()?.key.clone()))?;
    let last = key.clone().rev().find(|at| subject.bytes[*at] != 0).unwrap_or(key.start);
    subject.bytes[last] -= 1;
    Ok(())
}

/// The last key of a leaf becomes the first key of the next.
pub(super) fn last_key_above_next(subject: &mut Subject) -> Outcome {
    let (last, next) = subject.in_branch(|_, entries| {
        entries.windows(2).find_map(|pair| {
            let last = last_key(subject, pair[0].child).filter(|last| last.len() == pair[1].key.len())?;
            Some((last, pair[1].key.clone()))
        })
    })?;
    subject.bytes.copy_within(next, last.start);
    Ok(())
}

/// The key of a branch element goes down to the last key of the child before it.
pub(super) fn branch_key_lowered(subject: &mut Subject) -> Outcome {
    let (last, key) = subject.in_branch(|_, entries| {
        entries.windows(2).find_map(|pair| {
            let last = last_key(subject, pair[0].child).filter(|last| last.len() == pair[1].key.len())?;
            (subject.bytes[last.clone()] > subject.bytes[pair[0].key.clone()]).then(|| (last, pair[1].key.clone()))
        })
    })?;
    subject.bytes.copy_within(last, key.start);
    Ok(())
}

/// The key of a branch element goes up to just above the key of the element behind it.
pub(super) fn branch_key_raised(subject: &mut Subject) -> Outcome {
    let (raised, key) = subject.in_branch(|_, entries| {
        entries.windows(3).skip(1).find_map(|three| {
            let raised = successor(&subject.bytes[three[1].key.clone()])?;
            let fits = three[0].key.len() == raised.len() && raised.as_slice() < &subject.bytes[three[2].key.clone()];
            fits.then(|| (raised, three[0].key.clone()))
        })
    })?;
    subject.bytes[key].copy_from_slice(&raised);
    Ok(())
}

pub(super) fn branch_keys_swapped(subject: &mut Subject) -> Outcome {
    let (first, second) =
        subject.in_branch(|_, entries| equal_neighbours(entries.iter().map(|entry| &entry.key), 1))?;
    swap(&mut subject.bytes, first, second);
    Ok(())
}

/// Two neighbouring keys of equal length, both at or behind element `from`.
fn equal_neighbours<'k>(
    keys: impl Iterator<Item = &'k Range<usize>>,
    from: usize,
) -> Option<(Range<usize>, Range<usize>)> {
    let keys: Vec<&Range<usize>> = keys.skip(from).collect();
    let pair = keys.windows(2).find(|pair| pair[0].len() == pair[1].len())?;
    Some((pair[0].clone(), pair[1].clone()))
}

/// The last key of a leaf that holds at least two.
fn last_key(subject: &Subject, leaf: u64) -> Option<Range<usize>> {
    let entries = subject.leaf_entries(subject.at(leaf).ok()?).ok()?;
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
