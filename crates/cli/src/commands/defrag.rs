//! `defrag`.

use std::path::Path;

use etcdsnap_bbolt::{ByteOrder, Db};
use etcdsnap_rewrite::defrag::{defrag, defrag_in_place};
use etcdsnap_snapshot::container::Container;
use etcdsnap_snapshot::verify::source_facts;

use super::Session;
use super::rewriting::{Rewriting, hold, target, tell_tolerated};
use crate::args::{Defrag, byte_order};
use crate::exit::{Exit, Failure};
use crate::output::defrag::{Document, Outcome, text};
use crate::output::{console, label};

pub fn run(session: &Session, args: &Defrag) -> Result<Exit, Failure> {
    let outcome = rewrite(session, args)?;
    tell_tolerated(&args.source, &outcome.defragmented.tolerated);
    let done = format!("{}: the copy is in place, whole and on the disk", label(&outcome.target));
    console::report_done(args.output, &done, &Document::new(&outcome), |sheet| text(&outcome, sheet))
}

fn rewrite(session: &Session, args: &Defrag) -> Result<Outcome, Failure> {
    if let Some(path) = &args.target {
        let source = session.open(&args.source)?;
        let target = target(session, path, args.force, Some(byte_order::chosen(args.byte_order)))?;
        let rewriting = Rewriting::begin(session, &args.source, args.allow_damaged)?;
        let defragmented = defrag(&source, &target, &rewriting.context())?;
        return Ok(Outcome { source: source_facts(&source), target: path.clone(), defragmented });
    }
    let held = hold(session, &args.source)?;
    let target = held.path().to_owned();
    let database = session.open(&target)?;
    refuse_foreign(&database, &args.source)?;
    let source = source_facts(&database);
    let rewriting = Rewriting::begin(session, &args.source, args.allow_damaged)?;
    let defragmented = defrag_in_place(held, &rewriting.opening, &rewriting.context())?;
    Ok(Outcome { source, target, defragmented })
}

/// In place nothing changes but the size, so a database that etcd on this machine cannot open would stay one.
fn refuse_foreign(database: &Container, directory: &Path) -> Result<(), Failure> {
    match Db::open(database.database()) {
        Ok(db) if db.order() != ByteOrder::HOST => {
            let (order, host) = (db.order().as_str(), ByteOrder::HOST.as_str());
            let text =
                "copy it with `etcdsnap defrag SRC DST`, which writes it for this machine, then put the copy in place";
            let what = format!("the database is {order}-endian, and etcd on this {host}-endian machine cannot open it");
            Err(Failure::damaged(format!("{}: {what}; {text}", label(directory))))
        }
        _ => Ok(()),
    }
}
