//! `unpack`.

use etcdsnap_rewrite::unpack::unpack;
use etcdsnap_snapshot::verify::source_facts;

use super::Session;
use super::rewriting::{Rewriting, target};
use crate::args::{Form, Unpack};
use crate::exit::{Exit, Failure};
use crate::output::console;
use crate::output::unpack::{Document, Outcome, text};

pub fn run(session: &Session, args: &Unpack) -> Result<Exit, Failure> {
    let source = session.open(&args.source)?;
    let target = target(session, &args.target, args.force, None)?;
    let rewriting = Rewriting::begin(session, &args.source, false)?;
    let unpacked = unpack(&source, &target, &rewriting.work())?;
    let outcome = Outcome { source: source_facts(&source), target: args.target.clone(), unpacked };
    match args.output {
        Form::Json => console::json(Exit::Done, &Document::new(&outcome)),
        Form::Text => {
            let mut sheet = console::sheet();
            text(&outcome, &mut sheet);
            console::print(sheet, Exit::Done)
        }
    }
}
