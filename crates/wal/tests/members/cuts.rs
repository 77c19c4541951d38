//! Logs that end at any byte of their last kilobyte, because the file does or because zeros were never overwritten.
//!
//! What must come of it follows from the layout of the sound log alone (`docs/format/wal.md#torn-tail`).

use etcdsnap_wal::{
    LogOpenError, LogReadError, RaftEntry, RaftLog, SnapshotPosition, Wal, WalCode, WalDamage, WalDamageKind,
    WalOutcome, WalPlace, WalReader, WalRecord, WalRecordKind,
};

use crate::fixtures::Member;

/// The last segment of a member, cut.
struct Cut<'m> {
    member: &'m Member,
    name: String,
    bytes: Vec<u8>,
}

impl Cut<'_> {
    fn wal(&self) -> Wal<'_> {
        let others = self.member.wal_files().filter(|(name, _)| *name != self.name);
        Wal::new(others.chain([(self.name.as_str(), self.bytes.as_slice())]))
    }
}

/// A frame of the sound log: where it is, and how long record and padding are.
#[derive(Clone, Copy)]
struct Frame {
    start: usize,
    body: usize,
}

impl Frame {
    fn end(self) -> usize {
        self.start + 8 + self.body
    }
}

fn frames(bytes: &[u8]) -> Vec<Frame> {
    let mut frames: Vec<Frame> = Vec::new();
    loop {
        let start = frames.last().map_or(0, |frame| frame.end());
        let Some(word) = bytes.get(start..start + 8) else { return frames };
        let word = u64::from_le_bytes(word.try_into().expect("eight bytes"));
        if word == 0 {
            return frames;
        }
        let record = usize::try_from(word & 0x00ff_ffff_ffff_ffff).expect("small");
        frames.push(Frame { start, body: record.next_multiple_of(8) });
    }
}

/// What reading must find.
#[derive(Debug, PartialEq)]
enum Expected {
    /// The log ends here.
    End(usize),
    /// The frame that starts here is torn.
    Torn(usize),
    /// The frame that starts here is damaged.
    Damaged(usize),
}

fn expect_of_short_file(frames: &[Frame], end: usize) -> Expected {
    match frames.iter().find(|frame| frame.start < end && end < frame.end()) {
        Some(frame) => Expected::Torn(frame.start),
        None => Expected::End(end),
    }
}

fn expect_of_zeros(frames: &[Frame], zeros: usize, bytes: &[u8], sound: &[u8]) -> Expected {
    let Some(frame) = frames.iter().find(|frame| frame.start <= zeros && zeros < frame.end()) else {
        return Expected::End(zeros);
    };
    let word = &bytes[frame.start..frame.start + 8];
    if word.iter().all(|&byte| byte == 0) {
        return Expected::End(frame.start);
    }
    if bytes[frame.start..frame.end()] == sound[frame.start..frame.end()] {
        return Expected::End(frame.end());
    }
    let sector_is_empty = |sector: usize| {
        let part = (frame.start + 8..frame.end()).filter(|at| at / 512 == sector);
        part.clone().next().is_some() && part.into_iter().all(|at| bytes[at] == 0)
    };
    if (frame.start / 512..=frame.end() / 512).any(sector_is_empty) {
        Expected::Torn(frame.start)
    } else {
        Expected::Damaged(frame.start)
    }
}

/// Where the entries are that remain when the records before `end` have been read one after another.
fn remaining(written: &[(WalPlace, u64)], end: WalPlace) -> Vec<(WalPlace, u64)> {
    let mut remaining: Vec<(WalPlace, u64)> = Vec::new();
    for entry in written.iter().take_while(|(place, _)| *place < end) {
        while remaining.last().is_some_and(|last| last.1 >= entry.1) {
            remaining.pop();
        }
        remaining.push(*entry);
    }
    remaining
}

