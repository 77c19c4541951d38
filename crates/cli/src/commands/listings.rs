//! `leases`, `users`, `roles` and `members`.

use std::collections::BTreeMap;
use std::path::Path;

use etcdsnap_bbolt::{Corruption, Db};
use etcdsnap_mvcc::Position;
use etcdsnap_snapshot::buckets::{SmallBuckets, password_hashes};
use etcdsnap_snapshot::container::Container;
use etcdsnap_snapshot::finding::{Finding, Severity};

use super::{Session, unusable};
use crate::args::{Leases, Members, Roles, Users};
use crate::exit::{Exit, Failure};
use crate::output::listings as output;
use crate::output::listings::leases::Attached;
use crate::output::{console, label};

/// Damaged entries that are told one by one.
const TOLD: u64 = 20;

pub fn members(session: &Session, args: &Members) -> Result<Exit, Failure> {
    let container = session.open_unproven(&args.file)?;
    let small = small_buckets(&container, &args.file)?.1;
    let exit = tell_damage(&args.file, &small, &["members", "members_removed"]);
    let document = output::members::Document::new(&small.buckets);
    console::report(args.output, exit, &document, |sheet| document.text(sheet))
}

pub fn users(session: &Session, args: &Users) -> Result<Exit, Failure> {
    let container = session.open_unproven(&args.file)?;
    let (db, small) = small_buckets(&container, &args.file)?;
    let exit = tell_damage(&args.file, &small, &["auth", "authUsers"]);
    let hashes = if args.show_password_hashes {
        password_hashes(&db).map_err(|error| unreadable(&args.file, error))?
    } else {
        BTreeMap::new()
    };
    let document = output::users::Document::new(&small.buckets, &hashes);
    console::report(args.output, exit, &document, |sheet| document.text(sheet))
}

pub fn roles(session: &Session, args: &Roles) -> Result<Exit, Failure> {
    let container = session.open_unproven(&args.file)?;
    let small = small_buckets(&container, &args.file)?.1;
    let exit = tell_damage(&args.file, &small, &["authRoles", "authUsers"]);
    let document = output::roles::Document::new(&small.buckets);
    console::report(args.output, exit, &document, |sheet| document.text(sheet))
}

/// The keys that are attached to leases are known by their records alone, so this one reads them all.
pub fn leases(session: &Session, args: &Leases) -> Result<Exit, Failure> {
    if args.keys {
        return leases_with_keys(session, args);
    }
    let container = session.open_unproven(&args.file)?;
    let inspection = session.inspect(&container, &args.file)?;
    let exit = Session::tell_soundness(&inspection, &args.file);
    let attached = Attached::Count(inspection.keyspace.leases());
    let document = output::leases::Document::new(&inspection.buckets, &attached);
    console::report(args.output, exit, &document, |sheet| document.text(sheet))
}

fn leases_with_keys(session: &Session, args: &Leases) -> Result<Exit, Failure> {
    session.read(&args.file, |contents| {
        let revision = contents.current_revision();
        let index = contents.index(revision, None)?;
        let lease_of = |at: &Position| index.record(*at).map_or(0, |record| record.kv.lease);
        let mut leased = index.live_at(revision);
        leased.retain(|at| lease_of(at) != 0);
        let mut keys: BTreeMap<i64, Vec<&[u8]>> = BTreeMap::new();
        for record in index.sorted_by_key(leased, |at| *at).into_iter().filter_map(|at| index.record(at)) {
            keys.entry(record.kv.lease).or_default().push(record.kv.key);
        }
        let mut small = SmallBuckets::read(&contents.db, TOLD);
        if contents.damage().is_some() {
            small.buckets.miss_bucket(b"key");
        }
        let exit = tell_damage(&args.file, &small, &["lease"]);
        let document = output::leases::Document::new(&small.buckets, &Attached::Keys(keys));
        console::report(args.output, exit, &document, |sheet| document.text(sheet))
    })
}

/// Reads the small buckets alone: a few pages, whatever the size of the file.
fn small_buckets<'a>(container: &'a Container, path: &Path) -> Result<(Db<'a>, SmallBuckets<'a>), Failure> {
    let db = Db::open(container.database()).map_err(|error| unusable(path, error.into()))?;
    let small = SmallBuckets::read(&db, TOLD);
    Session::recheck(container)?;
    Ok((db, small))
}

/// Tells what is damaged of the buckets that are shown.
fn tell_damage(path: &Path, small: &SmallBuckets<'_>, buckets: &[&str]) -> Exit {
    let of_these = |finding: &&Finding| {
        let bucket = finding.place.bucket.as_deref();
        finding.severity == Severity::Error && bucket.is_some_and(|bucket| buckets.contains(&bucket))
    };
    let damaged = small.findings.kept().iter().filter(of_these);
    let damaged = damaged.map(|finding| format!("{}: {}: {}", label(path), finding.place, finding.message));
    let failures: Vec<_> =
        damaged.map(Failure::damaged).chain(small.unreadable.map(|error| unreadable(path, error))).collect();
    failures.iter().for_each(Failure::print);
    if failures.is_empty() { Exit::Done } else { Exit::Damaged }
}

fn unreadable(path: &Path, error: Corruption) -> Failure {
    Failure::damaged(format!("{}: reading the buckets ended early: {error}; run `etcdsnap verify`", label(path)))
}
