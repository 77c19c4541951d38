//! `wal verify`.

use super::{Session, Source};
use crate::args::WalSource;
use crate::exit::{Exit, Failure};
use crate::output::console;
use crate::output::wal::verify::{Document, Verified, text};

pub fn run(session: &Session, args: &WalSource) -> Result<Exit, Failure> {
    let source = Source::open(session, &args.path)?;
    let report = source.report();
    source.recheck()?;
    let verified = Verified { directory: &source.wal.directory, report: &report };
    let exit = if report.is_sound() { Exit::Done } else { Exit::Damaged };
    console::report(args.output, exit, &Document::new(&verified), |sheet| text(&verified, sheet))
}
