//! Damaged logs are judged as the servers of each release judge them.
//!
//! `testdata/wal/outcomes.tsv` has a line for each damaged log: the recorded member it is made from, index and term of the
//! snapshot to start from, the edits, and what etcd's own library did with it in 3.5.4, 3.5.6, 3.6.14 and 3.7.1: `reads`,
//! `refuses`, or `repairs` and the length of the last segment afterwards. An edit is an operation, a segment's place in the
//! log, and its arguments. `ETCDSNAP_OUTCOMES` may name a file with more.

use std::collections::HashMap;
use std::path::PathBuf;

use crate::fixtures::{Member, testdata};
use etcdsnap_wal::{SegmentError, SnapshotPosition, Wal, WalOutcome, WalReader, WalRefusal};

type Files = Vec<(String, Vec<u8>)>;

fn number<'a>(mut words: impl Iterator<Item = &'a str>) -> usize {
    words.next().expect("a number").parse().expect("a number")
}

fn edit(files: &mut Files, edit: &str) {
    let mut words = edit.split(' ');
    let operation = words.next().expect("an operation");
    let (_, bytes) = &mut files[number(&mut words)];
    match operation {
        "cut" => bytes.truncate(number(&mut words)),
        "zero" => bytes.iter_mut().skip(number(&mut words)).for_each(|byte| *byte = 0),
        "blank" => {
            let offset = number(&mut words);
            bytes.iter_mut().skip(offset).take(number(&mut words)).for_each(|byte| *byte = 0);
        }
        "grow" => bytes.resize(bytes.len() + number(&mut words), 0),
        "set" => {
            let offset = number(&mut words);
            let hex = words.next().expect("bytes");
            for (at, byte) in (0..hex.len()).step_by(2).zip(&mut bytes[offset..]) {
                *byte = u8::from_str_radix(&hex[at..at + 2], 16).expect("hex digits");
            }
        }
        _ => panic!("no such operation: {edit}"),
    }
}

fn damaged(original: &Files, edits: &str) -> Files {
    let mut files = original.clone();
    let (dropped, others): (Vec<_>, Vec<_>) = edits.split("; ").partition(|edit| edit.starts_with("drop"));
    for other in others {
        edit(&mut files, other);
    }
    let mut dropped: Vec<usize> = dropped.into_iter().map(|edit| number(edit.split(' ').skip(1))).collect();
    dropped.sort_unstable();
    for at in dropped.into_iter().rev() {
        files.remove(at);
    }
    files
}

fn describe(outcome: WalOutcome) -> String {
    match outcome {
        WalOutcome::Reads => "reads".into(),
        WalOutcome::Repairs { cut } => format!("repairs {}", cut.offset),
        WalOutcome::Refuses(_) => "refuses".into(),
    }
}

fn check(line: &str, members: &mut HashMap<String, Files>) {
    let columns: Vec<_> = line.split('\t').collect();
    let [base, start, edits, recorded @ ..] = columns.as_slice() else { panic!("too few columns: {line}") };
    let own = |(name, bytes): (&str, &[u8])| (name.to_owned(), bytes.to_vec());
    let original = members.entry((*base).into()).or_insert_with(|| Member::named(base).wal_files().map(own).collect());
    let files = damaged(original, edits);
    let wal = Wal::new(files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())));
    let mut numbers = start.split(' ').map(|number| number.parse().expect("a number"));
    let start = SnapshotPosition { index: numbers.next().expect("an index"), term: numbers.next().expect("a term") };
    assert_eq!(recorded.len(), WalReader::ALL.len(), "{line}");
    for (reader, recorded) in WalReader::ALL.into_iter().zip(recorded) {
        let outcome = wal.outcome(reader, start);
        assert_eq!(describe(outcome), *recorded, "{reader:?}: {outcome:?}\n{line}");
    }
    let problems = wal.inspect().problems.into_kept();
    // That the first segments are gone is no problem: servers remove what they no longer need.
    let from_the_start = wal.outcome(WalReader::V3_7, SnapshotPosition::default());
    if !matches!(
        from_the_start,
        WalOutcome::Reads | WalOutcome::Refuses(WalRefusal::Select(SegmentError::NoSegment { .. }))
    ) {
        assert!(!problems.is_empty(), "no problem found: {line}");
    }
}

#[test]
fn damaged_logs_are_judged_as_etcd_judges_them() {
    let ours = testdata().join("outcomes.tsv");
    let more = std::env::var_os("ETCDSNAP_OUTCOMES").map(PathBuf::from);
    let mut members = HashMap::new();
    for path in std::iter::once(ours).chain(more) {
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(text.lines().count() > 1000);
        text.lines().for_each(|line| check(line, &mut members));
    }
}
