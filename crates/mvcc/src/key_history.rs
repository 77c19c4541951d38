//! From states to the histories of keys: who shares a key stands together, in the order of revisions.

use crate::record_rule::RecordRule;
use crate::record_state::{RecordState, broken_rule};

/// The states of one of [`PARTITIONS`](crate::state::PARTITIONS), sorted. In each of the `chunks` those of a part stand together.
pub(crate) fn sorted_partition(chunks: &[Vec<RecordState>], part: usize) -> Vec<RecordState> {
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
pub(crate) fn suspected_breaches(
    history: &[RecordState],
    unfinished: bool,
) -> impl Iterator<Item = (Option<&RecordState>, &RecordState, RecordRule)> {
    let before = std::iter::once(None).chain(history.iter().map(Some));
    before
        .zip(history)
        .filter_map(move |(previous, next)| Some((previous, next, broken_rule(previous, next, unfinished)?)))
}

/// Hands out the history of every key among sorted states, and whether it seems to break a rule.
///
/// States of one hash are taken for one key as long as they look like one sound history. Where they do not, two keys may share
/// the hash, so they are told apart by their bytes.
pub(crate) fn for_each_history<'a>(
    states: &[RecordState],
    unfinished: bool,
    key_of: impl Fn(crate::Position) -> &'a [u8],
    mut look: impl FnMut(&[RecordState], bool),
) {
    for history in states.chunk_by(|one, other| one.hash == other.hash) {
        if suspected_breaches(history, unfinished).next().is_none() {
            look(history, false);
            continue;
        }
        let mut states: Vec<(&[u8], RecordState)> =
            history.iter().map(|state| (key_of(state.position()), *state)).collect();
        states.sort_unstable();
        for same_key in states.chunk_by(|(one, _), (other, _)| one == other) {
            let history: Vec<RecordState> = same_key.iter().map(|(_, state)| *state).collect();
            look(&history, true);
        }
    }
}
