//! `kube diff`.

use etcdsnap_objects::{ObjectComparison, ObjectSelection, Objects};
use etcdsnap_snapshot::contents::Contents;

use super::reading::{keyring, not_understood, open};
use crate::args::State;
use crate::args::kube::{Diff, With};
use crate::commands::Session;
use crate::exit::{Exit, Failure};
use crate::output::kube::diff::{Piece, Report, Stat};
use crate::output::{console, label, quantity};

pub fn run(session: &Session, args: &Diff) -> Result<Exit, Failure> {
    let (before, after) = (&args.before, &args.after);
    session.read(&before.path, |contents| {
        if after.path == before.path {
            let again =
                contents.again().map_err(|error| Failure::damaged(format!("{}: {error}", label(&after.path))))?;
            // Damage is told of the first reader, so that is the one that reads more.
            let newest = |state: &State| state.revision.unwrap_or(i64::MAX);
            let (one, other) = if newest(before) > newest(after) { (contents, &again) } else { (&again, contents) };
            return compare(args, one, other);
        }
        session.read(&after.path, |others| compare(args, contents, others))
    })
}

fn compare(args: &Diff, contents: &Contents<'_>, others: &Contents<'_>) -> Result<Exit, Failure> {
    let (before, after) = (objects(args, contents, &args.before)?, objects(args, others, &args.after)?);
    let comparison = ObjectComparison {
        before: &before,
        after: &after,
        selection: selection(args, &before, &after)?,
        included: With::heard(&args.with),
        show_secrets: args.show_secrets,
    };
    let mut stat = Stat::default();
    let revisions = (before.shown_revision(), after.shown_revision());
    let exit = console::write(Exit::Done, |out| {
        let mut report = Report::new(args, revisions, out)?;
        let left_out = comparison.each(
            |compared| Piece::of(compared, args),
            |piece| {
                let written = report.piece(&piece);
                stat = report.stat();
                written
            },
        )?;
        stat = report.finish(left_out)?;
        Ok(())
    })?;
    if stat.compared_as_stored() > 0 {
        let objects = quantity(stat.compared_as_stored(), "object");
        Failure::new(format!(
            "{objects} could not be read and were compared as stored; --encryption-config opens what is encrypted"
        ))
        .print();
    }
    Ok(if stat.differ() > 0 { exit.and(Exit::Differ) } else { exit })
}

fn objects<'a>(args: &Diff, contents: &Contents<'a>, state: &State) -> Result<Objects<'a>, Failure> {
    open(contents, &state.path, state.revision, keyring(&args.keys.secrets)?, &args.keys)
}

/// What is meant in either of them: a type may be defined on one side alone.
fn selection(args: &Diff, before: &Objects<'_>, after: &Objects<'_>) -> Result<ObjectSelection, Failure> {
    let selection = ObjectSelection::parse(&args.words, after).or_else(|_| ObjectSelection::parse(&args.words, before));
    let mut selection = selection.map_err(not_understood)?;
    selection.namespace.clone_from(&args.namespace);
    selection.labels = args.selector.clone().unwrap_or_default();
    Ok(selection)
}
