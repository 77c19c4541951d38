//! Any segment: it is read, judged and shown; where a server would cut its end off, the rest is sound for that server.

#![no_main]

use etcdsnap_fuzz::log;
use etcdsnap_wal::text::{PayloadText, Values, payload_json};
use etcdsnap_wal::{Outcome, Reader, Start, Wal};
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
    for problem in &inspection.problems {
        let message = problem.to_string();
        assert!(!message.is_empty() && !message.contains(char::is_control), "{message:?}");
    }
    let entries = wal.entries_in_force();
    assert!(entries.is_sorted_by(|one, next| one.entry.index < next.entry.index));
    for logged in &entries {
        let payload = logged.entry.payload();
        let text = PayloadText { payload: &payload, values: Values::Hidden }.to_string();
        assert!(text.is_ascii() && !text.contains('\n'), "{text:?}");
        let json = payload_json(&payload, Values::Hidden);
        assert!(json.is_null() || json.is_object());
    }
    for reader in Reader::ALL {
        judge_as(reader, &wal, bytes);
    }
}

fn judge_as(reader: Reader, wal: &Wal<'_>, bytes: &[u8]) {
    let markers = wal.valid_markers(reader);
    let starts = markers.iter().flatten().map(|marker| marker.start).chain([Start::default()]);
    for start in starts.take(4) {
        match wal.outcome(reader, start) {
            Outcome::Reads => {}
            Outcome::Repairs { cut } => {
                let end = usize::try_from(cut.offset).expect("within the file");
                let rest = Wal::new([(NAME, &bytes[..end])]);
                assert_eq!(rest.outcome(reader, start), Outcome::Reads);
            }
            Outcome::Refuses(refusal) => assert!(!refusal.to_string().is_empty()),
        }
    }
}
