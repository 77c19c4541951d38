//! `changes`.

use etcdsnap_mvcc::{Direction, KeyRange};
use etcdsnap_snapshot::contents::Contents;

use super::reading::revision;
use super::{Session, from_low_to_high};
use crate::args::Changes;
use crate::exit::{Exit, Failure};
use crate::output::console;
use crate::output::event::{Event, Rows};

pub fn run(session: &Session, args: &Changes) -> Result<Exit, Failure> {
    from_low_to_high(args.from, args.to)?;
    session.read(&args.file, |contents| {
        let first = contents.compacted_revision().max(1);
        let after = revision(contents, &args.file, Some(args.from.unwrap_or(first)))?;
        let upto = revision(contents, &args.file, args.to)?;
        let range = args.selection.range();
        if args.patch {
            with_values(contents, args, &range, after, upto)
        } else {
            streamed(contents, args, &range, after, upto)
        }
    })
}

/// Prints changes while they are read.
fn streamed(contents: &Contents<'_>, args: &Changes, range: &KeyRange, after: i64, upto: i64) -> Result<Exit, Failure> {
    let mut failure = None;
    let exit = console::write(Exit::Done, |out| {
        let mut rows = Rows::new(args.output, false, out);
        for batch in contents.batches(after, upto, Direction::OldestFirst) {
            match batch {
                Ok(batch) => {
                    let records = batch.into_iter().filter(|record| range.contains(record.kv.key));
                    rows.some(records.map(|record| Event { record, before: None }))?;
                }
                Err(error) => failure = Some(Failure::from(error)),
            }
        }
        rows.finish()
    });
    failure.map_or(exit, Err)
}

/// What a value was before needs the records before the first change too.
fn with_values(
    contents: &Contents<'_>,
    args: &Changes,
    range: &KeyRange,
    after: i64,
    upto: i64,
) -> Result<Exit, Failure> {
    let wanted = |key: &[u8]| range.contains(key);
    let index = contents.index(upto, (!range.is_all()).then_some(&wanted))?;
    let changes = index.changes(after, upto).into_iter().filter_map(|(at, before)| {
        let before = before.and_then(|before| index.record(before)).filter(|before| !before.tombstone);
        Some(Event { record: index.record(at)?, before })
    });
    console::write(Exit::Done, |out| Rows::new(args.output, true, out).write(changes))
}
