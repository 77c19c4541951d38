//! [`TrailingData`]: searches a segment for records after the place where reading ends, which a starting server would
//! discard.
//!
//! Servers take some damage for the unfinished last write of a member that stopped suddenly, and cut the log off there,
//! wherever in the last segment it is. After a crash only zeros follow such a write. So anything else that follows shows
//! that the log was damaged later, and that entries which were acknowledged to clients would be discarded.

use std::fmt;

use etcdsnap_checksum::{crc32c, is_zero};

use crate::bootstrap::SEGMENT_LEN;
use crate::damage::SECTOR;
use crate::entry::RaftEntry;
use crate::frame::{self, FrameLengths, FrameRead, LENGTH_WORD};
use crate::raft_log::HardState;
use crate::record::{ParsedHeader, RecordHeader, WalRecordKind};

/// The longest record, in bytes, that is accepted when the file ends before its data begins: as long as a segment.
const LONGEST: u64 = SEGMENT_LEN;

/// Number of frames at the start of a segment from which its alignment is determined.
const FIRST_FRAMES: usize = 4;

/// The data after the place where reading a segment ends, other than zeros and the rest of one unfinished write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrailingData {
    /// Offset of its first byte; `None` if there is no such data.
    pub offset: Option<u64>,
    /// Number of intact records: those whose checksums continue one another.
    pub records: u64,
    /// Number of entries among them.
    pub entries: u64,
    /// Lowest index of these entries.
    pub first_index: Option<u64>,
    /// Highest index of these entries.
    pub last_index: Option<u64>,
    /// Highest commit index of a hard state among them.
    pub commit: Option<u64>,
    /// Did the search stop before the end of the segment, so that there may be more?
    pub is_partial: bool,
}

impl TrailingData {
    /// Searches a segment from the offset on at which reading it ended.
    pub(crate) fn of(segment: &[u8], at: u64) -> Self {
        let at = usize::try_from(at).unwrap_or(usize::MAX).min(segment.len());
        let layout = FrameAlignment::of(segment);
        let rest = segment.get(at..).unwrap_or_default();
        let body = rest.get(LENGTH_WORD..).unwrap_or_default();
        match frame::read(rest) {
            // Only damaged padding leads to a frame in the middle of a word.
            _ if !at.is_multiple_of(layout.step()) => Search::new(segment, layout).from(at - at % layout.step(), at),
            FrameRead::ShortWord => Self::default(),
            FrameRead::End => Search::new(segment, layout).from(at, at),
            FrameRead::Frame(frame) => Self::after_frame(segment, layout, at, frame.body, frame.record.len() as u64),
            FrameRead::ShortBody(lengths) => match ParsedHeader::of(body) {
                ParsedHeader::Whole(header) if header.record == lengths.record => Self::default(),
                ParsedHeader::Beginning if lengths.record <= LONGEST => Self::default(),
                part => Self::after_wrong_length(segment, layout, at, part),
            },
        }
    }

    /// Searches after a frame that fits into the file, which may be the unfinished write.
    fn after_frame(segment: &[u8], layout: FrameAlignment, at: usize, body: &[u8], record: u64) -> Self {
        let (begin, end) = (at + LENGTH_WORD, at + LENGTH_WORD + body.len());
        let written = before_empty_sector(begin, without_trailing_zeros(segment, begin, body));
        match ParsedHeader::of(written) {
            ParsedHeader::Whole(header) if header.record == record => {
                Search::new(segment, layout).after(header.crc, end, end)
            }
            // The header is on a sector that was never written, so the length is taken as right, unless there are
            // records where only the data of this one should be.
            ParsedHeader::Beginning if written.len() < body.len() => {
                match Search::new(segment, layout).from(begin, end) {
                    found if found.records > 0 => Self { offset: Some(begin as u64), ..found },
                    _ => Search::new(segment, layout).from(end, end),
                }
            }
            part => Self::after_wrong_length(segment, layout, at, part),
        }
    }

    /// Searches after a length word that contradicts its record, which means that it was changed after it was written.
    fn after_wrong_length(segment: &[u8], layout: FrameAlignment, at: usize, part: ParsedHeader) -> Self {
        let begin = at + LENGTH_WORD;
        let end = |header: RecordHeader| layout.body(header.record).and_then(|body| begin.checked_add(body));
        let found = match part {
            ParsedHeader::Whole(header) => {
                let end = end(header).filter(|end| *end <= segment.len()).unwrap_or(begin);
                Search::new(segment, layout).after(header.crc, end, begin)
            }
            ParsedHeader::Beginning | ParsedHeader::Other => Search::new(segment, layout).from(begin, begin),
        };
        Self { offset: Some(at as u64), ..found }
    }

