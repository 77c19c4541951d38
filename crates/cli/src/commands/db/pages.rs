//! `db pages`.

use etcdsnap_bbolt::Db;
use etcdsnap_bbolt::check::Claims;

use super::Session;
use crate::args::{DbSource, Form};
use crate::exit::{Exit, Failure};
use crate::output::console;
use crate::output::db::pages::{Row, json, text};

pub fn run(session: &Session, args: &DbSource) -> Result<Exit, Failure> {
    let container = session.open(&args.file)?;
    let inspection = session.inspect(&container, &args.file)?;
    let rows = rows(&inspection.db, &inspection.walk.in_use);
    console::write(Exit::Done, |out| match args.output {
        Form::Text => text(rows, out),
        Form::Json => json(rows, out),
    })
}

/// One row for every page that is not the overflow of another.
fn rows<'a>(db: &'a Db<'_>, in_use: &'a Claims) -> impl Iterator<Item = Row> + 'a {
    let mut next = 0;
    std::iter::from_fn(move || {
        let id = next;
        let page = db.page(id).filter(|_| id < in_use.bound())?;
        if !in_use.contains(id) {
            next = id + 1;
            return Some(Row { id, kind: "free".to_owned(), items: 0, overflow: 0 });
        }
        next = id.saturating_add(u64::from(page.overflow)).saturating_add(1);
        Some(Row { id, kind: page.kind.to_string(), items: page.count, overflow: page.overflow })
    })
}
