//! The database of a stopped member, replaced or changed where it is.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt as _;

use etcdsnap_rewrite::defrag::defrag_in_place;
use etcdsnap_rewrite::migrate::{MigrateOptions, migrate_in_place};
use etcdsnap_rewrite::{Error, LockedDatabase};
use etcdsnap_snapshot::container::OpenOptions;
use etcdsnap_testkit::damage::Corruption;
use etcdsnap_testkit::etcd::Server;
use semver::Version;

use crate::bench::{Bench, content, database, report, store, with_work};

fn to(minor: u64) -> MigrateOptions {
    MigrateOptions::new(Version::new(3, minor, 0))
}

#[test]
fn the_copy_takes_the_place_and_nothing_else_moves() {
    let bench = Bench::member(&database(&store(Server::V3_6, 1), 1));
    let before = content(&bench.source);
    let old = File::open(&bench.source).expect("open");
    let held = LockedDatabase::take(&bench.source).expect("free");
    let done = with_work(|_| (), |context| defrag_in_place(held, &OpenOptions::default(), context)).expect("done");
    assert_eq!(content(&bench.source), before);
    assert_eq!(fs::metadata(&bench.source).expect("there").len(), done.size);
    assert!(report(&bench.source).is_sound());
    let files: Vec<_> = bench.look().into_keys().collect();
    assert_eq!(files, [bench.source.clone(), bench.folder.path().join("member/wal/segment")]);
    // Who waited for the old file does not find a database in it.
    let waited = etcdsnap_image::Image::from_reader("old", &old, u64::MAX).expect("readable");
    assert_eq!(old.metadata().expect("open").nlink(), 0);
    assert!(etcdsnap_bbolt::Db::open(waited.bytes()).is_err());
}

#[test]
fn a_member_that_runs_is_left_alone() {
    let bench = Bench::member(&database(&store(Server::V3_6, 2), 2));
    let running = File::options().read(true).write(true).open(&bench.source).expect("open");
    running.lock().expect("as etcd holds it");
    assert!(matches!(LockedDatabase::take(&bench.source), Err(Error::InUse { .. })));
}

#[test]
fn a_damaged_database_stays_as_it_is() {
    let mut file = database(&store(Server::V3_6, 3), 3);
    Corruption::named("e01_double_ref").expect("known").apply(&mut file).expect("suits");
    let bench = Bench::member(&file);
    let before = bench.look();
    let error = with_work(
        |_| (),
        |context| defrag_in_place(LockedDatabase::take(&bench.source).expect("free"), &OpenOptions::default(), context),
    )
    .expect_err("damaged");
    assert!(matches!(error, Error::Damaged { .. }), "{error}");
    let held = LockedDatabase::take(&bench.source).expect("free");
    let error = with_work(|_| (), |context| migrate_in_place(&held, &OpenOptions::default(), &to(5), context))
        .expect_err("damaged");
    assert!(matches!(error, Error::Damaged { .. }), "{error}");
    assert!(before == bench.look());
}

#[test]
fn one_entry_changes_and_the_old_content_is_kept_in_a_meta() {
    let file = database(&store(Server::V3_7, 4), 4);
    let bench = Bench::member(&file);
    let mut expected = content(&bench.source);
    let held = LockedDatabase::take(&bench.source).expect("free");
    let run = |wanted: &MigrateOptions| {
        with_work(|_| (), |context| migrate_in_place(&held, &OpenOptions::default(), wanted, context)).expect("done")
    };
    assert_eq!(run(&to(6)).steps, [Version::new(3, 6, 0)]);
    let entry = expected.iter_mut().find(|(_, key, _)| key == b"storageVersion").expect("of 3.7");
    entry.2 = b"3.6.0".to_vec();
    assert_eq!(content(&bench.source), expected);
    let bytes = fs::read(&bench.source).expect("readable");
    let db = etcdsnap_bbolt::Db::open(&bytes).expect("a database");
    let roots: Vec<_> = db.metas().iter().map(|meta| meta.as_ref().expect("valid").root).collect();
    assert_ne!(roots[0], roots[1]);
    assert!(report(&bench.source).is_sound());
    let again = run(&to(6));
    assert!(again.steps.is_empty() && again.change.is_none());
    assert_eq!(fs::read(&bench.source).expect("readable"), bytes);
    run(&to(5));
    expected.retain(|(_, key, _)| key != b"storageVersion");
    assert_eq!(content(&bench.source), expected);
}
