//! `keys`.

use std::cmp::Reverse;

use etcdsnap_mvcc::{Index, Position, Record};

use super::Session;
use super::reading::revision;
use crate::args::{Keys, Order, SortBy, TableForm};
use crate::exit::{Exit, Failure};
use crate::output::keys::{Count, Listing, Row};
use crate::output::{console, label};

pub fn run(session: &Session, args: &Keys) -> Result<Exit, Failure> {
    session.read(&args.file, |contents| {
        let revision = revision(contents, &args.file, args.rev)?;
        let range = args.selection.range();
        let matches = |key: &[u8]| args.regex.as_ref().is_none_or(|regex| regex.is_match(key));
        let wanted = |key: &[u8]| range.contains(key) && matches(key);
        let all = range.is_all() && args.regex.is_none();
        let index = contents.index(revision, (!all).then_some(&wanted))?;
        let mut live = index.live_at(revision);
        let revision = contents.shown_revision(args.rev);
        if let Some(lease) = args.lease {
            live.retain(|at| index.record(*at).is_some_and(|record| record.kv.lease == lease));
        }
        let count = live.len();
        if args.count {
            return match args.output {
                TableForm::Text => console::write(Exit::Done, |out| writeln!(out, "{count}")),
                _ => console::json(Exit::Done, &Count { revision, count }),
            };
        }
        let mut keys = sorted(args, &index, live);
        keys.truncate(args.limit.unwrap_or(usize::MAX));
        if count == 0 && args.output == TableForm::Text {
            Failure::new(format!("{}: no such key at revision {revision}", label(&args.file))).print();
        }
        let rows = keys.iter().filter_map(|at| index.record(*at)).map(|record| Row::new(&record));
        console::write(Exit::Done, |out| Listing { revision, count }.write(rows, args.output, out))
    })
}

/// Keys in the order that was asked for; those that are equal in it, by key.
fn sorted(args: &Keys, index: &Index<'_>, live: Vec<Position>) -> Vec<Position> {
    let mut keys = index.sorted_by_key(live, |at| *at);
    let by = |of: fn(&Record<'_>) -> i64| move |at: &Position| index.record(*at).map_or(0, |record| of(&record));
    let number = match args.sort {
        SortBy::Key => {
            if args.order == Order::Desc {
                keys.reverse();
            }
            return keys;
        }
        SortBy::Size => by(|record| i64::try_from(record.kv.value.len()).unwrap_or(i64::MAX)),
        SortBy::Version => by(|record| record.kv.version),
        SortBy::Create => by(|record| record.kv.create_revision),
        SortBy::Mod => by(|record| record.kv.mod_revision),
    };
    match args.order {
        Order::Asc => keys.sort_by_cached_key(number),
        Order::Desc => keys.sort_by_cached_key(|at| Reverse(number(at))),
    }
    keys
}
