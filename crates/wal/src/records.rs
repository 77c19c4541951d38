//! Records in the order of the log, each verified against the checksum chain (`docs/format/wal.md#checksum-chain`).
//!
//! The running checksum begins with 0 and takes in the data of every record. A checksum record, which starts every segment,
//! repeats what it was at the end of the segment before; so reading may begin at any segment, and a segment that is missing
//! or from another log is noticed.

use std::iter::FusedIterator;

use etcdsnap_checksum::crc32c;

use crate::damage::{Damage, DamageKind, has_empty_sector};
use crate::frame::{self, Frame, Next};
use crate::name::SegmentName;
use crate::place::Place;
use crate::record::{Fields, Record, RecordKind};

/// A segment of a log.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Segment<'a> {
    /// Its name.
    pub name: SegmentName,
    /// The whole file, with the space allocated ahead, if any.
    pub bytes: &'a [u8],
}

/// The records of consecutive segments.
///
/// After damage whose extent is known the iterator goes on behind it: with the next record after a wrong checksum, with the
/// next segment otherwise. Behind a torn tail there is nothing. Who wants only what a server would read stops at the first
/// error.
#[derive(Clone, Debug)]
pub struct Records<'s, 'a> {
    /// What is left; the first of them is being read.
    segments: &'s [Segment<'a>],
    offset: usize,
    running: u32,
    end: Option<Place>,
}

impl std::fmt::Debug for Segment<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({} bytes)", self.name, self.bytes.len())
    }
}

impl<'s, 'a> Records<'s, 'a> {
    /// Starts at the first of these segments, which must be in the order of the log.
    pub fn new(segments: &'s [Segment<'a>]) -> Self {
        let mut records = Self { segments, offset: 0, running: 0, end: None };
        records.end = records.place();
        records
    }

    /// End of the last sound record: where a server would write on, or would cut off a torn tail.
    ///
    /// The start of the segment that is being read if nothing of it is sound; `None` if there are no segments.
    pub fn end(&self) -> Option<Place> {
        self.end
    }

    fn place(&self) -> Option<Place> {
        let segment = self.segments.first()?;
        Some(Place { segment: segment.name, offset: self.offset as u64 })
    }

    /// Goes on with the next segment.
    fn next_segment(&mut self) {
        self.segments = self.segments.get(1..).unwrap_or_default();
        self.offset = 0;
        self.end = self.place().or(self.end);
    }

    /// Goes on where nothing of what was before counts.
    fn give_up_segment(&mut self) {
        self.running = 0;
        self.next_segment();
    }

    fn is_last_segment(&self) -> bool {
        self.segments.len() == 1
    }

    fn take(&mut self, place: Place, frame: Frame<'a>) -> Result<Record<'a>, Damage> {
        let fields = match Fields::parse(frame.record) {
            Ok(fields) => fields,
            Err(error) => return Err(self.body_damage(place, frame, DamageKind::Record(error))),
        };
        let kind = RecordKind::from_number(fields.number);
        let stored = fields.crc;
        let running = self.running;
        let computed = crc32c::append(running, fields.data.unwrap_or_default());
        if kind != RecordKind::Checksum && stored != computed {
            return Err(self.body_damage(place, frame, DamageKind::Checksum { stored, computed }));
        }
        self.running = stored;
        self.offset += frame.len();
        if kind == RecordKind::Checksum && running != 0 && running != stored {
            return Err(Damage { place, kind: DamageKind::Chain { stored, running }, torn: false });
        }
        self.end = self.place();
        let (crc, data, frame_len) = (stored, fields.data, frame.len() as u64);
        Ok(Record { place, kind, crc, data, frame_len, well_padded: frame.well_padded() })
    }

    /// Damage within a whole frame, and where to go on.
    fn body_damage(&mut self, place: Place, frame: Frame<'_>, kind: DamageKind) -> Damage {
        let torn = self.is_last_segment() && has_empty_sector(place.offset, frame.body);
        match kind {
            DamageKind::Checksum { stored, .. } if !torn => {
                self.running = stored;
                self.offset += frame.len();
            }
            _ => self.give_up_segment(),
        }
        Damage { place, kind, torn }
    }

    /// The file is too short; how much of it is missing is unknown.
    fn cut(&mut self, place: Place, kind: DamageKind) -> Damage {
        let torn = self.is_last_segment();
        self.give_up_segment();
        Damage { place, kind, torn }
    }
}

