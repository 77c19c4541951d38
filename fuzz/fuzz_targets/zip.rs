//! Any zip archive: its one file is read within the memory allowed, and what is not read is told in one sentence.

#![no_main]

use etcdsnap_snapshot::container::{Compression, Container, OpenOptions};
use libfuzzer_sys::fuzz_target;

/// The most bytes of content, so that nothing is written to a file.
const LIMIT: u64 = 1 << 20;

fuzz_target!(|bytes: &[u8]| {
    let archive = [b"PK\x03\x04", bytes].concat();
    let options = OpenOptions { limit: LIMIT, ..OpenOptions::default() };
    match Container::from_stdin(&archive[..], &options) {
        Ok(container) => {
            assert!(container.image().bytes().len() as u64 <= LIMIT);
            // Otherwise a database whose first bytes were overwritten.
            assert!(container.compression == Compression::Zip || container.image().bytes() == archive);
        }
        Err(error) => {
            let message = error.to_string();
            assert!(!message.is_empty() && message.len() < 1000 && !message.contains(char::is_control), "{message:?}");
        }
    }
});
