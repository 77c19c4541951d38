//! `history`.

use etcdsnap_mvcc::{Direction, Record};

use super::Session;
use super::reading::key;
use crate::args::{History, TableForm};
use crate::exit::{Exit, Failure};
use crate::output::event::{Event, Rows};
use crate::output::history::Past;
use crate::output::{console, label};

pub fn run(session: &Session, args: &History) -> Result<Exit, Failure> {
    let key = key(&args.key)?;
    session.read(&args.file, |contents| {
        let mut failure = None;
        let mut batches = contents.batches(-1, i64::MAX, Direction::OldestFirst);
        let batches = std::iter::from_fn(|| match batches.next()? {
            Ok(batch) => Some(batch),
            Err(error) => {
                failure = Some(Failure::from(error));
                None
            }
        });
        let records = batches.flatten().filter(|record| record.kv.key == key);
        let mut past = with_next(records, contents.compacted_revision()).peekable();
        let empty = past.peek().is_none();
        let exit = console::write(Exit::Done, |out| Rows::new(args.output, args.patch, out).write(&mut past));
        drop(past);
        if let Some(failure) = failure {
            return Err(failure);
        }
        if empty && args.output == TableForm::Text {
            return Err(Failure::new(format!("{}: no revision of this key is retained", label(&args.file))));
        }
        exit
    })
}

/// Events of one key, each with what it takes from the ones before and after it.
fn with_next<'a>(records: impl Iterator<Item = Record<'a>>, compacted: i64) -> impl Iterator<Item = Past<'a>> {
    let mut records = records.peekable();
    let (mut before, mut generation, mut created): (Option<Record<'a>>, u64, i64) = (None, 0, 0);
    std::iter::from_fn(move || {
        let record = records.next()?;
        if before.is_none_or(|before| before.tombstone) {
            generation += 1;
            created = 0;
        }
        if !record.tombstone {
            created = record.kv.create_revision;
        }
        let event = Event { record, before: before.filter(|before| !before.tombstone) };
        before = Some(record);
        // A value can be read from its own revision on, or from the compacted one, until something follows it.
        let first = record.revision.main.max(compacted);
        let shown = records.peek().is_none_or(|next| next.revision.main > first);
        let read_at = (!record.tombstone && shown).then_some(first);
        Some(Past { event, generation, created, read_at })
    })
}
