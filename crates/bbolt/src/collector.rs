//! Collecting findings in bounded memory: every one is counted, of each kind the first so many are kept.
//!
//! Threads collect on their own and are merged in a fixed order; because each of them keeps its first ones, the first ones
//! overall are among them, and the outcome does not depend on how the work was shared out.

use std::collections::BTreeSet;

/// Something that can be counted by its kind.
pub trait Counted: Ord {
    /// Number of kinds.
    const KINDS: usize;

    /// Kind of this one, below [`KINDS`](Self::KINDS).
    fn kind(&self) -> usize;

    /// Index of the bucket of which a part cannot be read because of this problem; `None` if all of it can.
    fn hidden_bucket(&self) -> Option<u32> {
        None
    }
}

/// Counts all, keeps some.
#[derive(Clone, Debug)]
pub struct Collector<P> {
    kept: Vec<P>,
    counts: Vec<u64>,
    limit: u64,
    /// At most one for each bucket, whatever the limit.
    hidden: BTreeSet<u32>,
}

impl<P: Counted> Collector<P> {
    /// Keeps at most `limit` of each kind.
    pub fn new(limit: u64) -> Self {
        Self { kept: Vec::new(), counts: vec![0; P::KINDS], limit, hidden: BTreeSet::new() }
    }

    /// How many of each kind are kept.
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// Takes one in.
    #[cold]
    pub fn push(&mut self, problem: P) {
        self.hidden.extend(problem.hidden_bucket());
        if self.count_within_limit(problem.kind()) {
            self.kept.push(problem);
        }
    }

    fn count_within_limit(&mut self, kind: usize) -> bool {
        let Some(count) = self.counts.get_mut(kind) else { return false };
        *count += 1;
        *count <= self.limit
    }

    /// Takes all of another's in. The limit is applied by [`settle`](Self::settle), and before when far too many are kept:
    /// the first ones of the first ones are the first ones.
    pub fn merge(&mut self, other: Self) {
        const SLACK: u64 = 4;
        self.hidden.extend(other.hidden);
        self.kept.extend(other.kept);
        if self.kept.len() as u64 > self.limit.saturating_mul(P::KINDS as u64).saturating_mul(SLACK) {
            self.sort_and_trim();
        }
        for (count, more) in self.counts.iter_mut().zip(other.counts) {
            *count += more;
        }
    }

    /// Brings the kept ones into their own order and applies the limit once more.
    pub fn sort_and_trim(&mut self) {
        self.kept.sort_unstable();
        let mut seen = Self::new(self.limit);
        self.kept.retain(|problem| seen.count_within_limit(problem.kind()));
    }

    /// The ones kept; in order once settled.
    pub fn kept(&self) -> &[P] {
        &self.kept
    }

    /// How many there are of one kind, kept or not.
    pub fn count_of(&self, kind: usize) -> u64 {
        self.counts.get(kind).copied().unwrap_or(0)
    }

    /// Indexes of the buckets of which [a part cannot be read](Counted::hides), whether the problem itself was kept or
    /// not.
    pub fn hidden_buckets(&self) -> &BTreeSet<u32> {
        &self.hidden
    }

    /// Is there none of any kind?
    pub fn is_empty(&self) -> bool {
        self.counts.iter().all(|count| *count == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Counted for (u8, u8) {
        const KINDS: usize = 2;

        fn kind(&self) -> usize {
            self.0.into()
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
        assert_eq!((all.kept(), all.count_of(0)), (&[(0, 0), (0, 0), (1, 0), (1, 0)][..], 10_000));
    }

    #[test]
    fn the_first_of_each_kind_stay_whatever_the_merge_order() {
        let part = |items: &[(u8, u8)]| {
            let mut part = Collector::new(2);
            for item in items {
                part.push(*item);
            }
            part
        };
        let (one, two) = (part(&[(0, 1), (0, 3), (0, 5)]), part(&[(0, 2), (1, 9), (0, 4)]));
        for (first, second) in [(&one, &two), (&two, &one)] {
            let mut all = first.clone();
            all.merge(second.clone());
            all.sort_and_trim();
            assert_eq!(all.kept(), [(0, 1), (0, 2), (1, 9)]);
            assert_eq!((all.count_of(0), all.count_of(1)), (5, 1));
        }
    }
}
