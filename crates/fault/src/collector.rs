//! [`Collector`]: collects faults in bounded memory. All are counted; of each code the first ones are kept.
//!
//! Threads collect separately, and their collectors are merged in a fixed order. Each of them keeps its first faults of a
//! code, so the first ones of all are among them, and the result does not depend on how the work was divided.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use crate::code::Code;
use crate::severity::Severity;

/// A violation of a rule, which can be collected.
pub trait Fault {
    /// What the faults are counted by: usually a [`Code`](crate::Code).
    type Code: Copy + Ord + Debug;

    /// The code of this fault.
    fn code(&self) -> Self::Code;

    /// The number of the part of the input that cannot be read completely because of this fault; `None` if there is none.
    fn unread_part(&self) -> Option<u32> {
        None
    }
}

/// Counts all faults, and keeps a limited number of each code.
#[derive(Clone, Debug)]
pub struct Collector<F: Fault> {
    kept: Vec<F>,
    counts: BTreeMap<F::Code, u64>,
    limit: u64,
    /// At most one number for each part, whatever the limit.
    unread_parts: BTreeSet<u32>,
}

impl<F: Fault> Collector<F> {
    /// Makes a collector that keeps at most `limit` faults of each code.
    pub fn new(limit: u64) -> Self {
        Self { kept: Vec::new(), counts: BTreeMap::new(), limit, unread_parts: BTreeSet::new() }
    }

    /// The number of faults of each code that are kept at most.
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// Adds a fault.
    #[cold]
    pub fn push(&mut self, fault: F) {
        self.unread_parts.extend(fault.unread_part());
        if is_within(&mut self.counts, self.limit, fault.code()) {
            self.kept.push(fault);
        }
    }

    /// The faults that were kept, in the order in which they were added; sorted after
    /// [`sort_and_trim`](Self::sort_and_trim).
    pub fn kept(&self) -> &[F] {
        &self.kept
    }

    /// Takes the faults that were [kept](Self::kept).
    pub fn into_kept(self) -> Vec<F> {
        self.kept
    }

    /// Number of faults of one code, whether they were kept or not.
    pub fn count(&self, code: F::Code) -> u64 {
        self.counts.get(&code).copied().unwrap_or(0)
    }

    /// The codes that were found, with their counts, in the order of the codes.
    pub fn counts(&self) -> impl Iterator<Item = (F::Code, u64)> {
        self.counts.iter().map(|(code, count)| (*code, *count))
    }

    /// The codes of which more faults were found than the limit, with the number of those that were not kept.
    pub fn omitted(&self) -> impl Iterator<Item = (F::Code, u64)> {
        self.counts().filter_map(|(code, count)| Some((code, count.checked_sub(self.limit).filter(|more| *more > 0)?)))
    }

    /// The numbers of the parts of the input that [cannot be read completely](Fault::unread_part), whether their faults
    /// were kept or not.
    pub fn unread_parts(&self) -> &BTreeSet<u32> {
        &self.unread_parts
    }

    /// Was no fault added?
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }
}

impl<F: Fault + Ord> Collector<F> {
    /// Adds all faults of another collector. The limit is applied by [`sort_and_trim`](Self::sort_and_trim), and here only
    /// when many more are kept: the first ones of all are among the first ones of any part.
    pub fn merge(&mut self, other: Self) {
        const SLACK: u64 = 4;
        self.unread_parts.extend(other.unread_parts);
        self.kept.extend(other.kept);
        for (code, more) in other.counts {
            *self.counts.entry(code).or_default() += more;
        }
        if self.kept.len() as u64 > self.limit.saturating_mul(self.counts.len() as u64).saturating_mul(SLACK) {
            self.sort_and_trim();
        }
    }

    /// Sorts the kept faults, and removes those of each code that exceed the limit.
    pub fn sort_and_trim(&mut self) {
        self.kept.sort_unstable();
        let (mut counts, limit) = (BTreeMap::new(), self.limit);
        self.kept.retain(|fault| is_within(&mut counts, limit, fault.code()));
    }
}

impl<F: Fault<Code: Code>> Collector<F> {
    /// The highest severity of all faults; `None` without a fault.
    pub fn worst(&self) -> Option<Severity> {
        self.counts.keys().map(|code| code.severity()).max()
    }
}

/// Counts a fault; returns whether its code is still within the limit.
fn is_within<C: Ord>(counts: &mut BTreeMap<C, u64>, limit: u64, code: C) -> bool {
    let count = counts.entry(code).or_default();
    *count += 1;
    *count <= limit
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Fault for (u8, u8) {
        type Code = u8;

        fn code(&self) -> u8 {
            self.0
        }
    }

    #[test]
    fn any_number_of_parts_is_kept_in_bounds() {
        let mut all = Collector::new(2);
        for number in 0..10_000_u32 {
            let mut part = Collector::new(2);
            let [low, high, ..] = number.to_le_bytes();
            part.push((0, low));
            part.push((1, high));
            all.merge(part);
            assert!(all.kept().len() <= 2 * 2 * 4);
        }
        all.sort_and_trim();
        assert_eq!((all.kept(), all.count(0)), (&[(0, 0), (0, 0), (1, 0), (1, 0)][..], 10_000));
        assert_eq!(all.omitted().collect::<Vec<_>>(), [(0, 9_998), (1, 9_998)]);
    }

    #[test]
    fn the_first_of_each_code_stay_whatever_the_merge_order() {
        let part = |faults: &[(u8, u8)]| {
            let mut part = Collector::new(2);
            for fault in faults {
                part.push(*fault);
            }
            part
        };
        let (one, two) = (part(&[(0, 1), (0, 3), (0, 5)]), part(&[(0, 2), (1, 9), (0, 4)]));
        for (first, second) in [(&one, &two), (&two, &one)] {
            let mut all = first.clone();
            all.merge(second.clone());
            all.sort_and_trim();
            assert_eq!(all.kept(), [(0, 1), (0, 2), (1, 9)]);
            assert_eq!((all.count(0), all.count(1)), (5, 1));
            assert_eq!(all.omitted().collect::<Vec<_>>(), [(0, 3)]);
        }
    }
}