    /// Is there no such data?
    pub fn is_empty(&self) -> bool {
        self.offset.is_none()
    }
}

impl fmt::Display for TrailingData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(offset) = self.offset else { return f.write_str("only zeros") };
        let at_least = if self.is_partial { "at least " } else { "" };
        match (self.entries, self.first_index, self.last_index) {
            (1.., Some(first), Some(last)) => {
                write!(f, "at least {} intact entries ({first} to {last}", self.entries)?;
                match self.commit {
                    Some(commit) => write!(f, ", committed up to {commit})"),
                    None => f.write_str(")"),
                }
            }
            _ if self.records > 0 => write!(f, "{at_least}{} intact records without an entry", self.records),
            _ => write!(f, "bytes other than zeros, from offset {offset} on; how many entries they were is unknown"),
        }
    }
}

/// The bytes of a body, without its trailing zeros if only zeros follow it.
fn without_trailing_zeros<'a>(segment: &[u8], begin: usize, body: &'a [u8]) -> &'a [u8] {
    let is_last = first_non_zero(segment, begin + body.len()).is_none();
    let end = body.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    if is_last { body.get(..end).unwrap_or_default() } else { body }
}

/// The bytes of a body up to its first sector that is all zeros, searching only as far as a header can reach.
///
/// `begin` is the offset of the body in its segment.
fn before_empty_sector(begin: usize, body: &[u8]) -> &[u8] {
    let head = (SECTOR - begin % SECTOR).min(body.len());
    let (first, rest) = body.split_at(head);
    let second = rest.get(..SECTOR.min(rest.len())).unwrap_or_default();
    match () {
        () if is_zero(first) => &[],
        () if head < ParsedHeader::LONGEST && !second.is_empty() && is_zero(second) => first,
        () => body,
    }
}

/// How frames are aligned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FrameAlignment {
    /// To multiples of 8 bytes.
    Padded,
    /// Not at all, as in logs written before May 2016 (etcd 2).
    Unpadded,
}

impl FrameAlignment {
    /// Determines the alignment from the first record of a segment whose length is not a multiple of 8.
    pub fn of(segment: &[u8]) -> Self {
        let mut rest = segment;
        for _ in 0..FIRST_FRAMES {
            let (Some((word, body)), FrameRead::Frame(frame)) = (rest.split_first_chunk(), frame::read(rest)) else {
                break;
            };
            let record = frame.record.len();
            if !record.is_multiple_of(LENGTH_WORD) {
                let is_unpadded = u64::from_le_bytes(*word) == Self::Unpadded.word(record);
                return if is_unpadded { Self::Unpadded } else { Self::Padded };
            }
            rest = body.get(frame.body.len()..).unwrap_or_default();
        }
        Self::Padded
    }

    fn step(self) -> usize {
        match self {
            Self::Padded => LENGTH_WORD,
            Self::Unpadded => 1,
        }
    }

    /// The length word before a record of this many bytes.
    fn word(self, record: usize) -> u64 {
        match self {
            Self::Padded => FrameLengths::of(record).word(),
            Self::Unpadded => record as u64,
        }
    }

    /// Length of a record with its padding in bytes.
    fn body(self, record: u64) -> Option<usize> {
        let record = usize::try_from(record).ok()?;
        match self {
            Self::Padded => record.checked_next_multiple_of(LENGTH_WORD),
            Self::Unpadded => Some(record),
        }
    }
}

/// A frame that is exactly as etcd writes it, apart from its checksum.
struct Candidate<'a> {
    kind: WalRecordKind,
    crc: u32,
    data: &'a [u8],
    end: usize,
}

/// Searches for records whose offsets are unknown.
///
/// Every offset at which a frame may start is tried. A candidate counts as a record when it is followed by a second one
/// whose checksum continues it. Data can be crafted so that much of it looks like records; therefore at most twice the
/// searched bytes are checksummed, and the search stops there.
struct Search<'a> {
    bytes: &'a [u8],
    layout: FrameAlignment,
    budget: usize,
    found: TrailingData,
}

impl<'a> Search<'a> {
    fn new(bytes: &'a [u8], layout: FrameAlignment) -> Self {
        Self { bytes, layout, budget: bytes.len().saturating_mul(2), found: TrailingData::default() }
    }

    /// Follows the record that ended at `end` with this checksum; searches from `otherwise` on if no record continues it.
    fn after(mut self, crc: u32, end: usize, otherwise: usize) -> TrailingData {
        let reached = self.follow(end, crc);
        let from = if reached > end { reached } else { otherwise };
        self.found.offset = first_non_zero(self.bytes, end);
        self.search(from);
        self.found
    }