impl<'a> Iterator for Records<'_, 'a> {
    type Item = Result<Record<'a>, Damage>;

    fn next(&mut self) -> Option<Self::Item> {
        // Ends, because each round but the last goes on to the next segment. There are no more items than length words,
        // as each takes one or gives up its segment.
        loop {
            let segment = self.segments.first()?;
            let place = self.place()?;
            let rest = segment.bytes.get(self.offset..).unwrap_or_default();
            return match frame::read(rest) {
                Next::Frame(frame) => Some(self.take(place, frame)),
                Next::ShortWord => Some(Err(self.cut(place, DamageKind::LengthWord { left: rest.len() as u64 }))),
                Next::ShortBody(lengths) => {
                    let left = rest.len().saturating_sub(frame::LENGTH_WORD) as u64;
                    let kind = DamageKind::Length { record: lengths.record, padding: lengths.padding, left };
                    Some(Err(self.cut(place, kind)))
                }
                Next::End => {
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
    use crate::writer::Writer;

    const SECOND: SegmentName = SegmentName { sequence: 1, index: 3 };

    fn segments<'a>(first: &'a [u8], second: &'a [u8]) -> [Segment<'a>; 2] {
        [Segment { name: SegmentName::FIRST, bytes: first }, Segment { name: SECOND, bytes: second }]
    }

    /// Two segments with two records of data each, and room for more in the second.
    fn log() -> (Vec<u8>, Vec<u8>) {
        let mut first = Writer::new(0);
        first.record(RecordKind::Metadata, b"meta");
        first.record(RecordKind::Entry, b"one");
        let mut second = Writer::new(first.crc());
        second.record(RecordKind::Metadata, b"meta");
        second.record(RecordKind::Entry, b"two");
        let mut second = second.into_bytes();
        second.resize(second.len() + 4096, 0);
        (first.into_bytes(), second)
    }

    fn kinds(segments: &[Segment<'_>]) -> Vec<Result<RecordKind, (DamageKind, bool)>> {
        let strip = |item: Result<Record<'_>, Damage>| item.map(|r| r.kind).map_err(|d| (d.kind, d.torn));
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
        let mut other = Writer::new(77);
        other.record(RecordKind::Metadata, b"meta");
        let other = other.into_bytes();
        let found = kinds(&segments(&first, &other));
        let running = crc32c::crc32c(b"metaone");
        assert_eq!(found[3..], [Err((DamageKind::Chain { stored: 77, running }, false)), Ok(RecordKind::Metadata)]);
    }

    #[test]
    fn a_wrong_byte_is_found_and_the_next_record_still_read() {
        let (mut first, second) = log();
        let at = first.windows(3).position(|bytes| bytes == b"one").expect("written");
        first[at] ^= 1;
        let found = kinds(&segments(&first, &second));
        assert!(matches!(found[2], Err((DamageKind::Checksum { .. }, false))));
        assert_eq!(found.len(), 6);
        assert!(found[3..].iter().all(Result::is_ok));
    }

    #[test]
    fn only_the_last_segment_can_have_a_torn_tail() {
        let (first, second) = log();
        let cut = &first[..first.len() - 1];
        assert!(matches!(kinds(&segments(cut, &second))[2], Err((DamageKind::Length { .. }, false))));
        assert!(matches!(kinds(&segments(cut, &second)[..1])[2], Err((DamageKind::Length { left: 15, .. }, true))));
        assert!(matches!(
            kinds(&segments(&first[..19], &second)[..1])[1],
            Err((DamageKind::LengthWord { left: 3 }, true))
        ));
    }
}
