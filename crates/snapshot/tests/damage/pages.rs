//! Pages that are zero or stand in each other's place.

use std::collections::BTreeSet;

use etcdsnap_bbolt::{Db, check};
use etcdsnap_snapshot::finding::Severity;
use etcdsnap_testkit::damage::{swap_pages, zero_page};
use etcdsnap_testkit::random::Random;
use etcdsnap_testkit::replace_trailer;

use super::samples::{PAGE, answer, snapshot};

/// Pages in use that begin with a header, so all but those that only continue a value.
fn headed_pages(file: &[u8]) -> BTreeSet<usize> {
    let db = Db::open(&file[..file.len() - 32]).expect("sound");
    let in_use = check::check(&db, &(), 1).in_use;
    let headed = |page: &u64| db.page(*page).is_some_and(|header| in_use.contains(*page) && header.id == *page);
    (0..db.meta().high_water_mark).filter(headed).map(|page| usize::try_from(page).expect("few")).collect()
}

#[test]
fn every_zeroed_page_is_damage() {
    let whole = snapshot();
    let headed = headed_pages(&whole);
    for page in 0..whole.len() / PAGE {
        let mut file = whole.clone();
        zero_page(&mut file, PAGE, page);
        assert!(file == whole || !answer(&file).is_sound, "page {page}");
        replace_trailer(&mut file);
        let without_hash = answer(&file);
        if headed.contains(&page) {
            assert!(!without_hash.is_sound, "page {page}: {:?}", without_hash.ids(Severity::Note));
        }
    }
}

#[test]
fn swapped_pages_are_damage() {
    let whole = snapshot();
    let headed = headed_pages(&whole);
    let (mut random, pages) = (Random::new(5), whole.len() / PAGE);
    for _ in 0..400 {
        let (one, other) = (random.index(pages), random.index(pages));
        let mut file = whole.clone();
        swap_pages(&mut file, PAGE, one, other);
        if file == whole {
            continue;
        }
        assert!(!answer(&file).is_sound, "pages {one} and {other}");
        replace_trailer(&mut file);
        let without_hash = answer(&file);
        // The metas of a snapshot are alike but for their transaction.
        if [one, other].iter().any(|page| headed.contains(page)) && one.max(other) > 1 {
            assert!(!without_hash.is_sound, "pages {one} and {other}: {:?}", without_hash.ids(Severity::Note));
        }
    }
}