    /// Searches for records from the offset `records` on, and for bytes other than zeros from the offset `bytes` on.
    fn from(mut self, records: usize, bytes: usize) -> TrailingData {
        self.found.offset = first_non_zero(self.bytes, bytes);
        if self.found.offset.is_some() || records < bytes {
            self.search(records);
        }
        self.found
    }

    /// Searches for records from an offset on. Ends because `at` grows with every round.
    fn search(&mut self, mut at: usize) {
        while at + LENGTH_WORD <= self.bytes.len() && !self.found.is_partial {
            if at.is_multiple_of(SECTOR) && self.bytes.get(at..at + SECTOR).is_some_and(is_zero) {
                at += SECTOR;
                continue;
            }
            let first = self.candidate(at);
            let second = first.as_ref().and_then(|first| self.candidate(first.end));
            match (first, second) {
                (Some(first), Some(second)) if self.continues(first.crc, &second) => {
                    self.count(&first);
                    at = self.follow(first.end, first.crc);
                }
                _ => at += self.layout.step(),
            }
        }
    }

    /// Counts the consecutive records that continue a checksum; returns the offset at which they end.
    fn follow(&mut self, mut at: usize, mut crc: u32) -> usize {
        while let Some(next) = self.candidate(at) {
            if !self.continues(crc, &next) {
                break;
            }
            self.count(&next);
            (at, crc) = (next.end, next.crc);
        }
        at
    }

    fn candidate(&self, at: usize) -> Option<Candidate<'a>> {
        let (word, rest) = self.bytes.get(at..)?.split_first_chunk::<LENGTH_WORD>()?;
        let ParsedHeader::Whole(header) = ParsedHeader::of(rest) else { return None };
        let record = rest.get(..usize::try_from(header.record).ok()?)?;
        let body = rest.get(..self.layout.body(header.record)?)?;
        let is_exact = u64::from_le_bytes(*word) == self.layout.word(record.len())
            && body.get(record.len()..).is_some_and(is_zero);
        let data = record.get(header.data..)?;
        let (kind, end) = (WalRecordKind::from_number(header.number), at + LENGTH_WORD + body.len());
        is_exact.then_some(Candidate { kind, crc: header.crc, data, end })
    }

    fn continues(&mut self, crc: u32, next: &Candidate<'_>) -> bool {
        let Some(budget) = self.budget.checked_sub(next.data.len()) else {
            self.found.is_partial = true;
            return false;
        };
        self.budget = budget;
        crc32c::append(crc, next.data) == next.crc
    }

    fn count(&mut self, record: &Candidate<'_>) {
        let found = &mut self.found;
        found.records += 1;
        match record.kind {
            WalRecordKind::Entry => {
                let Ok(entry) = RaftEntry::parse(record.data) else { return };
                found.entries += 1;
                found.first_index = Some(found.first_index.map_or(entry.index, |first| first.min(entry.index)));
                found.last_index = found.last_index.max(Some(entry.index));
            }
            WalRecordKind::HardState => {
                found.commit = found.commit.max(HardState::parse(record.data).ok().map(|state| state.commit));
            }
            _ => {}
        }
    }
}

