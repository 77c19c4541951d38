//! `migrate` into a new file.

use std::fs;

use etcdsnap_rewrite::migrate::{MigrateOptions, Migrated, migrate};
use etcdsnap_rewrite::schema::MigrationError;
use etcdsnap_rewrite::{Error, Tolerance};
use etcdsnap_testkit::etcd::Server;
use semver::Version;

use crate::bench::{Bench, Content, content, database, report, sealed, store, target, with_work};

fn wanted(minor: u64) -> MigrateOptions {
    MigrateOptions::new(Version::new(3, minor, 0))
}

fn run(bench: &Bench, wanted: &MigrateOptions) -> Result<Migrated, Error> {
    let path = bench.target();
    with_work(|_| (), |context| migrate(&bench.container(), &target(&path), wanted, context))
}

/// The value of the one entry that a migration changes, and everything else.
fn split(mut content: Content) -> (Option<String>, Content) {
    let at = content.iter().position(|(bucket, key, _)| bucket == b"meta" && key == b"storageVersion");
    let value = at.map(|at| String::from_utf8(content.remove(at).2).expect("text"));
    (value, content)
}

#[test]
fn only_the_storage_version_changes() {
    for (server, from) in [(Server::V3_5, None), (Server::V3_6, Some("3.6.0")), (Server::V3_7, Some("3.7.0"))] {
        for minor in 5..=8 {
            for file in [database(&store(server, minor), minor), sealed(database(&store(server, minor), minor))] {
                let bench = Bench::new(&file);
                let done = run(&bench, &wanted(minor)).expect("done");
                let (before, rest_before) = split(content(&bench.source));
                let (after, rest) = split(content(&bench.target()));
                assert_eq!(before.as_deref(), from);
                assert_eq!(after, (minor > 5).then(|| format!("3.{minor}.0")));
                assert!(rest == rest_before);
                assert_eq!(fs::read(&bench.source).expect("readable"), file);
                let report = report(&bench.target());
                assert!(report.is_sound(), "{:?}", report.findings);
                let trailer = if file.len() % 512 == 32 { "match" } else { "absent" };
                assert_eq!((report.sha256.trailer, done.sha256.is_some()), (trailer, trailer == "match"));
            }
        }
    }
}

#[test]
fn a_way_that_does_not_exist_is_refused_or_forced() {
    let bench = Bench::new(&sealed(database(&store(Server::V3_4, 1), 1)));
    let path = bench.target();
    let error = run(&bench, &wanted(6)).expect_err("3.4 knows no term");
    assert!(matches!(error, Error::Migration(MigrationError::Undetected)), "{error}");
    assert!(!path.exists());
    let forced = run(&bench, &wanted(6).with_force(true)).expect("forced");
    assert_eq!((forced.from, forced.forced), (None, Some(MigrationError::Undetected)));
    assert_eq!(split(content(&path)).0.as_deref(), Some("3.6.0"));
}

#[test]
fn entries_that_the_version_cannot_read_forbid_it() {
    let bench = Bench::new(&sealed(database(&store(Server::V3_7, 2), 2)));
    let newer = |force| wanted(5).with_required_version(Some(Version::new(3, 6, 0))).with_force(force);
    let error = run(&bench, &newer(false)).expect_err("newer entries");
    assert!(error.to_string().contains("WAL contains newer entries"), "{error}");
    run(&bench, &newer(true)).expect("forced");
    assert_eq!(split(content(&bench.target())).0, None);
}

/// An edit goes behind all pages: what lies behind them may then be anything, so they must all be where they should.
#[test]
fn a_wrong_hash_or_structure_is_never_edited() {
    let mut file = sealed(database(&store(Server::V3_6, 3), 3));
    *file.last_mut().expect("not empty") ^= 1;
    let bench = Bench::new(&file);
    for tolerance in [Tolerance::Nothing, Tolerance::Readable] {
        let error = bench.refuses(|source, target| {
            with_work(|context| context.tolerance = tolerance, |context| migrate(source, target, &wanted(5), context))
        });
        assert!(matches!(error, Error::Damaged { .. }), "{error}");
    }
}
