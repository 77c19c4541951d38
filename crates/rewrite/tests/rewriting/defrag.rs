//! `defrag` into a new file.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use etcdsnap_publish::{Destination, Existing, Inputs};
use etcdsnap_rewrite::defrag::defrag;
use etcdsnap_rewrite::{Error, RewriteContext, Target, Tolerance};
use etcdsnap_snapshot::interrupt::Interrupt;
use etcdsnap_testkit::bbolt::{Bucket, Freelist, Layout, PageOrder};
use etcdsnap_testkit::damage::{ALL, Corruption, flip_bit, specimen};
use etcdsnap_testkit::etcd::Server;
use etcdsnap_testkit::{append_trailer, replace_trailer};

use crate::bench::{Bench, content, database, report, sealed, store, target, with_work};

#[test]
fn a_copy_has_all_and_is_smaller() {
    for (seed, server) in [Server::V3_4, Server::V3_5, Server::V3_6, Server::V3_7].into_iter().enumerate() {
        let (seed, store) = (seed as u64, store(server, seed as u64));
        for file in [database(&store, seed), sealed(database(&store, seed))] {
            let is_snapshot = file.len() % 512 == 32;
            let bench = Bench::new(&file);
            let path = bench.target();
            let done = with_work(|_| (), |context| defrag(&bench.container(), &target(&path), context)).expect("done");
            assert_eq!(content(&path), content(&bench.source));
            assert_eq!(fs::read(&bench.source).expect("readable"), file);
            let (before, after) = (report(&bench.source), report(&path));
            let [hash, hash_after] = [before, after.clone()].map(|report| report.store.expect("a store").status_hash);
            assert_eq!((hash_after.all(), hash.all()), (Some(&done.status_hash), Some(&done.status_hash)));
            assert!(
                after.is_sound()
                    && after.database.as_ref().is_some_and(|database| database.free_pages.all() == Some(&0))
            );
            assert_eq!(after.sha256.trailer, if is_snapshot { "match" } else { "absent" });
            assert_eq!((done.sha256.is_some(), done.size_before), (is_snapshot, file.len() as u64 / 512 * 512));
            assert!(done.size < done.in_use_before && done.in_use_before < done.size_before, "{done:?}");
            let metadata = fs::metadata(&path).expect("there");
            assert_eq!(metadata.len(), done.size + if is_snapshot { 32 } else { 0 });
            assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
        }
    }
}

/// Nested buckets, sequences, page sizes and freelists are none of etcd's, but nothing of a file may get lost.
#[test]
fn whatever_bbolt_can_hold_is_kept() {
    let mut root = Bucket::new();
    root.sequence = 4;
    let outer = root.bucket("outer");
    outer.sequence = u64::MAX;
    outer.put("k", vec![7; 20_000]);
    for number in 0..3_000_u32 {
        outer.bucket("inner").put(number.to_be_bytes(), "value");
    }
    outer.bucket("inner").sequence = 9;
    root.bucket("empty");
    for page_size in [512, 4096, 65536] {
        for freelist in [Freelist::NotPersisted, Freelist::Persisted] {
            let layout =
                Layout { page_size, freelist, page_order: PageOrder::Shuffled(1), free_pages: 9, ..Layout::default() };
            let bench = Bench::new(&layout.build(&root));
            let path = bench.target();
            // It is not etcd's, which a damaged one would not be either.
            with_work(
                |context| context.tolerance = Tolerance::Readable,
                |context| defrag(&bench.container(), &target(&path), context),
            )
            .expect("done");
            let bytes = fs::read(&path).expect("readable");
            let db = etcdsnap_bbolt::Db::open(&bytes).expect("a database");
            assert_eq!((db.page_size(), db.meta().sequence), (page_size, 4));
            let outer = db.root().bucket(b"outer").expect("readable").expect("there");
            let inner = outer.bucket(b"inner").expect("readable").expect("there");
            assert_eq!((outer.sequence, inner.sequence, inner.elements().count()), (u64::MAX, 9, 3_000));
        }
    }
}

/// Of every kind of damage: an error is refused; what is put up with is copied as a whole or not at all.
#[test]
fn a_damaged_source_is_refused_or_copied_as_a_whole() {
    let (mut refused, mut copied) = (0, 0);
    for freelist in [Freelist::NotPersisted, Freelist::Persisted] {
        let layout = Layout { freelist, free_pages: 100, page_order: PageOrder::Shuffled(5), ..Layout::default() };
        let whole = sealed(specimen(&layout));
        for corruption in ALL {
            let mut damaged = whole.clone();
            if corruption.apply(&mut damaged).is_err() {
                continue;
            }
            replace_trailer(&mut damaged);
            let bench = Bench::new(&damaged);
            let is_sound = report(&bench.source).is_sound();
            for tolerance in [Tolerance::Nothing, Tolerance::Readable] {
                let path = bench.folder.path().join(format!("{tolerance:?}"));
                let run = |context: &RewriteContext<'_>| defrag(&bench.container(), &target(&path), context);
                match with_work(|context| context.tolerance = tolerance, run) {
                    Ok(done) => {
                        copied += 1;
                        assert!(is_sound || tolerance == Tolerance::Readable, "{}", corruption.name);
                        assert_eq!(is_sound, done.tolerated.is_empty());
                        assert_eq!(content(&path), content(&bench.source), "{}", corruption.name);
                    }
                    Err(error) => {
                        refused += 1;
                        assert!(!is_sound, "{}: {error}", corruption.name);
                        assert!(!path.exists() && error.to_string().starts_with("source.db: "), "{error}");
                        let damaged =
                            matches!(error, Error::Damaged { .. } | Error::Copy { .. } | Error::Differs { .. });
                        assert!(damaged, "{}: {error}", corruption.name);
                    }
                }
            }
            assert_eq!(fs::read(&bench.source).expect("readable"), damaged);
        }
    }
    assert!(refused > 100 && copied > 20, "{refused} refused, {copied} copied");
}

