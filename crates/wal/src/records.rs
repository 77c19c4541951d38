//! [`Records`]: the records of a log in order, each verified against the checksum chain
//! (`docs/format/wal.md#checksum-chain`).
//!
//! The running checksum begins with 0 and covers the data of every record. A checksum record, with which every segment
//! begins, repeats the running checksum at the end of the previous segment. So reading can begin at any segment, and a
//! segment that is missing or from another log is noticed.

use std::iter::FusedIterator;

use etcdsnap_checksum::crc32c;

use crate::damage::{WalDamage, WalDamageKind, has_empty_sector};
use crate::frame::{self, Frame, FrameRead};
use crate::place::WalPlace;
use crate::record::{RecordFields, WalRecord, WalRecordKind};
use crate::segment_name::SegmentName;

/// A segment of a log: its name and its bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Segment<'a> {
    /// Its name.
    pub name: SegmentName,
    /// The whole file, including preallocated space.
    pub bytes: &'a [u8],
}

/// An iterator over the records of consecutive segments.
///
/// After damage the iterator continues: with the next record after a wrong checksum, with the next segment otherwise.
/// After an unfinished last write it ends. A caller that wants only what a server would read stops at the first error.
#[derive(Clone, Debug)]
pub struct Records<'s, 'a> {
    /// The segments that are left; the first of them is being read.
    segments: &'s [Segment<'a>],
    offset: usize,
    running: u32,
    end: Option<WalPlace>,
}

impl std::fmt::Debug for Segment<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({} bytes)", self.name, self.bytes.len())
    }
}

impl<'s, 'a> Records<'s, 'a> {
    /// Makes an iterator over these segments, which must be in the order of the log.
    pub fn new(segments: &'s [Segment<'a>]) -> Self {
        let mut records = Self { segments, offset: 0, running: 0, end: None };
        records.end = records.place();
        records
    }

    /// The end of the last sound record, where a server would continue to write, or would cut off an unfinished last write.
    ///
    /// It is the start of the segment being read when no record of it is sound, and `None` when there are no segments.
    pub fn end(&self) -> Option<WalPlace> {
        self.end
    }

    fn place(&self) -> Option<WalPlace> {
        let segment = self.segments.first()?;
        Some(WalPlace { segment: segment.name, offset: self.offset as u64 })
    }

    /// Continues with the next segment.
    fn next_segment(&mut self) {
        self.segments = self.segments.get(1..).unwrap_or_default();
        self.offset = 0;
        self.end = self.place().or(self.end);
    }

    /// Continues with the next segment without a running checksum.
    fn give_up_segment(&mut self) {
        self.running = 0;
        self.next_segment();
    }

    fn is_last_segment(&self) -> bool {
        self.segments.len() == 1
    }

    fn verify(&mut self, place: WalPlace, frame: Frame<'a>) -> Result<WalRecord<'a>, WalDamage> {
        let fields = match RecordFields::parse(frame.record) {
            Ok(fields) => fields,
            Err(error) => return Err(self.body_damage(place, frame, WalDamageKind::Record(error))),
        };
        let kind = WalRecordKind::from_number(fields.number);
        let stored = fields.crc;
        let running = self.running;
        let computed = crc32c::append(running, fields.data.unwrap_or_default());
        if kind != WalRecordKind::Checksum && stored != computed {
            return Err(self.body_damage(place, frame, WalDamageKind::Checksum { stored, computed }));
        }
        self.running = stored;
        self.offset += frame.len();
        if kind == WalRecordKind::Checksum && running != 0 && running != stored {
            return Err(WalDamage { place, kind: WalDamageKind::Chain { stored, running }, torn: false });
        }
        self.end = self.place();
        let (crc, data, frame_len) = (stored, fields.data, frame.len() as u64);
        Ok(WalRecord { place, kind, crc, data, frame_len, padding: frame.padding() })
    }

    /// Returns the damage inside a complete frame, and moves on after it.
    fn body_damage(&mut self, place: WalPlace, frame: Frame<'_>, kind: WalDamageKind) -> WalDamage {
        let torn = self.is_last_segment() && has_empty_sector(place.offset, frame.body);
        match kind {
            WalDamageKind::Checksum { stored, .. } if !torn => {
                self.running = stored;
                self.offset += frame.len();
            }
            _ => self.give_up_segment(),
        }
        WalDamage { place, kind, torn }
    }

    /// Returns the damage of a file that ends too early, and moves on to the next segment.
    fn truncated(&mut self, place: WalPlace, kind: WalDamageKind) -> WalDamage {
        let torn = self.is_last_segment();
        self.give_up_segment();
        WalDamage { place, kind, torn }
    }
}

