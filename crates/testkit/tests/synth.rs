//! Large databases have the size and the contents asked for. Small ones are enough to see it.

use std::io::Cursor;

use etcdsnap_testkit::bbolt::PageOrder;
use etcdsnap_testkit::synth::{Synth, Written};

const SIZE: u64 = 3 << 20;

fn write(synth: &Synth) -> (Written, Vec<u8>) {
    let mut file = Cursor::new(Vec::new());
    let written = synth.write(&mut file).expect("memory accepts all writes");
    (written, file.into_inner())
}

#[test]
fn the_file_has_the_size_and_the_free_pages_asked_for() {
    for page_order in [PageOrder::LeavesFirst, PageOrder::RootFirst, PageOrder::Shuffled(2)] {
        let (written, file) = write(&Synth { page_order, ..Synth::of_size(SIZE) });
        assert_eq!(file.len() as u64, SIZE + 32);
        assert_eq!(written.bytes, SIZE + 32);
        assert_eq!(written.pages, SIZE / 4096);
        assert!((written.pages / 14..written.pages / 7).contains(&written.free_pages), "{written:?}");
    }
}

#[test]
fn the_trailer_is_right() {
    let (_, sealed) = write(&Synth::of_size(SIZE));
    let mut resealed = sealed.clone();
    etcdsnap_testkit::reseal(&mut resealed);
    assert!(sealed == resealed);
    let (written, open) = write(&Synth { sealed: false, ..Synth::of_size(SIZE) });
    assert_eq!(written.bytes, SIZE);
    assert!(open == sealed[..open.len()]);
}

#[test]
fn everything_follows_from_the_seed() {
    let [one, again, other] = [1, 1, 2].map(|seed| write(&Synth { seed, ..Synth::of_size(1 << 20) }).1);
    assert!(one == again);
    assert!(one != other);
}

#[test]
fn short_values_leave_more_pages_free() {
    let (written, _) = write(&Synth { mean_value: Some(50), ..Synth::of_size(SIZE) });
    assert!(written.free_pages > written.pages / 2, "{written:?}");
    assert!(written.compacted > 0 && written.compacted < written.revision);
}
