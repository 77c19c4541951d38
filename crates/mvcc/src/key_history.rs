//! Groups the [`RecordState`]s of a scan into the histories of keys: the records of one key in the order of revisions.

use crate::record_code::RecordCode;
use crate::record_state::{RecordState, suspected_code};

/// The states of one of the [`PARTITIONS`](crate::record_state::PARTITIONS), sorted by key hash and position. Each of
/// the `chunks` must be grouped by partition.
pub(crate) fn sorted_partition(chunks: &[Vec<RecordState>], partition: usize) -> Vec<RecordState> {
    let mut states = Vec::new();
    for chunk in chunks {
        let start = chunk.partition_point(|state| state.partition() < partition);
        let end = chunk.partition_point(|state| state.partition() <= partition);
        states.extend_from_slice(&chunk[start..end]);
    }
    states.sort_unstable();
    states
}

/// The records of a history that seem to break a rule: the record before it, the record, and the rule.
pub(crate) fn suspected_breaches(
    history: &[RecordState],
    unfinished: bool,
) -> impl Iterator<Item = (Option<&RecordState>, &RecordState, RecordCode)> {
    let before = std::iter::once(None).chain(history.iter().map(Some));
    before
        .zip(history)
        .filter_map(move |(previous, next)| Some((previous, next, suspected_code(previous, next, unfinished)?)))
}

/// Calls `look` with the history of every key among sorted states, and with whether it seems to break a rule.
///
/// States with the same key hash are treated as one key while they look like one sound history. Where they do not,
/// several keys may have the hash, so their states are separated by the keys themselves.
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