#[test]
fn damage_is_told_with_its_place() {
    let mut file = sealed(database(&store(Server::V3_6, 3), 3));
    Corruption::named("c01_leaf_keys_swapped").expect("known").apply(&mut file).expect("suits");
    replace_trailer(&mut file);
    let error =
        Bench::new(&file).refuses(|source, target| with_work(|_| (), |context| defrag(source, target, context)));
    let text = error.to_string();
    assert!(text.starts_with("source.db: damaged, KEY_ORDER at bucket key, page "), "{text}");
    // Whatever else is wrong with it, that the hash is wrong too is told, and first.
    let end = file.len() - 1;
    file[end] ^= 1;
    let error =
        Bench::new(&file).refuses(|source, target| with_work(|_| (), |context| defrag(source, target, context)));
    let Error::Damaged { findings, .. } = error else { panic!("{error}") };
    assert_eq!((findings[0].kind.id, findings[1].kind.id), ("SHA256_MISMATCH", "KEY_ORDER"));
}

/// A wrong SHA-256 must not become a right one by copying.
#[test]
fn a_copy_does_not_vouch_for_what_its_source_does_not() {
    let mut file = sealed(database(&store(Server::V3_6, 4), 4));
    let bit = file.len() * 8 - 1;
    flip_bit(&mut file, bit);
    let bench = Bench::new(&file);
    let error = bench.refuses(|source, target| with_work(|_| (), |context| defrag(source, target, context)));
    assert!(error.to_string().contains("SHA256_MISMATCH"), "{error}");
    let path = bench.target();
    let done = with_work(
        |context| context.tolerance = Tolerance::Readable,
        |context| defrag(&bench.container(), &target(&path), context),
    )
    .expect("all of it can be read");
    assert_eq!((done.sha256, done.tolerated.len()), (None, 1));
    assert_eq!(report(&path).sha256.trailer, "absent");
}

#[test]
fn what_is_there_is_replaced_only_when_asked() {
    let bench = Bench::new(&sealed(database(&store(Server::V3_5, 5), 5)));
    let path = bench.target();
    fs::write(&path, "precious").expect("written");
    let error = bench.refuses(|source, target| with_work(|_| (), |context| defrag(source, target, context)));
    assert!(matches!(error, Error::Publish(etcdsnap_publish::Error::Exists { .. })), "{error}");
    let inputs: Inputs = [&bench.source].into_iter().collect();
    let replacing =
        Target { destination: Destination::new(&path, Existing::Replace, &inputs), owner: None, order: None };
    with_work(|_| (), |context| defrag(&bench.container(), &replacing, context)).expect("done");
    assert!(report(&path).is_sound());
    assert_eq!(bench.look().len(), 2);
    // Not even then is the source replaced, whatever its name is.
    fs::remove_file(&path).expect("removed");
    fs::hard_link(&bench.source, &path).expect("a link");
    let refused = with_work(|_| (), |context| defrag(&bench.container(), &replacing, context)).expect_err("the source");
    assert!(matches!(refused, Error::Publish(etcdsnap_publish::Error::Input { .. })), "{refused}");
}

#[test]
fn an_interrupted_run_leaves_nothing() {
    let bench = Bench::new(&sealed(database(&store(Server::V3_6, 6), 6)));
    let interrupt = Interrupt::default();
    interrupt.set();
    let error = bench.refuses(|source, target| {
        let context = RewriteContext::new("source.db", &etcdsnap_snapshot::progress::Silent, &interrupt);
        defrag(source, target, &context)
    });
    assert!(error.is_interruption(), "{error}");
}

#[test]
fn a_source_that_changes_meanwhile_is_refused() {
    let mut file = database(&store(Server::V3_6, 7), 7);
    append_trailer(&mut file);
    let bench = Bench::new(&file);
    let container = bench.container();
    fs::write(&bench.source, &file).expect("written again");
    let path = bench.target();
    let error = with_work(|_| (), |context| defrag(&container, &target(&path), context)).expect_err("changed");
    assert!(!path.exists(), "{error}");
}
