//! `diff`.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;

use etcdsnap_snapshot::contents::Contents;
use etcdsnap_snapshot::diff::{Scope, Side, diff};

use super::Session;
use super::reading::revision;
use crate::args::{Diff, State};
use crate::exit::{Exit, Failure};
use crate::output::console;
use crate::output::diff::Report;

pub fn run(session: &Session, args: &Diff) -> Result<Exit, Failure> {
    let (before, after) = (&args.before, &args.after);
    session.read(&before.path, |contents| {
        if after.path == before.path {
            return compare(args, contents, contents);
        }
        session.read(&after.path, |others| compare(args, contents, others))
    })
}

fn compare(args: &Diff, contents: &Contents<'_>, others: &Contents<'_>) -> Result<Exit, Failure> {
    let before = side(contents, &args.before)?;
    let after = side(others, &args.after)?;
    let bytes = |prefixes: &[OsString]| prefixes.iter().map(|prefix| prefix.as_bytes().to_vec()).collect();
    let scope = Scope {
        prefixes: bytes(&args.prefix),
        excluded: bytes(&args.exclude_prefix),
        ignore_revisions: args.ignore_revisions,
        ignore_leases: args.ignore_leases,
    };
    let diff = diff(before, after, &scope)?;
    let revisions = (contents.shown_revision(args.before.revision), others.shown_revision(args.after.revision));
    let exit = if diff.is_empty() { Exit::Done } else { Exit::Differ };
    let report = Report { diff: &diff, args, revisions };
    console::write(exit, |out| report.write(out))
}

fn side<'c, 'a>(contents: &'c Contents<'a>, state: &State) -> Result<Side<'c, 'a>, Failure> {
    Ok(Side { contents, revision: revision(contents, &state.path, state.revision)? })
}