impl<'a> Iterator for Records<'_, 'a> {
    type Item = Result<WalRecord<'a>, WalDamage>;

    fn next(&mut self) -> Option<Self::Item> {
        // Ends, because each round but the last continues with the next segment. There are at most as many items as
        // length words, since each item takes one or skips the rest of its segment.
        loop {
            let segment = self.segments.first()?;
            let place = self.place()?;
            let rest = segment.bytes.get(self.offset..).unwrap_or_default();
            return match frame::read(rest) {
                FrameRead::Frame(frame) => Some(self.verify(place, frame)),
                FrameRead::ShortWord => {
                    Some(Err(self.truncated(place, WalDamageKind::LengthWord { left: rest.len() as u64 })))
                }
                FrameRead::ShortBody(lengths) => {
                    let left = rest.len().saturating_sub(frame::LENGTH_WORD) as u64;
                    let kind = WalDamageKind::Length { record: lengths.record, padding: lengths.padding, left };
                    Some(Err(self.truncated(place, kind)))
                }
                FrameRead::End => {
                    self.next_segment();
                    continue;
                }
            };
        }
    }
}

impl FusedIterator for Records<'_, '_> {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment_writer::SegmentWriter;

    const SECOND: SegmentName = SegmentName { sequence: 1, index: 3 };

    fn segments<'a>(first: &'a [u8], second: &'a [u8]) -> [Segment<'a>; 2] {
        [Segment { name: SegmentName::FIRST, bytes: first }, Segment { name: SECOND, bytes: second }]
    }

    /// Two segments with two records of data each, and room for more in the second.
    fn log() -> (Vec<u8>, Vec<u8>) {
        let mut first = SegmentWriter::new(0);
        first.record(WalRecordKind::Metadata, b"meta");
        first.record(WalRecordKind::Entry, b"one");
        let mut second = SegmentWriter::new(first.crc());
        second.record(WalRecordKind::Metadata, b"meta");
        second.record(WalRecordKind::Entry, b"two");
        let mut second = second.into_bytes();
        second.resize(second.len() + 4096, 0);
        (first.into_bytes(), second)
    }

    fn kinds(segments: &[Segment<'_>]) -> Vec<Result<WalRecordKind, (WalDamageKind, bool)>> {
        let strip = |item: Result<WalRecord<'_>, WalDamage>| item.map(|r| r.kind).map_err(|d| (d.kind, d.torn));
        Records::new(segments).map(strip).collect()
    }

    #[test]
    fn the_chain_runs_through_all_segments() {
        let (first, second) = log();
        let segments = segments(&first, &second);
        let mut records = Records::new(&segments);
        let data: Vec<_> = records.by_ref().map(|record| record.expect("sound").data()).collect();
        assert_eq!(data, [b"".as_slice(), b"meta", b"one", b"", b"meta", b"two"]);
        let end = records.end().expect("there are segments");
        assert_eq!((end.segment, end.offset), (SECOND, second.len() as u64 - 4096));
        assert_eq!(kinds(&segments[1..]).len(), 3, "a log may be read from any segment on");
    }

    #[test]
    fn a_foreign_segment_is_noticed_and_still_read() {
        let (first, _) = log();
        let mut other = SegmentWriter::new(77);
        other.record(WalRecordKind::Metadata, b"meta");
        let other = other.into_bytes();
        let found = kinds(&segments(&first, &other));
        let running = crc32c::crc32c(b"metaone");
        assert_eq!(
            found[3..],
            [Err((WalDamageKind::Chain { stored: 77, running }, false)), Ok(WalRecordKind::Metadata)]
        );
    }

    #[test]
    fn a_wrong_byte_is_found_and_the_next_record_still_read() {
        let (mut first, second) = log();
        let at = first.windows(3).position(|bytes| bytes == b"one").expect("written");
        first[at] ^= 1;
        let found = kinds(&segments(&first, &second));
        assert!(matches!(found[2], Err((WalDamageKind::Checksum { .. }, false))));
        assert_eq!(found.len(), 6);
        assert!(found[3..].iter().all(Result::is_ok));
    }

    #[test]
    fn only_the_last_segment_can_have_a_torn_tail() {
        let (first, second) = log();
        let cut = &first[..first.len() - 1];
        assert!(matches!(kinds(&segments(cut, &second))[2], Err((WalDamageKind::Length { .. }, false))));
        assert!(matches!(kinds(&segments(cut, &second)[..1])[2], Err((WalDamageKind::Length { left: 15, .. }, true))));
        assert!(matches!(
            kinds(&segments(&first[..19], &second)[..1])[1],
            Err((WalDamageKind::LengthWord { left: 3 }, true))
        ));
    }
}
