//! [`Wal::inspect`]: checks a whole log in one pass that does not stop at the first problem.

use etcdsnap_fault::Collector;

use crate::damage::{WalDamage, WalDamageKind};
use crate::entry::RaftEntry;
use crate::frame::{LENGTH_WORD, Padding};
use crate::outcome::LONG_BODY;
use crate::place::WalPlace;
use crate::problem::{WalCode, WalProblem};
use crate::raft_log::{HardState, SnapshotPosition, SnapshotRecord, WalMetadata};
use crate::record::{WalRecord, WalRecordKind};
use crate::records::Segment;
use crate::segment_name::SegmentName;
use crate::trailing_data::{FrameAlignment, TrailingData};
use crate::wal::{Wal, gaps};

/// The most problems of each code that are kept; further ones are only counted.
const KEPT: u64 = 1000;

/// Whether a segment continues the checksum chain of the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentChain {
    /// It is the first segment of a log, and begins the chain.
    Begins,
    /// It begins with the checksum with which the segment before it ends.
    Continues,
    /// It begins with another checksum than the one with which the segment before it ends.
    Broken,
    /// The segment before it is missing or damaged, so its first checksum cannot be verified.
    Believed,
}

/// The content of a segment in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentFacts {
    /// Its name.
    pub name: SegmentName,
    /// Bytes of the file.
    pub len: u64,
    /// Offset of the end of its last sound record; after that is preallocated space.
    pub end: u64,
    /// Number of sound records.
    pub records: u64,
    /// Number of entries among them.
    pub entries: u64,
    /// Number of snapshot records among them.
    pub snapshots: u64,
    /// Index of its first entry.
    pub first_index: Option<u64>,
    /// Index of its last entry.
    pub last_index: Option<u64>,
    /// Its last hard state.
    pub hard_state: Option<HardState>,
    /// Running checksum in its first record; `None` if that is not a checksum record.
    pub seed: Option<u32>,
    /// Running checksum after its last sound record.
    pub crc: u32,
    /// Does it continue the segment before it?
    pub chain: SegmentChain,
    /// Is a record in it damaged? Then there may be more records after `end`.
    pub damaged: bool,
}

/// The result of inspecting a log.
#[derive(Clone, Debug)]
pub struct WalInspection {
    /// One for each segment, in the order of the log.
    pub segments: Vec<SegmentFacts>,
    /// The ids of the member and the cluster.
    pub metadata: Option<WalMetadata>,
    /// The last hard state.
    pub hard_state: HardState,
    /// Do its records have no padding, as before May 2016 (etcd 2)?
    pub is_unpadded: bool,
    /// Index of the last entry, or of the last snapshot if that is higher.
    pub last_index: u64,
    /// The snapshots in its snapshot records, in the order of the log.
    pub snapshots: Vec<SnapshotPosition>,
    /// The problems, the first thousand of each code, in the order of the log.
    pub problems: Collector<WalProblem>,
}

impl WalInspection {
    /// Is there a problem with this code?
    pub fn found(&self, code: WalCode) -> bool {
        self.problems.count(code) > 0
    }
}

impl Wal<'_> {
    /// Reads all records of all segments and collects everything that is wrong.
    pub fn inspect(&self) -> WalInspection {
        let mut inspector = Inspector::new(self.segments());
        for (before, after) in gaps(self.segments()) {
            inspector.report(WalCode::SegmentGap, None, format!("segments are missing between {before} and {after}"));
        }
        for record in self.records() {
            match record {
                Ok(record) => inspector.inspect_record(&record),
                Err(damage) => inspector.damage(damage, &self.trailing_data_after(&damage)),
            }
        }
        inspector.finish(self)
    }

    /// The data after damage at which reading the segment ends. After other damage reading continues, and the result is
    /// empty.
    fn trailing_data_after(&self, damage: &WalDamage) -> TrailingData {
        match damage.kind {
            WalDamageKind::Checksum { .. } | WalDamageKind::Chain { .. } if !damage.torn => TrailingData::default(),
            _ => self.trailing_data(damage.place),
        }
    }
}

/// The state of an inspection.
struct Inspector<'a> {
    found: WalInspection,
    metadata: Option<&'a [u8]>,
    /// Index of the last entry or snapshot so far.
    last: Option<u64>,
}

