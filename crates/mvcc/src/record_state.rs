//! [`RecordState`]: the 24 bytes that a scan keeps of each record, for the rules that need all records of a key.
//!
//! The records of one key are anywhere in the file. Sorted by key hash and position, their states are next to each other
//! in the order of the key's history. A state has neither the key nor all of its numbers: it is enough to tell that a
//! history is sound. Where a history does not look sound, the records themselves are read, so neither a collision of
//! hashes nor the shortened numbers can cause or hide a finding.

use etcdsnap_proto::KeyValueRef;
use xxhash_rust::xxh3::xxh3_64;

use crate::position::Position;
use crate::record_code::RecordCode;

/// What is kept of one record; ordered by key hash, then by position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RecordState {
    /// Hash of the user key.
    pub hash: u64,
    /// [`Position`] in the upper 48 bits, then ten low bits of the main revision, then six flags.
    packed: u64,
    /// `create_revision * CHAIN_FACTOR + version`: the next put of the same generation has exactly one more.
    chain: u64,
}

/// Number of partitions of the states by key hash, so that each partition fits into the cache while it is sorted.
pub(crate) const PARTITIONS: usize = 64;

/// Odd and without structure, so that two small changes of `create_revision` and `version` cannot cancel out.
const CHAIN_FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;

/// The record is a tombstone.
const TOMBSTONE: u64 = 1;
/// The put begins a generation: version 1, created where it was modified.
const BEGINS_GENERATION: u64 = 1 << 1;
/// The record is above the compacted revision.
const ABOVE_COMPACTED: u64 = 1 << 2;
/// The record is at the compacted revision.
const AT_COMPACTED: u64 = 1 << 3;
/// The put attaches the key to a lease.
const LEASED: u64 = 1 << 4;
/// The record is the marker of a bumped revision.
const MARKER: u64 = 1 << 5;
const FLAGS: u64 = 0xFFFF;

impl RecordState {
    fn new(position: Position, key: &[u8], main: i64, flags: u64, chain: u64) -> Self {
        let low_bits = (main.cast_unsigned() & 0x3FF) << 6;
        Self { hash: xxh3_64(key), packed: position.bits() | low_bits | flags, chain }
    }

    /// The flag for the relation of a revision to the compacted revision.
    fn compaction_flag(main: i64, compacted: i64) -> u64 {
        match main.cmp(&compacted) {
            std::cmp::Ordering::Less => 0,
            std::cmp::Ordering::Equal => AT_COMPACTED,
            std::cmp::Ordering::Greater => ABOVE_COMPACTED,
        }
    }

    /// The state of the marker that a revision bump writes; it counts as a put of the key `""`.
    pub fn marker(position: Position) -> Self {
        Self::new(position, b"", 0, MARKER, 0)
    }

    /// The state of a tombstone.
    pub fn tombstone(position: Position, key: &[u8], main: i64, compacted: i64) -> Self {
        Self::new(position, key, main, TOMBSTONE | Self::compaction_flag(main, compacted), 0)
    }

    /// The state of a put.
    pub fn put(position: Position, record: &KeyValueRef<'_>, main: i64, compacted: i64) -> Self {
        let fresh = if record.version == 1 && record.create_revision == main { BEGINS_GENERATION } else { 0 };
        let leased = if record.lease == 0 { 0 } else { LEASED };
        let chain = record.create_revision.cast_unsigned().wrapping_mul(CHAIN_FACTOR);
        let chain = chain.wrapping_add(record.version.cast_unsigned());
        Self::new(position, record.key, main, fresh | leased | Self::compaction_flag(main, compacted), chain)
    }

    pub fn position(&self) -> Position {
        Position::from_bits(self.packed)
    }

    /// The state of the same record on a leaf of another rank.
    pub fn with_rank(&self, rank: u32) -> Self {
        let place = u64::from(rank) << 32 | self.packed & u64::from(u32::MAX);
        Self { packed: place, ..*self }
    }

    /// Its partition, by key hash; below [`PARTITIONS`].
    pub fn partition(&self) -> usize {
        usize::try_from(self.hash >> (u64::BITS - PARTITIONS.ilog2())).unwrap_or(0)
    }

    pub fn is_put(&self) -> bool {
        self.packed & TOMBSTONE == 0
    }

    pub fn is_marker(&self) -> bool {
        self.has(MARKER)
    }

    pub fn is_leased(&self) -> bool {
        self.packed & LEASED != 0
    }

    fn has(&self, flag: u64) -> bool {
        self.packed & flag != 0
    }

    /// Have both records the same low bits of the main revision?
    fn shares_low_bits(&self, other: &Self) -> bool {
        (self.packed ^ other.packed) & (FLAGS & !0x3F) == 0
    }
}

/// Groups states by partition, keeping their order otherwise; the result has no unused memory.
pub(crate) fn grouped_by_partition(states: &[RecordState]) -> Vec<RecordState> {
    let mut ends = [0; PARTITIONS];
    for state in states {
        ends[state.partition()] += 1;
    }
    let mut start = 0;
    for end in &mut ends {
        (start, *end) = (start + *end, start);
    }
    let mut sorted = states.to_vec();
    for state in states {
        let end = &mut ends[state.partition()];
        sorted[*end] = *state;
        *end += 1;
    }
    sorted
}

/// The rule that `next` seems to break as the record after `previous` in its key's history, or as the first record of
/// its key.
pub(crate) fn suspected_code(
    previous: Option<&RecordState>,
    next: &RecordState,
    unfinished: bool,
) -> Option<RecordCode> {
    if next.has(MARKER) {
        return None;
    }
    let Some(previous) = previous.filter(|previous| !previous.has(MARKER)) else {
        return match (next.is_put(), next.has(ABOVE_COMPACTED)) {
            (true, true) if !next.has(BEGINS_GENERATION) => Some(RecordCode::FirstRecordNotNew),
            (false, true) => Some(RecordCode::LeadingTombstone),
            (false, false) if !next.has(AT_COMPACTED) && !unfinished => Some(RecordCode::ShadowedRecord),
            _ => None,
        };
    };
    if !next.has(ABOVE_COMPACTED) && !unfinished {
        return Some(RecordCode::ShadowedRecord);
    }
    match (previous.is_put(), next.is_put()) {
        (false, false) => Some(RecordCode::DoubleTombstone),
        (false, true) if !next.has(BEGINS_GENERATION) => Some(RecordCode::RebirthNotNew),
        (true, true) if next.chain != previous.chain.wrapping_add(1) => Some(RecordCode::VersionGap),
        _ if previous.shares_low_bits(next) => Some(RecordCode::DuplicateWriteInTransaction),
        _ => None,
    }
}
