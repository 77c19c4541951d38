//! What is saved of damaged databases is sound and was there before; what is not saved is told.

use std::collections::{BTreeMap, BTreeSet};

use etcdsnap_bbolt::{ByteOrder, Db, PageKind};
use etcdsnap_mvcc::{Revision, RevisionKey};
use etcdsnap_proto::KeyValueRef;
use etcdsnap_publish::NewFile;
use etcdsnap_rewrite::Error;
use etcdsnap_rewrite::salvage::{Losses, LostRange, salvage};
use etcdsnap_snapshot::finding::Layer;
use etcdsnap_snapshot::progress::Silent;
use etcdsnap_snapshot::verify::{VerifyOptions, verify};
use etcdsnap_testkit::bbolt::{Bucket, Freelist, Layout, PageOrder};
use etcdsnap_testkit::damage;
use etcdsnap_testkit::etcd::{Compactions, EtcdStore, RandomHistory, Server};

use super::bench::{Bench, Content, content, destination, report, with_work};

const PAGE: usize = 4096;

/// A store with so few keys that losses name them all.
fn small_store(seed: u64, compactions: Compactions) -> EtcdStore {
    RandomHistory { seed, server: Server::V3_6, operations: 250, keys: 20, compactions, ..RandomHistory::default() }
        .build_store()
}

fn built(tree: &Bucket, seed: u64) -> Vec<u8> {
    Layout { page_order: PageOrder::Shuffled(seed), ..Layout::default() }.build(tree)
}

/// What is saved of a file, and what is told to be missing.
fn saved(file: &[u8]) -> Result<(Bench, Losses), Error> {
    let bench = Bench::new(file);
    let source = bench.container();
    let verified = verify(&source, &VerifyOptions::default(), &Silent).expect("readable");
    let inspection = verified.inspection.expect("a tree");
    let mut new = NewFile::create(&destination(&bench.target()), None).expect("a new file");
    let losses = with_work(|_| (), |context| salvage(&source, &inspection, &mut new, ByteOrder::HOST, context))?;
    new.publish().expect("a free name");
    Ok((bench, losses))
}

