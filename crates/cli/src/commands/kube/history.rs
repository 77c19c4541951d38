//! `kube history`.

use etcdsnap_objects::{IncludedChanges, ObjectHistory, ObjectSelection, Objects};
use etcdsnap_quote::quote;

use super::reading::selection;
use super::unread::Unread;

use crate::args::kube::{History, With};
use crate::commands::Session;
use crate::exit::{Exit, Failure};
use crate::output::kube::history::{Piece, Report};
use crate::output::{console, label};

pub fn run(session: &Session, args: &History) -> Result<Exit, Failure> {
    if args.meant.words.is_empty() {
        return Err(Failure::usage("which object? TYPE/NAME, such as deploy/web, is missing behind FILE"));
    }
    session.objects(&args.source, |objects| {
        objects.discover_deleted();
        let objects = &*objects;
        let selection = selection(objects, &args.meant)?;
        let included = IncludedChanges::for_past(With::noise(&args.with));
        let history = ObjectHistory { objects, included, show_secrets: args.show_secrets };
        let changes = history.changes(&selection);
        let mut unread = Unread::default();
        let exit = console::write(Exit::Done, |out| {
            let mut report = Report::new(args.output, out);
            history.each(
                &changes,
                |past| Piece::of(past, args.output),
                |piece| {
                    if let Some(reason) = &piece.unreadable {
                        unread.note(&piece.key, reason);
                    }
                    report.piece(piece)
                },
            )?;
            report.finish()
        })?;
        let exit = exit.and(unread.tell());
        if changes.is_empty() { Ok(exit.and(none(args, &history, objects, &selection))) } else { Ok(exit) }
    })
}

/// Says that there is nothing, and where something would be.
fn none(args: &History, history: &ObjectHistory<'_, '_>, objects: &Objects<'_>, selection: &ObjectSelection) -> Exit {
    let everywhere = ObjectSelection { namespace: None, ..selection.clone() };
    let found = history.changes(&everywhere).first().and_then(|change| objects.entry(change.at));
    let elsewhere = found.and_then(|entry| entry.key.namespace).map(|namespace| quote(namespace.as_bytes()));
    let hint = elsewhere.map(|namespace| format!("; there is one in namespace {namespace}")).unwrap_or_default();
    let namespace =
        selection.namespace.as_ref().map(|namespace| format!(" in namespace {}", quote(namespace.as_bytes())));
    let (file, namespace) = (label(&args.source.file), namespace.unwrap_or_default());
    Failure::new(format!("{file}: no revision of such an object{namespace} is retained{hint}")).print();
    Exit::Failed
}
