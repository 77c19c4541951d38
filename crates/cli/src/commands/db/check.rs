//! `db check`.

use super::Session;
use crate::args::DbSource;
use crate::exit::{Exit, Failure};
use crate::output::console;
use crate::output::db::check::{Checked, Document, text};

pub fn run(session: &Session, args: &DbSource) -> Result<Exit, Failure> {
    let container = session.open_unproven(&args.file)?;
    let walk = session.inspect(&container, &args.file)?.walk;
    let checked =
        Checked { path: &args.file, problems: &walk.problems, buckets: &walk.buckets, census: walk.page_counts };
    let exit = if checked.is_sound() { Exit::Done } else { Exit::Damaged };
    console::report(args.output, exit, &Document::new(&checked), |sheet| text(&checked, sheet))
}