fn assert_structure(bench: &Bench) {
    let report = report(&bench.target());
    let wrong: Vec<_> = report.errors().filter(|finding| finding.kind.layer == Layer::Structure).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// The newest record of every key: is it a put, and of which revision?
fn newest(content: &Content) -> BTreeMap<Vec<u8>, (Revision, bool)> {
    let records = content.iter().filter(|(bucket, key, _)| bucket == b"key" && !key.is_empty());
    let record = |key: &[u8], value: &[u8]| {
        let RevisionKey { revision, tombstone } = RevisionKey::parse(key).expect("a revision");
        (KeyValueRef::parse(value).expect("a record").key.to_vec(), (revision, !tombstone))
    };
    records.map(|(_, key, value)| record(key, value)).collect()
}

fn parsed(text: Option<&String>) -> Option<Revision> {
    let (main, sub) = text?.split_once('.').expect("main and sub");
    Some(Revision { main: main.parse().expect("a number"), sub: sub.parse().expect("a number") })
}

fn covers(range: &LostRange, revision: Revision) -> bool {
    let (after, before) = (parsed(range.after.as_ref()), parsed(range.before.as_ref()));
    range.bucket == "key" && after.is_none_or(|after| after < revision) && before.is_none_or(|before| revision < before)
}

/// Nothing was added; what is missing is told; and keys that are not as they were are told, or have their newest record in a lost
/// range.
fn assert_honest(before: &Content, bench: &Bench, losses: &Losses) {
    let after = content(&bench.target());
    let (all, kept): (BTreeSet<_>, BTreeSet<_>) = (before.iter().collect(), after.iter().collect());
    assert!(kept.is_subset(&all));
    for (bucket, key, _) in all.difference(&kept) {
        if bucket == b"key" {
            let revision = RevisionKey::parse(key).expect("a revision").revision;
            assert!(losses.ranges.iter().any(|range| covers(range, revision)), "{revision} is missing: {losses:?}");
        } else {
            let name = String::from_utf8_lossy(bucket).into_owned();
            let told = losses.ranges.iter().any(|range| range.bucket == name) || losses.buckets.contains(&name);
            assert!(told, "an entry of {name} is missing: {losses:?}");
        }
    }
    assert_eq!(all == kept, losses.is_none(), "{losses:?}");
    let (were, are) = (newest(before), newest(&after));
    assert!(losses.maybe_old.count == losses.maybe_old.first.len() as u64);
    for (key, (revision, _)) in &were {
        let now = are.get(key);
        if now.is_some_and(|(_, is_put)| *is_put) && now.map(|(now, _)| now) != Some(revision) {
            let name = etcdsnap_quote::quote(key);
            assert!(losses.maybe_old.first.contains(&name), "{name} is older than it was: {losses:?}");
        }
    }
}

#[test]
fn every_page_can_be_lost() {
    let mut lost_pages = 0;
    for (seed, compactions) in
        [(1, Compactions::Never), (2, Compactions::Finished(2)), (3, Compactions::LastUnfinished(2))]
    {
        let whole = built(&small_store(seed, compactions).to_tree(), seed);
        let before = content(&Bench::new(&whole).source);
        let db = Db::open(&whole).expect("a database");
        let tree = (2..db.meta().high_water_mark)
            .filter(|id| db.page(*id).is_some_and(|page| matches!(page.kind, PageKind::Branch | PageKind::Leaf)));
        for page in tree {
            let mut file = whole.clone();
            let at = usize::try_from(page).expect("small") * PAGE;
            file[at..at + PAGE].fill(0);
            match saved(&file) {
                Ok((bench, losses)) => {
                    assert_structure(&bench);
                    assert_honest(&before, &bench, &losses);
                    lost_pages += usize::from(!losses.is_none());
                }
                Err(error) => assert!(matches!(error, Error::NoRecords { .. }), "page {page}: {error}"),
            }
        }
    }
    assert!(lost_pages > 20, "{lost_pages}");
}

#[test]
fn every_branch_element_can_lead_nowhere() {
    let mut gaps = 0;
    for (seed, compactions) in [(6, Compactions::Never), (7, Compactions::Finished(3))] {
        let whole = built(&small_store(seed, compactions).to_tree(), seed);
        let before = content(&Bench::new(&whole).source);
        let db = Db::open(&whole).expect("a database");
        let branches = (2..db.meta().high_water_mark).filter_map(|id| db.page(id));
        for branch in branches.filter(|page| page.kind == PageKind::Branch) {
            for element in 0..branch.count {
                let mut file = whole.clone();
                let child = usize::try_from(branch.offset()).expect("small") + 16 + 16 * usize::from(element) + 8;
                file[child..child + 8].fill(0xff);
                let (bench, losses) = saved(&file).expect("others are left");
                assert_structure(&bench);
                assert_honest(&before, &bench, &losses);
                assert!(!losses.is_none());
                gaps += 1;
            }
        }
    }
    assert!(gaps > 20, "{gaps}");
}

#[test]
fn a_file_can_end_anywhere() {
    let whole = built(&small_store(4, Compactions::Finished(1)).to_tree(), 4);
    let before = content(&Bench::new(&whole).source);
    for pages in 3..whole.len() / PAGE {
        match saved(&whole[..pages * PAGE]) {
            Ok((bench, losses)) => {
                assert_structure(&bench);
                assert_honest(&before, &bench, &losses);
            }
            Err(error) => assert!(matches!(error, Error::NoRecords { .. }), "{pages} pages: {error}"),
        }
    }
}

#[test]
fn every_kind_of_damage_ends_in_something_sound() {
    let mut saved_files = 0;
    for freelist in [Freelist::Persisted, Freelist::NotPersisted] {
        let layout = Layout { freelist, free_pages: 60, page_order: PageOrder::Shuffled(5), ..Layout::default() };
        let whole = damage::specimen(&layout);
        for corruption in damage::ALL {
            let mut file = whole.clone();
            if corruption.apply(&mut file).is_err() || Db::open(&file).is_err() {
                continue;
            }
            match saved(&file) {
                Ok((bench, _)) => {
                    assert_structure(&bench);
                    let boot = report(&bench.target()).boot;
                    assert!(boot.iter().any(|verdict| verdict.starts), "{}: {boot:?}", corruption.name);
                    saved_files += 1;
                }
                Err(error) => assert!(matches!(error, Error::NoRecords { .. }), "{}: {error}", corruption.name),
            }
        }
    }
    assert!(saved_files > 80, "{saved_files}");
}

#[test]
fn of_more_buckets_than_any_etcd_has_its_own_are_saved_first() {
    let mut tree = small_store(8, Compactions::Never).to_tree();
    for number in 0..1100 {
        tree.bucket(format!("a{number:04}")).put("key", "value");
    }
    let whole = Layout::default().build(&tree);
    let before = content(&Bench::new(&whole).source);
    let (bench, losses) = saved(&whole).expect("the records");
    let after: BTreeSet<_> = content(&bench.target()).into_iter().map(|(bucket, ..)| bucket).collect();
    let all: BTreeSet<_> = before.into_iter().map(|(bucket, ..)| bucket).collect();
    assert_eq!((after.len(), losses.buckets.len()), (1024, all.len() - 1024));
    assert!(all.difference(&after).all(|bucket| bucket.starts_with(b"a") && bucket.len() == 5));
    assert_eq!(losses.buckets.last().map(String::as_str), Some("a1099"));
}

/// Each of many buckets leads to the pages of one; what is saved does not grow with their number.
#[test]
fn buckets_that_share_pages_are_not_saved_without_end() {
    let mut tree = small_store(9, Compactions::Never).to_tree();
    for name in ["x1", "x2", "x3", "x4"] {
        tree.bucket(name).put("key", vec![b'v'; if name == "x1" { 1 << 20 } else { 5_000 }]);
    }
    let mut whole = built(&tree, 9);
    let roots: Vec<_> = {
        let db = Db::open(&whole).expect("a database");
        let root = |name: &str| db.root().element(name.as_bytes()).expect("sound").expect("there").value.to_vec();
        ["x1", "x2", "x3", "x4"].map(root).to_vec()
    };
    for root in &roots[1..] {
        let at = whole.windows(16).rposition(|window| window == root).expect("in the file");
        whole[at..at + 16].copy_from_slice(&roots[0]);
    }
    let (bench, losses) = saved(&whole).expect("the records");
    assert_structure(&bench);
    assert_eq!(losses.buckets, ["x2", "x3", "x4"]);
    assert!(std::fs::metadata(bench.target()).expect("there").len() < 2 * whole.len() as u64);
}

/// Sparse revisions are what a compaction leaves, and holes where there was none. Without its marks nobody knows.
#[test]
fn without_the_marks_of_compactions_no_holes_are_found() {
    let tree = small_store(10, Compactions::Finished(2)).to_tree();
    let mut unreadable = tree.clone();
    for mark in ["scheduledCompactRev", "finishedCompactRev"] {
        unreadable.bucket("meta").put(mark, "short");
    }
    let mut without_meta = tree.clone();
    without_meta.entries.remove(&b"meta"[..]);
    for tree in [unreadable, without_meta] {
        let (_, losses) = saved(&built(&tree, 10)).expect("the records");
        assert!(losses.compaction_lost && losses.ranges.is_empty() && !losses.is_none(), "{losses:?}");
    }
    let mut never = tree;
    for mark in ["scheduledCompactRev", "finishedCompactRev"] {
        never.bucket("meta").entries.remove(mark.as_bytes());
    }
    let (_, losses) = saved(&built(&never, 10)).expect("the records");
    assert!(!losses.compaction_lost && losses.ranges.len() > 3, "{losses:?}");
}

#[test]
fn a_hundred_holes_are_named_and_all_are_counted() {
    let mut tree = small_store(11, Compactions::Never).to_tree();
    let mut revision = 0;
    tree.bucket("key").entries.retain(|key, _| {
        let RevisionKey { revision: Revision { main, sub }, .. } = RevisionKey::parse(key).expect("a revision");
        revision += i64::from(sub == 0);
        main < 3 || revision % 2 == 0
    });
    let whole = built(&tree, 11);
    let before = content(&Bench::new(&whole).source);
    let (bench, losses) = saved(&whole).expect("the records");
    assert_eq!(content(&bench.target()), before);
    let mut holes = 0;
    let records = before.iter().filter(|(bucket, key, _)| bucket == b"key" && !key.is_empty());
    records.map(|(_, key, _)| RevisionKey::parse(key).expect("a revision").revision.main).fold(1, |last, main| {
        holes += u64::from(main > last + 1);
        main
    });
    assert_eq!((losses.ranges.len(), losses.more_ranges), (100, holes - 100));
    assert!(losses.ranges.iter().all(|range| range.entries.is_none() && range.pages.is_empty()));
}

#[test]
fn a_failed_write_is_told_with_the_file_that_it_was_for() {
    let bench = Bench::new(&built(&small_store(12, Compactions::Never).to_tree(), 12));
    let source = bench.container();
    let verified = verify(&source, &VerifyOptions::default(), &Silent).expect("readable");
    let mut new = NewFile::create(&destination(&bench.target()), None).expect("a new file");
    *new.file() = std::fs::File::open(new.path()).expect("for reading only");
    let inspection = verified.inspection.expect("a tree");
    let error = with_work(|_| (), |context| salvage(&source, &inspection, &mut new, ByteOrder::HOST, context))
        .expect_err("not writable");
    assert!(matches!(&error, Error::Write { path, .. } if path == new.path()), "{error}");
}

#[test]
fn a_sound_database_loses_nothing() {
    let whole = built(&small_store(5, Compactions::Finished(1)).to_tree(), 5);
    let before = content(&Bench::new(&whole).source);
    let (bench, losses) = saved(&whole).expect("sound");
    assert!(losses.is_none() && losses.maybe_old.count == 0, "{losses:?}");
    assert_eq!(content(&bench.target()), before);
    assert!(report(&bench.target()).is_sound());
}
