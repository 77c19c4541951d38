//! The newest record of every key, remembered while records are met in any order.
//!
//! A key is known by the 64 bits of its hash: of ten million keys two share one with a chance of three in a million, and then
//! the older of the two counts as an old revision of the other. Keys are shared out to parts by hash; each part keeps
//! what it knows sorted and takes new records in by merging, so memory is never much more than the keys need.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::{Mutex, PoisonError};

use xxhash_rust::xxh3::xxh3_64;

/// What is known of a key: its newest record so far, and sums over all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct KeyState {
    hash: u64,
    /// Rank of the leaf, index on it, is it a put, overhead: in this order from the highest bit, so that newer is greater.
    newest: u64,
    /// Bytes of the newest record's value and key.
    pub value_size: u32,
    pub key_size: u32,
    /// Number of its prefix.
    pub prefix: u32,
    /// Records of the key.
    pub records: u32,
    /// Bytes of these records in their leaves.
    pub bytes: u64,
}

const PUT: u64 = 1 << 15;

/// A record as it is met.
#[derive(Clone, Copy, Debug)]
pub(super) struct Met<'r> {
    pub rank: u32,
    pub index: u16,
    pub key: &'r [u8],
    pub value_size: usize,
    /// Bytes it takes in its leaf.
    pub bytes: u64,
    pub put: bool,
    /// Number of its prefix.
    pub prefix: u32,
}

impl KeyState {
    #[inline]
    pub fn new(met: &Met<'_>) -> Self {
        let size = |size: usize| u32::try_from(size).unwrap_or(u32::MAX);
        let overhead = met.bytes.saturating_sub((met.key.len() + met.value_size) as u64).min(PUT - 1);
        let put = if met.put { PUT } else { 0 };
        Self {
            hash: xxh3_64(met.key),
            newest: u64::from(met.rank) << 32 | u64::from(met.index) << 16 | put | overhead,
            value_size: size(met.value_size),
            key_size: size(met.key.len()),
            prefix: met.prefix,
            records: 1,
            bytes: met.bytes,
        }
    }

    /// Takes in what is known of the same key from elsewhere.
    #[inline]
    fn merge(&mut self, other: &Self) {
        let (records, bytes) = (self.records.saturating_add(other.records), self.bytes.saturating_add(other.bytes));
        if other.newest > self.newest {
            *self = *other;
        }
        (self.records, self.bytes) = (records, bytes);
    }

    /// Is the newest record a put?
    pub fn is_live(&self) -> bool {
        self.newest & PUT != 0
    }

    /// Bytes of the newest record beside key and value; more than 32 767, which etcd does not write, count as so many.
    pub fn overhead(&self) -> u64 {
        self.newest & (PUT - 1)
    }

    /// Rank of the newest record's leaf, and its index there.
    pub fn place(&self) -> (u32, u16) {
        ((self.newest >> 32) as u32, (self.newest >> 16 & 0xFFFF) as u16)
    }
}

/// All keys.
#[derive(Debug)]
pub(super) struct Keys {
    parts: Vec<Mutex<Part>>,
}

#[derive(Debug, Default)]
struct Part {
    /// One for each key, ascending by hash.
    settled: Vec<KeyState>,
    /// Not yet merged into these.
    pending: Vec<KeyState>,
}

const PARTS: usize = 64;
/// Fewest states that are worth a merge.
const WORTH: usize = 1024;

impl Keys {
    pub fn new() -> Self {
        Self { parts: (0..PARTS).map(|_| Mutex::default()).collect() }
    }

    /// Takes in the states of one chunk, in any order; one key may have several.
    pub fn take(&self, states: &mut [KeyState]) {
        let part = |state: &KeyState| usize::try_from(state.hash >> (u64::BITS - PARTS.ilog2())).unwrap_or(0);
        states.sort_unstable_by_key(|state| state.hash);
        for run in states.chunk_by(|one, other| part(one) == part(other)) {
            let Some(part) = run.first().and_then(|state| self.parts.get(part(state))) else { continue };
            part.lock().unwrap_or_else(PoisonError::into_inner).take(run);
        }
    }

    /// Every key's state, once all are in.
    pub fn finish(self) -> impl Iterator<Item = KeyState> {
        self.parts.into_iter().flat_map(|part| {
            let mut part = part.into_inner().unwrap_or_else(PoisonError::into_inner);
            part.settle();
            part.settled
        })
    }
}

