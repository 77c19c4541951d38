//! One flipped bit, anywhere.

use std::sync::atomic::{AtomicUsize, Ordering};

use etcdsnap_bbolt::{Db, PageKind, check};
use etcdsnap_snapshot::finding::Severity;
use etcdsnap_testkit::damage::flip_bit;
use etcdsnap_testkit::random::Random;
use etcdsnap_testkit::replace_trailer;

use super::samples::{Answer, PAGE, answer, snapshot};

/// How many bits are flipped, one at a time.
const FLIPS: usize = 20_000;

/// Calls `look` with each bit of `bits` and the answer about a file in which it alone is flipped, on all cores.
fn each(whole: &[u8], bits: &[usize], sealed: bool, look: impl Fn(usize, &Answer) + Sync) {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut file = whole.to_vec();
        while let Some(&bit) = bits.get(next.fetch_add(1, Ordering::Relaxed)) {
            flip_bit(&mut file, bit);
            if sealed {
                replace_trailer(&mut file);
            }
            look(bit, &answer(&file));
            file.copy_from_slice(whole);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
}

fn random_bits(file: &[u8]) -> Vec<usize> {
    let mut random = Random::new(20_000);
    (0..FLIPS).map(|_| random.index(file.len() * 8)).collect()
}

#[test]
fn no_flipped_bit_passes_the_hash() {
    let whole = snapshot();
    assert!(answer(&whole).is_sound);
    each(&whole, &random_bits(&whole), false, |bit, answer| {
        assert!(!answer.is_sound, "bit {bit}: {:?}", answer.findings);
    });
}

/// What is left when somebody computed the hash anew over the damage, as tools do that open a snapshot for writing.
#[test]
fn without_a_hash_many_flipped_bits_are_found_and_none_panics() {
    let whole = snapshot();
    let image = &whole[..whole.len() - 32];
    let (errors, warnings) = (AtomicUsize::new(0), AtomicUsize::new(0));
    each(&whole, &random_bits(image), true, |_, answer| {
        match answer.findings.iter().map(|finding| finding.severity).max() {
            Some(Severity::Error) => errors.fetch_add(1, Ordering::Relaxed),
            Some(Severity::Warning) => warnings.fetch_add(1, Ordering::Relaxed),
            _ => 0,
        };
    });
    let (errors, warnings) = (errors.into_inner(), warnings.into_inner());
    eprintln!("of {FLIPS} bits flipped under a true hash {errors} were found as errors, {warnings} as warnings");
    assert!(errors > 0);
}

/// Everything that holds the tree together is checked, so no bit of it can change unseen: metas, headers of pages, tables of
/// elements.
#[test]
fn without_a_hash_every_flipped_bit_of_the_structure_is_found() {
    let whole = snapshot();
    let mut bits = structure_bits(&whole[..whole.len() - 32]);
    Random::new(1).shuffle(&mut bits);
    bits.truncate(FLIPS / 2);
    each(&whole, &bits, true, |bit, answer| {
        let (page, at) = (bit / 8 / PAGE, bit / 8 % PAGE);
        assert!(!answer.ids(Severity::Warning).is_empty(), "page {page}, byte {at}, bit {}", bit % 8);
    });
}

/// The bits of metas, and of headers and element tables of all pages in use, except those without a meaning.
fn structure_bits(image: &[u8]) -> Vec<usize> {
    let db = Db::open(image).expect("sound");
    let walk = check::check(&db, &(), 1);
    let mut bytes = Vec::new();
    for page in (0..db.meta().high_water_mark).filter(|page| walk.in_use.contains(*page)) {
        let Some(page) = db.page(page).filter(|page| Some(page.id) == page.position) else { continue };
        let start = usize::try_from(page.offset()).expect("small");
        let table = 16 + 16 * usize::from(page.count);
        match page.kind {
            // Nobody reads the count and overflow of a meta page.
            PageKind::Meta => bytes.extend((start..start + 10).chain(start + 16..start + 80)),
            // The last bucket of the root lies inside it, and may have zeros behind it.
            _ if page.id == db.meta().root => bytes.extend(start..start + table - 4),
            _ => bytes.extend(start..start + table),
        }
    }
    bytes.into_iter().flat_map(|byte| byte * 8..byte * 8 + 8).collect()
}
