//! `kube usage`.

use etcdsnap_objects::ObjectSelection;
use etcdsnap_snapshot::contents::Contents;

use super::reading::{keyring, open};
use crate::args::kube::Usage;
use crate::commands::Session;
use crate::exit::{Exit, Failure};
use crate::output::kube::usage::Report;
use crate::output::{console, label, quantity};

pub fn run(session: &Session, args: &Usage) -> Result<Exit, Failure> {
    let source = &args.source;
    let keyring = keyring(&source.keys.secrets)?;
    session.read(&source.file, |contents: &Contents<'_>| {
        let objects = open(contents, &source.file, source.rev, keyring, &source.keys)?;
        let usage = objects.usage(&ObjectSelection::default(), contents.compacted_revision());
        if usage.unreadable > 0 {
            let records = quantity(usage.unreadable, "record");
            let file = label(&source.file);
            Failure::new(format!("{file}: {records} could not be read: owners, managers and shares are without them"))
                .print();
        }
        let report = Report::new(&objects, &usage, args.top as usize);
        console::report(args.output, Exit::Done, &report.document(), |sheet| report.text(&label(&source.file), sheet))
    })
}