fn check(cut: &Cut<'_>, expected: &Expected, written: &[(WalPlace, u64)]) {
    let wal = cut.wal();
    let segment = wal.segments().last().expect("segments").name;
    let outcomes = || [WalReader::V3_4, WalReader::V3_7].map(|reader| wal.outcome(reader, SnapshotPosition::default()));
    let entries = |log: &RaftLog<'_>| -> Vec<_> { log.entries.iter().map(|e| (e.place, e.entry.index)).collect() };
    match (wal.read(SnapshotPosition::default()), expected) {
        (Ok(log), Expected::End(at)) => {
            let end = WalPlace { segment, offset: *at as u64 };
            assert_eq!((log.end, log.torn), (Some(end), None));
            assert!(wal.trailing_data(end).is_empty());
            assert_eq!(entries(&log), remaining(written, end));
            assert_eq!(outcomes(), [WalOutcome::Reads; 2]);
        }
        (Ok(log), Expected::Torn(at)) => {
            let end = WalPlace { segment, offset: *at as u64 };
            assert_eq!((log.end, log.torn.map(|damage| damage.place)), (Some(end), Some(end)));
            assert!(log.torn.is_some_and(|damage| wal.is_unfinished_write(&damage)), "{:?}", wal.trailing_data(end));
            let codes: Vec<_> = wal.inspect().problems.kept().iter().map(|problem| problem.code).collect();
            assert!(codes.contains(&WalCode::TornTail) && !codes.contains(&WalCode::BrokenBeforeEnd), "{codes:?}");
            assert_eq!(entries(&log), remaining(written, end));
            assert_eq!(outcomes(), [WalOutcome::Repairs { cut: end }; 2]);
        }
        (Err(_), Expected::Damaged(at)) => {
            let damage = wal.records().find_map(Result::err).expect("damage");
            assert_eq!((damage.place.offset, damage.torn), (*at as u64, false));
            assert!(matches!(damage.kind, WalDamageKind::Record(_) | WalDamageKind::Checksum { .. }));
            let [_, newest] = outcomes();
            assert!(matches!(newest, WalOutcome::Refuses(_)), "{newest:?}");
        }
        (read, expected) => panic!("{expected:?}, but {read:?}"),
    }
}

#[test]
fn every_cut_of_the_last_kilobyte_is_judged_by_the_rule() {
    for member in Member::all() {
        let wal = member.wal();
        let records = wal.records().map(|record| record.expect("sound"));
        let entries = records.filter(|record| record.kind == WalRecordKind::Entry);
        let index = |record: &WalRecord<'_>| RaftEntry::parse(record.data()).expect("an entry").index;
        let written: Vec<_> = entries.map(|record| (record.place, index(&record))).collect();
        let last = wal.segments().last().expect("segments");
        let frames = frames(last.bytes);
        let end = frames.last().expect("records").end();
        for at in end - 1024..end {
            let bytes = last.bytes[..at].to_vec();
            let expected = expect_of_short_file(&frames, at);
            check(&Cut { member: &member, name: last.name.to_string(), bytes }, &expected, &written);
            let mut bytes = last.bytes[..end].to_vec();
            bytes[at..].fill(0);
            bytes.resize(end + 2048, 0);
            let expected = expect_of_zeros(&frames, at, &bytes, last.bytes);
            check(&Cut { member: &member, name: last.name.to_string(), bytes }, &expected, &written);
        }
    }
}

#[test]
fn a_cut_in_an_earlier_segment_is_damage() {
    let member = Member::named("segments");
    let wal = member.wal();
    let first = wal.segments().first().expect("segments");
    let bytes = first.bytes[..first.bytes.len() - 1].to_vec();
    let cut = Cut { member: &member, name: first.name.to_string(), bytes };
    let error = cut.wal().read(SnapshotPosition::default()).expect_err("damage");
    let LogOpenError::Read(LogReadError::Damage(WalDamage { torn, kind, .. })) = error else { panic!("{error}") };
    assert!(!torn && matches!(kind, WalDamageKind::Length { .. }));
    for reader in WalReader::ALL {
        assert!(matches!(cut.wal().outcome(reader, SnapshotPosition::default()), WalOutcome::Refuses(_)));
    }
}
