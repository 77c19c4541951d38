//! `get`.

use std::io::{IsTerminal as _, stdout};

use etcdsnap_mvcc::{Direction, KeyRange, Position, Record};
use etcdsnap_snapshot::buckets::SmallBuckets;
use etcdsnap_snapshot::contents::Contents;

use super::Session;
use super::reading::{key, revision};
use crate::args::{Get, GetForm};
use crate::exit::{Exit, Failure};
use crate::output::get::{Answer, Header, hex, is_plain, lines, values};
use crate::output::{console, label};

pub fn run(session: &Session, args: &Get) -> Result<Exit, Failure> {
    let key = key(&args.key)?;
    session.read(&args.file, |contents| {
        let revision = revision(contents, &args.file, args.rev)?;
        let found = if args.is_one() {
            newest(contents, &key, revision)?.into_iter().collect()
        } else {
            in_range(contents, &args.range(&key), revision)?
        };
        if found.is_empty() && args.form() != GetForm::Json {
            let what = if args.is_one() { "no such key" } else { "no such keys" };
            let revision = contents.shown_revision(args.rev);
            return Err(Failure::new(format!("{}: {what} at revision {revision}", label(&args.file))));
        }
        print(args, contents, &found)
    })
}

fn print(args: &Get, contents: &Contents<'_>, found: &[Record<'_>]) -> Result<Exit, Failure> {
    match (args.form(), found) {
        (GetForm::Json, _) => {
            let answer = Answer { header: header(contents), records: found, keys_only: args.keys_only };
            console::json(Exit::Done, &answer)
        }
        (GetForm::Raw, _) if args.keys_only => console::write(Exit::Done, |out| lines(found, out)),
        (GetForm::Raw, [one]) if args.is_one() => {
            let quoted = stdout().is_terminal() && !is_plain(one.kv.value);
            console::write(Exit::Done, |out| if quoted { values(found, out) } else { out.write_all(one.kv.value) })
        }
        (GetForm::Raw, _) => console::write(Exit::Done, |out| values(found, out)),
        (GetForm::Hex, _) => console::write(Exit::Done, |out| hex(found, args.is_one(), args.keys_only, out)),
    }
}

/// What lives under one key: the newest record up to the revision, found from the newest on, unless it is a deletion.
fn newest<'a>(contents: &Contents<'a>, key: &[u8], revision: i64) -> Result<Option<Record<'a>>, Failure> {
    for batch in contents.batches(-1, revision, Direction::NewestFirst) {
        let batch = batch?;
        if let Some(record) = batch.into_iter().find(|record| record.kv.key == key) {
            return Ok((!record.tombstone).then_some(record));
        }
    }
    Ok(None)
}

fn in_range<'a>(contents: &Contents<'a>, range: &KeyRange, revision: i64) -> Result<Vec<Record<'a>>, Failure> {
    let index = contents.index(revision, Some(&|key| range.contains(key)))?;
    let live: Vec<Position> = index.sorted_by_key(index.live_at(revision), |at| *at);
    Ok(live.into_iter().filter_map(|at| index.record(at)).collect())
}

/// What an answer of a server begins with, as far as the file knows it. Which member is answering, it knows only when there
/// is a single one; the id of the cluster is not stored in a database.
fn header(contents: &Contents<'_>) -> Header {
    let small = SmallBuckets::read(&contents.db, 0).buckets;
    let member_id = small.members.listed.map(|listed| match listed.as_slice() {
        [only] => only.id,
        _ => 0,
    });
    Header {
        cluster_id: 0,
        member_id,
        revision: contents.newest_revision(),
        raft_term: small.meta.entry(|meta| meta.term).map(|term| term.unwrap_or(0)),
    }
}