/// Offset of the first byte that is not zero, from an offset on.
fn first_non_zero(bytes: &[u8], from: usize) -> Option<u64> {
    let rest = bytes.get(from..).unwrap_or_default();
    let sectors = rest.chunks(SECTOR).take_while(|sector| is_zero(sector)).count();
    let at = rest.iter().skip(sectors * SECTOR).position(|&byte| byte != 0)?;
    Some((from + sectors * SECTOR + at) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::RecordFields;
    use crate::segment_writer::SegmentWriter;

    fn entry(index: u8) -> Vec<u8> {
        vec![8, 0, 16, 1, 24, index, 34, 4, 1, 2, 3, 4]
    }

    /// A log of three entries and a hard state, and where each of its records begins.
    fn log() -> (Vec<u8>, Vec<usize>) {
        let mut writer = SegmentWriter::new(0);
        writer.record(WalRecordKind::Metadata, &[8, 1, 16, 2]);
        for index in 1..=3 {
            writer.record(WalRecordKind::Entry, &entry(index));
        }
        writer.record(WalRecordKind::HardState, &[8, 1, 16, 1, 24, 3]);
        let bytes = writer.into_bytes();
        let (mut starts, mut at) = (Vec::new(), 0);
        while let FrameRead::Frame(frame) = frame::read(&bytes[at..]) {
            starts.push(at);
            at += frame.len();
        }
        (bytes, starts)
    }

    #[test]
    fn records_after_a_changed_length_are_counted() {
        let (sound, starts) = log();
        for byte in 0..7 {
            let mut bytes = sound.clone();
            bytes[starts[2] + byte] ^= 0x20;
            let remains = TrailingData::of(&bytes, starts[2] as u64);
            assert_eq!(
                (remains.offset, remains.records, remains.entries),
                (Some(starts[2] as u64), 3, 2),
                "byte {byte}"
            );
            assert_eq!((remains.first_index, remains.last_index, remains.commit), (Some(2), Some(3), Some(3)));
        }
    }

    #[test]
    fn records_after_an_erased_length_are_found() {
        let (mut bytes, starts) = log();
        bytes[starts[2]..starts[3]].fill(0);
        let remains = TrailingData::of(&bytes, starts[2] as u64);
        assert_eq!((remains.offset, remains.records, remains.entries), (Some(starts[3] as u64), 3, 2));
        assert_eq!(remains.to_string(), "at least 2 intact entries (2 to 3, committed up to 3)");
        bytes[starts[3]..].fill(0);
        assert!(TrailingData::of(&bytes, starts[2] as u64).is_empty());
        bytes.push(7);
        let end = bytes.len() as u64 - 1;
        assert_eq!(
            TrailingData::of(&bytes, starts[2] as u64),
            TrailingData { offset: Some(end), ..TrailingData::default() }
        );
    }

    #[test]
    fn an_unfinished_write_is_followed_by_nothing() {
        let (sound, starts) = log();
        let last = starts[5];
        for end in last + 1..sound.len() {
            assert!(TrailingData::of(&sound[..end], last as u64).is_empty(), "cut at {end}");
            let mut erased = sound.clone();
            erased[end..].fill(0);
            erased.resize(sound.len() + 2048, 0);
            assert!(TrailingData::of(&erased, last as u64).is_empty(), "erased from {end} on");
        }
    }

    #[test]
    fn a_length_beyond_any_segment_is_not_an_unfinished_write() {
        for body in [&b""[..], &[0; 4000], &[8, 2, 16]] {
            let bytes = [&(LONGEST + 1).to_le_bytes()[..], body].concat();
            assert_eq!(TrailingData::of(&bytes, 0).offset, Some(0));
        }
    }

    /// Records by the thousand that all lead to one large record which none of them is continued by.
    #[test]
    fn a_segment_made_to_look_like_records_is_searched_in_bounded_time() {
        const CANDIDATES: usize = 50_000;
        let large = vec![1; 4 << 20];
        let mut bytes = u64::MAX.to_le_bytes().to_vec();
        let stride = 40;
        let end = bytes.len() + CANDIDATES * stride;
        while bytes.len() < end {
            // The data reaches up to the large record; a header of 16 bytes makes the record a multiple of 8.
            let record = (end - bytes.len() - LENGTH_WORD) as u64;
            let mut frame = record.to_le_bytes().to_vec();
            frame.extend([8, 2, 16, 0x80, 0x80, 0x80, 0x80, 0x08, 26]);
            let data = record - 9 - 5;
            frame.extend((0..5).map(|group| {
                let bits = u8::try_from(data >> (7 * group) & 0x7f).expect("seven bits");
                if group < 4 { bits | 0x80 } else { bits }
            }));
            frame.resize(stride, 1);
            bytes.extend(frame);
        }
        frame::write(&mut bytes, |out| RecordFields { number: 2, crc: 7, data: Some(&large) }.write(out));
        let begin = std::time::Instant::now();
        let remains = TrailingData::of(&bytes, 0);
        assert!(remains.is_partial && remains.records == 0);
        assert!(begin.elapsed().as_secs() < 20, "{:?}", begin.elapsed());
    }

    #[test]
    fn logs_without_padding_are_searched_too() {
        let records: Vec<Vec<u8>> = {
            let (bytes, starts) = log();
            let frames = starts.iter().map(|start| match frame::read(&bytes[*start..]) {
                FrameRead::Frame(frame) => frame.record.to_vec(),
                other => panic!("{other:?}"),
            });
            frames.collect()
        };
        let mut bytes = Vec::new();
        let mut starts = Vec::new();
        for record in &records {
            starts.push(bytes.len());
            bytes.extend((record.len() as u64).to_le_bytes());
            bytes.extend(record);
        }
        assert_eq!(FrameAlignment::of(&bytes), FrameAlignment::Unpadded);
        assert!(TrailingData::of(&bytes[..bytes.len() - 3], starts[5] as u64).is_empty());
        bytes[starts[2] + 3] = 9;
        assert_eq!(TrailingData::of(&bytes, starts[2] as u64).entries, 2);
    }
}
