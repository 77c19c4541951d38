//! From states to the histories of keys: who shares a key stands together, in the order of revisions.

use crate::state::{State, judge};
use crate::violation::Rule;

/// The states of one of [`PARTITIONS`](crate::state::PARTITIONS), sorted. In each of the `chunks` those of a part stand together.
pub(crate) fn part(chunks: &[Vec<State>], part: usize) -> Vec<State> {
    let mut states = Vec::new();
    for chunk in chunks {
        let start = chunk.partition_point(|state| state.partition() < part);
        let end = chunk.partition_point(|state| state.partition() <= part);
        states.extend_from_slice(&chunk[start..end]);
    }
    states.sort_unstable();
    states
}

/// The records of a history that seem to break a rule: record before, record, rule.
pub(crate) fn breaches(history: &[State], unfinished: bool) -> impl Iterator<Item = (Option<&State>, &State, Rule)> {
    let before = std::iter::once(None).chain(history.iter().map(Some));
    before.zip(history).filter_map(move |(previous, next)| Some((previous, next, judge(previous, next, unfinished)?)))
}

/// Hands out the history of every key among sorted states, and whether it seems to break a rule.
///
/// States of one hash are taken for one key as long as they look like one sound history. Where they do not, two keys may share
/// the hash, so they are told apart by their bytes.
pub(crate) fn each<'a>(
    states: &[State],
    unfinished: bool,
    key_of: impl Fn(crate::Position) -> &'a [u8],
    mut look: impl FnMut(&[State], bool),
) {
    for history in states.chunk_by(|one, other| one.hash == other.hash) {
        if breaches(history, unfinished).next().is_none() {
            look(history, false);
            continue;
        }
        let mut states: Vec<(&[u8], State)> = history.iter().map(|state| (key_of(state.position()), *state)).collect();
        states.sort_unstable();
        for same_key in states.chunk_by(|(one, _), (other, _)| one == other) {
            let history: Vec<State> = same_key.iter().map(|(_, state)| *state).collect();
            look(&history, true);
        }
    }
}
