//! `unpack`: writes a backup to a new file, decompressed and as it was saved.

use etcdsnap_rewrite::unpack::unpack;
use etcdsnap_snapshot::verify::source_facts;

use super::Session;
use super::rewriting::{Rewriting, target};
use crate::args::Unpack;
use crate::exit::{Exit, Failure};
use crate::output::unpack::{Document, Outcome, text};
use crate::output::{console, label};

pub fn run(session: &Session, args: &Unpack) -> Result<Exit, Failure> {
    let source = session.open_unproven(&args.source)?;
    let target = target(session, &args.target, args.force, None)?;
    let rewriting = Rewriting::begin(session, &args.source, false)?;
    let unpacked = unpack(&source, &target, &rewriting.context())?;
    let outcome = Outcome { source: source_facts(&source), target: args.target.clone(), unpacked };
    let done = format!("{}: in place, whole and on the disk", label(&outcome.target));
    console::report_done(args.output, &done, &Document::new(&outcome), |sheet| text(&outcome, sheet))
}
