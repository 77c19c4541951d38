//! Large databases have the size and the contents asked for. Small ones are enough to see it.

use std::io::Cursor;

use etcdsnap_testkit::bbolt::PageOrder;
use etcdsnap_testkit::synth::{DatabaseSummary, SyntheticDatabase};

const SIZE: u64 = 3 << 20;

fn write(synth: &SyntheticDatabase) -> (DatabaseSummary, Vec<u8>) {
    let mut file = Cursor::new(Vec::new());
    let written = synth.write(&mut file).expect("memory accepts all writes");
    (written, file.into_inner())
}

#[test]
fn the_file_has_the_size_and_the_free_pages_asked_for() {
    for page_order in [PageOrder::LeavesFirst, PageOrder::RootFirst, PageOrder::Shuffled(2)] {
        let (written, file) = write(&SyntheticDatabase { page_order, ..SyntheticDatabase::of_size(SIZE) });
        assert_eq!(file.len() as u64, SIZE + 32);
        assert_eq!(written.bytes, SIZE + 32);
        assert_eq!(written.pages, SIZE / 4096);
        assert!((written.pages / 14..written.pages / 7).contains(&written.free_pages), "{written:?}");
    }
}

#[test]
fn the_trailer_is_right() {
    let (_, with_trailer) = write(&SyntheticDatabase::of_size(SIZE));
    let mut resealed = with_trailer.clone();
    etcdsnap_testkit::replace_trailer(&mut resealed);
    assert!(with_trailer == resealed);
    let (written, open) = write(&SyntheticDatabase { with_trailer: false, ..SyntheticDatabase::of_size(SIZE) });
    assert_eq!(written.bytes, SIZE);
    assert!(open == with_trailer[..open.len()]);
}

#[test]
fn everything_follows_from_the_seed() {
    let [one, again, other] =
        [1, 1, 2].map(|seed| write(&SyntheticDatabase { seed, ..SyntheticDatabase::of_size(1 << 20) }).1);
    assert!(one == again);
    assert!(one != other);
}

#[test]
fn short_values_leave_more_pages_free() {
    let (written, _) = write(&SyntheticDatabase { mean_value: Some(50), ..SyntheticDatabase::of_size(SIZE) });
    assert!(written.free_pages > written.pages / 2, "{written:?}");
    assert!(written.compacted > 0 && written.compacted < written.revision);
}