impl Part {
    fn take(&mut self, states: &[KeyState]) {
        self.pending.extend_from_slice(states);
        if self.pending.len() > WORTH.max(self.settled.len() / 4) {
            self.settle();
        }
    }

    fn settle(&mut self) {
        let mut pending = std::mem::take(&mut self.pending);
        pending.sort_unstable_by_key(|state| state.hash);
        pending.dedup_by(|next, kept| {
            let same = next.hash == kept.hash;
            if same {
                kept.merge(next);
            }
            same
        });
        let mut settled = std::mem::take(&mut self.settled).into_iter().peekable();
        let mut merged: Vec<KeyState> = Vec::with_capacity(settled.len() + pending.len());
        for state in pending {
            while let Some(earlier) = settled.next_if(|earlier| earlier.hash <= state.hash) {
                merged.push(earlier);
            }
            match merged.last_mut() {
                Some(last) if last.hash == state.hash => last.merge(&state),
                _ => merged.push(state),
            }
        }
        merged.extend(settled);
        merged.shrink_to(merged.len() + merged.len() / 8);
        self.settled = merged;
    }
}

/// The keys with the greatest scores, in memory for so many.
#[derive(Debug)]
pub(super) struct Greatest<S> {
    most: usize,
    /// The least of them on top; of equal scores the newer record.
    heap: BinaryHeap<Reverse<(S, Reverse<u64>, KeyState)>>,
}

impl<S: Ord + Copy> Greatest<S> {
    pub fn new(most: usize) -> Self {
        Self { most, heap: BinaryHeap::new() }
    }

    /// Considers one key.
    pub fn offer(&mut self, score: S, state: &KeyState) {
        let offered = (score, Reverse(state.newest));
        if self.heap.len() == self.most && self.heap.peek().is_none_or(|least| offered <= (least.0.0, least.0.1)) {
            return;
        }
        self.heap.push(Reverse((offered.0, offered.1, *state)));
        if self.heap.len() > self.most {
            self.heap.pop();
        }
    }

    /// The keys, greatest first.
    pub fn finish(self) -> impl Iterator<Item = KeyState> {
        self.heap.into_sorted_vec().into_iter().map(|Reverse((_, _, state))| state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn met(number: u32) -> KeyState {
        // Every key has three records; the one of the highest rank is the newest.
        let key = (number % 1000).to_be_bytes();
        KeyState::new(&Met {
            rank: number,
            index: 1,
            key: &key,
            value_size: number as usize,
            bytes: u64::from(number) + 50,
            put: number.is_multiple_of(2),
            prefix: number / 1000,
        })
    }

    #[test]
    fn the_newest_record_stays_whatever_the_order() {
        for step in [1, 7, 1999] {
            let keys = Keys::new();
            let mut states: Vec<_> = (0..3000_u32).map(|number| met(number * step % 3000)).collect();
            for chunk in states.chunks_mut(171) {
                keys.take(chunk);
            }
            let all: Vec<_> = keys.finish().collect();
            assert_eq!(all.len(), 1000);
            for state in all {
                let (rank, index) = state.place();
                assert!((2000..3000).contains(&rank) && index == 1);
                assert_eq!((state.value_size, state.prefix, state.records), (rank, 2, 3));
                assert_eq!((state.is_live(), state.overhead()), (rank.is_multiple_of(2), 46));
                assert_eq!(state.bytes, u64::from(rank) * 3 - 3000 + 150);
            }
        }
    }

    #[test]
    fn the_greatest_are_kept_in_order() {
        let mut greatest = Greatest::new(3);
        for number in [5_u32, 9, 1, 9, 7, 3] {
            greatest.offer(number, &met(number * 100 + u32::from(number == 9)));
        }
        let ranks: Vec<_> = greatest.finish().map(|state| state.place().0).collect();
        assert_eq!(ranks, [901, 901, 700]);
        let mut none = Greatest::new(0);
        none.offer(1, &met(1));
        assert_eq!(none.finish().count(), 0);
    }

    #[test]
    fn a_state_is_small() {
        assert_eq!(size_of::<KeyState>(), 40);
    }
}
