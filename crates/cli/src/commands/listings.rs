//! `leases`, `users`, `roles` and `members`.

use std::path::Path;

use etcdsnap_bbolt::{Corruption, Db};
use etcdsnap_snapshot::buckets::{SmallBuckets, password_hashes};
use etcdsnap_snapshot::container::Container;
use etcdsnap_snapshot::finding::{Finding, Severity};

use super::{Session, unusable};
use crate::args::{Form, Leases, Members, Roles, Users};
use crate::exit::{Exit, Failure};
use crate::output::listings as output;
use crate::output::{Sheet, console, label};

/// Damaged entries that are told one by one.
const TOLD: u64 = 20;

pub fn members(session: &Session, args: &Members) -> Result<Exit, Failure> {
    let container = session.open(&args.file)?;
    let small = small_buckets(&container, &args.file)?.1;
    let exit = tell_damage(&args.file, &small, &["members", "members_removed"]);
    let document = output::members::Document::new(&small.buckets);
    show(args.output, exit, &document, |sheet| document.text(sheet))
}

pub fn users(session: &Session, args: &Users) -> Result<Exit, Failure> {
    let container = session.open(&args.file)?;
    let (db, small) = small_buckets(&container, &args.file)?;
    let exit = tell_damage(&args.file, &small, &["auth", "authUsers"]);
    let hashes = if args.show_password_hashes {
        password_hashes(&db).map_err(|error| unreadable(&args.file, error))?
    } else {
        std::collections::BTreeMap::new()
    };
    let document = output::users::Document::new(&small.buckets.auth, &hashes);
    show(args.output, exit, &document, |sheet| document.text(sheet))
}

pub fn roles(session: &Session, args: &Roles) -> Result<Exit, Failure> {
    let container = session.open(&args.file)?;
    let small = small_buckets(&container, &args.file)?.1;
    let exit = tell_damage(&args.file, &small, &["authRoles", "authUsers"]);
    let document = output::roles::Document::new(&small.buckets.auth);
    show(args.output, exit, &document, |sheet| document.text(sheet))
}

/// The keys that are attached to leases are known by their records alone, so this one reads them all.
pub fn leases(session: &Session, args: &Leases) -> Result<Exit, Failure> {
    let container = session.open(&args.file)?;
    let inspection = session.inspect(&container, &args.file)?;
    let exit = Session::tell_soundness(&inspection, &args.file);
    let document = output::leases::Document::new(&inspection.buckets.leases, inspection.keyspace.leases());
    show(args.output, exit, &document, |sheet| document.text(sheet))
}

fn show(
    form: Form,
    exit: Exit,
    document: &impl serde::Serialize,
    text: impl FnOnce(&mut Sheet),
) -> Result<Exit, Failure> {
    match form {
        Form::Json => console::json(exit, document),
        Form::Text => {
            let mut sheet = console::sheet();
            text(&mut sheet);
            console::print(sheet, exit)
        }
    }
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
