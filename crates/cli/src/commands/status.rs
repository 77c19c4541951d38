//! `status`.

use etcdsnap_snapshot::verify::source_facts;

use super::Session;
use crate::args::Status;
use crate::exit::{Exit, Failure};
use crate::output::console;
use crate::output::status::{Document, text};

pub fn run(session: &Session, args: &Status) -> Result<Exit, Failure> {
    let container = session.open_unproven(&args.file)?;
    let inspection = session.inspect(&container, &args.file)?;
    let (source, database, store) = (source_facts(&container), inspection.database_facts(), inspection.store_facts());
    let exit = Session::tell_soundness(&inspection, &args.file);
    console::report(args.output, exit, &Document::new(&source, &database, &store), |sheet| {
        text(&source, &database, &store, sheet);
    })
}
