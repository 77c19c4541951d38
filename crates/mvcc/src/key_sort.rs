//! [`sort_by_key`]: sorts positions by their user keys without copying the keys.
//!
//! The keys are anywhere in the file, so a comparison that reads two of them costs two cache misses. Each entry
//! therefore has eight bytes of its key; entries are sorted by those, and only entries that agree in them are sorted by
//! the next eight. Bytes that all keys of a group share (`/registry/`…) are skipped at once, but at most [`MAX_SKIPPED`]
//! of them: otherwise a few keys that share less would cause all others to be compared to their ends again and again.

use rayon::prelude::*;

/// From this many entries on, a group is sorted on several threads.
const PARALLEL_FROM: usize = 8192;
/// Up to this many entries, a group is sorted by comparing whole keys.
const SMALL_GROUP: usize = 12;
/// The most shared bytes that are skipped in one round.
const MAX_SKIPPED: usize = 256;

/// An item with eight bytes of its key.
#[derive(Clone, Copy)]
struct SortEntry<T> {
    /// Eight bytes of the key, padded with zeros.
    prefix: u64,
    /// How many of them the key has; of two equal prefixes the shorter one comes first.
    prefix_len: u8,
    item: T,
}

/// Sorts items by the key that `key_of` returns; the order of items with equal keys is unspecified. Takes 24 bytes an
/// item and more.
pub(crate) fn sort_by_key<'a, T, K>(items: Vec<T>, key_of: K) -> Vec<T>
where
    T: Copy + Send + Sync,
    K: Fn(&T) -> &'a [u8] + Sync,
{
    let mut entries: Vec<SortEntry<T>> =
        items.into_par_iter().map(|item| SortEntry { prefix: 0, prefix_len: 0, item }).collect();
    let mut groups = vec![(entries.as_mut_slice(), 0)];
    // Ends, because each round looks at eight more bytes of the keys of a group, and a group whose keys are all at
    // their end is done.
    while !groups.is_empty() {
        groups = groups.into_par_iter().flat_map_iter(|(group, depth)| sort_group(group, depth, &key_of)).collect();
    }
    entries.into_par_iter().map(|entry| entry.item).collect()
}

/// Sorts a group whose keys agree in their first `depth` bytes; returns the groups that have to be sorted further.
fn sort_group<'g, 'a, T, K>(
    group: &'g mut [SortEntry<T>],
    depth: usize,
    key_of: &K,
) -> Vec<(&'g mut [SortEntry<T>], usize)>
where
    T: Copy + Send + Sync,
    K: Fn(&T) -> &'a [u8] + Sync,
{
    let rest = |item: &T, depth: usize| key_of(item).get(depth..).unwrap_or_default();
    if group.len() <= SMALL_GROUP {
        group.sort_unstable_by_key(|entry| rest(&entry.item, depth));
        return Vec::new();
    }
    let first = group.first().map_or(&[][..], |entry| rest(&entry.item, depth));
    let first = first.get(..MAX_SKIPPED).unwrap_or(first);
    let common = |entry: &SortEntry<T>| common_prefix_len(first, rest(&entry.item, depth));
    let depth = depth + fold_min(group, first.len(), common);
    let fill = |entry: &mut SortEntry<T>| (entry.prefix, entry.prefix_len) = prefix_of(rest(&entry.item, depth));
    if group.len() >= PARALLEL_FROM {
        group.par_iter_mut().for_each(fill);
        group.par_sort_unstable_by_key(|entry| (entry.prefix, entry.prefix_len));
    } else {
        group.iter_mut().for_each(fill);
        group.sort_unstable_by_key(|entry| (entry.prefix, entry.prefix_len));
    }
    let alike = group.chunk_by_mut(|one, other| (one.prefix, one.prefix_len) == (other.prefix, other.prefix_len));
    let unsorted = alike.filter(|group| group.len() > 1 && group.first().is_some_and(|entry| entry.prefix_len == 8));
    unsorted.map(|group| (group, depth + 8)).collect()
}

/// The smallest value of a function over the entries of a group, at most `start`.
fn fold_min<T: Sync>(group: &[SortEntry<T>], start: usize, of: impl Fn(&SortEntry<T>) -> usize + Sync) -> usize {
    if group.len() >= PARALLEL_FROM {
        group.par_iter().map(&of).reduce(|| start, usize::min)
    } else {
        group.iter().map(of).fold(start, usize::min)
    }
}

/// Length of the common prefix of two keys.
fn common_prefix_len(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).take_while(|(one, other)| one == other).count()
}

/// The first eight bytes of a key as a number that sorts like them, and how many of them the key has.
fn prefix_of(rest: &[u8]) -> (u64, u8) {
    if let Some(whole) = rest.first_chunk() {
        return (u64::from_be_bytes(*whole), 8);
    }
    let mut padded = [0; 8];
    padded[..rest.len()].copy_from_slice(rest);
    (u64::from_be_bytes(padded), u8::try_from(rest.len()).unwrap_or(8))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn assert_sorted(keys: &[Vec<u8>]) {
        let mut expected: Vec<&[u8]> = keys.iter().map(Vec::as_slice).collect();
        expected.sort_unstable();
        let items = (0..keys.len()).collect();
        let sorted: Vec<&[u8]> = sort_by_key(items, |item| &keys[*item]).into_iter().map(|item| &*keys[item]).collect();
        assert_eq!(sorted, expected);
    }

    proptest! {
        /// Few different bytes, zeros among them, make long shared beginnings and keys that begin other keys.
        #[test]
        fn the_order_is_that_of_the_bytes(
            prefix in "[/ab]{0,20}",
            tails in prop::collection::vec(prop::collection::vec(0_u8..3, 0..20), 0..300),
        ) {
            let keys: Vec<Vec<u8>> = tails.into_iter().map(|tail| [prefix.as_bytes(), &tail].concat()).collect();
            assert_sorted(&keys);
        }
    }

    proptest! {
        /// Each key shares a step more with the next one, and the steps are about as long as what is passed over at once.
        #[test]
        fn keys_like_a_staircase_are_in_order(step in 1..=MAX_SKIPPED + 9, steps in 0..60_usize, seed in 0..61_usize) {
            let stair = |n: usize| [&vec![b'x'; (n * 7919 + seed) % 61 * step][..], b"y"].concat();
            let keys: Vec<_> = (0..steps).map(stair).collect();
            assert_sorted(&keys);
        }
    }

    #[test]
    fn many_and_long_keys() {
        let number = |n: u64| n.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes();
        assert_sorted(&(0..20_000).map(|n| [&b"/registry/pods/"[..], &number(n)].concat()).collect::<Vec<_>>());
        assert_sorted(&(0..50).map(|n| [&vec![b'x'; 100_000][..], &number(n % 40)].concat()).collect::<Vec<_>>());
    }
}
