//! Every corruption of `docs/format/bbolt.md#corruptions` is reported under the codes that the testkit has for it.

use std::collections::BTreeSet;

use etcdsnap_bbolt::check::{DEFAULT_LIMIT, check};
use etcdsnap_bbolt::{Db, DbOpenError, StructureProblem};
use etcdsnap_fault::Severity;
use etcdsnap_testkit::bbolt::{Freelist, Layout, PageOrder};
use etcdsnap_testkit::damage::{self, Codes, Corruption};

fn layout(freelist: Freelist) -> Layout {
    Layout { freelist, free_pages: 120, page_order: PageOrder::Shuffled(5), ..Layout::default() }
}

/// Names of the codes reported for a damaged file, errors and warnings apart.
fn report(file: &[u8]) -> (BTreeSet<&'static str>, BTreeSet<&'static str>) {
    let db = match Db::open(file) {
        Ok(db) => db,
        Err(DbOpenError::NoMeta { .. }) => return (BTreeSet::from(["META_INVALID", "NO_META"]), BTreeSet::new()),
        Err(error) => panic!("{error}"),
    };
    let walk = check(&db, &(), DEFAULT_LIMIT);
    let of = |severity| walk.problems.counts().filter(move |(code, _)| code.severity() == severity);
    let names = |severity| of(severity).map(|(code, _)| code.as_str()).collect();
    (names(Severity::Error), names(Severity::Warning))
}

fn assert_reported(corruption: &Corruption, file: &[u8], expected: Codes) {
    let (errors, warnings) = report(file);
    let name = corruption.name;
    assert_eq!(errors, expected.errors.iter().copied().collect(), "{name}: errors");
    for warning in expected.warnings {
        assert!(warnings.contains(warning), "{name}: {warning} not among {warnings:?}");
    }
}

#[test]
fn with_a_persisted_freelist() {
    let whole = damage::specimen(&layout(Freelist::Persisted));
    assert_eq!(damage::ALL.len(), 68);
    for corruption in damage::ALL {
        let mut file = whole.clone();
        corruption.apply(&mut file).expect("the specimen suits every corruption");
        assert_reported(corruption, &file, corruption.persisted);
    }
}

#[test]
fn as_etcd_writes_files() {
    let whole = damage::specimen(&layout(Freelist::NotPersisted));
    let without_freelist: Vec<_> = damage::ALL.iter().filter(|corruption| !corruption.needs_freelist).collect();
    assert_eq!(without_freelist.len(), 58);
    for corruption in without_freelist {
        let mut file = whole.clone();
        corruption.apply(&mut file).expect("the specimen suits every corruption");
        assert_reported(corruption, &file, corruption.etcd);
    }
}

/// The same problems in the same order, whatever the number of threads.
#[test]
fn threads_do_not_change_the_outcome() {
    let whole = damage::specimen(&layout(Freelist::Persisted));
    for corruption in damage::ALL {
        let mut file = whole.clone();
        corruption.apply(&mut file).expect("the specimen suits every corruption");
        let Ok(db) = Db::open(&file) else { continue };
        let on = |threads| -> Vec<StructureProblem> {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
            pool.install(|| check(&db, &(), 5).problems.kept().to_vec())
        };
        let one = on(1);
        assert!((0..5).all(|_| on(4) == one), "{}", corruption.name);
    }
}
