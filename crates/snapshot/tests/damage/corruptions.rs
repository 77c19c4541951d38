//! The 68 corruptions of `docs/format/bbolt.md#corruptions` as a user is told about them.

use std::collections::{BTreeMap, BTreeSet};

use etcdsnap_snapshot::finding::{Layer, Severity};
use etcdsnap_testkit::bbolt::{Freelist, Layout, PageOrder};
use etcdsnap_testkit::damage::{self, Corruption};
use etcdsnap_testkit::{append_trailer, replace_trailer};

use super::samples::{answer, answer_of_threads};

fn specimen(freelist: Freelist) -> Vec<u8> {
    let layout = Layout { freelist, free_pages: 120, page_order: PageOrder::Shuffled(5), ..Layout::default() };
    let mut file = damage::specimen(&layout);
    append_trailer(&mut file);
    file
}

/// Calls `look` with every corruption that suits a file and the file after it, its hash made anew.
fn each(freelist: Freelist, mut look: impl FnMut(&'static Corruption, &[u8])) {
    let whole = specimen(freelist);
    for corruption in damage::ALL {
        let mut file = whole.clone();
        if corruption.apply(&mut file).is_ok() {
            replace_trailer(&mut file);
            look(corruption, &file);
        }
    }
}

#[test]
fn each_is_told_under_its_codes() {
    let mut seen = BTreeSet::new();
    for freelist in [Freelist::Persisted, Freelist::NotPersisted] {
        each(freelist, |corruption, file| {
            let codes = if freelist == Freelist::Persisted { corruption.persisted } else { corruption.etcd };
            let answer = answer(file);
            for code in codes.errors.iter().chain(codes.warnings) {
                assert!(answer.has(code), "{}: {code} not among {:?}", corruption.name, answer.ids(Severity::Note));
            }
            assert!(codes.errors.is_empty() || !answer.is_sound, "{}", corruption.name);
            seen.insert(corruption.name);
        });
    }
    assert_eq!(seen.len(), 68);
}

#[test]
fn each_finding_says_what_where_and_what_to_do() {
    for freelist in [Freelist::Persisted, Freelist::NotPersisted] {
        each(freelist, |corruption, file| {
            let name = corruption.name;
            for finding in answer(file).findings {
                let (kind, message) = (finding.kind, &finding.message);
                assert!(!kind.id.is_empty() && !kind.title.is_empty(), "{name}");
                assert!(!kind.explanation.is_empty() && !kind.remedy.is_empty(), "{name}: {}", kind.id);
                assert!(!message.is_empty() && message.len() < 400, "{name}: {message}");
                assert!(!message.contains(char::is_control), "{name}: {message}");
                // Only facts about the file as a whole have no place inside it.
                let placeless = kind.layer == Layer::Container || kind.id.ends_with("_MISSING");
                assert!(placeless || !finding.place.is_file(), "{name}: {}: {message}", kind.id);
            }
        });
    }
}

/// A lost page is the first of many consequences; they are of few kinds, so that a reader sees the cause among them.
#[test]
fn one_damage_is_of_few_kinds_and_nothing_is_told_twice() {
    const LIMIT: u64 = 100;
    for freelist in [Freelist::Persisted, Freelist::NotPersisted] {
        each(freelist, |corruption, file| {
            let (name, answer) = (corruption.name, answer(file));
            let mut told = BTreeSet::new();
            let mut counts = BTreeMap::<_, u64>::new();
            for finding in answer.findings.iter().filter(|finding| finding.severity > Severity::Note) {
                assert!(told.insert((finding.kind.id, &finding.place, &finding.message)), "{name}: {finding:?}");
                *counts.entry(finding.kind.id).or_default() += 1;
            }
            assert!(counts.len() <= 8, "{name}: {counts:?}");
            assert!(counts.values().all(|count| *count <= LIMIT), "{name}: {counts:?}");
        });
    }
}

/// The pages are small and many here, so that threads really share them out.
#[test]
fn threads_do_not_change_what_is_found() {
    let layout = Layout { page_size: 512, free_pages: 120, page_order: PageOrder::Shuffled(5), ..Layout::default() };
    let whole = damage::specimen(&layout);
    let mut damaged = 0;
    for corruption in damage::ALL {
        let mut file = whole.clone();
        if corruption.apply(&mut file).is_ok() {
            let expected = answer_of_threads(&file, 1).findings;
            for threads in [2, 5] {
                assert_eq!(answer_of_threads(&file, threads).findings, expected, "{}: {threads}", corruption.name);
            }
            damaged += 1;
        }
    }
    assert!(damaged > 50, "{damaged}");
}

/// What was one damage to the structure must not look like a clean history of the keyspace, or like another accident.
#[test]
fn consequences_are_not_told_as_facts_of_their_own() {
    each(Freelist::NotPersisted, |corruption, file| {
        let answer = answer(file);
        let lost = answer.findings.iter().any(|finding| {
            finding.kind.layer == Layer::Structure
                && finding.severity == Severity::Error
                && finding.place.bucket.is_some()
        });
        for id in ["KEYSPACE_EMPTY", "COMPACTION_AHEAD_OF_RECORDS", "COMPACTED_TOMBSTONE_REMOVED"] {
            assert!(!lost || !answer.has(id), "{}: {id} among {:?}", corruption.name, answer.ids(Severity::Note));
        }
    });
}
