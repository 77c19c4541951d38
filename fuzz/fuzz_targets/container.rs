//! Any stream: it is named for what it is within the memory allowed, and what opens is verified to the end.

#![no_main]

use etcdsnap_fuzz::metas;
use etcdsnap_snapshot::container::{Container, OpenOptions, Trailer};
use etcdsnap_snapshot::inspection::Options;
use etcdsnap_snapshot::progress::Silent;
use etcdsnap_snapshot::verify::{VerifyOptions, verify};
use libfuzzer_sys::fuzz_target;

/// The most memory a stream may take, in bytes.
const LIMIT: u64 = 1 << 20;

fuzz_target!(|bytes: &[u8]| {
    open(bytes);
    let mut file = bytes.to_vec();
    metas::make_true(&mut file);
    if file != bytes {
        open(&file);
    }
});

fn open(bytes: &[u8]) {
    let container = match Container::from_stdin(bytes, &OpenOptions { limit: LIMIT, ..OpenOptions::default() }) {
        Ok(container) => container,
        Err(error) => {
            let message = error.to_string();
            assert!(!message.is_empty() && message.len() < 1000 && !message.contains(char::is_control), "{message:?}");
            assert_eq!(error.is_damage(), error.finding().is_some());
            return;
        }
    };
    assert!(container.image().bytes().len() as u64 <= LIMIT);
    let inspection = Options { limit: 10, ..Options::default() };
    let verified = verify(&container, &VerifyOptions { inspection, ..VerifyOptions::default() }, &Silent)
        .expect("bytes in memory can be read");
    let report = verified.report;
    for finding in &report.findings {
        let (message, place) = (&finding.message, finding.place.to_string());
        assert!(!message.is_empty() && !message.contains(char::is_control), "{finding:?}");
        assert!(!place.is_empty() && !place.contains(char::is_control), "{finding:?}");
    }
    let matches = report.sha256.trailer == "match";
    assert_eq!(report.sha256.trailer == "absent", container.trailer == Trailer::Absent);
    assert!(!report.is_sound() || matches || container.trailer == Trailer::Absent);
    assert!(!report.is_sound() || report.store.is_some());
}
