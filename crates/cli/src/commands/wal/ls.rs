//! `wal ls`.

use super::{Session, Source};
use crate::args::WalSource;
use crate::exit::{Exit, Failure};
use crate::output::wal::ls::{Document, Listing, text};
use crate::output::{console, label};

pub fn run(session: &Session, args: &WalSource) -> Result<Exit, Failure> {
    let source = Source::open(session, &args.path)?;
    let report = source.report();
    source.recheck()?;
    let listing = Listing { wal: &source.wal, snaps: source.snaps.as_ref(), report: &report };
    let exit = if report.is_sound() {
        Exit::Done
    } else {
        let log = label(&source.wal.directory);
        Failure::damaged(format!("{log}: damaged, so the list is of what could be read; run `etcdsnap wal verify`"))
            .print();
        Exit::Damaged
    };
    console::report(args.output, exit, &Document::new(&listing), |sheet| text(&listing, sheet))
}
