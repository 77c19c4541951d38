//! Logs damaged before their end: whatever servers make of it, entries follow that would be lost, and so it is an
//! error.

use etcdsnap_fault::Severity;
use etcdsnap_wal::{SnapshotPosition, Wal, WalCode, WalOutcome, WalPlace, WalReader, WalRecord};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::fixtures::Member;

/// What happens to a log.
#[derive(Clone, Debug)]
enum Fault {
    /// A bit of a length word is another.
    Length { record: Index, bit: usize },
    /// A bit of checksum or data is another.
    Body { record: Index, bit: Index },
    /// A sector was lost.
    Sector(Index),
}

fn faults() -> impl Strategy<Value = Fault> {
    prop_oneof![
        (any::<Index>(), 0..64_usize).prop_map(|(record, bit)| Fault::Length { record, bit }),
        (any::<Index>(), any::<Index>()).prop_map(|(record, bit)| Fault::Body { record, bit }),
        any::<Index>().prop_map(Fault::Sector),
    ]
}

/// Damages a segment before its last record. No checksum covers the type of a record, so that is left alone.
fn damage(bytes: &mut [u8], records: &[WalRecord<'_>], fault: &Fault) {
    let last = offset(records.last().expect("records"));
    let (_, inner) = records.split_last().expect("records");
    let flip = |bytes: &mut [u8], bit: usize| bytes[bit / 8] ^= 1 << (bit % 8);
    match fault {
        Fault::Length { record, bit } => flip(bytes, offset(record.get(inner)) * 8 + bit),
        Fault::Body { record, bit } => {
            let record = record.get(inner);
            let begin = offset(record) + 8;
            let len = usize::from_le_bytes(bytes[begin - 8..begin].try_into().expect("a word")) & 0x00ff_ffff_ffff_ffff;
            flip(bytes, (begin + 2) * 8 + bit.index((len - 2) * 8));
        }
        Fault::Sector(sector) => {
            let sector = sector.index(last / 512);
            bytes[sector * 512..][..512].fill(0);
        }
    }
}

fn offset(record: &WalRecord<'_>) -> usize {
    usize::try_from(record.place.offset).expect("small")
}

/// What a record is, wherever it was read.
fn content(wal: &Wal<'_>) -> Vec<(WalPlace, u32, Vec<u8>)> {
    wal.records().filter_map(Result::ok).map(|record| (record.place, record.crc, record.data().to_vec())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]
    #[test]
    fn damage_inside_a_log_is_an_error(
        name in prop::sample::select(vec![
            "every-request", "large-tail", "segments", "member-3.4.23-sigkill", "member-3.5.1-sigterm", "member-3.7.1-sigterm",
        ]),
        fault in faults(),
        room in prop::sample::select(vec![0, 700, 8192]),
    ) {
        let member = Member::named(name);
        let sound = member.wal();
        let last = sound.segments().last().expect("segments");
        let records: Vec<_> =
            sound.records().map(|record| record.expect("sound")).filter(|record| record.place.segment == last.name).collect();
        prop_assume!(records.len() > 2);
        let mut bytes = last.bytes.to_vec();
        damage(&mut bytes, &records, &fault);
        prop_assume!(bytes != last.bytes);
        bytes.resize(bytes.len() + room, 0);
        let last_name = last.name.to_string();
        let others = member.wal_files().filter(|(other, _)| *other != last_name);
        let wal = Wal::new(others.chain([(last_name.as_str(), bytes.as_slice())]));

        let problems = wal.inspect().problems.into_kept();
        prop_assert!(problems.iter().all(|problem| problem.code != WalCode::TornTail), "{problems:?}");
        // Bits that no decoder looks at change without harm: some of a length word, those of a checksum beyond 32, and
        // its tag if it is 0.
        let is_harmless = content(&wal) == content(&sound);
        prop_assert!(is_harmless || !problems.is_empty());
        let is_body = matches!(fault, Fault::Body { .. });
        prop_assert!(is_body || !problems.is_empty());
        prop_assert!(is_harmless || problems.iter().any(|problem| problem.code.severity() == Severity::Error), "{problems:?}");
        if is_harmless {
            return Ok(());
        }
        for reader in WalReader::ALL {
            let end = match wal.outcome(reader, SnapshotPosition::default()) {
                WalOutcome::Repairs { cut } => cut,
                WalOutcome::Reads => {
                    let facts = *wal.inspect().segments.last().expect("segments");
                    WalPlace { segment: facts.name, offset: facts.end }
                }
                WalOutcome::Refuses(_) => continue,
            };
            prop_assert!(!wal.trailing_data(end).is_empty(), "{reader:?} cuts at {end}");
        }
    }
}