impl<'a> Inspector<'a> {
    fn new(segments: &[Segment<'a>]) -> Self {
        let empty = |segment: &Segment<'_>| SegmentFacts {
            name: segment.name,
            len: segment.bytes.len() as u64,
            end: 0,
            records: 0,
            entries: 0,
            snapshots: 0,
            first_index: None,
            last_index: None,
            hard_state: None,
            seed: None,
            crc: 0,
            chain: SegmentChain::Believed,
            damaged: false,
        };
        let is_unpadded =
            segments.first().is_some_and(|first| FrameAlignment::of(first.bytes) == FrameAlignment::Unpadded);
        let found = WalInspection {
            segments: segments.iter().map(empty).collect(),
            metadata: None,
            hard_state: HardState::default(),
            is_unpadded,
            last_index: 0,
            snapshots: Vec::new(),
            problems: Collector::new(KEPT),
        };
        // The first segment of a log begins with entry 1; those before a later one may have been removed.
        let last = segments.first().filter(|first| first.name.sequence == 0).map(|_| 0);
        Self { found, metadata: None, last }
    }

    fn report(&mut self, code: WalCode, place: Option<WalPlace>, message: String) {
        self.found.problems.push(WalProblem { code, place, message });
    }

    fn damage(&mut self, damage: WalDamage, trailing: &TrailingData) {
        if let Some(facts) = self.facts(damage.place.segment) {
            facts.damaged = true;
        }
        self.found.problems.push(WalProblem::of(damage, trailing));
    }

    fn inspect_record(&mut self, record: &WalRecord<'a>) {
        self.inspect_frame(record);
        let (place, data) = (record.place, record.data());
        let known = match record.kind {
            WalRecordKind::Checksum => true,
            WalRecordKind::Metadata => self.metadata(place, data),
            WalRecordKind::Entry => RaftEntry::parse(data).map(|entry| self.entry(place, &entry)).is_ok(),
            WalRecordKind::HardState => HardState::parse(data).map(|state| self.hard_state(place, state)).is_ok(),
            WalRecordKind::Snapshot => SnapshotRecord::parse(place, data).map(|marker| self.marker(&marker)).is_some(),
            WalRecordKind::Unknown(number) => {
                self.report(WalCode::RecordType, Some(place), format!("record type {number} is not defined"));
                true
            }
        };
        if !known {
            let message = format!("the data of the {} record cannot be decoded", record.kind.noun());
            self.report(WalCode::Payload, Some(place), message);
        }
    }

    fn facts(&mut self, name: SegmentName) -> Option<&mut SegmentFacts> {
        let at = self.found.segments.binary_search_by_key(&name, |facts| facts.name).ok()?;
        self.found.segments.get_mut(at)
    }

    fn inspect_frame(&mut self, record: &WalRecord<'_>) {
        let place = record.place;
        let Some(facts) = self.facts(place.segment) else { return };
        let number = facts.records;
        facts.records += 1;
        facts.end = place.offset + record.frame_len;
        facts.crc = record.crc;
        if number == 0 && record.kind == WalRecordKind::Checksum {
            facts.seed = Some(record.crc);
        }
        let head = match number {
            _ if facts.damaged => true,
            0 => record.kind == WalRecordKind::Checksum,
            1 => record.kind == WalRecordKind::Metadata,
            _ => true,
        };
        if !head {
            let message = format!("record {} of the segment is a {} record", number + 1, record.kind.noun());
            self.report(WalCode::SegmentHead, Some(place), message);
        }
        let padding = match record.padding {
            Padding::Zeros => None,
            Padding::StrayBits(bits) => {
                Some(format!("in the top byte of the length word bits are set that have no meaning ({bits:02x})"))
            }
            Padding::Other => Some("the record is not filled up with zeros to a multiple of 8".to_owned()),
        };
        if let Some(message) = padding.filter(|_| !self.found.is_unpadded) {
            self.report(WalCode::Padding, Some(place), message);
        }
        let body = record.frame_len - LENGTH_WORD as u64;
        if body >= LONG_BODY {
            self.report(WalCode::LongRecord, Some(place), format!("the record has {body} bytes"));
        }
    }

    fn metadata(&mut self, place: WalPlace, data: &'a [u8]) -> bool {
        if self.metadata.is_some_and(|first| first != data) {
            self.report(WalCode::MetadataConflict, Some(place), "the metadata differs from that before it".into());
        }
        self.metadata.get_or_insert(data);
        let metadata = WalMetadata::parse(data);
        self.found.metadata = self.found.metadata.or(metadata.ok());
        metadata.is_ok()
    }

    fn entry(&mut self, place: WalPlace, entry: &RaftEntry<'_>) {
        let index = entry.index;
        if let Some(facts) = self.facts(place.segment) {
            facts.entries += 1;
            facts.first_index = facts.first_index.or(Some(index));
            facts.last_index = Some(index);
        }
        if let Some(last) = self.last.filter(|last| index.checked_sub(1) > Some(*last)) {
            self.report(WalCode::EntryGap, Some(place), format!("entry {index} follows entry {last}"));
        }
        self.last = Some(index);
    }

