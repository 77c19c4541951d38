//! `db pages`.

use etcdsnap_snapshot::inspection::Inspection;

use super::Session;
use crate::args::{DbSource, Form};
use crate::exit::{Exit, Failure};
use crate::output::console;
use crate::output::db::pages::{Row, json, text};

pub fn run(session: &Session, args: &DbSource) -> Result<Exit, Failure> {
    let container = session.open_unproven(&args.file)?;
    let inspection = session.inspect(&container, &args.file)?;
    let exit = Session::tell_soundness(&inspection, &args.file);
    let rows = rows(&inspection);
    console::write(exit, |out| match args.output {
        Form::Text => text(rows, out),
        Form::Json => json(rows, out),
    })
}

/// One row for every page that is not the overflow of another.
fn rows(inspection: &Inspection<'_>) -> impl Iterator<Item = Row> {
    let (db, in_use) = (inspection.db, &inspection.walk.in_use);
    // Unless all of the tree was read, the others may be in use.
    let unused = if inspection.walk.is_whole() { "free" } else { "unreached" };
    // Ends, because each row is of a later page, and there are no more than the file has.
    let mut next = 0;
    std::iter::from_fn(move || {
        let id = next;
        let page = db.page(id).filter(|_| id < in_use.bound())?;
        next = id + 1;
        if !in_use.contains(id) {
            return Some(Row { id, kind: unused.to_owned(), items: 0, overflow: 0 });
        }
        // What the header says may reach into other pages, or behind the end of the file.
        next += (next..).take(page.overflow as usize).take_while(|page| in_use.is_overflow(*page)).count() as u64;
        Some(Row { id, kind: page.kind.to_string(), items: page.count, overflow: next - id - 1 })
    })
}
