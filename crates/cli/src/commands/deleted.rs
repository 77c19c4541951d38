//! `deleted`.

use super::Session;
use super::reading::revision;
use crate::args::{Deleted, TableForm};
use crate::exit::{Exit, Failure};
use crate::output::console;
use crate::output::deleted::{Listing, Row};

pub fn run(session: &Session, args: &Deleted) -> Result<Exit, Failure> {
    session.read(&args.file, |contents| {
        let revision = revision(contents, &args.file, args.rev)?;
        let range = args.selection.range();
        let wanted = |key: &[u8]| range.contains(key);
        let index = contents.index(revision, (!range.is_all()).then_some(&wanted))?;
        let deleted = index.sorted_by_key(index.deleted_at(revision), |deleted| deleted.tombstone);
        let revision = contents.shown_revision(args.rev);
        let rows = deleted.iter().filter_map(|deleted| {
            let last = deleted.last_put.and_then(|at| index.record(at));
            Some(Row::new(&index.record(deleted.tombstone)?, last.as_ref(), contents.compacted_revision()))
        });
        if deleted.is_empty() && args.output == TableForm::Text {
            Failure::new(format!(
                "{}: no deletion is visible at revision {revision}",
                crate::output::label(&args.file)
            ))
            .print();
        }
        console::write(Exit::Done, |out| Listing { revision }.write(rows, args.output, out))
    })
}
