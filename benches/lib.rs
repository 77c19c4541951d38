//! What the benches read: databases like that of a busy Kubernetes cluster, made in memory once a run, the same each time.
//!
//! There is one bench a layer, from the checksums up to the verification of a whole snapshot. The program in `compare`
//! measures whole commands beside the real tools.

use std::io::Cursor;

use etcdsnap_testkit::bbolt::PageOrder;
use etcdsnap_testkit::synth::SyntheticDatabase;

/// Pages in the order of their keys: a database that was just defragmented.
pub const SEQUENTIAL: PageOrder = PageOrder::LeavesFirst;
/// Pages anywhere: a database that served for long.
pub const SCATTERED: PageOrder = PageOrder::Shuffled(1);

/// A database of 64 MiB without a trailer; of 1 MiB when the bench is only tried out, as `cargo test` does.
pub fn database(page_order: PageOrder) -> Vec<u8> {
    written(&SyntheticDatabase { page_order, with_trailer: false, ..SyntheticDatabase::of_size(size()) })
}

/// A snapshot: [`database`] with its SHA-256 behind it, pages scattered.
pub fn snapshot() -> Vec<u8> {
    written(&SyntheticDatabase { page_order: SCATTERED, ..SyntheticDatabase::of_size(size()) })
}

fn written(synth: &SyntheticDatabase) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    synth.write(&mut file).expect("memory takes all writes");
    file.into_inner()
}

/// `cargo bench` says `--bench`; without it, or with `--test`, criterion runs everything once and measures nothing.
fn size() -> u64 {
    let has = |option: &str| std::env::args().any(|argument| argument == option);
    if has("--bench") && !has("--test") { 64 << 20 } else { 1 << 20 }
}