    fn hard_state(&mut self, place: WalPlace, state: HardState) {
        let before = self.found.hard_state;
        if state.term < before.term || state.commit < before.commit {
            let message = format!(
                "term {} and commit index {} follow term {} and commit index {}",
                state.term, state.commit, before.term, before.commit
            );
            self.report(WalCode::StateBackwards, Some(place), message);
        }
        self.found.hard_state = state;
        if let Some(facts) = self.facts(place.segment) {
            facts.hard_state = Some(state);
        }
    }

    /// Inspects a snapshot record. A snapshot from the leader may be ahead of all entries; the log continues after it.
    fn marker(&mut self, marker: &SnapshotRecord) {
        if let Some(facts) = self.facts(marker.place.segment) {
            facts.snapshots += 1;
        }
        self.found.snapshots.push(marker.start);
        self.last = self.last.max(Some(marker.start.index));
    }

    fn finish(mut self, wal: &Wal<'_>) -> WalInspection {
        if self.metadata.is_none() {
            self.report(WalCode::MetadataMissing, None, "there is no metadata record".into());
        }
        self.found.last_index = self.last.unwrap_or_default();
        let (commit, last) = (self.found.hard_state.commit, self.found.last_index);
        if commit > last {
            let message = format!("entry {commit} is committed, but the last entry is {last}");
            self.report(WalCode::Commit, None, message);
        }
        self.set_chains();
        for segment in wal.segments() {
            self.inspect_after_end(wal, segment.name);
        }
        self.found
    }

    /// Determines for each segment whether it continues the one before it.
    fn set_chains(&mut self) {
        let mut before: Option<SegmentFacts> = None;
        for facts in &mut self.found.segments {
            let next = before.filter(|before| before.name.sequence.checked_add(1) == Some(facts.name.sequence));
            facts.chain = match (next, facts.seed) {
                (None, Some(0)) if facts.name.sequence == 0 => SegmentChain::Begins,
                (Some(before), Some(seed)) if before.crc == seed => SegmentChain::Continues,
                (Some(before), _) if !before.damaged => SegmentChain::Broken,
                _ => SegmentChain::Believed,
            };
            before = Some(*facts);
        }
    }

    fn inspect_after_end(&mut self, wal: &Wal<'_>, name: SegmentName) {
        let Some(end) = self.facts(name).filter(|facts| !facts.damaged).map(|facts| facts.end) else { return };
        let remains = wal.trailing_data(WalPlace { segment: name, offset: end });
        let Some(offset) = remains.offset else { return };
        let message = format!("the log ends at offset {end}; after it follow {remains}");
        self.report(WalCode::BytesAfterEnd, Some(WalPlace { segment: name, offset }), message);
    }
}

#[cfg(test)]
mod tests {
    use etcdsnap_proto::prost::Message;
    use etcdsnap_proto::{raftpb, walpb};

    use super::*;
    use crate::segment_writer::SegmentWriter;

    const METADATA: &[u8] = &[8, 1, 16, 2];

    fn entry(index: u64, data: usize) -> Vec<u8> {
        let data = (data > 0).then(|| vec![1; data]);
        raftpb::Entry { term: Some(1), index: Some(index), data, ..raftpb::Entry::default() }.encode_to_vec()
    }

    fn state(commit: u64) -> Vec<u8> {
        raftpb::HardState { term: Some(1), vote: Some(1), commit: Some(commit) }.encode_to_vec()
    }

    /// A sound log of two entries, and what is appended to it.
    fn written(more: &[(WalRecordKind, Vec<u8>)]) -> Vec<u8> {
        let mut writer = SegmentWriter::new(0);
        writer.record(WalRecordKind::Metadata, METADATA);
        writer.record(WalRecordKind::Entry, &entry(1, 0));
        writer.record(WalRecordKind::Entry, &entry(2, 0));
        writer.record(WalRecordKind::HardState, &state(2));
        for (kind, data) in more {
            writer.record(*kind, data);
        }
        writer.into_bytes()
    }

    fn inspect(files: &[(SegmentName, &[u8])]) -> WalInspection {
        let names: Vec<_> = files.iter().map(|(name, _)| name.to_string()).collect();
        Wal::new(names.iter().zip(files).map(|(name, (_, bytes))| (name.as_str(), *bytes))).inspect()
    }

    fn codes(files: &[(SegmentName, &[u8])]) -> Vec<WalCode> {
        inspect(files).problems.kept().iter().map(|problem| problem.code).collect()
    }

    fn codes_of(more: &[(WalRecordKind, Vec<u8>)]) -> Vec<WalCode> {
        codes(&[(SegmentName::FIRST, &written(more))])
    }

