//! `datadir check`.

use etcdsnap_datadir::{CheckOptions, check};

use super::Session;
use crate::args::{Datadir, DatadirCheck};
use crate::exit::{Exit, Failure};
use crate::output::console;
use crate::output::datadir::{Document, text};

pub fn run(session: &Session, command: &Datadir) -> Result<Exit, Failure> {
    let Datadir::Check(args) = command;
    run_check(session, args)
}

fn run_check(session: &Session, args: &DatadirCheck) -> Result<Exit, Failure> {
    let mut options = CheckOptions { opening: session.opening(), byte_order: args.arch, ..CheckOptions::default() };
    if !args.servers.is_empty() {
        options.servers.clone_from(&args.servers);
    }
    let progress = session.progress(&args.directory);
    let report = check(&args.directory, args.wal_dir.as_deref(), &options, &*progress)
        .map_err(|error| Failure::new(error.to_string()))?;
    let exit = if report.is_sound() && report.boots() { Exit::Done } else { Exit::Damaged };
    console::report(args.output, exit, &Document::new(&report), |sheet| text(&report, sheet))
}
