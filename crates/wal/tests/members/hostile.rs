//! Whatever is done to a log or a snapshot, reading it ends with an answer.

use std::fmt::Write;

use etcdsnap_wal::snap::{self, SnapFile};
use etcdsnap_wal::text::{Dump, EntryLine, RecordLine};
use etcdsnap_wal::{SnapshotPosition, Wal, WalOutcome, WalReader};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::fixtures::Member;

/// Uses everything there is for reading.
fn read_in_every_way(wal: &Wal<'_>, start: SnapshotPosition) {
    let mut text = String::new();
    for record in wal.records() {
        match record {
            Ok(record) => writeln!(text, "{}", RecordLine(&record)).expect("memory"),
            Err(damage) => writeln!(text, "{damage}").expect("memory"),
        }
    }
    for problem in wal.inspect().problems.kept() {
        writeln!(text, "{problem}").expect("memory");
    }
    for reader in WalReader::ALL {
        let _ = wal.valid_snapshots(reader);
        if let WalOutcome::Refuses(refusal) = wal.outcome(reader, start) {
            writeln!(text, "{refusal}").expect("memory");
        }
    }
    match wal.read(start) {
        Ok(log) => {
            write!(text, "{}", Dump { snap: None, log: &log }).expect("memory");
            log.entries.iter().for_each(|logged| writeln!(text, "{}", EntryLine(&logged.entry)).expect("memory"));
        }
        Err(error) => writeln!(text, "{error}").expect("memory"),
    }
}

#[derive(Clone, Debug)]
enum Edit {
    Set(Index, Index, u8),
    Word(Index, Index, u64),
    Cut(Index, Index),
    Swap(Index, Index),
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let edit = prop_oneof![
        (any::<Index>(), any::<Index>(), any::<u8>()).prop_map(|(file, at, byte)| Edit::Set(file, at, byte)),
        (any::<Index>(), any::<Index>(), any::<u64>()).prop_map(|(file, at, word)| Edit::Word(file, at, word)),
        (any::<Index>(), any::<Index>()).prop_map(|(file, at)| Edit::Cut(file, at)),
        (any::<Index>(), any::<Index>()).prop_map(|(file, other)| Edit::Swap(file, other)),
    ];
    prop::collection::vec(edit, 0..6)
}

fn apply(files: &mut [(String, Vec<u8>)], edit: &Edit) {
    let count = files.len();
    match edit {
        Edit::Swap(file, other) => {
            let (file, other) = (file.index(count), other.index(count));
            let name = files[file].0.clone();
            files[file].0 = std::mem::replace(&mut files[other].0, name);
        }
        Edit::Cut(file, at) => {
            let bytes = &mut files[file.index(count)].1;
            bytes.truncate(at.index(bytes.len() + 1));
        }
        Edit::Set(file, at, byte) => {
            let bytes = &mut files[file.index(count)].1;
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
        }
        Edit::Word(file, at, word) => {
            let bytes = &mut files[file.index(count)].1;
            let at = at.index(bytes.len() / 8 + 1) * 8;
            bytes.iter_mut().skip(at).zip(word.to_le_bytes()).for_each(|(old, new)| *old = new);
        }
    }
}

proptest! {
    #[test]
    fn damaged_logs_are_read_without_panic(
        name in prop::sample::select(vec!["segments", "large-tail", "every-request"]),
        edits in edits(),
        index in prop_oneof![Just(0), 0..300_u64, any::<u64>()],
        term: u64,
    ) {
        let own = |(name, bytes): (&str, &[u8])| (name.to_owned(), bytes.to_vec());
        let mut files: Vec<_> = Member::named(name).wal_files().map(own).collect();
        for edit in &edits {
            apply(&mut files, edit);
        }
        let wal = Wal::new(files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())));
        read_in_every_way(&wal, SnapshotPosition { index, term });
    }

    #[test]
    fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), words in any::<[u8; 4]>()) {
        // A length word that fits, so that what follows is looked at.
        let mut file = vec![words[0] & 0x7f, 0, 0, 0, 0, 0, 0, words[1]];
        file.extend(bytes);
        let name = "0000000000000000-0000000000000000.wal";
        read_in_every_way(&Wal::new([(name, file.as_slice())]), SnapshotPosition::default());
        let _ = SnapFile::parse(&file);
    }

    #[test]
    fn damaged_snapshots_are_read_without_panic(at: Index, byte: u8, cut: Index) {
        let member = Member::named("member-3.5.1-sigterm");
        let (name, sound) = member.snap_files().last().expect("snapshots");
        let mut bytes = sound.to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = SnapFile::parse(&bytes);
        bytes.truncate(cut.index(bytes.len()));
        prop_assert!(SnapFile::parse(&bytes).is_err());
        // The next older one is taken in its place.
        let others = member.snap_files().filter(|(other, _)| *other != name);
        let (newest, _) = snap::newest(others.chain([(name, bytes.as_slice())]), |_| true).expect("older ones");
        prop_assert!(newest < name);
        // A sound envelope around a damaged store.
        let file = SnapFile::parse(sound).expect("sound");
        let mut store = file.store.to_vec();
        let at = at.min(store.len() - 1);
        store[at] = byte;
        if let Ok(store) = snap::V2Store::parse(&store) {
            let _ = (store.members(), store.removed_members(), store.custom_content().is_some(), store.cluster_version());
        }
    }
}