    #[test]
    fn a_sound_log_has_facts_and_no_problems() {
        let mut bytes = written(&[]);
        let end = bytes.len() as u64;
        bytes.resize(bytes.len() + 10_000, 0);
        let found = inspect(&[(SegmentName::FIRST, &bytes)]);
        assert_eq!(found.problems.kept(), []);
        assert_eq!((found.last_index, found.hard_state.commit), (2, 2));
        let [facts] = found.segments[..] else { panic!("one segment") };
        assert_eq!((facts.len, facts.end, facts.records, facts.entries), (end + 10_000, end, 5, 2));
        assert_eq!((facts.first_index, facts.last_index, facts.damaged), (Some(1), Some(2), false));
    }

    #[test]
    fn senseless_records_are_named() {
        use WalRecordKind::{Entry, HardState, Metadata, Snapshot, Unknown};
        assert_eq!(codes_of(&[(Metadata, vec![8, 3])]), [WalCode::MetadataConflict]);
        assert_eq!(codes_of(&[(Unknown(6), vec![])]), [WalCode::RecordType]);
        assert_eq!(codes_of(&[(Entry, vec![0xff])]), [WalCode::Payload]);
        assert_eq!(codes_of(&[(Snapshot, vec![0xff])]), [WalCode::Payload]);
        assert_eq!(codes_of(&[(Entry, entry(4, 0))]), [WalCode::EntryGap]);
        assert_eq!(codes_of(&[(HardState, state(1))]), [WalCode::StateBackwards]);
        assert_eq!(codes_of(&[(HardState, state(3))]), [WalCode::Commit]);
        assert_eq!(codes_of(&[(Entry, entry(3, 10 << 20))]), [WalCode::LongRecord]);
        let ahead = walpb::Snapshot { index: Some(9), term: Some(1), conf_state: None }.encode_to_vec();
        assert_eq!(codes_of(&[(Snapshot, ahead), (Entry, entry(10, 0))]), [], "a snapshot bridges the gap");
    }

    #[test]
    fn damage_is_named_and_reading_goes_on() {
        let sound = written(&[]);
        let changed = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut bytes = sound.clone();
            change(&mut bytes);
            codes(&[(SegmentName::FIRST, &bytes)])
        };
        assert_eq!(changed(&|bytes| bytes.truncate(bytes.len() - 1)), [WalCode::TornTail]);
        assert_eq!(changed(&|bytes| bytes.extend([0; 8].into_iter().chain([1]))), [WalCode::BytesAfterEnd]);
        assert_eq!(changed(&|bytes| bytes[12] = 1), [WalCode::Padding]);
        assert_eq!(changed(&|bytes| bytes[7] |= 0x40), [WalCode::Padding]);
        // A byte of the first entry's index: the entry is left out, the rest is read.
        let at = sound.windows(4).position(|bytes| bytes == [16, 1, 24, 1]).expect("written");
        assert_eq!(changed(&|bytes| bytes[at + 3] = 7), [WalCode::Checksum, WalCode::EntryGap]);
        assert_eq!(changed(&|bytes| bytes[8] = 0xff), [WalCode::Record, WalCode::MetadataMissing]);
        assert_eq!(codes(&[(SegmentName::FIRST, &[])]), [WalCode::MetadataMissing]);
    }

    #[test]
    fn segments_must_continue_each_other() {
        let first = written(&[]);
        let second = SegmentName { sequence: 1, index: 3 };
        let third = SegmentName { sequence: 2, index: 3 };
        let mut foreign = SegmentWriter::new(5);
        foreign.record(WalRecordKind::Metadata, METADATA);
        let foreign = foreign.into_bytes();
        assert_eq!(codes(&[(SegmentName::FIRST, &first), (second, &foreign)]), [WalCode::Chain]);
        assert_eq!(codes(&[(SegmentName::FIRST, &first), (third, &foreign)]), [WalCode::SegmentGap, WalCode::Chain]);
        assert_eq!(
            codes(&[(SegmentName::FIRST, &first[..first.len() - 1]), (second, &foreign)])[0],
            WalCode::Truncated
        );
        let chains = |segments: &[(SegmentName, &[u8])]| -> Vec<SegmentChain> {
            inspect(segments).segments.iter().map(|facts| facts.chain).collect()
        };
        assert_eq!(
            chains(&[(SegmentName::FIRST, &first), (second, &foreign)]),
            [SegmentChain::Begins, SegmentChain::Broken]
        );
        assert_eq!(chains(&[(second, &foreign), (third, &first)]), [SegmentChain::Believed, SegmentChain::Broken]);
        assert_eq!(
            chains(&[(SegmentName::FIRST, &first), (third, &foreign)]),
            [SegmentChain::Begins, SegmentChain::Believed]
        );
        let mut headless = SegmentWriter::new(0);
        headless.record(WalRecordKind::HardState, &[]);
        headless.record(WalRecordKind::Metadata, METADATA);
        assert_eq!(codes(&[(SegmentName::FIRST, &headless.into_bytes())]), [WalCode::SegmentHead]);
    }
}
