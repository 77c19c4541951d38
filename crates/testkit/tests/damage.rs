//! Every corruption finds its place in every kind of database, changes what it says, and nothing around it.

use etcdsnap_checksum::fnv::fnv1a_64;
use etcdsnap_testkit::bbolt::{ByteOrder, Freelist, Layout, MetaStyle, PageOrder};
use etcdsnap_testkit::damage::{ALL, specimen};

fn layouts() -> [Layout; 4] {
    let usual = Layout { free_pages: 50, ..Layout::default() };
    [
        usual.clone(),
        Layout { page_order: PageOrder::RootFirst, metas: MetaStyle::Live, txid: 9, ..usual.clone() },
        Layout { page_order: PageOrder::Shuffled(3), preallocated: 8192, byte_order: ByteOrder::Big, ..usual.clone() },
        Layout { page_size: 16_384, min_depth: 3, page_order: PageOrder::Shuffled(4), ..usual },
    ]
}

/// Is the meta at page `slot` valid, apart from its contents?
fn meta_is_valid(db: &[u8], layout: &Layout, slot: usize) -> bool {
    let at = slot * usize::try_from(layout.page_size).expect("32 bits");
    let raw: [u8; 8] = db[at + 72..at + 80].try_into().expect("eight bytes");
    let stored = match layout.byte_order {
        ByteOrder::Little => u64::from_le_bytes(raw),
        ByteOrder::Big => u64::from_be_bytes(raw),
    };
    fnv1a_64(&db[at + 16..at + 72]) == stored
}

#[test]
fn all_apply_with_and_without_a_freelist() {
    for layout in layouts() {
        for freelist in [Freelist::Persisted, Freelist::NotPersisted] {
            let layout = Layout { freelist, ..layout.clone() };
            let sound = specimen(&layout);
            let usable = |needs_freelist: bool| freelist == Freelist::Persisted || !needs_freelist;
            for corruption in ALL {
                let mut db = sound.clone();
                let outcome = corruption.apply(&mut db);
                assert_eq!(outcome.is_ok(), usable(corruption.needs_freelist), "{}: {outcome:?}", corruption.name);
                assert_eq!(db != sound, outcome.is_ok(), "{}", corruption.name);
            }
        }
    }
}

#[test]
fn metas_stay_valid_unless_they_are_the_damage() {
    let layout = Layout { freelist: Freelist::Persisted, free_pages: 50, ..Layout::default() };
    let sound = specimen(&layout);
    for corruption in ALL {
        let mut db = sound.clone();
        corruption.apply(&mut db).expect("the specimen suits all");
        let invalid = (0..2).filter(|slot| !meta_is_valid(&db, &layout, *slot)).count();
        let expected = match corruption.name {
            "a02_both_meta_bad" => 2,
            "a01_meta_active_badsum" | "a03_meta0_zeroed" | "a04_meta0_checksum_zero" => 1,
            _ => 0,
        };
        assert_eq!(invalid, expected, "{}", corruption.name);
    }
}

#[test]
fn most_damage_is_local() {
    let layout = Layout { freelist: Freelist::Persisted, free_pages: 50, ..Layout::default() };
    let sound = specimen(&layout);
    for corruption in ALL {
        let mut db = sound.clone();
        corruption.apply(&mut db).expect("the specimen suits all");
        match corruption.name {
            "a08_meta_hwm_low" => assert_eq!(db.len(), sound.len() + 2 * 4096, "a leaf and a free page were moved"),
            "b01_truncated_half" => assert!(db.len() < sound.len() * 6 / 10 && db.len() > sound.len() * 4 / 10),
            _ => {
                assert_eq!(db.len(), sound.len(), "{}", corruption.name);
                let pages = db.chunks(4096).zip(sound.chunks(4096)).filter(|(damaged, whole)| damaged != whole).count();
                assert!(pages <= 2, "{} changed {pages} pages", corruption.name);
            }
        }
    }
}

/// The trailer of a snapshot is not made anew; a truncated file has lost it.
#[test]
fn the_trailer_stays_as_it_was() {
    let mut sealed = specimen(&Layout::default());
    etcdsnap_testkit::append_trailer(&mut sealed);
    let trailer = sealed[sealed.len() - 32..].to_vec();
    for corruption in ALL.iter().filter(|corruption| !corruption.needs_freelist) {
        let mut db = sealed.clone();
        corruption.apply(&mut db).expect("the specimen suits all");
        assert_eq!(db.ends_with(&trailer), corruption.name != "b01_truncated_half", "{}", corruption.name);
        etcdsnap_testkit::replace_trailer(&mut db);
        assert_eq!(db.len() % 512, 32);
        assert!(!db.ends_with(&trailer));
    }
}

#[test]
fn the_catalogue_is_complete() {
    let count = |letter: &str| ALL.iter().filter(|corruption| corruption.name.starts_with(letter)).count();
    assert_eq!(["a", "b", "c", "d", "e", "f", "g", "h"].map(count), [9, 6, 7, 16, 9, 4, 10, 7]);
    assert_eq!(ALL.len(), 68);
    assert!(ALL.is_sorted_by(|one, other| one.name < other.name));
    let without_list = ALL.iter().filter(|corruption| !corruption.needs_freelist);
    assert_eq!(without_list.clone().count(), 58);
    let silent: Vec<&str> = without_list
        .filter(|corruption| corruption.etcd.errors.is_empty() && corruption.etcd.warnings.is_empty())
        .map(|corruption| &corruption.name[..3])
        .collect();
    assert_eq!(silent, ["d15", "d16", "e08", "h05", "h06"]);
}

/// A second corruption on top of the first may find no place, but it never panics.
#[test]
fn corruptions_may_be_stacked() {
    let layout = Layout { freelist: Freelist::Persisted, free_pages: 50, page_size: 1024, ..Layout::default() };
    let sound = specimen(&layout);
    for first in ALL.iter().step_by(3) {
        let mut once = sound.clone();
        first.apply(&mut once).expect("the specimen suits all");
        for second in ALL.iter().step_by(5) {
            let mut twice = once.clone();
            if second.apply(&mut twice).is_err() {
                assert_eq!(twice, once, "{} after {}", second.name, first.name);
            }
        }
    }
}
