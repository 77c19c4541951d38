//! Any segment: it is read, judged and shown; where a server would cut its end off, the rest is sound for that server.

#![no_main]

use etcdsnap_fuzz::log;
use etcdsnap_wal::text::{PayloadText, ValueDisplay, payload_json};
use etcdsnap_wal::{WalOutcome, WalReader, SnapshotPosition, Wal};
use libfuzzer_sys::fuzz_target;

const NAME: &str = "0000000000000000-0000000000000000.wal";

fuzz_target!(|bytes: &[u8]| {
    judge(bytes);
    judge(&log::segment(bytes));
    // The same with an unfinished end.
    let whole = log::segment(bytes);
    judge(&whole[..whole.len() - whole.len().min(bytes.len() % 24)]);
});

fn judge(bytes: &[u8]) {
    let wal = Wal::new([(NAME, bytes)]);
    let inspection = wal.inspect();
    for problem in inspection.problems.kept() {
        let message = problem.to_string();
        assert!(!message.is_empty() && !message.contains(char::is_control), "{message:?}");
    }
    let entries = wal.current_entries();
    assert!(entries.is_sorted_by(|one, next| one.entry.index < next.entry.index));
    for logged in &entries {
        let payload = logged.entry.payload();
        let text = PayloadText { payload: &payload, values: ValueDisplay::Hidden }.to_string();
        assert!(text.is_ascii() && !text.contains('\n'), "{text:?}");
        let json = payload_json(&payload, ValueDisplay::Hidden);
        assert!(json.is_null() || json.is_object());
    }
    for reader in WalReader::ALL {
        judge_as(reader, &wal, bytes);
    }
}

fn judge_as(reader: WalReader, wal: &Wal<'_>, bytes: &[u8]) {
    let snapshots = wal.valid_snapshots(reader);
    let starts = snapshots.iter().flatten().map(|snapshot| snapshot.start).chain([SnapshotPosition::default()]);
    for start in starts.take(4) {
        match wal.outcome(reader, start) {
            WalOutcome::Reads => {}
            WalOutcome::Repairs { cut } => {
                let end = usize::try_from(cut.offset).expect("within the file");
                let rest = Wal::new([(NAME, &bytes[..end])]);
                assert_eq!(rest.outcome(reader, start), WalOutcome::Reads);
            }
            WalOutcome::Refuses(refusal) => assert!(!refusal.to_string().is_empty()),
        }
    }
}
