//! `db info`.

use super::{Session, database};
use crate::args::DbSource;
use crate::exit::{Exit, Failure};
use crate::output::console;
use crate::output::db::info::{Info, text};

pub fn run(session: &Session, args: &DbSource) -> Result<Exit, Failure> {
    let container = session.open_unproven(&args.file)?;
    let info = Info::new(&database(&container, &args.file)?);
    Session::recheck(&container)?;
    let exit = if info.is_cut() { Exit::Damaged } else { Exit::Done };
    console::report(args.output, exit, &info, |sheet| text(&info, sheet))
}
